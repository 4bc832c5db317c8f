import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { type Measure, type TableVersion, versionTableQuery } from '../../data/models.ts';
import { metricOf } from '../../registry/metric-deltas.ts';
import { Panel } from '../../ui/panel.tsx';
import { MetricChoice } from './metric-choice.tsx';
import classes from './model-page.module.css';
import { TrendChart } from './trend-chart.tsx';
import type { TrendMark, TrendPoint } from './trend-scales.ts';

interface TrendPanelProps {
  readonly name: string;
  /** All that there are. */
  readonly keys: readonly string[];
  /** Those that are drawn. */
  readonly metrics: readonly string[];
  /** So many of the newest versions are left out. */
  readonly offset: number | undefined;
  readonly measure: Measure | undefined;
  readonly baseline: TableVersion | undefined;
  readonly onMetrics: (metrics: readonly string[]) => void;
}

/** Metrics over the versions of the model, a chart each, with who holds what. */
export function TrendPanel({ name, keys, metrics, offset, measure, baseline, onMetrics }: TrendPanelProps) {
  const { data } = useQuery(versionTableQuery(name, { metrics, offset, measure }));
  const [pointed, setPointed] = useState<number | undefined>();
  const versions = data?.versions;
  const charts = useMemo(
    () => metrics.map((metric) => ({ metric, points: pointsOf(versions ?? [], metric) })),
    [versions, metrics],
  );
  return (
    <Panel
      title="Over the versions"
      aside={
        <div className={classes.tools}>
          <MetricChoice
            label="Metrics drawn over the versions"
            keys={keys}
            chosen={metrics}
            most={12}
            onChoose={onMetrics}
          />
        </div>
      }
    >
      <div className={classes.trends}>
        {charts.map(({ metric, points }) => (
          <figure key={metric} className={classes.trend}>
            <figcaption className={classes.trendTitle} title={metric} dir="auto">
              {metric}
            </figcaption>
            {points.length === 0 ? (
              <p className={classes.nothing}>
                {versions === undefined ? 'Reading…' : 'No version has measured it.'}
              </p>
            ) : (
              <TrendChart
                name={name}
                metric={metric}
                points={points}
                baseline={baseline === undefined ? undefined : Number(baseline.version)}
                pointed={pointed}
                onPoint={setPointed}
              />
            )}
          </figure>
        ))}
        {charts.length === 0 && <p className={classes.nothing}>Choose metrics to draw.</p>}
      </div>
    </Panel>
  );
}

function pointsOf(versions: readonly TableVersion[], metric: string): readonly TrendPoint[] {
  return versions
    .flatMap((version): readonly TrendPoint[] => {
      const value = metricOf(version, metric);
      if (value === undefined) return [];
      return [
        {
          version: Number(version.version),
          value,
          marks: marksOf(version),
          run: version.source_run?.run_name,
        },
      ];
    })
    .sort((a, b) => a.version - b.version);
}

/** Archived ones are many and say little: they stay unmarked. */
function marksOf({ aliases = [], current_stage: stage }: TableVersion): readonly TrendMark[] {
  const ofAliases = aliases.map((alias): TrendMark => ({ text: `@${alias}`, kind: 'alias' }));
  return stage === 'Production' || stage === 'Staging'
    ? [...ofAliases, { text: stage, kind: stage }]
    : ofAliases;
}
