import type { Sql, SqlParam } from '../db/port.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

export interface ActiveRunRow {
  readonly run_no: number;
  readonly run_id: string;
  readonly name: string;
  readonly experiment_no: number;
  readonly experiment_name: string;
  readonly user_id: string | null;
  readonly status: string;
  readonly start_time: number;
  readonly end_time: number | null;
}

export interface LatestQuery {
  readonly limit: number;
  readonly visible: VisibleExperiments;
}

/** Clients that name nobody to the server may still say in the tag who it was. */
const USER = `coalesce(nullif(r.user_id, ''),
  (SELECT t.value FROM run_tags t WHERE t.run_no = r.run_no AND t.key = 'mlflow.user'))`;
const RUN_COLUMNS = `r.run_no, r.run_id, r.name, r.experiment_no, e.name AS experiment_name, ${USER} AS user_id, r.status,
  r.start_time, r.end_time`;
const FROM = 'FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no';

/** The latest started first; walks `runs_running` from its start. */
export async function listRunning(sql: Sql, { limit, visible }: LatestQuery): Promise<ActiveRunRow[]> {
  const seen = andVisible(sql.dialect, 'r.experiment_no', visible);
  return sql.all(
    `SELECT ${RUN_COLUMNS} ${FROM}
     WHERE r.status = 'RUNNING' AND r.lifecycle_stage = 'active'${seen.text} ORDER BY r.start_time DESC LIMIT ?`,
    [...seen.params, limit],
  );
}

/** The latest ended first; walks `runs_ended` from its start. */
export async function listEnded(sql: Sql, { limit, visible }: LatestQuery): Promise<ActiveRunRow[]> {
  const seen = andVisible(sql.dialect, 'r.experiment_no', visible);
  return sql.all(
    `SELECT ${RUN_COLUMNS} ${FROM}
     WHERE r.end_time IS NOT NULL AND r.lifecycle_stage = 'active'${seen.text} ORDER BY r.end_time DESC LIMIT ?`,
    [...seen.params, limit],
  );
}

export interface ExperimentActivityRow {
  readonly experiment_no: number;
  readonly name: string;
  readonly at: number;
}

/**
 * The latest times at which something happened in experiments: of the last `window` runs that ended, as many of those
 * that run, and of the newest experiments. An experiment may come several times.
 */
export async function listActiveExperiments(
  sql: Sql,
  { window, limit, visible }: LatestQuery & { readonly window: number },
): Promise<ExperimentActivityRow[]> {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  const latest = (inner: string, params: readonly SqlParam[]) =>
    sql.all<ExperimentActivityRow>(
      `SELECT a.experiment_no, e.name, max(a.at) AS at
       FROM (${inner}) a JOIN experiments e ON e.experiment_no = a.experiment_no
       WHERE e.lifecycle_stage = 'active' GROUP BY a.experiment_no, e.name ORDER BY at DESC LIMIT ?`,
      [...params, limit],
    );
  const ended = await latest(
    `SELECT experiment_no, end_time AS at FROM runs
     WHERE end_time IS NOT NULL AND lifecycle_stage = 'active'${seen.text} ORDER BY end_time DESC LIMIT ?`,
    [...seen.params, window],
  );
  const running = await latest(
    `SELECT experiment_no, start_time AS at FROM runs
     WHERE status = 'RUNNING' AND lifecycle_stage = 'active'${seen.text} ORDER BY start_time DESC LIMIT ?`,
    [...seen.params, window],
  );
  const newest = await sql.all<ExperimentActivityRow>(
    `SELECT experiment_no, name, creation_time AS at FROM experiments
     WHERE lifecycle_stage = 'active'${seen.text} ORDER BY creation_time DESC, experiment_no LIMIT ?`,
    [...seen.params, limit],
  );
  return [...ended, ...running, ...newest];
}

export interface RunCountRow {
  readonly experiment_no: number;
  readonly runs: number;
  readonly running: number;
  readonly last_start: number | null;
}

/** What is in experiments: an entry of the index `runs_by_start` for each run. */
export async function countRuns(
  sql: Sql,
  experimentNos: readonly number[],
): Promise<Map<number, RunCountRow>> {
  const list = sql.dialect.list(experimentNos);
  const rows = await sql.all<RunCountRow>(
    `SELECT experiment_no, count(*) AS runs, 0 AS running, max(start_time) AS last_start FROM runs
     WHERE ${sql.dialect.inList('experiment_no', 'bigint')} AND lifecycle_stage = 'active' GROUP BY experiment_no`,
    [list],
  );
  const running = await sql.all<{ experiment_no: number; n: number }>(
    `SELECT experiment_no, count(*) AS n FROM runs
     WHERE status = 'RUNNING' AND lifecycle_stage = 'active' AND ${sql.dialect.inList('experiment_no', 'bigint')}
     GROUP BY experiment_no`,
    [list],
  );
  const runningOf = new Map(running.map((row) => [row.experiment_no, Number(row.n)]));
  return new Map(
    rows.map((row) => [
      row.experiment_no,
      { ...row, runs: Number(row.runs), running: runningOf.get(row.experiment_no) ?? 0 },
    ]),
  );
}

export interface ProgressRow {
  readonly run_no: number;
  readonly last_step: number;
  readonly last_time: number;
}

/** How far runs have come: their highest step, and when their last point was logged. */
export async function readProgress(sql: Sql, runNos: readonly number[]): Promise<Map<number, ProgressRow>> {
  const rows = await sql.all<ProgressRow>(
    `SELECT run_no, max(step) AS last_step, max(timestamp) AS last_time FROM metric_series
     WHERE ${sql.dialect.inList('run_no', 'bigint')} GROUP BY run_no`,
    [sql.dialect.list(runNos)],
  );
  return new Map(rows.map((row) => [row.run_no, row]));
}

/** Runs that ended after a time, by how; at most `limit` are looked at. */
export async function countEndedSince(
  sql: Sql,
  sinceMs: number,
  { limit, visible }: LatestQuery,
): Promise<ReadonlyMap<string, number>> {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  const rows = await sql.all<{ status: string; n: number }>(
    `SELECT status, count(*) AS n FROM (
       SELECT status FROM runs
       WHERE end_time > ? AND lifecycle_stage = 'active'${seen.text} ORDER BY end_time DESC LIMIT ?
     ) ended GROUP BY status`,
    [sinceMs, ...seen.params, limit],
  );
  return new Map(rows.map((row) => [row.status, Number(row.n)]));
}

export async function countExperimentsSince(
  sql: Sql,
  sinceMs: number,
  { limit, visible }: LatestQuery,
): Promise<number> {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  const row = await sql.get<{ n: number }>(
    `SELECT count(*) AS n FROM (
       SELECT 1 AS one FROM experiments WHERE lifecycle_stage = 'active' AND creation_time > ?${seen.text} LIMIT ?
     ) made`,
    [sinceMs, ...seen.params, limit],
  );
  return Number(row!.n);
}
