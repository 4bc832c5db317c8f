import type { Sql, SqlParam, Transaction } from '../db/port.ts';

export interface TrashedRun {
  readonly run_no: number;
  readonly run_id: string;
  readonly experiment_no: number;
  readonly deleted_at: number;
  /** Of the experiment. */
  readonly artifact_location: string;
  /** Of metrics, all in all. */
  readonly points: number;
}

export interface TrashScope {
  /** Deleted then or before. */
  readonly beforeMs: number;
  readonly experimentNos?: readonly number[] | undefined;
  readonly runIds?: readonly string[] | undefined;
}

const RUN = `SELECT r.run_no, r.run_id, r.experiment_no, r.deleted_at, e.artifact_location,
    (SELECT coalesce(sum(s.point_count), 0) FROM metric_series s WHERE s.run_no = r.run_no) AS points
  FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no`;

const readRun = (row: TrashedRun): TrashedRun => ({ ...row, points: Number(row.points) });

/** The next runs in the trash behind `after`, oldest first. */
export async function listTrashedRuns(
  sql: Sql,
  scope: TrashScope,
  { after, limit }: { readonly after: TrashedRun | undefined; readonly limit: number },
): Promise<TrashedRun[]> {
  const { inList, list } = sql.dialect;
  const conditions = ['r.deleted_at <= ?'];
  const params: SqlParam[] = [scope.beforeMs];
  if (after !== undefined) {
    conditions.push('(r.deleted_at, r.run_no) > (?, ?)');
    params.push(after.deleted_at, after.run_no);
  }
  if (scope.experimentNos !== undefined) {
    conditions.push(inList('r.experiment_no', 'bigint'));
    params.push(list(scope.experimentNos));
  }
  if (scope.runIds !== undefined) {
    conditions.push(inList('r.run_id', 'text'));
    params.push(list(scope.runIds));
  }
  const rows = await sql.all<TrashedRun>(
    `${RUN} WHERE ${conditions.join(' AND ')} ORDER BY r.deleted_at, r.run_no LIMIT ?`,
    [...params, limit],
  );
  return rows.map(readRun);
}

/** A run that is still in the trash, held until the commit. */
export async function lockTrashedRun(
  tx: Transaction,
  runNo: number,
  beforeMs: number,
): Promise<TrashedRun | undefined> {
  const row = await tx.get<TrashedRun>(
    `${RUN} WHERE r.run_no = ? AND r.deleted_at <= ?${tx.dialect.forUpdate('r')}`,
    [runNo, beforeMs],
  );
  return row && readRun(row);
}

/** Takes a run out of everybody's reach while its history is removed piece by piece. */
export async function hideRun(tx: Transaction, runNo: number): Promise<void> {
  await tx.run(
    `UPDATE runs SET run_id = 'purged ' || run_no, lifecycle_stage = 'purged'
     WHERE run_no = ? AND lifecycle_stage <> 'purged'`,
    [runNo],
  );
}

/** Removes points of a run's metrics; how many. */
export async function deletePoints(tx: Transaction, runNo: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM metric_points WHERE (series_no, step, timestamp, value, is_nan) IN (
       SELECT p.series_no, p.step, p.timestamp, p.value, p.is_nan FROM metric_series s
       JOIN metric_points p ON p.series_no = s.series_no WHERE s.run_no = ? LIMIT ?)`,
    [runNo, limit],
  );
}

/** Removes a run with all that is recorded of it. */
export async function deleteRun(tx: Transaction, runNo: number): Promise<void> {
  await tx.run('DELETE FROM runs WHERE run_no = ?', [runNo]);
}

export interface TrashedModel {
  readonly model_no: number;
  readonly model_id: string;
  readonly experiment_no: number;
  readonly artifact_location: string;
}

/** Logged models in the trash, by themselves or with their experiment; the next behind `after`. */
export async function listTrashedModels(
  sql: Sql,
  scope: TrashScope,
  { after, limit }: { readonly after: TrashedModel | undefined; readonly limit: number },
): Promise<TrashedModel[]> {
  const { inList, list } = sql.dialect;
  const within = scope.experimentNos === undefined ? '' : ` AND ${inList('m.experiment_no', 'bigint')}`;
  return sql.all<TrashedModel>(
    `SELECT m.model_no, m.model_id, m.experiment_no, e.artifact_location
     FROM logged_models m JOIN experiments e ON e.experiment_no = m.experiment_no
     WHERE m.model_no IN (
       SELECT d.model_no FROM logged_models d WHERE d.deleted_at <= ?
       UNION SELECT d.model_no FROM experiments x JOIN logged_models d ON d.experiment_no = x.experiment_no
       WHERE x.deleted_at <= ?
     ) AND m.model_no > ?${within} ORDER BY m.model_no LIMIT ?`,
    [
      scope.beforeMs,
      scope.beforeMs,
      after?.model_no ?? -1,
      ...(scope.experimentNos === undefined ? [] : [list(scope.experimentNos)]),
      limit,
    ],
  );
}

/** Whether a logged model is still in the trash; it is held until the commit. */
export async function lockTrashedModel(tx: Transaction, modelNo: number, beforeMs: number): Promise<boolean> {
  const row = await tx.get(
    `SELECT m.model_no FROM logged_models m JOIN experiments e ON e.experiment_no = m.experiment_no
     WHERE m.model_no = ? AND (m.deleted_at <= ? OR e.deleted_at <= ?)${tx.dialect.forUpdate('m')}`,
    [modelNo, beforeMs, beforeMs],
  );
  return row !== undefined;
}

export async function deleteModel(tx: Transaction, modelNo: number): Promise<void> {
  await tx.run('DELETE FROM logged_models WHERE model_no = ?', [modelNo]);
}

export interface TrashedExperiment {
  readonly experiment_no: number;
  readonly name: string;
  readonly artifact_location: string;
}

const EXPERIMENT = 'SELECT e.experiment_no, e.name, e.artifact_location FROM experiments e';

/** Experiments in the trash but the first, which clients expect to find on every server. */
export async function listTrashedExperiments(sql: Sql, scope: TrashScope): Promise<TrashedExperiment[]> {
  const { inList, list } = sql.dialect;
  const within = scope.experimentNos === undefined ? '' : ` AND ${inList('e.experiment_no', 'bigint')}`;
  return sql.all<TrashedExperiment>(
    `${EXPERIMENT} WHERE e.deleted_at <= ? AND e.experiment_no <> 0${within} ORDER BY e.experiment_no`,
    [scope.beforeMs, ...(scope.experimentNos === undefined ? [] : [list(scope.experimentNos)])],
  );
}

/** An experiment that is still in the trash and has neither runs nor logged models; held until the commit. */
export async function lockEmptyExperiment(
  tx: Transaction,
  experimentNo: number,
  beforeMs: number,
): Promise<TrashedExperiment | undefined> {
  return tx.get<TrashedExperiment>(
    `${EXPERIMENT} WHERE e.experiment_no = ? AND e.deleted_at <= ?
       AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.experiment_no = e.experiment_no)
       AND NOT EXISTS (SELECT 1 FROM logged_models m WHERE m.experiment_no = e.experiment_no)${tx.dialect.forUpdate('e')}`,
    [experimentNo, beforeMs],
  );
}

export async function deleteExperiment(tx: Transaction, experimentNo: number): Promise<void> {
  await tx.run('DELETE FROM experiments WHERE experiment_no = ?', [experimentNo]);
}

export async function listExperimentNames(
  sql: Sql,
  experimentNos: readonly number[],
): Promise<{ experiment_no: number; name: string }[]> {
  return sql.all(
    `SELECT experiment_no, name FROM experiments WHERE ${sql.dialect.inList('experiment_no', 'bigint')}`,
    [sql.dialect.list(experimentNos)],
  );
}

/** Those of the ids that are in no trash: alive, or unknown. */
export async function findNotTrashed(
  sql: Sql,
  { runIds = [], experimentNos = [] }: Pick<TrashScope, 'runIds' | 'experimentNos'>,
): Promise<{ readonly runIds: readonly string[]; readonly experimentNos: readonly number[] }> {
  const { inList, list } = sql.dialect;
  const runs = await sql.all<{ run_id: string }>(
    `SELECT run_id FROM runs WHERE deleted_at IS NOT NULL AND ${inList('run_id', 'text')}`,
    [list(runIds)],
  );
  const experiments = await sql.all<{ experiment_no: number }>(
    `SELECT experiment_no FROM experiments WHERE ${inList('experiment_no', 'bigint')}`,
    [list(experimentNos)],
  );
  const trashed = new Set(runs.map((row) => row.run_id));
  const known = new Set(experiments.map((row) => row.experiment_no));
  return {
    runIds: runIds.filter((id) => !trashed.has(id)),
    experimentNos: experimentNos.filter((no) => !known.has(no)),
  };
}
