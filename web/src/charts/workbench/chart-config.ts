import type { LineX } from '../data/line-data.ts';

/** A chart as it is kept in a view and in an address: plain JSON. */
export type ChartConfig =
  | LinesConfig
  | BarsConfig
  | ScatterConfig
  | BoxConfig
  | ParallelConfig
  | ContourConfig
  | ImportanceConfig;

export type ChartKind = ChartConfig['kind'];

interface Common {
  readonly title?: string | undefined;
  /** Columns of the grid that it takes. */
  readonly width?: 1 | 2 | 3 | undefined;
  readonly height?: 'low' | 'high' | undefined;
}

/** Histories over a common axis. A metric that never had more than one point is shown by its values instead. */
export interface LinesConfig extends Common {
  readonly kind: 'lines';
  readonly metrics: readonly string[];
  readonly x?: LineX | undefined;
  readonly xLog?: boolean | undefined;
  readonly yLog?: boolean | undefined;
  readonly smoothing?: number | undefined;
  readonly zoomX?: readonly [number, number] | undefined;
  readonly zoomY?: readonly [number, number] | undefined;
}

/** A metric's latest values, a bar a run. */
export interface BarsConfig extends Common {
  readonly kind: 'bars';
  readonly metric: string;
  readonly order?: 'value' | 'runs' | undefined;
}

/** Two columns against each other; `color` by the values of a third. */
export interface ScatterConfig extends Common {
  readonly kind: 'scatter';
  readonly x: string;
  readonly y: string;
  readonly color?: string | undefined;
  readonly xLog?: boolean | undefined;
  readonly yLog?: boolean | undefined;
}

/** The spread of a metric within each value of a column. */
export interface BoxConfig extends Common {
  readonly kind: 'box';
  readonly y: string;
  readonly by: string;
  readonly yLog?: boolean | undefined;
}

export interface ParallelConfig extends Common {
  readonly kind: 'parallel';
  readonly axes: readonly string[];
  readonly color?: string | undefined;
}

export interface ContourConfig extends Common {
  readonly kind: 'contour';
  readonly x: string;
  readonly y: string;
  readonly z: string;
  readonly xLog?: boolean | undefined;
  readonly yLog?: boolean | undefined;
}

/** How much each param says about a metric. */
export interface ImportanceConfig extends Common {
  readonly kind: 'importance';
  readonly metric: string;
}

export const KIND_NAMES: Readonly<Record<ChartKind, string>> = {
  lines: 'Lines',
  bars: 'Bars',
  scatter: 'Scatter',
  box: 'Box',
  parallel: 'Parallel coordinates',
  contour: 'Contour',
  importance: 'Importance of params',
};

const short = (column: string) => column.slice(column.indexOf('.') + 1);

/** What stands above a chart that was given no title. */
export function titleOf(config: ChartConfig): string {
  if (config.title !== undefined && config.title !== '') return config.title;
  switch (config.kind) {
    case 'lines':
      return config.metrics.join(', ');
    case 'bars':
      return config.metric;
    case 'scatter':
      return `${short(config.y)} by ${short(config.x)}`;
    case 'box':
      return `${short(config.y)} by ${short(config.by)}`;
    case 'parallel':
      return 'Parallel coordinates';
    case 'contour':
      return `${short(config.z)} over ${short(config.x)} and ${short(config.y)}`;
    case 'importance':
      return `Importance of params for ${config.metric}`;
  }
}

/** The columns whose values a chart needs; lines have their own way. */
export function columnsOf(config: ChartConfig, params: readonly string[]): readonly string[] {
  switch (config.kind) {
    case 'lines':
      return config.metrics.length === 1 ? [`metrics.${config.metrics[0]}`] : [];
    case 'bars':
      return [`metrics.${config.metric}`];
    case 'scatter':
      return [config.x, config.y, ...(config.color === undefined ? [] : [config.color])];
    case 'box':
      return [config.y, config.by];
    case 'parallel':
      return [...new Set([...config.axes, ...(config.color === undefined ? [] : [config.color])])];
    case 'contour':
      return [config.x, config.y, config.z];
    case 'importance':
      return [`metrics.${config.metric}`, ...params.map((key) => `params.${key}`)];
  }
}
