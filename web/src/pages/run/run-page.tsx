import { Button, Skeleton } from '@mantine/core';
import { type Run, SlipwayError } from '@slipway/client';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { FlaskConicalOff, Trash2, TriangleAlert } from 'lucide-react';
import { useEffect } from 'react';
import { type LeftList, useLeftList } from '../../data/left-list.ts';
import { noteOpened } from '../../run-picker/opened-runs.ts';
import { type Crumb, useCrumbs } from '../../ui/crumbs.tsx';
import { useShortcut } from '../../ui/shortcuts.ts';
import { EmptyState, ErrorNotice } from '../../ui/states.tsx';
import { ArtifactsTab } from './artifacts-tab.tsx';
import { MetricsTab } from './metrics-tab.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { useRunActions } from './run-actions.ts';
import { RunHeader } from './run-header.tsx';
import classes from './run-page.module.css';
import { type RunPlace, readRunPlace } from './run-place.ts';
import { useExperimentName, useLiveRun, useRun } from './run-queries.ts';
import { TracesTab } from './traces-tab.tsx';

export function RunPage() {
  const { experimentId, runId, _splat } = useParams({ strict: false }) as {
    readonly experimentId: string;
    readonly runId: string;
    readonly _splat?: string;
  };
  const search: Record<string, unknown> = useSearch({ strict: false });
  const place = readRunPlace(_splat, search);
  const run = useRun(runId);
  const left = useLeftList();
  useRunCrumbs({ experimentId, runId, run: run.data, left });
  useLiveRun(runId, experimentId);
  if (run.data === undefined) {
    if (!run.isError) return <Waiting />;
    if (isMissing(run.error)) return <NoSuchRun experimentId={experimentId} runId={runId} />;
    return (
      <div className={classes.padded}>
        <h1 className="visually-hidden">Run {runId}</h1>
        <ErrorNotice error={run.error} what="The run could not be read" onRetry={() => void run.refetch()} />
      </div>
    );
  }
  return (
    <ShownRun
      run={run.data}
      place={place}
      left={left}
      error={run.isError ? run.error : undefined}
      onRetry={() => void run.refetch()}
    />
  );
}

interface ShownRunProps {
  readonly run: Run;
  readonly place: RunPlace;
  readonly left: LeftList | undefined;
  /** Why the latest state could not be read; the one before is shown. */
  readonly error: unknown;
  readonly onRetry: () => void;
}

function ShownRun({ run, place, left, error, onRetry }: ShownRunProps) {
  const actions = useRunActions(run);
  const { runId, name, experimentId } = run;
  useEffect(() => noteOpened({ runId, name, experimentId }), [runId, name, experimentId]);
  const isDeleted = run.lifecycleStage === 'deleted';
  const isGone = error !== undefined && isMissing(error);
  useShortcut('backspace', isDeleted ? 'Restore this run' : 'Move this run to the trash', () => {
    if (!isGone) void (isDeleted ? actions.restore() : actions.delete());
  });
  return (
    <div className={classes.page}>
      <RunHeader run={run} place={place} left={left} actions={actions} isGone={isGone} />
      {isGone && (
        <div className={classes.banner} role="status">
          <TriangleAlert size={16} aria-hidden />
          <span>
            This run was deleted for good while it was open. What you see is what was last read of it.
          </span>
        </div>
      )}
      {isDeleted && !isGone && (
        <div className={classes.banner} role="status">
          <Trash2 size={16} aria-hidden />
          <span>
            This run is in the trash. It stays readable until the trash is emptied; nothing can be logged to
            it.
          </span>
          <Button size="compact-sm" variant="default" onClick={() => void actions.restore()}>
            Restore
          </Button>
        </div>
      )}
      {error !== undefined && !isGone && (
        <div className={classes.notice}>
          <ErrorNotice error={error} what="This may be out of date" onRetry={onRetry} />
        </div>
      )}
      <div className={classes.content} data-scroll-restoration-id={`run-${place.tab}`}>
        <Tab run={run} place={place} />
      </div>
    </div>
  );
}

function Tab({ run, place }: { readonly run: Run; readonly place: RunPlace }) {
  switch (place.tab) {
    case 'overview':
      return <OverviewTab run={run} />;
    case 'metrics':
    case 'system-metrics':
      return <MetricsTab key={place.tab} run={run} tab={place.tab} />;
    case 'artifacts':
      return <ArtifactsTab run={run} place={place} />;
    case 'traces':
      return <TracesTab run={run} />;
  }
}

interface RunCrumbs {
  readonly experimentId: string;
  readonly runId: string;
  readonly run: Run | undefined;
  readonly left: LeftList | undefined;
}

function useRunCrumbs({ experimentId, runId, run, left }: RunCrumbs): void {
  const experiment = useExperimentName(run?.experimentId ?? experimentId);
  const home = run?.experimentId ?? experimentId;
  // Back to the list as it was: with its filter, order and columns.
  const list = left?.query.experimentIds.includes(home) ? left : undefined;
  const several = list !== undefined && list.query.experimentIds.length > 1;
  const crumbs: readonly Crumb[] = [
    { label: 'Experiments', link: { to: '/experiments' } },
    {
      label: several ? `${list.query.experimentIds.length} experiments` : (experiment ?? experimentId),
      link: {
        to: '/experiments/$experimentId',
        params: { experimentId: list?.experimentId ?? home },
        search: (list?.search ?? {}) as never,
      },
    },
    { label: run?.name ?? runId },
  ];
  useCrumbs(crumbs);
}

const isMissing = (error: unknown): boolean =>
  error instanceof SlipwayError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST';

function NoSuchRun({ experimentId, runId }: { readonly experimentId: string; readonly runId: string }) {
  return (
    <EmptyState icon={FlaskConicalOff} title="There is no such run" isWholePage>
      <p>
        No run has the id <span className="mono">{runId.slice(0, 64)}</span>. It may have been deleted for
        good, or the link is cut off. See the{' '}
        <Link to="/experiments/$experimentId" params={{ experimentId }}>
          runs of this experiment
        </Link>
        .
      </p>
    </EmptyState>
  );
}

function Waiting() {
  return (
    <div className={classes.padded} aria-busy="true">
      <h1 className="visually-hidden">Run</h1>
      <Skeleton height={24} width={280} mb={12} />
      <Skeleton height={14} width={420} mb={32} />
      <Skeleton height={240} radius={6} />
    </div>
  );
}
