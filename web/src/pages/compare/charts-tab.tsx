import type { Run } from '@slipway/client';
import { useMemo, useState } from 'react';
import { readLayout } from '../../charts/workbench/read-layout.ts';
import { Workbench } from '../../charts/workbench.tsx';

interface ChartsTabProps {
  readonly runs: readonly Run[];
  readonly charts: unknown;
  readonly onCharts: (charts: unknown) => void;
}

/** The workbench of charts, over these runs alone. */
export function ChartsTab({ runs, charts, onCharts }: ChartsTabProps) {
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
  const metrics = useMemo(() => [...new Set(runs.flatMap((run) => Object.keys(run.metrics)))].sort(), [runs]);
  return (
    <Workbench
      query={query}
      metrics={metrics}
      selectedRunIds={selected}
      onSelect={setSelected}
      layout={readLayout(charts)}
      onLayout={onCharts}
    />
  );
}
