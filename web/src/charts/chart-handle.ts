import type { Scene } from './plot/plot-scene.ts';

/** What is behind a chart, in words and numbers: for readers who do not see it, and for files. */
export interface ChartTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | undefined)[])[];
}

/** What can be done with any chart. Both are made when they are asked for. */
export interface ChartHandle {
  scene(): Scene;
  table(): ChartTable;
  /** The points of a line chart; for others the same as `table`. */
  file(): ChartTable;
}
