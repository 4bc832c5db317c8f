import type { Int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';

/** Points that one summary stands for. */
export const SUMMARY_POINTS = 512;

/** A stretch of a history in step order: how long it is, and its extremes. Points that are NaN have none. */
export interface Stretch {
  readonly points: number;
  readonly firstStep: Int64;
  readonly lastStep: Int64;
  readonly min: MetricPoint | undefined;
  readonly max: MetricPoint | undefined;
}

/** The stretch of consecutive points. `points` must not be empty. */
export function summarise(points: readonly MetricPoint[]): Stretch {
  let min: MetricPoint | undefined;
  let max: MetricPoint | undefined;
  for (const point of points) {
    if (Number.isNaN(point.value)) continue;
    if (min === undefined || point.value < min.value) min = point;
    if (max === undefined || point.value > max.value) max = point;
  }
  return { points: points.length, firstStep: points[0]!.step, lastStep: points.at(-1)!.step, min, max };
}

/** With fewer groups in use than this part of them, the line is dense in places and thin in others. */
const EVENLY_USED = 0.75;

/**
 * Thins a line to at most `maxPoints` points so that what is drawn through them covers the same pixels: of every
 * group of neighbours the lowest and the highest point stay, and of the whole the first and the last. A group is what
 * falls on one of the same widths of x; where most points share few of those, half of the groups are made by number
 * instead, so that neither the dense part nor the thin one is lost. A group without a number leaves a NaN: a gap.
 * @param x in ascending order.
 * @param maxPoints at least 2; below 4 there is no room for the first and the last.
 * @returns the places of the points that stay, in ascending order; all of them where there are few enough.
 */
export function thin(x: Float64Array, values: ArrayLike<number>, maxPoints: number): Uint32Array {
  const count = x.length;
  if (count <= maxPoints) return Uint32Array.from(x, (_, i) => i);
  if (maxPoints < 4) return extremes(values, () => 0, []);
  const groups = Math.floor(maxPoints / 2) - 1;
  const ends = [0, count - 1];
  const byWidth = widths(x, groups);
  if (usedGroups(count, byWidth) >= groups * EVENLY_USED) return extremes(values, byWidth, ends);
  const half = Math.max(1, Math.floor(groups / 2));
  const byHalfWidth = widths(x, half);
  const size = Math.ceil(count / half);
  // A new group begins where either way of counting begins one.
  return extremes(values, (i) => byHalfWidth(i) + Math.floor(i / size), ends);
}

/** Averages of neighbouring points. */
export interface Means {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * The mean point of every one of `groups` equal widths of x that has any. Points that are no finite numbers count for
 * nothing. What stays of a thinned line leans to its extremes; a line that is smoothed afterwards must not.
 * @param x in ascending order.
 */
export function meansOf(x: Float64Array, values: ArrayLike<number>, groups: number): Means {
  const means: { readonly x: number[]; readonly y: number[] } = { x: [], y: [] };
  if (x.length === 0) return means;
  const groupOf = widths(x, groups);
  let group = -1;
  let count = 0;
  for (let i = 0; i < x.length; i += 1) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    const own = groupOf(i);
    if (own !== group) {
      group = own;
      count = 0;
      means.x.push(0);
      means.y.push(0);
    }
    count += 1;
    // Each mean as it stands so far: a sum would leave the doubles before its mean does.
    const last = means.x.length - 1;
    means.x[last]! += (x[i]! - means.x[last]!) / count;
    means.y[last]! += (value - means.y[last]!) / count;
  }
  return means;
}

/** The group of a place, from 0 on, never falling. */
type Grouping = (place: number) => number;

function widths(x: Float64Array, groups: number): Grouping {
  const first = x[0]!;
  const width = x.at(-1)! - first;
  // A width of 0, and one beyond all doubles, divides nothing.
  if (!(width > 0) || !Number.isFinite(width)) return () => 0;
  return (i) => Math.min(groups - 1, Math.floor(((x[i]! - first) / width) * groups));
}

function usedGroups(count: number, groupOf: Grouping): number {
  let used = 0;
  let last = -1;
  for (let i = 0; i < count; i += 1) {
    const group = groupOf(i);
    if (group !== last) used += 1;
    last = group;
  }
  return used;
}

function extremes(values: ArrayLike<number>, groupOf: Grouping, ends: readonly number[]): Uint32Array {
  const count = values.length;
  const kept: number[] = ends.slice(0, 1);
  const keep = (i: number) => {
    if (i > (kept.at(-1) ?? -1)) kept.push(i);
  };
  let i = 0;
  while (i < count) {
    const group = groupOf(i);
    const start = i;
    let low = -1;
    let high = -1;
    for (; i < count && groupOf(i) === group; i += 1) {
      const value = values[i]!;
      if (Number.isNaN(value)) continue;
      if (low < 0 || value < values[low]!) low = i;
      if (high < 0 || value > values[high]!) high = i;
    }
    if (low < 0) keep(start);
    else {
      keep(Math.min(low, high));
      keep(Math.max(low, high));
    }
  }
  for (const end of ends) keep(end);
  return Uint32Array.from(kept);
}
