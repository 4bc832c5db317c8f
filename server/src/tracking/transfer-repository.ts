import type { Sql, Transaction } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { ExperimentRow, LifecycleStage } from './experiments-repository.ts';
import type { LoggedModelStatus } from './logged-models-repository.ts';
import type { RunStatus } from './runs-repository.ts';
import type { TransferredLoggedModel, TransferredRun } from './transfer-entities.ts';

/** Numbers and names that are in use already. */
export async function findTakenExperiments(
  sql: Sql,
  wanted: { readonly numbers: readonly number[]; readonly names: readonly string[] },
): Promise<Pick<ExperimentRow, 'experiment_no' | 'name'>[]> {
  return sql.all(
    `SELECT experiment_no, name FROM experiments
     WHERE ${sql.dialect.inList('experiment_no', 'bigint')} OR ${sql.dialect.inList('name', 'text')}`,
    [sql.dialect.list(wanted.numbers), sql.dialect.list(wanted.names)],
  );
}

export async function findTakenRuns(sql: Sql, runIds: readonly string[]): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    `SELECT run_id FROM runs WHERE ${sql.dialect.inList('run_id', 'text')}`,
    [sql.dialect.list(runIds)],
  );
  return rows.map(([runId]) => runId);
}

export async function findTakenModels(sql: Sql, modelIds: readonly string[]): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    `SELECT model_id FROM logged_models WHERE ${sql.dialect.inList('model_id', 'text')}`,
    [sql.dialect.list(modelIds)],
  );
  return rows.map(([modelId]) => modelId);
}

/** Whether runs, in the trash or not, belong to the experiment. */
export async function hasRuns(sql: Sql, experimentNo: number): Promise<boolean> {
  return (
    (await sql.get('SELECT 1 AS one FROM runs WHERE experiment_no = ? LIMIT 1', [experimentNo])) !== undefined
  );
}

export interface ExperimentFacts {
  readonly name: string;
  readonly artifactLocation: string;
  readonly stage: LifecycleStage;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  /** When its time in the trash begins; null for one that is not there. */
  readonly deletedAtMs: number | null;
}

/** The number of the new experiment: the given one, or the next free one. */
export async function insertExperimentRow(
  tx: Transaction,
  experimentNo: number | undefined,
  facts: ExperimentFacts,
): Promise<number> {
  const columns =
    'name, name_key, artifact_location, lifecycle_stage, creation_time, last_update_time, deleted_at';
  const values = [
    facts.name,
    facts.name,
    facts.artifactLocation,
    facts.stage,
    facts.creationTimeMs,
    facts.lastUpdateTimeMs,
    facts.deletedAtMs,
  ];
  const row =
    experimentNo === undefined
      ? await tx.get<{ experiment_no: number }>(
          `INSERT INTO experiments (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING experiment_no`,
          values,
        )
      : await tx.get<{ experiment_no: number }>(
          `INSERT INTO experiments (experiment_no, ${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING experiment_no`,
          [experimentNo, ...values],
        );
  return row!.experiment_no;
}

export async function overwriteExperimentRow(
  tx: Transaction,
  experimentNo: number,
  facts: ExperimentFacts,
): Promise<void> {
  await tx.run(
    `UPDATE experiments SET name = ?, name_key = ?, artifact_location = ?, lifecycle_stage = ?, creation_time = ?, last_update_time = ?,
       deleted_at = ? WHERE experiment_no = ?`,
    [
      facts.name,
      facts.name,
      facts.artifactLocation,
      facts.stage,
      facts.creationTimeMs,
      facts.lastUpdateTimeMs,
      facts.deletedAtMs,
      experimentNo,
    ],
  );
}

export async function setExperimentLocation(
  tx: Transaction,
  experimentNo: number,
  artifactLocation: string,
): Promise<void> {
  await tx.run('UPDATE experiments SET artifact_location = ? WHERE experiment_no = ?', [
    artifactLocation,
    experimentNo,
  ]);
}

export type PlacedRun = TransferredRun & {
  readonly experimentNo: number;
  readonly deletedAtMs: number | null;
};

/** Runs that are there stay as they are. The numbers of all of them by id. */
export async function insertRunRows(
  tx: Transaction,
  runs: readonly PlacedRun[],
): Promise<ReadonlyMap<string, number>> {
  await tx.insertMany(
    'runs',
    {
      run_id: 'text',
      experiment_no: 'bigint',
      name: 'text',
      user_id: 'text',
      status: 'text',
      start_time: 'bigint',
      end_time: 'bigint',
      lifecycle_stage: 'text',
      deleted_at: 'bigint',
    },
    runs.map((run) => [
      run.runId,
      run.experimentNo,
      run.name,
      run.userId,
      run.status,
      run.startTimeMs,
      run.endTimeMs,
      run.stage,
      run.deletedAtMs,
    ]),
    { onConflict: 'ignore' },
  );
  return findRunNumbers(
    tx,
    runs.map((run) => run.runId),
  );
}

export async function findRunNumbers(sql: Sql, runIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql.rows<[string, number]>(
    `SELECT run_id, run_no FROM runs WHERE ${sql.dialect.inList('run_id', 'text')}`,
    [sql.dialect.list(runIds)],
  );
  return new Map(rows);
}

const KEYED = { run_no: 'bigint', key: 'text', value: 'text', experiment_no: 'bigint' } as const;

/** Params and tags of runs; what is there stays. */
export async function insertRunDetails(
  tx: Transaction,
  runs: readonly PlacedRun[],
  numberOf: ReadonlyMap<string, number>,
): Promise<void> {
  const rowsOf = (pick: 'params' | 'tags') =>
    runs.flatMap((run) =>
      run[pick].map(({ key, value }) => [numberOf.get(run.runId)!, key, value, run.experimentNo]),
    );
  await tx.insertMany('params', KEYED, rowsOf('params'), { onConflict: 'ignore' });
  await tx.insertMany('run_tags', KEYED, rowsOf('tags'), { onConflict: 'ignore' });
}

/** The datasets that runs took, with the tags of each use; what is there stays. */
export async function insertRunDatasets(
  tx: Transaction,
  runs: readonly PlacedRun[],
  numberOf: ReadonlyMap<string, number>,
): Promise<void> {
  const uses = runs.flatMap((run) =>
    run.datasets.map((dataset) => ({ run, runNo: numberOf.get(run.runId)!, dataset })),
  );
  if (uses.length === 0) return;
  await tx.insertMany(
    'datasets',
    {
      experiment_no: 'bigint',
      name: 'text',
      digest: 'text',
      source_type: 'text',
      source: 'text',
      schema_json: 'text',
      profile: 'text',
    },
    uses.map(({ run, dataset: d }) => [
      run.experimentNo,
      d.name,
      d.digest,
      d.sourceType,
      d.source,
      d.schema,
      d.profile,
    ]),
    { onConflict: 'ignore' },
  );
  const found = await tx.allFor<{ position: number; dataset_no: number }>(
    {
      columns: ['position', 'experiment_no', 'name', 'digest'],
      types: ['bigint', 'bigint', 'text', 'text'],
      tuples: uses.map(({ run, dataset }, i) => [i, run.experimentNo, dataset.name, dataset.digest]),
    },
    `SELECT k.position, d.dataset_no FROM keys k ${tx.dialect.orderedJoin} datasets d
     ON d.experiment_no = k.experiment_no AND d.name = k.name AND d.digest = k.digest ORDER BY k.position`,
  );
  const links = found.map((row) => ({ ...uses[row.position]!, datasetNo: row.dataset_no }));
  await tx.insertMany(
    'run_datasets',
    { run_no: 'bigint', dataset_no: 'bigint' },
    links.map(({ runNo, datasetNo }) => [runNo, datasetNo]),
    { onConflict: 'ignore' },
  );
  const inputs = await tx.allFor<{ position: number; input_no: number }>(
    {
      columns: ['position', 'run_no', 'dataset_no'],
      types: ['bigint', 'bigint', 'bigint'],
      tuples: links.map(({ runNo, datasetNo }, i) => [i, runNo, datasetNo]),
    },
    `SELECT k.position, i.input_no FROM keys k ${tx.dialect.orderedJoin} run_datasets i
     ON i.run_no = k.run_no AND i.dataset_no = k.dataset_no`,
  );
  await tx.insertMany(
    'run_dataset_tags',
    { input_no: 'bigint', key: 'text', value: 'text' },
    inputs.flatMap(({ position, input_no }) =>
      links[position]!.dataset.tags.map(({ key, value }) => [input_no, key, value]),
    ),
    { onConflict: 'ignore' },
  );
}

export type PlacedModel = TransferredLoggedModel & {
  readonly experimentNo: number;
  readonly deletedAtMs: number | null;
};

/** Logged models that are there stay as they are. The numbers of all of them by id. */
export async function insertModelRows(
  tx: Transaction,
  models: readonly PlacedModel[],
): Promise<ReadonlyMap<string, number>> {
  await tx.insertMany(
    'logged_models',
    {
      model_id: 'text',
      experiment_no: 'bigint',
      name: 'text',
      model_type: 'text',
      source_run_id: 'text',
      status: 'text',
      status_message: 'text',
      creation_time: 'bigint',
      last_update_time: 'bigint',
      lifecycle_stage: 'text',
      deleted_at: 'bigint',
    },
    models.map((m) => [
      m.modelId,
      m.experimentNo,
      m.name,
      m.modelType,
      m.sourceRunId,
      m.status,
      m.statusMessage,
      m.creationTimeMs,
      m.lastUpdateTimeMs,
      m.stage,
      m.deletedAtMs,
    ]),
    { onConflict: 'ignore' },
  );
  const rows = await tx.rows<[string, number]>(
    `SELECT model_id, model_no FROM logged_models WHERE ${tx.dialect.inList('model_id', 'text')}`,
    [tx.dialect.list(models.map((model) => model.modelId))],
  );
  return new Map(rows);
}

const MODEL_KEYED = { model_no: 'bigint', key: 'text', value: 'text' } as const;

/** Params, tags and metrics of logged models; what is there stays. */
export async function insertModelDetails(
  tx: Transaction,
  models: readonly PlacedModel[],
  numberOf: ReadonlyMap<string, number>,
): Promise<void> {
  const rowsOf = (pick: 'params' | 'tags') =>
    models.flatMap((model) =>
      model[pick].map(({ key, value }) => [numberOf.get(model.modelId)!, key, value]),
    );
  await tx.insertMany('logged_model_params', MODEL_KEYED, rowsOf('params'), { onConflict: 'ignore' });
  await tx.insertMany('logged_model_tags', MODEL_KEYED, rowsOf('tags'), { onConflict: 'ignore' });
  await tx.insertMany(
    'logged_model_metrics',
    {
      model_no: 'bigint',
      key: 'text',
      step: 'bigint',
      timestamp: 'bigint',
      value: 'double',
      is_nan: 'bigint',
      run_id: 'text',
      dataset_name: 'text',
      dataset_digest: 'text',
    },
    models.flatMap((model) =>
      model.metrics.map((m) => {
        const isNan = Number.isNaN(m.value);
        return [
          numberOf.get(model.modelId)!,
          m.key,
          m.step,
          m.timestampMs,
          isNan ? 0 : m.value,
          Number(isNan),
          m.runId,
          m.datasetName,
          m.datasetDigest,
        ];
      }),
    ),
    { onConflict: 'ignore' },
  );
}

export interface StoredRun {
  readonly run_no: number;
  readonly run_id: string;
  readonly experiment_no: number;
  readonly name: string;
  readonly user_id: string | null;
  readonly status: RunStatus;
  readonly start_time: Int64 | string;
  readonly end_time: Int64 | string | null;
  readonly lifecycle_stage: LifecycleStage;
  readonly artifact_location: string;
}

export async function selectRuns(sql: Sql, runIds: readonly string[]): Promise<StoredRun[]> {
  const { int64: exact } = sql.dialect;
  return sql.all<StoredRun>(
    `SELECT r.run_no, r.run_id, r.experiment_no, r.name, r.user_id, r.status, ${exact('r.start_time')} AS start_time,
       ${exact('r.end_time')} AS end_time, r.lifecycle_stage, e.artifact_location
     FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no
     WHERE ${sql.dialect.inList('r.run_id', 'text')}`,
    [sql.dialect.list(runIds)],
  );
}

/** Ids in ascending order, those behind `after`. */
export async function listRunIds(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<[string]>('SELECT run_id FROM runs WHERE run_id > ? ORDER BY run_id LIMIT ?', [
    after,
    limit,
  ]);
  return rows.map(([runId]) => runId);
}

export async function listModelIds(sql: Sql, after: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT model_id FROM logged_models WHERE model_id > ? ORDER BY model_id LIMIT ?',
    [after, limit],
  );
  return rows.map(([modelId]) => modelId);
}

export interface StoredModel {
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
  readonly artifact_location: string;
}

export async function selectModels(sql: Sql, modelIds: readonly string[]): Promise<StoredModel[]> {
  return sql.all<StoredModel>(
    `SELECT m.*, e.artifact_location FROM logged_models m JOIN experiments e ON e.experiment_no = m.experiment_no
     WHERE ${sql.dialect.inList('m.model_id', 'text')}`,
    [sql.dialect.list(modelIds)],
  );
}

export async function listExperimentRows(sql: Sql, after: number, limit: number): Promise<ExperimentRow[]> {
  return sql.all<ExperimentRow>(
    'SELECT * FROM experiments WHERE experiment_no > ? ORDER BY experiment_no LIMIT ?',
    [after, limit],
  );
}

export interface StoredSeries {
  readonly series_no: number;
  readonly run_no: number;
  readonly key: string;
  readonly step: Int64;
  readonly timestamp: Int64;
  readonly value: number;
  readonly point_count: number;
  readonly min_value: number | null;
  readonly max_value: number | null;
}

/** Every metric of the runs, with what is kept beside its points. */
export async function listSeries(sql: Sql, runNos: readonly number[]): Promise<StoredSeries[]> {
  const { int64: exact } = sql.dialect;
  const rows = await sql.all<StoredSeries & { is_nan: number }>(
    `SELECT series_no, run_no, key, ${exact('step')} AS step, ${exact('timestamp')} AS timestamp, value, is_nan,
       point_count, min_value, max_value
     FROM metric_series WHERE ${sql.dialect.inList('run_no', 'bigint')} ORDER BY run_no, key`,
    [sql.dialect.list(runNos)],
  );
  return rows.map(({ is_nan, ...row }) => ({
    ...row,
    step: int64(row.step),
    timestamp: int64(row.timestamp),
    value: is_nan === 1 ? Number.NaN : row.value,
  }));
}

export interface StoredPoint {
  readonly seriesNo: number;
  readonly step: Int64;
  readonly timestampMs: Int64;
  readonly value: number;
  readonly isNan: number;
}

type PointTuple = readonly [number, Int64 | string, Int64 | string, number, number];

const readPoint = ([seriesNo, step, timestamp, value, isNan]: PointTuple): StoredPoint => ({
  seriesNo,
  step: int64(step),
  timestampMs: int64(timestamp),
  value,
  isNan,
});

/** All points of the series, by (series, step, timestamp, value). */
export async function listPointsOfSeries(sql: Sql, seriesNos: readonly number[]): Promise<StoredPoint[]> {
  const { int64: exact } = sql.dialect;
  const rows = await sql.rows<PointTuple>(
    `SELECT series_no, ${exact('step')}, ${exact('timestamp')}, value, is_nan FROM metric_points
     WHERE ${sql.dialect.inList('series_no', 'bigint')} ORDER BY series_no, metric_points.step, metric_points.timestamp, value, is_nan`,
    [sql.dialect.list(seriesNos)],
  );
  return rows.map(readPoint);
}

/** Points of one series behind `after`, by (step, timestamp, value). */
export async function listPointsAfter(
  sql: Sql,
  seriesNo: number,
  { after, limit }: { readonly after: StoredPoint | undefined; readonly limit: number },
): Promise<StoredPoint[]> {
  const { int64: exact } = sql.dialect;
  const rows = await sql.rows<PointTuple>(
    `SELECT series_no, ${exact('step')}, ${exact('timestamp')}, value, is_nan FROM metric_points
     WHERE series_no = ? ${after === undefined ? '' : 'AND (step, timestamp, value, is_nan) > (?, ?, ?, ?)'}
     ORDER BY metric_points.step, metric_points.timestamp, value, is_nan LIMIT ?`,
    [
      seriesNo,
      ...(after === undefined ? [] : [after.step, after.timestampMs, after.value, after.isNan]),
      limit,
    ],
  );
  return rows.map(readPoint);
}
