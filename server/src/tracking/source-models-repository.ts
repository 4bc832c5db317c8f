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

export type LatestModelValue = readonly [
  modelNo: number,
  key: string,
  value: number,
  isNan: number,
  step: number | bigint | string,
  runId: string,
  datasetName: string | null,
];

/** The latest values of some metrics of many models, on whatever dataset: by step, then time, then value. */
export async function listLatestModelValues(
  sql: Sql,
  modelNos: readonly number[],
  keys: readonly string[],
): Promise<LatestModelValue[]> {
  return sql.rows<LatestModelValue>(
    `SELECT model_no, key, value, is_nan, ${sql.dialect.int64('step')}, run_id, dataset_name FROM (
       SELECT model_no, key, value, is_nan, step, run_id, dataset_name,
         row_number() OVER (PARTITION BY model_no, key ORDER BY step DESC, timestamp DESC, value DESC) AS place
       FROM logged_model_metrics
       WHERE ${sql.dialect.inList('model_no', 'bigint')} AND ${sql.dialect.inList('key', 'text')}
     ) AS placed WHERE place = 1`,
    [sql.dialect.list(modelNos), sql.dialect.list(keys)],
  );
}

/** The latest step at which any model that the run logged has a value of the metric. */
export async function listLinkedSteps(
  sql: Sql,
  runIds: readonly string[],
  keys: readonly string[],
): Promise<(readonly [runId: string, key: string, step: number | bigint | string])[]> {
  return sql.rows(
    `SELECT m.source_run_id, x.key, ${sql.dialect.int64('max(x.step)')}
     FROM logged_models m JOIN logged_model_metrics x ON x.model_no = m.model_no AND x.run_id = m.source_run_id
     WHERE ${sql.dialect.inList('m.source_run_id', 'text')} AND ${sql.dialect.inList('x.key', 'text')}
     GROUP BY m.source_run_id, x.key`,
    [sql.dialect.list(runIds), sql.dialect.list(keys)],
  );
}
