import { type Dialect, type Sql, textFor } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { HistoryPosition } from './metrics-repository.ts';
import { loneRunColumns, type RunRow, readRun } from './runs-repository.ts';

/** Metrics, params and tags of a run, each as the text of a JSON array, and whether it has inputs and the like (1 or 0). */
export type RenderedKeyValues = readonly [
  runNo: number,
  metrics: string,
  params: string,
  tags: string,
  hasDatasets: number,
  hasModels: number,
];

const keyValue = { key: 'key', value: 'value' };

/** The columns of `RenderedKeyValues` after the first, as subqueries for the run whose number `outer` is. */
function arrays(dialect: Dialect, outer: string): string {
  const latest = {
    key: 'key',
    value: dialect.jsonDouble('value', 'is_nan'),
    timestamp: 'timestamp',
    step: 'step',
  };
  return `(SELECT ${dialect.jsonObjects(latest)} FROM metric_series WHERE run_no = ${outer}),
    (SELECT ${dialect.jsonObjects(keyValue)} FROM params WHERE run_no = ${outer}),
    (SELECT ${dialect.jsonObjects(keyValue)} FROM run_tags WHERE run_no = ${outer}),
    CASE WHEN EXISTS (SELECT 1 FROM run_datasets WHERE run_no = ${outer}) THEN 1 ELSE 0 END,
    CASE WHEN EXISTS (SELECT 1 FROM run_models WHERE run_no = ${outer}) THEN 1 ELSE 0 END`;
}

const ofOne = textFor(
  (dialect) => `SELECT r.run_no, ${arrays(dialect, 'r.run_no')} FROM runs r WHERE r.run_no = ?`,
);
const withRun = textFor(
  (dialect) =>
    `SELECT r.run_no, ${arrays(dialect, 'r.run_no')}, ${loneRunColumns(dialect)} FROM runs r WHERE r.run_id = ?`,
);
const ofMany = textFor(
  (dialect) =>
    `SELECT r.run_no, ${arrays(dialect, 'r.run_no')} FROM runs r WHERE ${dialect.inList('r.run_no', 'bigint')}`,
);

/** A run and what is rendered of it, by one query. */
export async function findRenderedRun(
  sql: Sql,
  runId: string,
): Promise<{ readonly run: RunRow; readonly rendered: RenderedKeyValues } | undefined> {
  const [row] = await sql.rows<readonly unknown[]>(withRun(sql.dialect), [runId]);
  return row && { run: readRun(row.slice(6)), rendered: row.slice(0, 6) as unknown as RenderedKeyValues };
}

export async function renderKeyValues(sql: Sql, runNos: readonly number[]): Promise<RenderedKeyValues[]> {
  return runNos.length === 1
    ? sql.rows<RenderedKeyValues>(ofOne(sql.dialect), runNos)
    : sql.rows<RenderedKeyValues>(ofMany(sql.dialect), [sql.dialect.list(runNos)]);
}

export interface RenderedHistoryQuery {
  readonly seriesNo: number;
  readonly key: string;
  /** Where the clustered order is already the history's, no sort is needed. */
  readonly inOrder: boolean;
  readonly after: HistoryPosition | undefined;
  readonly offset: number;
  readonly limit: number;
}

export interface RenderedHistory {
  /** A JSON array of points. */
  readonly json: string;
  /** The last point of a full page; undefined when nothing follows. */
  readonly last: HistoryPosition | undefined;
}

type Exact = number | string | bigint;

/** Points by (timestamp, step, value), rendered by the database. */
export async function renderHistory(sql: Sql, query: RenderedHistoryQuery): Promise<RenderedHistory> {
  const { dialect } = sql;
  const order = query.inOrder ? 'step, timestamp, value, is_nan' : 'timestamp, step, value, is_nan';
  const position = query.inOrder ? '(step, timestamp, value)' : '(timestamp, step, value)';
  const { after } = query;
  const at: (Int64 | number)[] = [];
  if (after !== undefined) {
    at.push(...(query.inOrder ? [after.step, after.timestamp] : [after.timestamp, after.step]), after.value);
  }
  const from = `FROM metric_points WHERE series_no = ?${after === undefined ? '' : ` AND ${position} > (?, ?, ?)`} ORDER BY ${order}`;
  const fields = {
    key: dialect.name === 'sqlite' ? '?' : '?::text',
    value: dialect.jsonDouble('value', 'is_nan'),
    timestamp: 'timestamp',
    step: 'step',
  };
  const [rendered] = await sql.rows<readonly [string]>(
    `SELECT ${dialect.jsonObjects(fields)} FROM (SELECT step, timestamp, value, is_nan ${from} LIMIT ? OFFSET ?) AS page`,
    [query.key, query.seriesNo, ...at, query.limit, query.offset],
  );
  // The last point of the page, and one more to know whether it is the last of all.
  const ends = await sql.rows<readonly [Exact, Exact, number]>(
    `SELECT ${dialect.int64('step')}, ${dialect.int64('timestamp')}, value ${from} LIMIT 2 OFFSET ?`,
    [query.seriesNo, ...at, query.offset + query.limit - 1],
  );
  const last = ends.length === 2 ? ends[0] : undefined;
  return {
    json: rendered![0],
    last: last && { step: int64(last[0]), timestamp: int64(last[1]), value: last[2] },
  };
}
