import type { Sql } from '../../db/port.ts';
import { type Int64, int64 } from '../../kernel/int64.ts';
import type { TransferredRun } from '../../tracking/transfer-entities.ts';
import type { MlflowSchema } from './sql-schema.ts';

interface RunRow {
  readonly run_uuid: string;
  readonly name: string | null;
  readonly user_id: string | null;
  readonly status: TransferredRun['status'] | null;
  readonly start_time: Int64 | string | null;
  readonly end_time: Int64 | string | null;
  readonly lifecycle_stage: TransferredRun['stage'] | null;
  readonly artifact_uri: string | null;
  readonly experiment_id: number;
}

interface KeyedRow {
  readonly run_uuid: string;
  readonly key: string;
  readonly value: string | null;
}

const RUN_NAME_TAG = 'mlflow.runName';

/** Ids behind `after`, ascending. */
export async function listRunIds(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT run_uuid FROM runs WHERE run_uuid > ? ORDER BY run_uuid LIMIT ?',
    [after, limit],
  );
  return rows.map(([id]) => id);
}

export async function readRuns(
  sql: Sql,
  schema: MlflowSchema,
  runIds: readonly string[],
): Promise<TransferredRun[]> {
  const { inList, int64: exact } = sql.dialect;
  const ids = [sql.dialect.list(runIds)];
  const rows = await sql.all<RunRow>(
    `SELECT run_uuid, name, user_id, status, ${exact('start_time')} AS start_time, ${exact('end_time')} AS end_time,
       lifecycle_stage, artifact_uri, experiment_id
     FROM runs WHERE ${inList('run_uuid', 'text')} ORDER BY run_uuid`,
    ids,
  );
  const keyed = async (table: 'params' | 'tags') =>
    Map.groupBy(
      await sql.all<KeyedRow>(
        `SELECT run_uuid, key, value FROM ${table} WHERE ${inList('run_uuid', 'text')}`,
        ids,
      ),
      (row) => row.run_uuid,
    );
  const params = await keyed('params');
  const tags = await keyed('tags');
  const datasets = await readDatasets(sql, schema, runIds);
  const models = await readModelLinks(sql, schema, runIds);
  const pairs = (list: readonly KeyedRow[] = []) =>
    list.map(({ key, value }) => ({ key, value: value ?? '' }));
  return rows.map((row) => {
    const ofRun = pairs(tags.get(row.run_uuid));
    return {
      runId: row.run_uuid,
      experimentId: String(row.experiment_id),
      name: row.name || (ofRun.find(({ key }) => key === RUN_NAME_TAG)?.value ?? ''),
      userId: row.user_id,
      status: row.status ?? 'SCHEDULED',
      startTimeMs: int64(row.start_time ?? 0),
      endTimeMs: row.end_time === null ? null : int64(row.end_time),
      stage: row.lifecycle_stage ?? 'active',
      artifactLocation: row.artifact_uri ?? '',
      params: pairs(params.get(row.run_uuid)),
      tags: ofRun,
      datasets: datasets.get(row.run_uuid) ?? [],
      models: models.get(row.run_uuid) ?? [],
    };
  });
}

interface DatasetRow {
  readonly input_uuid: string;
  readonly run_id: string;
  readonly name: string;
  readonly digest: string;
  readonly dataset_source_type: string;
  readonly dataset_source: string;
  readonly dataset_schema: string | null;
  readonly dataset_profile: string | null;
}

async function readDatasets(sql: Sql, schema: MlflowSchema, runIds: readonly string[]) {
  if (!schema.has('datasets')) return new Map<string, TransferredRun['datasets']>();
  const rows = await sql.all<DatasetRow>(
    `SELECT i.input_uuid, i.destination_id AS run_id, d.name, d.digest, d.dataset_source_type, d.dataset_source,
       d.dataset_schema, d.dataset_profile
     FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
     WHERE i.source_type = 'DATASET' AND i.destination_type = 'RUN' AND ${sql.dialect.inList('i.destination_id', 'text')}
     ORDER BY d.name, d.digest`,
    [sql.dialect.list(runIds)],
  );
  if (rows.length === 0) return new Map<string, TransferredRun['datasets']>();
  const tags = Map.groupBy(
    await sql.all<{ input_uuid: string; name: string; value: string }>(
      `SELECT input_uuid, name, value FROM input_tags WHERE ${sql.dialect.inList('input_uuid', 'text')} ORDER BY name`,
      [sql.dialect.list(rows.map((row) => row.input_uuid))],
    ),
    (tag) => tag.input_uuid,
  );
  const byRun = new Map<string, TransferredRun['datasets'][number][]>();
  for (const row of rows) {
    const list = byRun.get(row.run_id) ?? [];
    byRun.set(row.run_id, list);
    list.push({
      name: row.name,
      digest: row.digest,
      sourceType: row.dataset_source_type,
      source: row.dataset_source,
      schema: row.dataset_schema,
      profile: row.dataset_profile,
      tags: (tags.get(row.input_uuid) ?? []).map(({ name, value }) => ({ key: name, value })),
    });
  }
  return byRun;
}

async function readModelLinks(sql: Sql, schema: MlflowSchema, runIds: readonly string[]) {
  const byRun = new Map<string, TransferredRun['models'][number][]>();
  if (!schema.has('inputs')) return byRun;
  const step = schema.column('inputs', 'step', '0');
  const rows = await sql.all<{
    source_id: string;
    source_type: string;
    destination_id: string;
    step: Int64 | string;
  }>(
    `SELECT source_id, source_type, destination_id, ${sql.dialect.int64(step)} AS step FROM inputs
     WHERE destination_type IN ('MODEL_INPUT', 'MODEL_OUTPUT') AND source_type IN ('RUN_INPUT', 'RUN_OUTPUT')
       AND ${sql.dialect.inList('source_id', 'text')}`,
    [sql.dialect.list(runIds)],
  );
  for (const row of rows) {
    const list = byRun.get(row.source_id) ?? [];
    byRun.set(row.source_id, list);
    list.push({
      direction: row.source_type === 'RUN_INPUT' ? 'input' : 'output',
      modelId: row.destination_id,
      step: int64(row.step),
    });
  }
  return byRun;
}
