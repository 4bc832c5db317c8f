import type { Sql } from '../db/port.ts';

/** The names of the metrics that the runs have, in the order of their names. */
export async function listMetricKeys(sql: Sql, runNos: readonly number[], limit: number): Promise<string[]> {
  const rows = await sql.rows<readonly [string]>(
    `SELECT DISTINCT key FROM metric_series WHERE ${sql.dialect.inList('run_no', 'bigint')} ORDER BY key LIMIT ?`,
    [sql.dialect.list(runNos), limit],
  );
  return rows.map(([key]) => key);
}

export type LatestValue = readonly [runNo: number, key: string, value: number, isNan: number];

/** The latest values of some metrics of many runs. */
export async function listLatestValues(
  sql: Sql,
  runNos: readonly number[],
  keys: readonly string[],
): Promise<LatestValue[]> {
  return sql.rows<LatestValue>(
    `SELECT run_no, key, value, is_nan FROM metric_series
     WHERE ${sql.dialect.inList('run_no', 'bigint')} AND ${sql.dialect.inList('key', 'text')}`,
    [sql.dialect.list(runNos), sql.dialect.list(keys)],
  );
}
