import type { SqlFragment } from '../db/conditions.ts';
import type { Sql } from '../db/port.ts';
import { containsParams, containsText, rankParams, rankText } from '../db/text-match.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

export interface FindQuery {
  readonly limit: number;
  readonly visible: VisibleExperiments;
}

export interface FoundExperimentRow {
  readonly experiment_no: number;
  readonly name: string;
}

const EXPERIMENT_NAMES = ['e.name', 'e.leaf'];

/**
 * Active experiments with that number, then those with the text in their name: first whose name, with or without its
 * folders, is the text, then whose name begins so; of these the newest first.
 */
export async function findExperiments(
  sql: Sql,
  text: string,
  { limit, visible }: FindQuery,
): Promise<FoundExperimentRow[]> {
  const seen = andVisible(sql.dialect, 'e.experiment_no', visible);
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  return sql.all<FoundExperimentRow>(
    `SELECT e.experiment_no, e.name FROM experiments e
     WHERE e.lifecycle_stage = 'active' AND (e.experiment_no = ? OR ${containsText(sql, 'e.name')})${seen.text}
     ORDER BY CASE WHEN e.experiment_no = ? THEN 0 ELSE 1 END, ${rankText(sql, EXPERIMENT_NAMES)},
       e.creation_time DESC LIMIT ?`,
    [number, ...containsParams(text), ...seen.params, number, ...rankParams(text, EXPERIMENT_NAMES), limit],
  );
}

export interface FoundRunRow {
  readonly run_id: string;
  readonly name: string;
  readonly experiment_no: number;
  readonly experiment_name: string;
  readonly status: string;
  readonly start_time: number;
}

const RUN_COLUMNS = 'r.run_id, r.name, r.experiment_no, e.name AS experiment_name, r.status, r.start_time';

/** Active runs whose id begins so: a range of the index of ids. */
export async function findRunsById(
  sql: Sql,
  prefix: string,
  { limit, visible }: FindQuery,
): Promise<FoundRunRow[]> {
  const seen = andVisible(sql.dialect, 'r.experiment_no', visible);
  return sql.all<FoundRunRow>(
    `SELECT ${RUN_COLUMNS} FROM runs r JOIN experiments e ON e.experiment_no = r.experiment_no
     WHERE r.run_id >= ? AND r.run_id < ? AND r.lifecycle_stage = 'active'${seen.text} ORDER BY r.run_id LIMIT ?`,
    [prefix, behind(prefix), ...seen.params, limit],
  );
}

export interface WindowQuery extends FindQuery {
  /** Runs that are looked at, the newest. */
  readonly window: number;
}

/** Named runs of the window: `r`. */
function fromWindow(sql: Sql, { window, visible }: WindowQuery): SqlFragment {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  const ofSeen = seen.text.replace(' AND ', 'WHERE ');
  return {
    text: `(SELECT * FROM runs ${ofSeen} ORDER BY run_no DESC LIMIT ?) r`,
    params: [...seen.params, window],
  };
}

export interface NamedRunRow extends FoundRunRow {
  /** 0: the name is the text; 1: it begins so; 2: it has the text in it. */
  readonly rank: number;
}

/** Of the newest `window` runs, those with the text in their name: by rank, then the newest first. */
export async function findRunsByName(sql: Sql, text: string, query: WindowQuery): Promise<NamedRunRow[]> {
  const from = fromWindow(sql, query);
  return sql.all<NamedRunRow>(
    `SELECT ${RUN_COLUMNS}, ${rankText(sql, ['r.name'])} AS rank
     FROM ${from.text} JOIN experiments e ON e.experiment_no = r.experiment_no
     WHERE r.lifecycle_stage = 'active' AND ${containsText(sql, 'r.name')}
     ORDER BY rank, r.run_no DESC LIMIT ?`,
    [...rankParams(text, ['r.name']), ...from.params, ...containsParams(text), query.limit],
  );
}

export interface NamedCountRow {
  readonly experiment_no: number;
  readonly runs: number;
}

/** In which experiments the newest `window` runs with the text in their name are; most of them first. */
export async function countRunsByName(sql: Sql, text: string, query: WindowQuery): Promise<NamedCountRow[]> {
  const from = fromWindow(sql, query);
  const rows = await sql.all<NamedCountRow>(
    `SELECT r.experiment_no, count(*) AS runs FROM ${from.text}
     WHERE r.lifecycle_stage = 'active' AND ${containsText(sql, 'r.name')}
     GROUP BY r.experiment_no ORDER BY count(*) DESC, r.experiment_no DESC LIMIT ?`,
    [...from.params, ...containsParams(text), query.limit],
  );
  return rows.map((row) => ({ ...row, runs: Number(row.runs) }));
}

export interface FoundLoggedModelRow {
  readonly model_id: string;
  readonly name: string;
  readonly experiment_no: number;
}

/** Active logged models whose id begins so. */
export async function findLoggedModelsById(
  sql: Sql,
  prefix: string,
  { limit, visible }: FindQuery,
): Promise<FoundLoggedModelRow[]> {
  const seen = andVisible(sql.dialect, 'experiment_no', visible);
  return sql.all<FoundLoggedModelRow>(
    `SELECT model_id, name, experiment_no FROM logged_models
     WHERE model_id >= ? AND model_id < ? AND lifecycle_stage = 'active'${seen.text} ORDER BY model_id LIMIT ?`,
    [prefix, behind(prefix), ...seen.params, limit],
  );
}

/** The first text behind all that begin with `prefix`, whose last character is a letter, a digit or a dash. */
function behind(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}
