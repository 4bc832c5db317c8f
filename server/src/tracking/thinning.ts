import { compareInt64, type Int64 } from '../kernel/int64.ts';
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

function join(stretches: readonly Stretch[]): Stretch {
  let min: MetricPoint | undefined;
  let max: MetricPoint | undefined;
  let points = 0;
  for (const stretch of stretches) {
    points += stretch.points;
    if (stretch.min !== undefined && (min === undefined || stretch.min.value < min.value)) min = stretch.min;
    if (stretch.max !== undefined && (max === undefined || stretch.max.value > max.value)) max = stretch.max;
  }
  return { points, firstStep: stretches[0]!.firstStep, lastStep: stretches.at(-1)!.lastStep, min, max };
}

/**
 * Thins a history to at most `maxPoints` points so that a line through them covers the same pixels: of every
 * group of neighbours the lowest and the highest point stay, in the order of their steps.
 * @param stretches the history in step order; groups are made of whole stretches.
 * @param maxPoints at least 2.
 */
export function thin(stretches: readonly Stretch[], maxPoints: number): MetricPoint[] {
  const groups = Math.max(1, Math.floor(maxPoints / 2));
  const result: MetricPoint[] = [];
  const size = Math.ceil(stretches.length / groups);
  for (let i = 0; i < stretches.length; i += Math.max(1, size)) {
    const { min, max } = join(stretches.slice(i, i + size));
    if (min === undefined || max === undefined) continue;
    if (isSamePoint(min, max)) result.push(min);
    else result.push(...(comesBefore(min, max) ? [min, max] : [max, min]));
  }
  return result;
}

function comesBefore(a: MetricPoint, b: MetricPoint): boolean {
  return (
    (compareInt64(a.step, b.step) || compareInt64(a.timestampMs, b.timestampMs) || a.value - b.value) <= 0
  );
}

function isSamePoint(a: MetricPoint, b: MetricPoint): boolean {
  return a.step === b.step && a.timestampMs === b.timestampMs && a.value === b.value;
}
