import type { Sql, SqlParam } from '../db/port.ts';
import { containsParams, containsText } from '../db/text-match.ts';
import { folderEnd, folderKey, TOP_LEVEL } from './experiment-path.ts';
import type { ViewType } from './experiment-search.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

export type OverviewOrder = 'name' | 'creation_time' | 'last_update_time' | 'last_activity';

export interface OverviewQuery {
  /** Directly in this folder, and in no other. */
  readonly folder: string | undefined;
  /** Anywhere below this one. */
  readonly within: string | undefined;
  /** In the name; capital letters of ASCII do not count. */
  readonly contains: string | undefined;
  readonly viewType: ViewType;
  readonly orderBy: OverviewOrder;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
  readonly visible: VisibleExperiments;
}

export interface OverviewRow {
  readonly experiment_no: number;
  readonly name: string;
  readonly folder: string;
  readonly lifecycle_stage: LifecycleStage;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly last_activity: number;
  readonly note: string | null;
}

const LAST_START = `(SELECT max(r.start_time) FROM runs r
  WHERE r.experiment_no = e.experiment_no AND r.lifecycle_stage = e.lifecycle_stage)`;
const ORDERS: Readonly<Record<OverviewOrder, string>> = {
  name: 'e.name',
  creation_time: 'e.creation_time',
  last_update_time: 'e.last_update_time',
  last_activity: 'last_activity',
};

/** The key under which clients keep what people write about an experiment. */
const NOTE = 'mlflow.note.content';
const NOTE_CHARACTERS = 300;
const COLUMNS = `e.experiment_no, e.name, e.folder, e.lifecycle_stage, e.creation_time, e.last_update_time,
  coalesce(${LAST_START}, e.creation_time) AS last_activity,
  (SELECT substr(t.value, 1, ${NOTE_CHARACTERS}) FROM experiment_tags t
   WHERE t.experiment_no = e.experiment_no AND t.key = '${NOTE}') AS note`;

/** One window; an order by activity seeks the latest run of every experiment that matches, the others of the window's. */
export async function selectOverview(sql: Sql, query: OverviewQuery): Promise<OverviewRow[]> {
  const { where, params } = conditions(sql, query);
  const direction = query.descending ? 'DESC' : 'ASC';
  return sql.all<OverviewRow>(
    `SELECT ${COLUMNS} FROM experiments e WHERE ${where}
     ORDER BY ${ORDERS[query.orderBy]} ${direction}, e.experiment_no ${direction} LIMIT ? OFFSET ?`,
    [...params, query.limit, query.offset],
  );
}

export async function selectOverviewOf(sql: Sql, experimentNos: readonly number[]): Promise<OverviewRow[]> {
  return sql.all<OverviewRow>(
    `SELECT ${COLUMNS} FROM experiments e WHERE ${sql.dialect.inList('e.experiment_no', 'bigint')}`,
    [sql.dialect.list(experimentNos)],
  );
}

export async function countOverview(sql: Sql, query: OverviewQuery): Promise<number> {
  const { where, params } = conditions(sql, query);
  const row = await sql.get<{ n: number }>(`SELECT count(*) AS n FROM experiments e WHERE ${where}`, params);
  return Number(row!.n);
}

function conditions(sql: Sql, query: OverviewQuery): { where: string; params: SqlParam[] } {
  const texts = ['1 = 1'];
  const params: SqlParam[] = [];
  if (query.viewType !== 'ALL') {
    texts.push('e.lifecycle_stage = ?');
    params.push(query.viewType === 'ACTIVE_ONLY' ? 'active' : 'deleted');
  }
  if (query.folder !== undefined) {
    texts.push('e.folder = ?');
    params.push(folderKey(query.folder));
  }
  if (query.within !== undefined && query.within !== TOP_LEVEL) {
    texts.push('e.folder >= ? AND e.folder < ?');
    params.push(folderKey(query.within), folderEnd(query.within));
  }
  if (query.contains !== undefined && query.contains !== '') {
    texts.push(containsText(sql, 'e.name'));
    params.push(...containsParams(query.contains));
  }
  const seen = andVisible(sql.dialect, 'e.experiment_no', query.visible);
  return { where: texts.join(' AND ') + seen.text, params: [...params, ...seen.params] };
}
