import { type Sql, type Transaction, textFor } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { Tag } from './run-rules.ts';

export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | null;
  readonly profile: string | null;
  readonly tags: readonly Tag[];
}

export interface ModelLink {
  readonly modelId: string;
  readonly step: Int64;
}

interface DatasetRow {
  readonly input_no: number;
  readonly run_no: number;
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  readonly source: string;
  readonly schema_json: string | null;
  readonly profile: string | null;
}

const datasetsOfRuns = `SELECT i.input_no, i.run_no, d.name, d.digest, d.source_type, d.source, d.schema_json, d.profile
  FROM run_datasets i JOIN datasets d ON d.dataset_no = i.dataset_no`;
const datasetsOfOne = `${datasetsOfRuns} WHERE i.run_no = ? ORDER BY i.input_no`;
const datasetsOfMany = textFor(
  (dialect) => `${datasetsOfRuns} WHERE ${dialect.inList('i.run_no', 'bigint')} ORDER BY i.input_no`,
);

/** The datasets that runs took as inputs, in the order in which they were logged. */
export async function listRunDatasets(
  sql: Sql,
  runNos: readonly number[],
): Promise<(DatasetInput & { readonly runNo: number })[]> {
  if (runNos.length === 0) return [];
  const rows =
    runNos.length === 1
      ? await sql.all<DatasetRow>(datasetsOfOne, runNos)
      : await sql.all<DatasetRow>(datasetsOfMany(sql.dialect), [sql.dialect.list(runNos)]);
  if (rows.length === 0) return [];
  const tags = await sql.all<{ input_no: number; key: string; value: string }>(
    `SELECT input_no, key, value FROM run_dataset_tags WHERE ${sql.dialect.inList('input_no', 'bigint')} ORDER BY input_no, key`,
    [sql.dialect.list(rows.map((row) => row.input_no))],
  );
  const byInput = Map.groupBy(tags, (tag) => tag.input_no);
  return rows.map((row) => ({
    runNo: row.run_no,
    name: row.name,
    digest: row.digest,
    sourceType: row.source_type,
    source: row.source,
    schema: row.schema_json,
    profile: row.profile,
    tags: (byInput.get(row.input_no) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}

export interface RunModelRow extends ModelLink {
  readonly runNo: number;
  readonly direction: 'input' | 'output';
}

interface RunModelTuple {
  readonly run_no: number;
  readonly direction: 'input' | 'output';
  readonly model_id: string;
  readonly step: number | string | bigint;
}

const modelsOfRuns = textFor(
  (dialect) => `SELECT run_no, direction, model_id, ${dialect.int64('step')} AS step FROM run_models`,
);
const modelsOfOne = textFor((dialect) => `${modelsOfRuns(dialect)} WHERE run_no = ?`);
const modelsOfMany = textFor(
  (dialect) => `${modelsOfRuns(dialect)} WHERE ${dialect.inList('run_no', 'bigint')}`,
);

/** The logged models that runs took as inputs or made as outputs. */
export async function listRunModels(sql: Sql, runNos: readonly number[]): Promise<RunModelRow[]> {
  if (runNos.length === 0) return [];
  const rows =
    runNos.length === 1
      ? await sql.all<RunModelTuple>(modelsOfOne(sql.dialect), runNos)
      : await sql.all<RunModelTuple>(modelsOfMany(sql.dialect), [sql.dialect.list(runNos)]);
  return rows.map((row) => ({
    runNo: row.run_no,
    direction: row.direction,
    modelId: row.model_id,
    step: int64(row.step),
  }));
}

export interface DatasetRecord {
  readonly experimentNo: number;
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema: string | undefined;
  readonly profile: string | undefined;
}

/** The dataset's row: its identity in an experiment is (name, digest), and what is known first stays. */
export async function upsertDataset(tx: Transaction, dataset: DatasetRecord): Promise<number> {
  await tx.run(
    `INSERT INTO datasets (experiment_no, name, digest, source_type, source, schema_json, profile)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    [
      dataset.experimentNo,
      dataset.name,
      dataset.digest,
      dataset.sourceType,
      dataset.source,
      dataset.schema ?? null,
      dataset.profile ?? null,
    ],
  );
  const row = await tx.get<{ dataset_no: number }>(
    'SELECT dataset_no FROM datasets WHERE experiment_no = ? AND name = ? AND digest = ?',
    [dataset.experimentNo, dataset.name, dataset.digest],
  );
  return row!.dataset_no;
}

/** Links a dataset to a run with its tags; nothing happens where it is linked already. */
export async function linkDataset(
  tx: Transaction,
  link: { readonly runNo: number; readonly datasetNo: number; readonly tags: readonly Tag[] },
): Promise<void> {
  const inserted = await tx.get<{ input_no: number }>(
    'INSERT INTO run_datasets (run_no, dataset_no) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING input_no',
    [link.runNo, link.datasetNo],
  );
  if (inserted === undefined) return;
  const byKey = new Map(link.tags.map(({ key, value }) => [key, value]));
  await tx.insertMany(
    'run_dataset_tags',
    { input_no: 'bigint', key: 'text', value: 'text' },
    Array.from(byKey, ([key, value]) => [inserted.input_no, key, value]),
  );
}

/** Links logged models to a run; a link that is there stays as it is. */
export async function linkModels(tx: Transaction, links: readonly RunModelRow[]): Promise<void> {
  await tx.insertMany(
    'run_models',
    { run_no: 'bigint', direction: 'text', model_id: 'text', step: 'bigint' },
    links.map((link) => [link.runNo, link.direction, link.modelId, link.step]),
    { onConflict: 'ignore' },
  );
}

export interface DatasetSummary {
  readonly experimentNo: number;
  readonly name: string;
  readonly digest: string;
  readonly context: string | null;
}

/** The distinct (name, digest, context) of the experiments' runs that are not in the trash. */
export async function listDatasetSummaries(
  sql: Sql,
  experimentNos: readonly number[],
  limit: number,
): Promise<DatasetSummary[]> {
  const rows = await sql.all<{ experiment_no: number; name: string; digest: string; context: string | null }>(
    `SELECT DISTINCT d.experiment_no, d.name, d.digest, t.value AS context
     FROM datasets d JOIN run_datasets i ON i.dataset_no = d.dataset_no
       JOIN runs r ON r.run_no = i.run_no AND r.lifecycle_stage = 'active'
       LEFT JOIN run_dataset_tags t ON t.input_no = i.input_no AND t.key = 'mlflow.data.context'
     WHERE ${sql.dialect.inList('d.experiment_no', 'bigint')}
     ORDER BY d.experiment_no, d.name, d.digest LIMIT ?`,
    [sql.dialect.list(experimentNos), limit],
  );
  return rows.map((row) => ({
    experimentNo: row.experiment_no,
    name: row.name,
    digest: row.digest,
    context: row.context,
  }));
}
