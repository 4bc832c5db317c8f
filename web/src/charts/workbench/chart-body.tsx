import { Skeleton } from '@mantine/core';
import { lazy, type Ref, Suspense, useCallback, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { RunListQuery } from '../../data/run-table.ts';
import { ErrorNotice } from '../../ui/states.tsx';
import { BarsChart } from '../bars/bars-chart.tsx';
import type { ChartHandle } from '../chart-handle.ts';
import { type Line, MOST_LINES } from '../data/line-data.ts';
import type { RunValues } from '../data/run-values.ts';
import { useLines } from '../data/use-lines.ts';
import { useLivePoints } from '../data/use-live-runs.ts';
import { useRunValues } from '../data/use-run-values.ts';
import { LineChart } from '../line-chart.tsx';
import classes from './chart-body.module.css';
import { type BarsConfig, type ChartConfig, columnsOf, type LinesConfig, titleOf } from './chart-config.ts';
import type { LineDefaults } from './layout.ts';

const LAZY = {
  scatter: lazy(async () => ({ default: (await import('../scatter/scatter-chart.tsx')).ScatterChart })),
  box: lazy(async () => ({ default: (await import('../boxes/box-chart.tsx')).BoxChart })),
  parallel: lazy(async () => ({ default: (await import('../parallel/parallel-chart.tsx')).ParallelChart })),
  contour: lazy(async () => ({ default: (await import('../contour/contour-chart.tsx')).ContourChart })),
  importance: lazy(async () => ({
    default: (await import('../importance/importance-chart.tsx')).ImportanceChart,
  })),
};

export interface ChartBodyProps {
  readonly config: ChartConfig;
  readonly onConfig: (config: ChartConfig) => void;
  readonly query: RunListQuery;
  readonly runs: RunValues;
  /** Params that differ among runs. */
  readonly params: readonly string[];
  readonly defaults: LineDefaults;
  readonly selectedRunIds: ReadonlySet<string>;
  readonly onSelect: (runIds: readonly string[]) => void;
  readonly handleRef: Ref<ChartHandle>;
}

/** What a card holds: the chart of its configuration, over its data. */
export function ChartBody(props: ChartBodyProps) {
  const { config, onConfig } = props;
  if (config.kind === 'lines') return <LinesBody {...props} config={config} onConfig={onConfig} />;
  return <ValuesBody {...props} config={config} />;
}

const NO_PARAMS: readonly string[] = [];

const toggled = (selected: ReadonlySet<string>, runId: string): readonly string[] =>
  selected.has(runId) ? [...selected].filter((id) => id !== runId) : [...selected, runId];

interface LinesBodyProps extends ChartBodyProps {
  readonly config: LinesConfig;
}

function LinesBody(props: LinesBodyProps) {
  const { config, onConfig, runs, defaults, selectedRunIds, onSelect, handleRef } = props;
  const root = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => setWidth(root.current!.clientWidth), []);
  const look = {
    x: config.x ?? defaults.x ?? 'step',
    xLog: config.xLog ?? defaults.xLog ?? false,
    yLog: config.yLog ?? defaults.yLog ?? false,
    smoothing: config.smoothing ?? defaults.smoothing ?? 0,
  };
  const { metrics, zoomX, zoomY } = config;
  const count = Math.min(runs.runIds.length, MOST_LINES) * metrics.length;
  const isSeveral = metrics.length > 1;
  const { lines, areSingle, error, isStale, retry, refresh } = useLines({
    runIds: runs.runIds,
    keys: metrics,
    x: look.x,
    part: zoomX,
    maxPoints: pointsEach(count, width),
    withMeans: look.smoothing > 0,
    unlessSingle: !isSeveral,
    isEnabled: width > 0,
  });
  // Asked for beside the histories: where there are none it would be the next question, and where there are it is little.
  const bars: BarsConfig = useMemo(() => ({ kind: 'bars', metric: metrics[0]! }), [metrics]);
  useRunValues(
    props.query,
    isSeveral || width === 0 || lines !== undefined ? undefined : runs,
    useMemo(() => columnsOf(bars, NO_PARAMS), [bars]),
  );
  useLivePoints(props.query.experimentIds, metrics, refresh);
  const zoom = useMemo(() => (zoomX || zoomY ? { x: zoomX, y: zoomY } : undefined), [zoomX, zoomY]);
  const names = useMemo(() => new Map(runs.runIds.map((id, i) => [id, runs.runNames[i]!])), [runs]);
  const nameOf = useCallback(
    ({ runId, key }: Line) =>
      isSeveral ? `${names.get(runId) ?? runId} · ${key}` : (names.get(runId) ?? runId),
    [names, isSeveral],
  );
  // One value a run is no history.
  if (areSingle) {
    return <ValuesBody {...props} config={bars} onConfig={() => undefined} />;
  }
  const leftOut = runs.runIds.length - MOST_LINES;
  return (
    <div ref={root} className={classes.body} data-stale={isStale || undefined}>
      {leftOut > 0 && (
        <div className={classes.message}>
          The first {MOST_LINES.toLocaleString('en-US')} of {runs.runIds.length.toLocaleString('en-US')} runs,
          by the table's order
        </div>
      )}
      <div className={classes.chart}>
        {error && !lines ? (
          <ErrorNotice error={error} what="The histories could not be read" onRetry={retry} />
        ) : lines === undefined ? (
          <Skeleton height="100%" />
        ) : (
          <LineChart
            lines={lines}
            label={titleOf(config)}
            look={look}
            nameOf={nameOf}
            zoom={zoom}
            onZoom={(part) => onConfig({ ...config, zoomX: part?.x, zoomY: part?.y })}
            selectedRunIds={selectedRunIds}
            onPick={(runId) => onSelect(toggled(selectedRunIds, runId))}
            handleRef={handleRef}
          />
        )}
      </div>
    </div>
  );
}

/** Points a line: two for each pixel it crosses, fewer where there are so many lines that they cover each other. */
function pointsEach(lines: number, width: number): number {
  const pixels = Math.max(200, Math.ceil(width / 100) * 100);
  if (lines <= 20) return 2 * pixels;
  return lines <= 200 ? pixels : 200;
}

interface ValuesBodyProps extends ChartBodyProps {
  readonly config: Exclude<ChartConfig, LinesConfig>;
}

function ValuesBody({
  config,
  onConfig,
  query,
  runs,
  params,
  selectedRunIds,
  onSelect,
  handleRef,
}: ValuesBodyProps) {
  const columns = useMemo(() => columnsOf(config, params), [config, params]);
  const { data, error, refetch, isPlaceholderData } = useRunValues(query, runs, columns);
  if (error && !data) {
    return <ErrorNotice error={error} what="The values could not be read" onRetry={() => void refetch()} />;
  }
  if (data === undefined) return <Skeleton height="100%" />;
  const shared = {
    values: data,
    label: titleOf(config),
    selectedRunIds,
    onPick: (runId: string) => onSelect(toggled(selectedRunIds, runId)),
    onSelect,
    handleRef,
  };
  return (
    <div className={classes.body} data-stale={isPlaceholderData || undefined}>
      <Suspense fallback={<Skeleton height="100%" />}>{chartOf(config, onConfig, shared)}</Suspense>
    </div>
  );
}

type Shared = Omit<Parameters<typeof LAZY.scatter>[0], 'config' | 'onConfig'>;

function chartOf(config: ValuesBodyProps['config'], onConfig: (config: ChartConfig) => void, shared: Shared) {
  switch (config.kind) {
    case 'bars':
      return <BarsChart {...shared} config={config} onConfig={onConfig} />;
    case 'scatter':
      return <LAZY.scatter {...shared} config={config} onConfig={onConfig} />;
    case 'box':
      return <LAZY.box {...shared} config={config} onConfig={onConfig} />;
    case 'parallel':
      return <LAZY.parallel {...shared} config={config} onConfig={onConfig} />;
    case 'contour':
      return <LAZY.contour {...shared} config={config} onConfig={onConfig} />;
    case 'importance':
      return <LAZY.importance {...shared} config={config} onConfig={onConfig} />;
  }
}
