import { extentOf } from '../axes/scale.ts';
import type { ChartColors } from '../chart-colors.ts';
import type { RunValues } from '../data/run-values.ts';
import { colorRamp, rampStep } from '../painting/color-ramp.ts';
import { runColorPlace, SERIES_COLORS } from '../run-colors.ts';
import { axisValues, keyOf } from './axis-values.ts';

/** How runs are coloured, and what the colours mean. */
export interface RunPaint {
  readonly colors: readonly string[];
  /** By run: a place in `colors`; −1 for a run without the value. */
  readonly places: Int16Array;
  readonly legend: Legend | undefined;
}

export type Legend =
  | {
      readonly kind: 'ramp';
      readonly label: string;
      readonly low: number;
      readonly high: number;
      readonly colors: readonly string[];
    }
  | {
      readonly kind: 'words';
      readonly label: string;
      readonly words: readonly { readonly word: string; readonly color: string }[];
    };

/** By run, or by the values of a column: numbers on a ramp, words from the palette. */
export function runPaint(values: RunValues, column: string | undefined, colors: ChartColors): RunPaint {
  const { runIds } = values;
  const found = column === undefined ? undefined : values.columns.get(column);
  if (column === undefined || found === undefined) {
    return { colors: colors.series, places: Int16Array.from(runIds, runColorPlace), legend: undefined };
  }
  const axis = axisValues(found, column, runIds.length);
  const label = keyOf(column);
  if (axis.kind === 'category') {
    const places = Int16Array.from(axis.values, (value) =>
      Number.isNaN(value) ? -1 : value % SERIES_COLORS,
    );
    const words = axis.categories.map((word, i) => ({ word, color: colors.series[i % SERIES_COLORS]! }));
    return { colors: colors.series, places, legend: { kind: 'words', label, words } };
  }
  const [low, high] = extentOf([axis.values]) ?? [0, 1];
  const ramp = colorRamp(colors.scheme);
  const places = Int16Array.from(axis.values, (value) => rampStep(value, [low, high]));
  return { colors: ramp, places, legend: { kind: 'ramp', label, low, high, colors: ramp } };
}
