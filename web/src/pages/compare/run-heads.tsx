import { ActionIcon } from '@mantine/core';
import type { Run } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { Flag, X } from 'lucide-react';
import { hoverRun } from '../../charts/linked-runs.ts';
import { runColor } from '../../charts/run-colors.ts';
import { Status } from '../../ui/status.tsx';
import classes from './compare-page.module.css';

interface RunHeadProps {
  readonly run: Run;
  readonly isBase: boolean;
  readonly canRemove: boolean;
  readonly onBase: () => void;
  readonly onRemove: () => void;
}

/** A run at the head of its column: its colour, its name, and whether the others are measured against it. */
export function RunHead({ run, isBase, canRemove, onBase, onRemove }: RunHeadProps) {
  const { runId, name, experimentId, status } = run;
  const title = name === '' ? runId : name;
  return (
    <div
      className={classes.runHead}
      onPointerEnter={() => hoverRun(runId)}
      onPointerLeave={() => hoverRun(undefined)}
    >
      <span className={classes.swatch} style={{ background: runColor(runId) }} />
      <Link
        className={classes.runName}
        to="/experiments/$experimentId/runs/$runId/$"
        params={{ experimentId, runId, _splat: '' }}
        title={title}
        dir="auto"
      >
        {title}
      </Link>
      <Status status={status} isShort />
      <ActionIcon
        size="sm"
        variant={isBase ? 'light' : 'subtle'}
        color={isBase ? 'accent' : 'gray'}
        aria-label={`Baseline: ${title}`}
        title={isBase ? 'The others are measured against this run' : 'Measure the others against this run'}
        aria-pressed={isBase}
        onClick={onBase}
      >
        <Flag size={13} aria-hidden />
      </ActionIcon>
      {canRemove && (
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={`Take ${title} out`}
          title="Take out of the comparison"
          onClick={onRemove}
        >
          <X size={13} aria-hidden />
        </ActionIcon>
      )}
    </div>
  );
}
