import type { SqlFragment } from '../db/conditions.ts';
import { type Sql, type SqlParam, textFor } from '../db/port.ts';
import type { Int64 } from '../kernel/int64.ts';

/** Numbers of experiments that count, or all. */
export type ExperimentScope = 'all' | readonly number[];

export interface RowPage {
  readonly scope: ExperimentScope;
  /** Experiments that are wanted, of those in the scope. */
  readonly experimentNos: readonly number[] | undefined;
  /** The number of the last row before. */
  readonly after: number;
  readonly limit: number;
}

function among(
  sql: Sql,
  column: string,
  type: 'text' | 'bigint',
  values: 'all' | undefined | readonly (string | number)[],
): SqlFragment {
  if (values === 'all' || values === undefined) return { text: '', params: [] };
  return { text: ` AND ${sql.dialect.inList(column, type)}`, params: [sql.dialect.list(values)] };
}

// Whatever is on its way out for good is in a third stage.
const KEPT = `IN ('active', 'deleted')`;

export interface ExperimentSourceRow {
  readonly experiment_no: number;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: string;
  readonly creation_time: number;
  readonly last_update_time: number;
}

export async function listExperiments(sql: Sql, page: RowPage): Promise<ExperimentSourceRow[]> {
  const scope = among(sql, 'e.experiment_no', 'bigint', page.scope);
  const wanted = among(sql, 'e.experiment_no', 'bigint', page.experimentNos);
  return sql.all(
    `SELECT e.experiment_no, e.name, e.artifact_location, e.lifecycle_stage, e.creation_time, e.last_update_time
     FROM experiments e WHERE e.experiment_no > ? AND e.lifecycle_stage ${KEPT}${scope.text}${wanted.text}
     ORDER BY e.experiment_no LIMIT ?`,
    [page.after, ...scope.params, ...wanted.params, page.limit],
  );
}

export async function listExperimentTags(
  sql: Sql,
  experimentNos: readonly number[],
): Promise<[experimentNo: number, key: string, value: string][]> {
  return sql.rows(
    `SELECT t.experiment_no, t.key, t.value FROM experiment_tags t WHERE ${sql.dialect.inList('t.experiment_no', 'bigint')}`,
    [sql.dialect.list(experimentNos)],
  );
}

type Exact = Int64 | string;

export type RunSourceRow = readonly [
  runNo: number,
  runId: string,
  experimentNo: number,
  name: string,
  userId: string | null,
  status: string,
  startTime: Exact,
  endTime: Exact | null,
  stage: string,
];

const runColumns = textFor(
  ({ int64: exact }) =>
    `r.run_no, r.run_id, r.experiment_no, r.name, r.user_id, r.status, ${exact('r.start_time')},
     ${exact('r.end_time')}, r.lifecycle_stage`,
);

export interface RunPage extends RowPage {
  /** Runs that are wanted; all where undefined. */
  readonly runIds: readonly string[] | undefined;
}

export async function listRuns(sql: Sql, page: RunPage): Promise<RunSourceRow[]> {
  const scope = among(sql, 'r.experiment_no', 'bigint', page.scope);
  const wanted = among(sql, 'r.experiment_no', 'bigint', page.experimentNos);
  const runs = among(sql, 'r.run_id', 'text', page.runIds);
  return sql.rows(
    `SELECT ${runColumns(sql.dialect)} FROM runs r
     WHERE r.run_no > ? AND r.lifecycle_stage ${KEPT}${scope.text}${wanted.text}${runs.text}
     ORDER BY r.run_no LIMIT ?`,
    [page.after, ...scope.params, ...wanted.params, ...runs.params, page.limit],
  );
}

export type RunText = readonly [runNo: number, key: string, value: string];

export async function listRunTexts(
  sql: Sql,
  table: 'params' | 'run_tags',
  { runNos, keys }: { readonly runNos: readonly number[]; readonly keys: readonly string[] | undefined },
): Promise<RunText[]> {
  const wanted = among(sql, 't.key', 'text', keys);
  return sql.rows(
    `SELECT t.run_no, t.key, t.value FROM ${table} t WHERE ${sql.dialect.inList('t.run_no', 'bigint')}${wanted.text}`,
    [sql.dialect.list(runNos), ...wanted.params],
  );
}

export type SeriesSourceRow = readonly [
  runNo: number,
  key: string,
  value: number,
  isNan: number,
  step: Exact,
  timestamp: Exact,
  points: number,
  seriesNo: number,
];

const seriesColumns = textFor(
  ({ int64: exact }) =>
    `m.run_no, m.key, m.value, m.is_nan, ${exact('m.step')}, ${exact('m.timestamp')}, m.point_count, m.series_no`,
);

export async function listSeries(
  sql: Sql,
  { runNos, keys }: { readonly runNos: readonly number[]; readonly keys: readonly string[] | undefined },
): Promise<SeriesSourceRow[]> {
  const wanted = among(sql, 'm.key', 'text', keys);
  return sql.rows(
    `SELECT ${seriesColumns(sql.dialect)} FROM metric_series m
     WHERE ${sql.dialect.inList('m.run_no', 'bigint')}${wanted.text}`,
    [sql.dialect.list(runNos), ...wanted.params],
  );
}

export type PointSourceRow = readonly [
  seriesNo: number,
  step: Exact,
  timestamp: Exact,
  value: number,
  isNan: number,
];

const pointColumns = textFor(
  ({ int64: exact }) => `p.series_no, ${exact('p.step')}, ${exact('p.timestamp')}, p.value, p.is_nan`,
);

/** Whole histories. */
export async function listPoints(sql: Sql, seriesNos: readonly number[]): Promise<PointSourceRow[]> {
  return sql.rows(
    `SELECT ${pointColumns(sql.dialect)} FROM metric_points p WHERE ${sql.dialect.inList('p.series_no', 'bigint')}`,
    [sql.dialect.list(seriesNos)],
  );
}

/** A part of one history, in the order of its key. */
export async function listPointsAfter(
  sql: Sql,
  seriesNo: number,
  { after, limit }: { readonly after: PointSourceRow | undefined; readonly limit: number },
): Promise<PointSourceRow[]> {
  const params: SqlParam[] = [seriesNo];
  if (after !== undefined) params.push(...after.slice(1).map(exactParam));
  return sql.rows(
    `SELECT ${pointColumns(sql.dialect)} FROM metric_points p
     WHERE p.series_no = ?${after === undefined ? '' : ' AND (p.step, p.timestamp, p.value, p.is_nan) > (?, ?, ?, ?)'}
     ORDER BY p.step, p.timestamp, p.value, p.is_nan LIMIT ?`,
    [...params, limit],
  );
}

/** Integers beyond 2^53 come as texts, and go back as what they are. */
const exactParam = (value: string | number | bigint): SqlParam =>
  typeof value === 'string' ? BigInt(value) : value;
