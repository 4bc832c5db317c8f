import type { Dialect, Sql } from '../db/port.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

export interface ChildrenQuery {
  /** The parent with its slash; empty for the top level. */
  readonly parentKey: string;
  /** Of `parentKey`, in code points. */
  readonly parentLength: number;
  /** The first text behind all that is below the parent; the top level has none. */
  readonly end: string | undefined;
  /** Which experiments are in view. */
  readonly stage: LifecycleStage;
  readonly limit: number;
  readonly visible: VisibleExperiments;
}

export interface ChildRow {
  /** The child's path with its slash. */
  readonly child: string;
  readonly active: number;
  readonly deleted: number;
  /** ms since 1970: the latest change of an experiment in view. */
  readonly updated: number;
  /** The first and the last folder, with their slashes, that have experiments in view directly in them. */
  readonly first_folder: string;
  readonly last_folder: string;
  /** One of the experiments in view. */
  readonly some_no: number;
}

/** Of each folder directly in a parent what is below it; an entry of `experiments_by_folder` for each experiment there. */
export async function listChildren(sql: Sql, query: ChildrenQuery): Promise<ChildRow[]> {
  const { text, params } = below(sql.dialect, query);
  const inView = (value: string) => `CASE x.lifecycle_stage WHEN '${query.stage}' THEN ${value} END`;
  const rows = await sql.all<ChildRow>(
    `SELECT t.child, count(t.active) AS active, count(t.deleted) AS deleted, max(t.updated) AS updated,
       min(t.folder) AS first_folder, max(t.folder) AS last_folder, max(t.seen_no) AS some_no
     FROM (
       SELECT ${childOf(sql.dialect, query)} AS child, ${inView('x.last_update_time')} AS updated,
         ${inView('x.folder')} AS folder, ${inView('x.experiment_no')} AS seen_no,
         CASE x.lifecycle_stage WHEN 'active' THEN 1 END AS active,
         CASE x.lifecycle_stage WHEN 'deleted' THEN 1 END AS deleted
       FROM experiments x WHERE ${text}
     ) t GROUP BY t.child HAVING count(t.seen_no) > 0 ORDER BY t.child LIMIT ?`,
    [...params, query.limit],
  );
  return rows.map((row) => ({ ...row, active: Number(row.active), deleted: Number(row.deleted) }));
}

export interface ChildRunsRow {
  readonly child: string;
  readonly runs: number;
  readonly last_start: number;
}

/** The active runs below each child; of no more than `limit` runs. An entry of `runs_by_start` for each. */
export async function countChildRuns(sql: Sql, query: ChildrenQuery): Promise<ChildRunsRow[]> {
  const { text, params } = below(sql.dialect, query);
  const rows = await sql.all<ChildRunsRow>(
    `SELECT t.child, count(*) AS runs, max(t.start_time) AS last_start
     FROM (
       SELECT ${childOf(sql.dialect, query)} AS child, r.start_time
       FROM experiments x JOIN runs r ON r.experiment_no = x.experiment_no AND r.lifecycle_stage = 'active'
       WHERE ${text} AND x.lifecycle_stage = 'active' LIMIT ?
     ) t GROUP BY t.child`,
    [...params, query.limit],
  );
  return rows.map((row) => ({ ...row, runs: Number(row.runs) }));
}

/** The runs below each child that run; an entry of `runs_running` for each run that does anywhere. */
export async function countChildRunning(
  sql: Sql,
  query: ChildrenQuery,
): Promise<{ readonly child: string; readonly running: number }[]> {
  const { text, params } = below(sql.dialect, query);
  const rows = await sql.all<{ child: string; running: number }>(
    `SELECT t.child, count(*) AS running
     FROM (
       SELECT ${childOf(sql.dialect, query)} AS child
       FROM runs r JOIN experiments x ON x.experiment_no = r.experiment_no
       WHERE r.status = 'RUNNING' AND r.lifecycle_stage = 'active' AND ${text} AND x.lifecycle_stage = 'active' LIMIT ?
     ) t GROUP BY t.child`,
    [...params, query.limit],
  );
  return rows.map((row) => ({ ...row, running: Number(row.running) }));
}

/** The folder directly in the parent that an experiment `x` is below, with its slash; slashes may begin its name. */
function childOf({ indexOf }: Dialect, { parentLength }: ChildrenQuery): string {
  const rest = `substr(x.folder, ${parentLength + 1})`;
  const bare = `ltrim(${rest}, '/')`;
  return `substr(x.folder, 1, ${parentLength} + length(${rest}) - length(${bare}) + ${indexOf(bare, "'/'")})`;
}

function below(dialect: Dialect, { parentKey, end, visible }: ChildrenQuery) {
  const seen = andVisible(dialect, 'x.experiment_no', visible);
  return {
    text: `x.folder > ?${end === undefined ? '' : ' AND x.folder < ?'}${seen.text}`,
    params: [parentKey, ...(end === undefined ? [] : [end]), ...seen.params],
  };
}
