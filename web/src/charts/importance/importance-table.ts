import type { RunValues } from '../data/run-values.ts';
import { axisValues, keyOf } from '../values/axis-values.ts';
import { measureImportance, rankCorrelation } from './forest.ts';

export interface ParamImportance {
  readonly key: string;
  /** Shares of all importance, 1 together. */
  readonly share: number;
  /** Of ranks, −1 to 1; undefined for words, which have no order. */
  readonly correlation: number | undefined;
}

export interface Importance {
  readonly params: readonly ParamImportance[];
  readonly explained: number;
  /** Runs that it is computed from, and those that have the metric. */
  readonly used: number;
  readonly known: number;
}

export const FEWEST_RUNS = 10;
const MOST_RUNS = 1000;
/** A param that has another value in nearly every run and is no number is a name, not a setting. */
const MOST_WORDS = 0.5;

/** What the params of runs say about a metric; undefined where too few runs have it or nothing varies. */
export function importanceOf(values: RunValues, metric: string): Importance | undefined {
  const target = axisValues(values.columns.get(metric), metric, values.runIds.length).values;
  const known = Array.from(target.keys()).filter((run) => Number.isFinite(target[run]!));
  if (known.length < FEWEST_RUNS) return undefined;
  const every = Math.max(1, Math.ceil(known.length / MOST_RUNS));
  const used = known.filter((_, i) => i % every === 0);
  const pick = (column: Float64Array) => Float64Array.from(used, (run) => column[run]!);
  const params = [...values.columns.keys()]
    .filter((name) => name.startsWith('params.'))
    .flatMap((name) => {
      const axis = axisValues(values.columns.get(name), name, values.runIds.length);
      if (axis.kind === 'category' && axis.categories.length > MOST_WORDS * used.length) return [];
      const picked = withoutGaps(pick(axis.values));
      return picked.every((value) => value === picked[0])
        ? []
        : [{ name, isOrdered: axis.kind !== 'category', picked }];
    });
  if (params.length === 0) return undefined;
  const goal = pick(target);
  const { importance, explained } = measureImportance({
    features: params.map(({ picked }) => picked),
    target: goal,
  });
  const sum = importance.reduce((total, one) => total + one, 0);
  return {
    params: params
      .map(({ name, isOrdered, picked }, i) => {
        const correlation = isOrdered ? rankCorrelation(picked, goal) : Number.NaN;
        return {
          key: keyOf(name),
          share: sum === 0 ? 0 : importance[i]! / sum,
          correlation: Number.isNaN(correlation) ? undefined : correlation,
        };
      })
      .sort((a, b) => b.share - a.share),
    explained,
    used: used.length,
    known: known.length,
  };
}

/** A run without a param stands apart from all that have it; the infinities stand at the ends. */
function withoutGaps(values: Float64Array): Float64Array {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const width = high - low || 1;
  return values.map((value) => {
    if (Number.isNaN(value)) return low - width;
    return Math.max(low - width / 2, Math.min(high + width / 2, value));
  });
}
