import type { Ref } from 'react';
import type { ChartHandle } from '../chart-handle.ts';
import type { RunValues } from '../data/run-values.ts';

/** What all charts over the values of runs are given. */
export interface ValueChartProps<Config> {
  readonly config: Config;
  readonly values: RunValues;
  readonly label: string;
  readonly selectedRunIds: ReadonlySet<string>;
  readonly onPick: (runId: string) => void;
  readonly onSelect: (runIds: readonly string[]) => void;
  readonly onConfig: (config: Config) => void;
  readonly handleRef: Ref<ChartHandle>;
}
