import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { versionTableQuery } from '../../data/models.ts';
import { Panel } from '../../ui/panel.tsx';
import { metricOf } from './metric-deltas.ts';
import classes from './model-page.module.css';
import { TrendChart, type TrendPoint } from './trend-chart.tsx';

interface TrendPanelProps {
  readonly name: string;
  readonly keys: readonly string[];
  readonly metric: string;
  readonly onMetric: (metric: string) => void;
}

/** One metric over the versions of the model, with who holds what. */
export function TrendPanel({ name, keys, metric, onMetric }: TrendPanelProps) {
  const { data } = useQuery(versionTableQuery(name, [metric]));
  const points = useMemo(
    () =>
      (data?.versions ?? [])
        .flatMap((version): readonly TrendPoint[] => {
          const value = metricOf(version, metric);
          const marks = [...(version.aliases ?? []).map((alias) => `@${alias}`), version.current_stage];
          return value === undefined
            ? []
            : [{ version: Number(version.version), value, marks: marks.filter((mark) => mark !== 'None') }];
        })
        .sort((a, b) => a.version - b.version),
    [data, metric],
  );
  return (
    <Panel
      title="Over the versions"
      aside={
        <Select
          size="xs"
          aria-label="Metric"
          data={[...keys]}
          value={metric}
          searchable
          limit={100}
          allowDeselect={false}
          onChange={(value) => value !== null && onMetric(value)}
        />
      }
    >
      {points.length === 0 ? (
        <p className={classes.nothing}>No version’s run has measured {metric}.</p>
      ) : (
        <TrendChart metric={metric} points={points} />
      )}
    </Panel>
  );
}
