import { type Sql, type Transaction, textFor } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { MetricPoint, SeriesSummary } from './metric-rules.ts';

export interface Series {
  readonly seriesNo: number | undefined;
  readonly runNo: number;
  readonly experimentNo: number;
  readonly key: string;
  readonly summary: SeriesSummary;
}

interface SeriesRow {
  readonly series_no: number;
  readonly run_no: number;
  readonly experiment_no: number;
  readonly key: string;
  readonly step: Int64 | string;
  readonly timestamp: Int64 | string;
  readonly value: number;
  readonly is_nan: number;
  readonly point_count: number;
  readonly min_value: number | null;
  readonly max_value: number | null;
  readonly in_order: number;
}

export type SeriesKey = readonly [runNo: number, key: string];

const byKeys = (tuples: readonly SeriesKey[]) => ({
  columns: ['run_no', 'key'] as const,
  types: ['bigint', 'text'] as const,
  tuples,
});

const seriesColumns = textFor(
  ({ int64: exact }) =>
    `m.series_no, m.run_no, m.experiment_no, m.key, ${exact('m.step')} AS step, ${exact('m.timestamp')} AS timestamp,
     m.value, m.is_nan, m.point_count, m.min_value, m.max_value, m.in_order`,
);
const oneSeries = textFor(
  (dialect) => `SELECT ${seriesColumns(dialect)} FROM metric_series m WHERE m.run_no = ? AND m.key = ?`,
);
const manySeries = textFor(
  (dialect) =>
    `SELECT ${seriesColumns(dialect)} FROM keys k ${dialect.orderedJoin} metric_series m
     ON m.run_no = k.run_no AND m.key = k.key`,
);

/** The metrics among `keys` that exist. */
export async function findSeries(sql: Sql, keys: readonly SeriesKey[]): Promise<Series[]> {
  const rows =
    keys.length === 1
      ? await sql.all<SeriesRow>(oneSeries(sql.dialect), keys[0]!)
      : await sql.allFor<SeriesRow>(byKeys(keys), manySeries(sql.dialect));
  return rows.map(readSeries);
}

function readSeries(row: SeriesRow): Series {
  return {
    seriesNo: row.series_no,
    runNo: row.run_no,
    experimentNo: row.experiment_no,
    key: row.key,
    summary: {
      latest: {
        step: int64(row.step),
        timestampMs: int64(row.timestamp),
        value: row.is_nan === 1 ? Number.NaN : row.value,
      },
      count: row.point_count,
      min: row.min_value,
      max: row.max_value,
      inOrder: row.in_order === 1,
    },
  };
}

export async function findSeriesNumbers(
  sql: Sql,
  keys: readonly SeriesKey[],
): Promise<{ series_no: number; run_no: number; key: string }[]> {
  if (keys.length === 0) return [];
  return sql.allFor(
    byKeys(keys),
    `SELECT m.series_no, m.run_no, m.key FROM keys k ${sql.dialect.orderedJoin} metric_series m
     ON m.run_no = k.run_no AND m.key = k.key`,
  );
}

const SERIES = {
  run_no: 'bigint',
  experiment_no: 'bigint',
  key: 'text',
  step: 'bigint',
  timestamp: 'bigint',
  value: 'double',
  is_nan: 'bigint',
  point_count: 'bigint',
  min_value: 'double',
  max_value: 'double',
  in_order: 'bigint',
} as const;

/** Writes summaries, of new metrics and of known ones alike. */
export async function upsertSeries(tx: Transaction, series: readonly Series[]): Promise<void> {
  await tx.insertMany(
    'metric_series',
    SERIES,
    series.map(({ runNo, experimentNo, key, summary }) => {
      const { latest } = summary;
      const isNan = Number.isNaN(latest.value);
      return [
        runNo,
        experimentNo,
        key,
        latest.step,
        latest.timestampMs,
        isNan ? 0 : latest.value,
        Number(isNan),
        summary.count,
        summary.min,
        summary.max,
        Number(summary.inOrder),
      ];
    }),
    {
      onConflict: {
        key: ['run_no', 'key'],
        update: ['step', 'timestamp', 'value', 'is_nan', 'point_count', 'min_value', 'max_value', 'in_order'],
      },
    },
  );
}

const POINTS = {
  series_no: 'bigint',
  step: 'bigint',
  timestamp: 'bigint',
  value: 'double',
  is_nan: 'bigint',
} as const;

export interface PlacedPoint {
  readonly seriesNo: number;
  readonly point: MetricPoint;
}

const pointRow = ({ seriesNo, point }: PlacedPoint) => {
  const isNan = Number.isNaN(point.value);
  return [seriesNo, point.step, point.timestampMs, isNan ? 0 : point.value, Number(isNan)];
};

/** Adds points of which none is there already. */
export async function insertPoints(tx: Transaction, points: readonly PlacedPoint[]): Promise<void> {
  await tx.insertMany('metric_points', POINTS, points.map(pointRow));
}

/** Adds the points that are not there already. For each of those, its metric. */
export async function insertNewPoints(tx: Transaction, points: readonly PlacedPoint[]): Promise<number[]> {
  return tx.insertNew<number>('metric_points', POINTS, points.map(pointRow), 'series_no');
}

/** The metrics in which one of the points has an earlier time than a point before it in step order, or a later one. */
export async function findDisordered(sql: Sql, points: readonly PlacedPoint[]): Promise<ReadonlySet<number>> {
  if (points.length === 0) return new Set();
  const neighbour = (side: '<' | '>', direction: 'DESC' | 'ASC') =>
    `(SELECT p.timestamp FROM metric_points p
      WHERE p.series_no = k.no AND (p.step, p.timestamp) ${side} (k.at_step, k.at_time)
      ORDER BY p.step ${direction}, p.timestamp ${direction} LIMIT 1)`;
  const rows = await sql.allFor<{ no: number }>(
    {
      columns: ['no', 'at_step', 'at_time'],
      types: ['bigint', 'bigint', 'bigint'],
      tuples: points.map(({ seriesNo, point }) => [seriesNo, point.step, point.timestampMs]),
    },
    `SELECT DISTINCT k.no FROM keys k
     WHERE ${neighbour('<', 'DESC')} > k.at_time OR ${neighbour('>', 'ASC')} < k.at_time`,
  );
  return new Set(rows.map(({ no }) => Number(no)));
}

export interface SeriesCorrection {
  readonly seriesNo: number;
  readonly count: number;
  readonly inOrder: boolean;
}

/** Puts summaries right after some points turned out to be repeats. */
export async function correctSeries(
  tx: Transaction,
  corrections: readonly SeriesCorrection[],
): Promise<void> {
  if (corrections.length === 0) return;
  await tx.allFor(
    {
      columns: ['no', 'points', 'ordered'],
      types: ['bigint', 'bigint', 'bigint'],
      tuples: corrections.map(({ seriesNo, count, inOrder }) => [seriesNo, count, Number(inOrder)]),
    },
    `UPDATE metric_series SET point_count = k.points, in_order = k.ordered FROM keys k
     WHERE metric_series.series_no = k.no RETURNING series_no`,
  );
}

export type LatestTuple = readonly [
  runNo: number,
  key: string,
  value: number,
  isNan: number,
  timestamp: number | string | bigint,
  step: number | string | bigint,
];

const latestOfRuns = textFor(
  ({ int64: exact }) =>
    `SELECT run_no, key, value, is_nan, ${exact('timestamp')}, ${exact('step')} FROM metric_series`,
);
const latestOfOne = textFor((dialect) => `${latestOfRuns(dialect)} WHERE run_no = ?`);
const latestOfMany = textFor(
  (dialect) => `${latestOfRuns(dialect)} WHERE ${dialect.inList('run_no', 'bigint')}`,
);

/** The latest point of every metric of the runs. */
export async function listLatest(sql: Sql, runNos: readonly number[]): Promise<LatestTuple[]> {
  if (runNos.length === 1) return sql.rows<LatestTuple>(latestOfOne(sql.dialect), runNos);
  return sql.rows<LatestTuple>(latestOfMany(sql.dialect), [sql.dialect.list(runNos)]);
}

export interface HistoryPosition {
  readonly timestamp: Int64;
  readonly step: Int64;
  readonly value: number;
}

export type PointTuple = readonly [
  step: number | string | bigint,
  timestamp: number | string | bigint,
  value: number,
  isNan: number,
];

export interface HistoryQuery {
  readonly seriesNo: number;
  /** Where the clustered order is already the history's, no sort is needed. */
  readonly inOrder: boolean;
  readonly after: HistoryPosition | undefined;
  readonly offset: number;
  readonly limit: number;
}

/** Points by (timestamp, step, value). */
export async function listHistory(sql: Sql, query: HistoryQuery): Promise<PointTuple[]> {
  const { int64: exact } = sql.dialect;
  const order = query.inOrder ? 'step, timestamp, value, is_nan' : 'timestamp, step, value, is_nan';
  const position = query.inOrder ? '(step, timestamp, value)' : '(timestamp, step, value)';
  const { after } = query;
  const where = after === undefined ? '' : `AND ${position} > (?, ?, ?)`;
  const at =
    after === undefined ? [] : query.inOrder ? [after.step, after.timestamp] : [after.timestamp, after.step];
  return sql.rows<PointTuple>(
    `SELECT ${exact('step')}, ${exact('timestamp')}, value, is_nan FROM metric_points
     WHERE series_no = ? ${where} ORDER BY ${order} LIMIT ? OFFSET ?`,
    [query.seriesNo, ...at, ...(after === undefined ? [] : [after.value]), query.limit, query.offset],
  );
}

export interface IntervalQuery {
  readonly seriesNo: number;
  readonly startStep: Int64 | undefined;
  readonly endStep: Int64 | undefined;
  /** The most points; beyond it every n-th is taken, and the last. */
  readonly limit: number;
}

/** Points of a range of steps by (step, timestamp, value), thinned evenly in the database. */
export async function listInterval(sql: Sql, query: IntervalQuery): Promise<PointTuple[]> {
  const { int64: exact } = sql.dialect;
  const range = query.startStep === undefined ? '' : 'AND step BETWEEN ? AND ?';
  const params = query.startStep === undefined ? [] : [query.startStep, query.endStep!];
  const counted = await sql.get<{ points: number }>(
    `SELECT count(*) AS points FROM metric_points WHERE series_no = ? ${range}`,
    [query.seriesNo, ...params],
  );
  const total = Number(counted?.points ?? 0);
  const columns = `${exact('step')}, ${exact('timestamp')}, value, is_nan`;
  if (total <= query.limit) {
    return sql.rows<PointTuple>(
      `SELECT ${columns} FROM metric_points WHERE series_no = ? ${range} ORDER BY step, timestamp, value, is_nan`,
      [query.seriesNo, ...params],
    );
  }
  const every = Math.ceil(total / Math.max(1, query.limit - 1));
  return sql.rows<PointTuple>(
    `SELECT ${columns} FROM (
       SELECT step, timestamp, value, is_nan, row_number() OVER (ORDER BY step, timestamp, value, is_nan) - 1 AS place
       FROM metric_points WHERE series_no = ? ${range}
     ) AS numbered WHERE place % ? = 0 OR place = ? ORDER BY step, timestamp, value, is_nan`,
    [query.seriesNo, ...params, every, total - 1],
  );
}
