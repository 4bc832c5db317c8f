import type { Sql } from '../db/port.ts';

/** The names of the metrics that the models have, in the order of their names. */
export async function listModelMetricKeys(
  sql: Sql,
  modelNos: readonly number[],
  limit: number,
): Promise<string[]> {
  const rows = await sql.rows<readonly [string]>(
    `SELECT DISTINCT key FROM logged_model_metrics WHERE ${sql.dialect.inList('model_no', 'bigint')}
     ORDER BY key LIMIT ?`,
    [sql.dialect.list(modelNos), limit],
  );
  return rows.map(([key]) => key);
}

export type LatestModelValue = readonly [modelNo: number, key: string, value: number, isNan: number];

/** The latest values of some metrics of many models, on whatever dataset: by step, then time, then value. */
export async function listLatestModelValues(
  sql: Sql,
  modelNos: readonly number[],
  keys: readonly string[],
): Promise<LatestModelValue[]> {
  return sql.rows<LatestModelValue>(
    `SELECT model_no, key, value, is_nan FROM (
       SELECT model_no, key, value, is_nan,
         row_number() OVER (PARTITION BY model_no, key ORDER BY step DESC, timestamp DESC, value DESC) AS place
       FROM logged_model_metrics
       WHERE ${sql.dialect.inList('model_no', 'bigint')} AND ${sql.dialect.inList('key', 'text')}
     ) AS placed WHERE place = 1`,
    [sql.dialect.list(modelNos), sql.dialect.list(keys)],
  );
}
