import type { Run } from '@slipway/client';
import { useMemo, useState } from 'react';
import { readLayout } from '../../charts/workbench/read-layout.ts';
import { Workbench } from '../../charts/workbench.tsx';
import { LegendStrip } from './legend-strip.tsx';

interface ChartsTabProps {
  readonly runs: readonly Run[];
  readonly base: number;
  /** Ids of those that are not drawn. */
  readonly hidden: readonly string[];
  readonly onHidden: (hidden: readonly string[]) => void;
  readonly charts: unknown;
  readonly onCharts: (charts: unknown) => void;
}

/** The workbench of charts, over these runs alone. */
export function ChartsTab({ runs: all, base, hidden, onHidden, charts, onCharts }: ChartsTabProps) {
  const left = all.filter(({ runId }) => !hidden.includes(runId));
  // An address may hide them all.
  const runs = left.length === 0 ? all : left;
  const [selected, setSelected] = useState<readonly string[]>([]);
  const ids = runs.map(({ runId }) => runId).join("', '");
  const experiments = [...new Set(runs.map(({ experimentId }) => experimentId))].sort().join(',');
  const query = useMemo(
    () => ({
      experimentIds: experiments.split(','),
      filter: `attributes.run_id IN ('${ids}')`,
      orderBy: [],
      viewType: 'ALL' as const,
    }),
    [experiments, ids],
  );
  const metrics = useMemo(() => [...new Set(all.flatMap((run) => Object.keys(run.metrics)))].sort(), [all]);
  return (
    <>
      <LegendStrip
        runs={all}
        base={base}
        hidden={left.length === 0 ? [] : hidden.filter((id) => all.some(({ runId }) => runId === id))}
        onHidden={onHidden}
      />
      <Workbench
        query={query}
        metrics={metrics}
        selectedRunIds={selected}
        onSelect={setSelected}
        layout={readLayout(charts)}
        onLayout={onCharts}
      />
    </>
  );
}
