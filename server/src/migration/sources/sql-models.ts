import type { Sql } from '../../db/port.ts';
import { type Int64, int64 } from '../../kernel/int64.ts';
import type { TransferredModel } from '../../registry/transfer-entities.ts';
import type { TransferredLoggedModel } from '../../tracking/transfer-entities.ts';
import { loggedModelOf } from './model-sources.ts';
import { loggedModelStatus } from './model-status.ts';
import type { MlflowSchema } from './sql-schema.ts';

interface LoggedModelRow {
  readonly model_id: string;
  readonly experiment_id: number;
  readonly name: string;
  readonly artifact_location: string;
  readonly creation_timestamp_ms: number;
  readonly last_updated_timestamp_ms: number;
  readonly status: number;
  readonly lifecycle_stage: TransferredLoggedModel['stage'] | null;
  readonly model_type: string | null;
  readonly source_run_id: string | null;
  readonly status_message: string | null;
}

interface ModelMetricRow {
  readonly model_id: string;
  readonly metric_name: string;
  readonly timestamp: Int64 | string;
  readonly step: Int64 | string;
  /** SQLite keeps NaN as NULL. */
  readonly metric_value: number | null;
  readonly run_id: string;
  readonly dataset_name: string | null;
  readonly dataset_digest: string | null;
}

/** Logged models with an id behind `after`, ascending. */
export async function readLoggedModels(
  sql: Sql,
  after: string,
  limit: number,
): Promise<TransferredLoggedModel[]> {
  const rows = await sql.all<LoggedModelRow>(
    `SELECT model_id, experiment_id, name, artifact_location, creation_timestamp_ms, last_updated_timestamp_ms, status,
       lifecycle_stage, model_type, source_run_id, status_message
     FROM logged_models WHERE model_id > ? ORDER BY model_id LIMIT ?`,
    [after, limit],
  );
  const { inList, int64: exact } = sql.dialect;
  const ids = [sql.dialect.list(rows.map((row) => row.model_id))];
  const keyed = async (table: string, column: 'param' | 'tag') =>
    Map.groupBy(
      await sql.all<{ model_id: string; key: string; value: string }>(
        `SELECT model_id, ${column}_key AS key, ${column}_value AS value FROM ${table} WHERE ${inList('model_id', 'text')}`,
        ids,
      ),
      (row) => row.model_id,
    );
  const params = await keyed('logged_model_params', 'param');
  const tags = await keyed('logged_model_tags', 'tag');
  const metrics = Map.groupBy(
    await sql.all<ModelMetricRow>(
      `SELECT model_id, metric_name, ${exact('metric_timestamp_ms')} AS timestamp, ${exact('metric_step')} AS step,
         metric_value, run_id, dataset_name, dataset_digest
       FROM logged_model_metrics WHERE ${inList('model_id', 'text')}`,
      ids,
    ),
    (row) => row.model_id,
  );
  const pairs = (list: readonly { key: string; value: string }[] = []) =>
    list.map(({ key, value }) => ({ key, value }));
  return rows.map((row) => ({
    modelId: row.model_id,
    experimentId: String(row.experiment_id),
    name: row.name,
    modelType: row.model_type,
    sourceRunId: row.source_run_id,
    status: loggedModelStatus(row.status),
    statusMessage: row.status_message,
    creationTimeMs: row.creation_timestamp_ms,
    lastUpdateTimeMs: row.last_updated_timestamp_ms,
    stage: row.lifecycle_stage ?? 'active',
    artifactLocation: row.artifact_location,
    params: pairs(params.get(row.model_id)),
    tags: pairs(tags.get(row.model_id)),
    metrics: (metrics.get(row.model_id) ?? []).map((metric) => ({
      key: metric.metric_name,
      step: int64(metric.step),
      timestampMs: int64(metric.timestamp),
      value: metric.metric_value ?? Number.NaN,
      runId: metric.run_id,
      datasetName: metric.dataset_name,
      datasetDigest: metric.dataset_digest,
    })),
  }));
}

interface ModelRow {
  readonly name: string;
  readonly creation_time: number | null;
  readonly last_updated_time: number | null;
  readonly description: string | null;
}

interface VersionRow extends ModelRow {
  readonly version: number;
  readonly user_id: string | null;
  readonly current_stage: string | null;
  readonly source: string | null;
  readonly storage_location: string | null;
  readonly run_id: string | null;
  readonly run_link: string | null;
  readonly status: string | null;
  readonly status_message: string | null;
}

interface NamedRow {
  readonly name: string;
  readonly version: number;
  readonly key: string;
  readonly value: string | null;
}

/** Registered models with a name behind `after`, ascending, whole. */
export async function readRegisteredModels(
  sql: Sql,
  schema: MlflowSchema,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<TransferredModel[]> {
  const rows = await sql.all<ModelRow>(
    `SELECT name, creation_time, last_updated_time, description FROM registered_models
     WHERE name > ? ORDER BY name LIMIT ?`,
    [after, limit],
  );
  const names = [sql.dialect.list(rows.map((row) => row.name))];
  const among = sql.dialect.inList('name', 'text');
  const versions = await sql.all<VersionRow>(
    `SELECT name, version, creation_time, last_updated_time, description, user_id, current_stage, source,
       ${schema.column('model_versions', 'storage_location', 'source')} AS storage_location, run_id,
       ${schema.column('model_versions', 'run_link')} AS run_link, status, status_message
     FROM model_versions WHERE ${among} ORDER BY name, version`,
    names,
  );
  const read = async (table: string, columns: string) =>
    schema.has(table) ? sql.all<NamedRow>(`SELECT name, ${columns} FROM ${table} WHERE ${among}`, names) : [];
  const tags = Map.groupBy(await read('registered_model_tags', 'key, value'), (row) => row.name);
  const aliases = Map.groupBy(
    await read('registered_model_aliases', 'alias AS key, version'),
    (row) => row.name,
  );
  const versionTags = Map.groupBy(
    await read('model_version_tags', 'version, key, value'),
    (row) => `${row.version}/${row.name}`,
  );
  const versionsOf = Map.groupBy(versions, (row) => row.name);
  const pairs = (list: readonly NamedRow[] = []) =>
    list.map(({ key, value }) => ({ key, value: value ?? '' }));
  return rows.map((row) => ({
    name: row.name,
    description: row.description,
    creationTimeMs: row.creation_time ?? 0,
    lastUpdateTimeMs: row.last_updated_time ?? row.creation_time ?? 0,
    tags: pairs(tags.get(row.name)),
    aliases: (aliases.get(row.name) ?? []).map(({ key, version }) => ({ alias: key, version })),
    versions: (versionsOf.get(row.name) ?? []).map((v) => ({
      version: v.version,
      stage: v.current_stage ?? 'None',
      description: v.description,
      userId: v.user_id,
      source: v.source,
      storageLocation: v.storage_location ?? v.source,
      runId: v.run_id,
      runLink: v.run_link,
      loggedModelId: loggedModelOf(v.source),
      status: v.status ?? 'READY',
      statusMessage: v.status_message,
      creationTimeMs: v.creation_time ?? 0,
      lastUpdateTimeMs: v.last_updated_time ?? v.creation_time ?? 0,
      tags: pairs(versionTags.get(`${v.version}/${v.name}`)),
    })),
  }));
}
