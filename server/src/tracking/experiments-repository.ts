import type { Sql, SqlParam, Transaction } from '../db/port.ts';

export interface ExperimentRow {
  readonly experiment_no: number;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: LifecycleStage;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly locks_finished_runs: number;
  /** JSON list of names. */
  readonly mutable_tags: string;
}

export type LifecycleStage = 'active' | 'deleted';

const COLUMNS =
  'experiment_no, name, artifact_location, lifecycle_stage, creation_time, last_update_time, locks_finished_runs, mutable_tags';

export async function findExperiment(sql: Sql, experimentNo: number): Promise<ExperimentRow | undefined> {
  return sql.get<ExperimentRow>(`SELECT ${COLUMNS} FROM experiments WHERE experiment_no = ?`, [experimentNo]);
}

/** As `findExperiment`: until the commit nobody renames, deletes or restores it. Many may hold it so at once. */
export async function holdExperiment(
  tx: Transaction,
  experimentNo: number,
): Promise<ExperimentRow | undefined> {
  return tx.get<ExperimentRow>(
    `SELECT ${COLUMNS} FROM experiments e WHERE experiment_no = ?${tx.dialect.forShare('e')}`,
    [experimentNo],
  );
}

/** Whoever sees several of a name means the first: the one that has it without a mark, then the oldest. */
export async function listExperimentsByName(sql: Sql, name: string): Promise<ExperimentRow[]> {
  return sql.all<ExperimentRow>(
    `SELECT ${COLUMNS} FROM experiments WHERE name = ?
     ORDER BY CASE WHEN name_key = name THEN 0 ELSE 1 END, experiment_no`,
    [name],
  );
}

/** Experiments that have the name, or one of the forms in which names are unique, in the order of their making. */
export async function listNameHolders(
  sql: Sql,
  name: string,
  nameKeys: readonly string[],
): Promise<(ExperimentRow & { readonly name_key: string })[]> {
  return sql.all(
    `SELECT ${COLUMNS}, name_key FROM experiments
     WHERE name = ? OR ${sql.dialect.inList('name_key', 'text')} ORDER BY experiment_no`,
    [name, sql.dialect.list(nameKeys)],
  );
}

/** Experiments whose artifacts lie at the place, in it, or around it. */
export async function listPlaceSharers(sql: Sql, location: string): Promise<number[]> {
  const place = location.replace(/\/+$/, '');
  const around = [...place.matchAll(/\//g)].map(({ index }) => place.slice(0, index));
  const rows = await sql.rows<[number]>(
    `SELECT experiment_no FROM experiments
     WHERE ${sql.dialect.inList('artifact_location', 'text')} OR artifact_location >= ? AND artifact_location < ?`,
    [sql.dialect.list([...around, place]), `${place}/`, `${place}0`],
  );
  return rows.map(([experimentNo]) => experimentNo);
}

export interface NewExperiment {
  readonly name: string;
  /** Unique: the name, or the name with a mark. */
  readonly nameKey: string;
  readonly nowMs: number;
  /** The location, where the caller chose one; otherwise it follows from the number. */
  readonly artifactLocation: string | undefined;
  defaultLocation(experimentNo: number): string;
}

export async function insertExperiment(tx: Transaction, experiment: NewExperiment): Promise<number> {
  const row = await tx.get<{ experiment_no: number }>(
    `INSERT INTO experiments (name, name_key, artifact_location, creation_time, last_update_time)
     VALUES (?, ?, ?, ?, ?) RETURNING experiment_no`,
    [
      experiment.name,
      experiment.nameKey,
      experiment.artifactLocation ?? '',
      experiment.nowMs,
      experiment.nowMs,
    ],
  );
  const experimentNo = row!.experiment_no;
  if (experiment.artifactLocation === undefined) {
    await tx.run('UPDATE experiments SET artifact_location = ? WHERE experiment_no = ?', [
      experiment.defaultLocation(experimentNo),
      experimentNo,
    ]);
  }
  return experimentNo;
}

/** Experiment 0 named Default, which clients expect to find on an empty server. */
export async function insertDefaultExperiment(
  tx: Transaction,
  nowMs: number,
  location: string,
): Promise<void> {
  await tx.run(
    `INSERT INTO experiments (experiment_no, name, name_key, artifact_location, creation_time, last_update_time)
     VALUES (0, 'Default', 'Default', ?, ?, ?) ON CONFLICT DO NOTHING`,
    [location, nowMs, nowMs],
  );
}

export async function renameExperiment(
  tx: Transaction,
  experimentNo: number,
  { name, nameKey, nowMs }: Pick<NewExperiment, 'name' | 'nameKey' | 'nowMs'>,
): Promise<void> {
  await tx.run(
    'UPDATE experiments SET name = ?, name_key = ?, last_update_time = ? WHERE experiment_no = ?',
    [name, nameKey, nowMs, experimentNo],
  );
}

export interface StageChange {
  readonly experimentNo: number;
  readonly stage: LifecycleStage;
  readonly nowMs: number;
}

/**
 * Moves an experiment and all its runs between the trash and the living. Its name; undefined for one that is not in the
 * other stage.
 */
export async function setExperimentStage(
  tx: Transaction,
  { experimentNo, stage, nowMs }: StageChange,
): Promise<string | undefined> {
  const deletedAt = stage === 'deleted' ? nowMs : null;
  const from = stage === 'deleted' ? 'active' : 'deleted';
  const changed = await tx.get<{ name: string }>(
    `UPDATE experiments SET lifecycle_stage = ?, deleted_at = ?, last_update_time = ?
     WHERE experiment_no = ? AND lifecycle_stage = ? RETURNING name`,
    [stage, deletedAt, nowMs, experimentNo, from],
  );
  if (changed === undefined) return undefined;
  // From the other stage only: runs that are being removed for good have a third.
  await tx.run(
    'UPDATE runs SET lifecycle_stage = ?, deleted_at = ? WHERE experiment_no = ? AND lifecycle_stage = ?',
    [stage, deletedAt, experimentNo, from],
  );
  return changed.name;
}

export interface FinishedRunsLock {
  readonly locked: boolean;
  /** Tags that stay writable; a name that ends in `*` stands for all that begin so. */
  readonly mutableTags: readonly string[];
}

export async function setFinishedRunsLock(
  tx: Transaction,
  experimentNo: number,
  lock: FinishedRunsLock,
): Promise<void> {
  await tx.run('UPDATE experiments SET locks_finished_runs = ?, mutable_tags = ? WHERE experiment_no = ?', [
    Number(lock.locked),
    JSON.stringify(lock.mutableTags),
    experimentNo,
  ]);
}

export async function upsertExperimentTags(
  tx: Transaction,
  experimentNo: number,
  tags: readonly { readonly key: string; readonly value: string }[],
): Promise<void> {
  await tx.insertMany(
    'experiment_tags',
    { experiment_no: 'bigint', key: 'text', value: 'text' },
    // One statement may touch a row once only: the last of equal keys wins.
    Array.from(new Map(tags.map(({ key, value }) => [key, value])), ([key, value]) => [
      experimentNo,
      key,
      value,
    ]),
    { onConflict: { key: ['experiment_no', 'key'], update: ['value'] } },
  );
}

/** Whether there was such a tag. */
export async function deleteExperimentTag(
  tx: Transaction,
  experimentNo: number,
  key: string,
): Promise<boolean> {
  return (
    (await tx.run('DELETE FROM experiment_tags WHERE experiment_no = ? AND key = ?', [experimentNo, key])) > 0
  );
}

export interface ExperimentTagRow {
  readonly experiment_no: number;
  readonly key: string;
  readonly value: string;
}

export async function listExperimentTags(
  sql: Sql,
  experimentNos: readonly number[],
): Promise<ExperimentTagRow[]> {
  if (experimentNos.length === 0) return [];
  return sql.all<ExperimentTagRow>(
    `SELECT experiment_no, key, value FROM experiment_tags
     WHERE ${sql.dialect.inList('experiment_no', 'bigint')} ORDER BY experiment_no, key`,
    [sql.dialect.list(experimentNos)],
  );
}

export interface ExperimentQuery {
  /** Conditions and their parameters, made by `experiment-search.ts`. */
  readonly where: string;
  /** The index to walk, where the planner would take another. */
  readonly index: string | undefined;
  readonly orderBy: string;
  readonly params: readonly SqlParam[];
  readonly limit: number;
  readonly offset: number;
}

export async function selectExperiments(sql: Sql, query: ExperimentQuery): Promise<ExperimentRow[]> {
  const index = query.index === undefined ? '' : sql.dialect.indexedBy(query.index);
  return sql.all<ExperimentRow>(
    `SELECT ${COLUMNS} FROM experiments e ${index} WHERE ${query.where} ORDER BY ${query.orderBy} LIMIT ? OFFSET ?`,
    [...query.params, query.limit, query.offset],
  );
}
