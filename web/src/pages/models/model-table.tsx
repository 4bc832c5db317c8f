import { Skeleton } from '@mantine/core';
import type { RegisteredModel } from '@slipway/client';
import { Link } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { AliasBadge, StageBadge } from '../../registry/alias-badge.tsx';
import { TimeText } from '../../ui/texts.tsx';
import type { ModelRow } from './model-rows.ts';
import classes from './models-page.module.css';

interface ModelTableProps {
  /** Undefined while they come. */
  readonly rows: readonly ModelRow[] | undefined;
  readonly isStale: boolean;
}

const ROW_PX = 32;
const WAITING_ROWS = 12;
const SHOWN_ALIASES = 3;

/** As many models as there are: only the rows in sight exist. */
export function ModelTable({ rows, isStale }: ModelTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const count = rows?.length ?? WAITING_ROWS;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollPaddingStart: ROW_PX,
  });
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="table"
      aria-label="Models"
      aria-rowcount={count + 1}
      aria-busy={rows === undefined || isStale}
      data-stale={isStale || undefined}
      data-scroll-restoration-id="models"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
    >
      <div role="row" aria-rowindex={1} className={classes.head}>
        <div role="columnheader">Name</div>
        <div role="columnheader" className={classes.number}>
          Latest
        </div>
        <div role="columnheader">Aliases</div>
        <div role="columnheader">Stages</div>
        <div role="columnheader" className={classes.number}>
          Changed
        </div>
        <div role="columnheader">Description</div>
      </div>
      <div role="rowgroup" className={classes.rows} style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const row = rows?.[index];
          const place = { role: 'row', 'aria-rowindex': index + 2, style: { top: start } } as const;
          if (row === undefined)
            return (
              <div key={index} {...place} className={classes.row}>
                <div role="cell">
                  <Skeleton height={12} width={160} />
                </div>
              </div>
            );
          if (row.kind === 'schema')
            return (
              <div key={`schema ${row.name}`} {...place} className={classes.schema}>
                <div role="cell" dir="auto">
                  {row.name} <span className="dim">{row.count}</span>
                </div>
              </div>
            );
          return (
            <div key={`model ${row.model.name}`} {...place} className={classes.row}>
              <ModelCells model={row.model} label={row.label} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function ModelCells({ model, label }: { readonly model: RegisteredModel; readonly label: string }) {
  const { name, aliases, latestVersions, updatedAtMs, description } = model;
  const latest = latestVersions.reduce((highest, { version }) => Math.max(highest, Number(version)), 0);
  const held = Object.entries(aliases).sort(([a], [b]) => (a < b ? -1 : 1));
  const staged = latestVersions.filter(({ stage }) => stage === 'Production' || stage === 'Staging');
  return (
    <>
      <div role="cell" className={classes.name}>
        <Link to="/models/$name" params={{ name }} title={name} dir="auto">
          {label}
        </Link>
      </div>
      <div role="cell" className={classes.number}>
        {latest === 0 ? <span className="dim">none</span> : `v${latest}`}
      </div>
      <div role="cell" className={classes.badges}>
        {held.slice(0, SHOWN_ALIASES).map(([alias, version]) => (
          <AliasBadge key={alias} alias={alias} version={version} />
        ))}
        {held.length > SHOWN_ALIASES && (
          <span className="dim" title={held.map(([alias, version]) => `${alias} v${version}`).join(', ')}>
            +{held.length - SHOWN_ALIASES}
          </span>
        )}
      </div>
      <div role="cell" className={classes.badges}>
        {staged.map(({ stage, version }) => (
          <span key={stage} className={classes.staged}>
            <StageBadge stage={stage} /> v{version}
          </span>
        ))}
      </div>
      <div role="cell" className={classes.number}>
        <TimeText timeMs={updatedAtMs} />
      </div>
      <div role="cell" className={classes.note} title={description} dir="auto">
        {description.replaceAll(/[#*_`>\s]+/g, ' ').trim()}
      </div>
    </>
  );
}
