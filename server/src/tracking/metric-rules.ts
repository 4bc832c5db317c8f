import { compareInt64, type Int64 } from '../kernel/int64.ts';

/** One point of a metric's history. `value` may be NaN or infinite; times are milliseconds since 1970. */
export interface MetricPoint {
  readonly step: Int64;
  readonly timestampMs: Int64;
  readonly value: number;
}

/** What is kept of a metric beside its points. */
export interface SeriesSummary {
  readonly latest: MetricPoint;
  readonly count: number;
  /** Over the points that are numbers; null when there is none. */
  readonly min: number | null;
  readonly max: number | null;
  /** Whether the order by (step, timestamp, value) is also the order by (timestamp, step, value). */
  readonly inOrder: boolean;
}

/** NaN counts as 0 where points are compared, as on the real server. */
const comparable = (value: number): number => (Number.isNaN(value) ? 0 : value);

/**
 * Orders points by (step, timestamp, value); the greatest is a metric's latest value.
 * Source: `_update_latest_metrics_if_necessary` of MLflow 3.17.2.
 */
export function comparePoints(a: MetricPoint, b: MetricPoint): number {
  return (
    compareInt64(a.step, b.step) ||
    compareInt64(a.timestampMs, b.timestampMs) ||
    comparable(a.value) - comparable(b.value) ||
    0
  );
}

/** The summary after `point`, which may repeat one that is there already: the repository corrects the count then. */
export function addPoint(summary: SeriesSummary | undefined, point: MetricPoint): SeriesSummary {
  const number = Number.isNaN(point.value) ? null : point.value;
  if (summary === undefined) return { latest: point, count: 1, min: number, max: number, inOrder: true };
  const isLatest = comparePoints(point, summary.latest) > 0;
  return {
    latest: isLatest ? point : summary.latest,
    count: summary.count + 1,
    min: number === null ? summary.min : summary.min === null ? number : Math.min(summary.min, number),
    max: number === null ? summary.max : summary.max === null ? number : Math.max(summary.max, number),
    inOrder: summary.inOrder && isLatest && point.timestampMs >= summary.latest.timestampMs,
  };
}
