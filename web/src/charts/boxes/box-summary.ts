import type { AxisValues } from '../values/axis-values.ts';

/** Tukey's box: quartiles, whiskers to the last value within 1.5 times their distance, and what lies beyond. */
export interface BoxSummary {
  readonly label: string;
  readonly count: number;
  readonly low: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly high: number;
  /** Runs by place, with a finite value. */
  readonly runs: readonly number[];
  readonly outliers: readonly number[];
}

const MOST_BOXES = 40;
/** More distinct numbers than this become ranges of equally many runs. */
const MOST_NUMBERS = 10;
const RANGES = 6;

/** Runs without a value of the grouping column, or without a finite value, stand in no box. */
export function summariseBoxes(y: Float64Array, by: AxisValues): readonly BoxSummary[] {
  const groups = groupRuns(y, by);
  return groups.slice(0, MOST_BOXES).map(({ label, runs }) => {
    const sorted = runs.map((run) => y[run]!).sort((a, b) => a - b);
    const [q1, median, q3] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
    const reach = 1.5 * (q3 - q1);
    const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
    return {
      label,
      count: runs.length,
      low: inside[0]!,
      q1,
      median,
      q3,
      high: inside.at(-1)!,
      runs,
      outliers: runs.filter((run) => y[run]! < q1 - reach || y[run]! > q3 + reach),
    };
  });
}

/** Linear between neighbours: R's type 7 (Hyndman and Fan 1996). */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

function groupRuns(
  y: Float64Array,
  by: AxisValues,
): readonly { readonly label: string; readonly runs: number[] }[] {
  const runs = Array.from(y.keys()).filter(
    (run) => Number.isFinite(y[run]!) && !Number.isNaN(by.values[run]!),
  );
  const distinct = [...new Set(runs.map((run) => by.values[run]!))].sort((a, b) => a - b);
  if (by.kind === 'category' || distinct.length <= MOST_NUMBERS) {
    const labelOf = (value: number) => (by.kind === 'category' ? by.categories[value]! : String(value));
    return distinct.map((value) => ({
      label: labelOf(value) || '(empty)',
      runs: runs.filter((run) => by.values[run] === value),
    }));
  }
  const sorted = runs.toSorted((a, b) => by.values[a]! - by.values[b]!);
  return Array.from({ length: RANGES }, (_, i) => {
    const part = sorted.slice(
      Math.floor((i * sorted.length) / RANGES),
      Math.floor(((i + 1) * sorted.length) / RANGES),
    );
    const short = (run: number) => String(Number(by.values[run]!.toPrecision(3)));
    return { label: part.length === 0 ? '' : `${short(part[0]!)} … ${short(part.at(-1)!)}`, runs: part };
  }).filter((group) => group.runs.length > 0);
}
