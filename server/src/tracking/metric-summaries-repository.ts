import type { Sql, SqlValue, Transaction } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';
import type { PointTuple } from './metrics-repository.ts';
import type { Stretch } from './thinning.ts';

/** A summary that is stored, and the last point it covers. */
export interface StoredStretch extends Stretch {
  readonly last: MetricPoint;
}

/** A summary to be stored, with its points (see `point-blocks.ts`). */
export interface NewStretch extends StoredStretch {
  readonly packed: Uint8Array;
}

type Exact = number | string | bigint;
type SummaryTuple = readonly [
  lastStep: Exact,
  lastTimestamp: Exact,
  lastValue: number,
  firstStep: Exact,
  points: number,
  minStep: Exact | null,
  minTimestamp: Exact | null,
  minValue: number | null,
  maxStep: Exact | null,
  maxTimestamp: Exact | null,
  maxValue: number | null,
];

/** The stored summaries of a history, in step order. */
export async function listSummaries(sql: Sql, seriesNo: number): Promise<StoredStretch[]> {
  const { int64: exact } = sql.dialect;
  const columns = [
    'last_step',
    'last_timestamp',
    'first_step',
    'min_step',
    'min_timestamp',
    'max_step',
    'max_timestamp',
  ];
  const [lastStep, lastTimestamp, firstStep, minStep, minTimestamp, maxStep, maxTimestamp] =
    columns.map(exact);
  const rows = await sql.rows<SummaryTuple>(
    `SELECT ${lastStep}, ${lastTimestamp}, last_value, ${firstStep}, points, ${minStep}, ${minTimestamp}, min_value,
       ${maxStep}, ${maxTimestamp}, max_value
     FROM metric_summaries WHERE series_no = ? ORDER BY last_step, last_timestamp, last_value`,
    [seriesNo],
  );
  return rows.map((row) => ({
    last: { step: int64(row[0]), timestampMs: int64(row[1]), value: row[2] },
    firstStep: int64(row[3]),
    lastStep: int64(row[0]),
    points: row[4],
    min: readPoint(row[5], row[6], row[7]),
    max: readPoint(row[8], row[9], row[10]),
  }));
}

function readPoint(
  step: Exact | null,
  timestamp: Exact | null,
  value: number | null,
): MetricPoint | undefined {
  if (step === null || timestamp === null || value === null) return undefined;
  return { step: int64(step), timestampMs: int64(timestamp), value };
}

/** The last point that a summary covers; undefined when there is none yet. */
export async function findLastSummarised(sql: Sql, seriesNo: number): Promise<MetricPoint | undefined> {
  const { int64: exact } = sql.dialect;
  const [row] = await sql.rows<readonly [Exact, Exact, number]>(
    `SELECT ${exact('last_step')}, ${exact('last_timestamp')}, last_value FROM metric_summaries WHERE series_no = ?
     ORDER BY last_step DESC, last_timestamp DESC, last_value DESC LIMIT 1`,
    [seriesNo],
  );
  return row && { step: int64(row[0]), timestampMs: int64(row[1]), value: row[2] };
}

/** Holds a history until the commit: nobody adds points to it meanwhile. */
export async function lockSeries(tx: Transaction, seriesNo: number): Promise<void> {
  await tx.get(`SELECT s.series_no FROM metric_series s WHERE s.series_no = ?${tx.dialect.forUpdate('s')}`, [
    seriesNo,
  ]);
}

/** Points by (step, timestamp, value) after one of them. */
export async function listPointsAfter(
  sql: Sql,
  seriesNo: number,
  query: { readonly after: MetricPoint | undefined; readonly limit: number },
): Promise<PointTuple[]> {
  const { int64: exact } = sql.dialect;
  const { after } = query;
  const position: SqlValue[] = after === undefined ? [] : [after.step, after.timestampMs, after.value];
  return sql.rows<PointTuple>(
    `SELECT ${exact('step')}, ${exact('timestamp')}, value, is_nan FROM metric_points
     WHERE series_no = ?${after === undefined ? '' : ' AND (step, timestamp, value) > (?, ?, ?)'}
     ORDER BY step, timestamp, value, is_nan LIMIT ?`,
    [seriesNo, ...position, query.limit],
  );
}

/** The packed points of the summaries that end in a range of steps, in step order. */
export async function listBlocks(
  sql: Sql,
  seriesNo: number,
  range: { readonly first: Int64; readonly last: Int64 },
): Promise<Pick<NewStretch, 'last' | 'packed'>[]> {
  const { dialect } = sql;
  const rows = await sql.rows<readonly [Exact, Exact, number, Uint8Array]>(
    `SELECT ${dialect.int64('last_step')}, ${dialect.int64('last_timestamp')}, last_value, packed FROM metric_summaries
     WHERE series_no = ? AND last_step BETWEEN ? AND ?
     ORDER BY last_step, last_timestamp, last_value`,
    [seriesNo, range.first, range.last],
  );
  return rows.map(([step, timestamp, value, packed]) => ({
    last: { step: int64(step), timestampMs: int64(timestamp), value },
    packed,
  }));
}

export async function insertSummaries(
  tx: Transaction,
  seriesNo: number,
  stretches: readonly NewStretch[],
): Promise<void> {
  for (const { last, firstStep, points, min, max, packed } of stretches) {
    await tx.run(
      `INSERT INTO metric_summaries (series_no, last_step, last_timestamp, last_value, first_step, points,
         min_step, min_timestamp, min_value, max_step, max_timestamp, max_value, packed)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [
        seriesNo,
        last.step,
        last.timestampMs,
        Number.isNaN(last.value) ? 0 : last.value,
        firstStep,
        points,
        min?.step ?? null,
        min?.timestampMs ?? null,
        min?.value ?? null,
        max?.step ?? null,
        max?.timestampMs ?? null,
        max?.value ?? null,
        packed,
      ],
    );
  }
}

/** Forgets the summaries of what lies at or after `fromStep`: a point came in among them. */
export async function deleteSummariesFrom(tx: Transaction, seriesNo: number, fromStep: Int64): Promise<void> {
  await tx.run('DELETE FROM metric_summaries WHERE series_no = ? AND last_step >= ?', [seriesNo, fromStep]);
}

/** The time of a history's first point by step; undefined when it has none. */
export async function findFirstTime(sql: Sql, seriesNo: number): Promise<Int64 | undefined> {
  const [row] = await sql.rows<readonly [Exact]>(
    `SELECT ${sql.dialect.int64('timestamp')} FROM metric_points WHERE series_no = ?
     ORDER BY step, timestamp, value LIMIT 1`,
    [seriesNo],
  );
  return row && int64(row[0]);
}

/** How many points the summaries of each history stand for; nothing for a history without any. */
export async function countSummarised(
  sql: Sql,
  seriesNos: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const rows = await sql.rows<readonly [number, number]>(
    `SELECT series_no, sum(points) FROM metric_summaries WHERE ${sql.dialect.inList('series_no', 'bigint')}
     GROUP BY series_no`,
    [sql.dialect.list(seriesNos)],
  );
  return new Map(rows.map(([seriesNo, points]) => [Number(seriesNo), Number(points)]));
}
