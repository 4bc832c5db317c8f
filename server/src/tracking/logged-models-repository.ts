import type { Sql, SqlParam, Transaction } from '../db/port.ts';
import { int64 } from '../kernel/int64.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import type { LoggedMetric, Param, Tag } from './run-rules.ts';
import type { RunRow } from './runs-repository.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

export type LoggedModelStatus = 'UNSPECIFIED' | 'PENDING' | 'READY' | 'FAILED';

export interface LoggedModelRow {
  readonly model_no: number;
  readonly model_id: string;
  readonly experiment_no: number;
  readonly name: string;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status: LoggedModelStatus;
  readonly status_message: string | null;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly lifecycle_stage: LifecycleStage;
  /** Of the experiment: the model's own location follows from it. */
  readonly artifact_location: string;
}

const LOGGED_MODEL_COLUMNS = `m.model_no, m.model_id, m.experiment_no, m.name, m.model_type, m.source_run_id, m.status,
  m.status_message, m.creation_time, m.last_update_time, m.lifecycle_stage, e.artifact_location`;

export async function findLoggedModel(sql: Sql, modelId: string): Promise<LoggedModelRow | undefined> {
  return sql.get<LoggedModelRow>(
    `SELECT ${LOGGED_MODEL_COLUMNS} FROM logged_models m JOIN experiments e ON e.experiment_no = m.experiment_no
     WHERE m.model_id = ?`,
    [modelId],
  );
}

/** Until the commit nobody else changes the model. */
export async function holdLoggedModel(tx: Transaction, modelNo: number): Promise<void> {
  await tx.all(`SELECT m.model_no FROM logged_models m WHERE m.model_no = ?${tx.dialect.forUpdate('m')}`, [
    modelNo,
  ]);
}

export interface NewLoggedModel {
  readonly modelId: string;
  readonly experimentNo: number;
  readonly name: string;
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly nowMs: number;
}

export async function insertLoggedModel(tx: Transaction, model: NewLoggedModel): Promise<number> {
  const row = await tx.get<{ model_no: number }>(
    `INSERT INTO logged_models (model_id, experiment_no, name, model_type, source_run_id, status, creation_time, last_update_time)
     VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?) RETURNING model_no`,
    [
      model.modelId,
      model.experimentNo,
      model.name,
      model.modelType ?? null,
      model.sourceRunId ?? null,
      model.nowMs,
      model.nowMs,
    ],
  );
  return row!.model_no;
}

const KEYED = { model_no: 'bigint', key: 'text', value: 'text' } as const;

export async function listModelParams(sql: Sql, modelNos: readonly number[]) {
  return listKeyed(sql, 'logged_model_params', modelNos);
}

export async function listModelTags(sql: Sql, modelNos: readonly number[]) {
  return listKeyed(sql, 'logged_model_tags', modelNos);
}

async function listKeyed(sql: Sql, table: string, modelNos: readonly number[]) {
  return sql.all<{ model_no: number; key: string; value: string }>(
    `SELECT model_no, key, value FROM ${table} WHERE ${sql.dialect.inList('model_no', 'bigint')} ORDER BY model_no, key`,
    [sql.dialect.list(modelNos)],
  );
}

export async function insertModelParams(
  tx: Transaction,
  modelNo: number,
  params: readonly Param[],
): Promise<void> {
  await tx.insertMany(
    'logged_model_params',
    KEYED,
    params.map(({ key, value }) => [modelNo, key, value]),
  );
}

export async function upsertModelTags(tx: Transaction, modelNo: number, tags: readonly Tag[]): Promise<void> {
  // One statement may touch a row once only: the last of equal keys wins.
  const byKey = new Map(tags.map(({ key, value }) => [key, value]));
  await tx.insertMany(
    'logged_model_tags',
    KEYED,
    Array.from(byKey, ([key, value]) => [modelNo, key, value]),
    { onConflict: { key: ['model_no', 'key'], update: ['value'] } },
  );
}

/** Whether there was such a tag. */
export async function deleteModelTag(tx: Transaction, modelNo: number, key: string): Promise<boolean> {
  return (await tx.run('DELETE FROM logged_model_tags WHERE model_no = ? AND key = ?', [modelNo, key])) > 0;
}

export interface StatusChange {
  readonly status: LoggedModelStatus;
  readonly nowMs: number;
}

export async function setModelStatus(tx: Transaction, modelNo: number, change: StatusChange): Promise<void> {
  await tx.run('UPDATE logged_models SET status = ?, last_update_time = ? WHERE model_no = ?', [
    change.status,
    change.nowMs,
    modelNo,
  ]);
}

export async function trashModel(tx: Transaction, modelNo: number, nowMs: number): Promise<void> {
  await tx.run(
    `UPDATE logged_models SET lifecycle_stage = 'deleted', deleted_at = ?, last_update_time = ? WHERE model_no = ?`,
    [nowMs, nowMs, modelNo],
  );
}

/** Row numbers of those ids that name a model which is not in the trash. */
export async function findModelNumbers(
  sql: Sql,
  modelIds: readonly string[],
  visible: VisibleExperiments = 'all',
): Promise<Map<string, number>> {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  const rows = await sql.all<{ model_id: string; model_no: number }>(
    `SELECT model_id, model_no FROM logged_models
     WHERE lifecycle_stage = 'active' AND ${sql.dialect.inList('model_id', 'text')}${seen.text}`,
    [sql.dialect.list(modelIds), ...seen.params],
  );
  return new Map(rows.map((row) => [row.model_id, row.model_no]));
}

const METRICS = {
  model_no: 'bigint',
  key: 'text',
  step: 'bigint',
  timestamp: 'bigint',
  value: 'double',
  is_nan: 'bigint',
  run_id: 'text',
  dataset_name: 'text',
  dataset_digest: 'text',
} as const;

/** Records points on models; a point of the same (model, key, time, step, run) is there already and stays. */
export async function insertModelMetrics(
  tx: Transaction,
  run: RunRow,
  metrics: readonly (LoggedMetric & { readonly modelNo: number })[],
): Promise<void> {
  await tx.insertMany(
    'logged_model_metrics',
    METRICS,
    metrics.map((metric) => {
      const isNan = Number.isNaN(metric.value);
      return [
        metric.modelNo,
        metric.key,
        metric.step,
        metric.timestampMs,
        isNan ? 0 : metric.value,
        Number(isNan),
        run.runId,
        metric.datasetName ?? null,
        metric.datasetDigest ?? null,
      ];
    }),
    { onConflict: 'ignore' },
  );
}

export interface ModelMetricRow {
  readonly model_no: number;
  readonly key: string;
  readonly step: number | string | bigint;
  readonly timestamp: number | string | bigint;
  readonly value: number;
  readonly is_nan: number;
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

export async function listModelMetrics(sql: Sql, modelNos: readonly number[]) {
  const { int64: exact } = sql.dialect;
  const rows = await sql.all<ModelMetricRow>(
    `SELECT model_no, key, ${exact('step')} AS step, ${exact('timestamp')} AS timestamp, value, is_nan, run_id,
       dataset_name, dataset_digest
     FROM logged_model_metrics WHERE ${sql.dialect.inList('model_no', 'bigint')}`,
    [sql.dialect.list(modelNos)],
  );
  return rows.map((row) => ({
    modelNo: row.model_no,
    key: row.key,
    step: int64(row.step),
    timestampMs: int64(row.timestamp),
    value: row.is_nan === 1 ? Number.NaN : row.value,
    runId: row.run_id,
    datasetName: row.dataset_name ?? undefined,
    datasetDigest: row.dataset_digest ?? undefined,
  }));
}

export interface ModelQuery {
  readonly joins: string;
  readonly where: string;
  readonly orderBy: string;
  /** Of the joins, then of the conditions. */
  readonly params: readonly SqlParam[];
  readonly limit: number;
  readonly offset: number;
}

export async function selectLoggedModels(sql: Sql, query: ModelQuery): Promise<LoggedModelRow[]> {
  return sql.all<LoggedModelRow>(
    `SELECT ${LOGGED_MODEL_COLUMNS} FROM logged_models m JOIN experiments e ON e.experiment_no = m.experiment_no ${query.joins}
     WHERE ${query.where} ORDER BY ${query.orderBy} LIMIT ? OFFSET ?`,
    [...query.params, query.limit, query.offset],
  );
}
