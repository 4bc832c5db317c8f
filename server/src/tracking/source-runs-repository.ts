import type { Sql } from '../db/port.ts';

/** The names of the metrics that the runs have, in the order of their names. */
export async function listMetricKeys(sql: Sql, runNos: readonly number[], limit: number): Promise<string[]> {
  const rows = await sql.rows<readonly [string]>(
    `SELECT DISTINCT key FROM metric_series WHERE ${sql.dialect.inList('run_no', 'bigint')} ORDER BY key LIMIT ?`,
    [sql.dialect.list(runNos), limit],
  );
  return rows.map(([key]) => key);
}

/** The extremes are null where no value is a number. */
export type LatestValue = readonly [
  runNo: number,
  key: string,
  value: number,
  isNan: number,
  step: number | bigint | string,
  min: number | null,
  max: number | null,
];

/** The latest values of some metrics of many runs, and the extremes of their histories. */
export async function listLatestValues(
  sql: Sql,
  runNos: readonly number[],
  keys: readonly string[],
): Promise<LatestValue[]> {
  return sql.rows<LatestValue>(
    `SELECT run_no, key, value, is_nan, ${sql.dialect.int64('step')}, min_value, max_value FROM metric_series
     WHERE ${sql.dialect.inList('run_no', 'bigint')} AND ${sql.dialect.inList('key', 'text')}`,
    [sql.dialect.list(runNos), sql.dialect.list(keys)],
  );
}

/** The runs among them that said of a model at which step they logged it. */
export async function listRunsWithSteps(sql: Sql, runNos: readonly number[]): Promise<number[]> {
  const rows = await sql.rows<readonly [number]>(
    `SELECT DISTINCT run_no FROM run_models
     WHERE ${sql.dialect.inList('run_no', 'bigint')} AND direction = 'output' AND step > 0`,
    [sql.dialect.list(runNos)],
  );
  return rows.map(([runNo]) => runNo);
}
