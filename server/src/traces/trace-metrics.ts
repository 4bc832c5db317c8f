import type { Database } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Page } from '../tracking/experiments.ts';
import * as repository from './metric-points-repository.ts';
import { aggregationName, checkMetricQuery, type MetricQuery } from './metric-query.ts';

/** One group of a query and what was aggregated in it. */
export interface MetricPoint {
  /** By the query's dimensions, and `time_bucket` (ISO 8601, UTC) where it has an interval. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** By aggregation: `COUNT`, `P95.0` …; what is undefined is absent. */
  readonly values: Readonly<Record<string, number>>;
}

export interface PagedMetricQuery extends MetricQuery {
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

const MAX_POINTS = 100_000;
/** The last millisecond of the year 9999, beyond which no ISO time of four digits goes. */
const LAST_TIME_MS = 253_402_300_799_999;
const FIRST_TIME_MS = -62_135_596_800_000;

/** Sums over many traces: how many, how long, how dear, how good. */
export function createTraceMetrics({ db }: { readonly db: Database }) {
  return {
    /** @throws AppError InvalidArgument for what does not go together, a bad token, or more than 100 000 points at once. */
    async query(query: PagedMetricQuery): Promise<Page<MetricPoint>> {
      checkMetricQuery(query);
      const { maxResults } = query;
      if (maxResults < 0 || maxResults > MAX_POINTS) {
        throw invalidArgument(
          `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${MAX_POINTS}.`,
          { field: 'max_results' },
        );
      }
      const { offset } = parsePageToken(query.pageToken);
      if (maxResults === 0) return { items: [], nextPageToken: undefined };
      const complete = { ...query, dimensions: [...new Set(query.dimensions)] };
      const rows = await db.read((sql) =>
        repository.selectPoints(sql, complete, { limit: maxResults + 1, offset }),
      );
      return {
        items: rows.slice(0, maxResults).flatMap((row) => pointOf(complete, row) ?? []),
        nextPageToken:
          rows.length > maxResults ? renderPageToken({ offset: offset + maxResults }) : undefined,
      };
    },
  };
}

export type TraceMetrics = ReturnType<typeof createTraceMetrics>;

/** Undefined where nothing was measured. */
function pointOf(query: MetricQuery, row: repository.PointRow): MetricPoint | undefined {
  const values = query.aggregations.flatMap((aggregation, i) => {
    const value = row.values[i]!;
    return value === null ? [] : [[aggregationName(aggregation), value] as const];
  });
  if (values.length === 0) return undefined;
  return {
    dimensions: {
      ...(row.bucketMs !== undefined && { time_bucket: isoTime(row.bucketMs) }),
      ...Object.fromEntries(query.dimensions.map((dimension, i) => [dimension, row.dimensions[i]!])),
    },
    values: Object.fromEntries(values),
  };
}

/** As Python writes a time of whole seconds: `2025-06-01T00:00:00+00:00`. */
function isoTime(ms: number): string {
  const shown = Math.min(Math.max(ms, FIRST_TIME_MS), LAST_TIME_MS);
  return `${new Date(shown).toISOString().slice(0, 19)}+00:00`;
}
