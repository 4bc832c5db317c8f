import type { Sql } from '../db/port.ts';
import { containsParams, containsText, rankParams, rankText } from '../db/text-match.ts';
import type { VisibleModels } from '../governance/access.ts';
import { DELETED_STAGE } from './model-rules.ts';
import { renderVisible } from './schema-models-repository.ts';

export interface RecentModelRow {
  readonly model_no: number;
  readonly name: string;
  readonly description: string | null;
  readonly last_update_time: number;
  /** The newest that is there; null where the model has none. */
  readonly latest_version: number | null;
}

export interface RecentQuery {
  readonly limit: number;
  readonly visible: 'all' | VisibleModels;
}

const COLUMNS = `m.model_no, m.name, m.description, m.last_update_time,
  (SELECT max(v.version) FROM model_versions v
   WHERE v.model_no = m.model_no AND v.stage <> '${DELETED_STAGE}') AS latest_version`;

/** Models that are no prompts, the latest changed first. */
export async function listRecentModels(sql: Sql, { limit, visible }: RecentQuery): Promise<RecentModelRow[]> {
  const seen = renderVisible(sql.dialect, visible);
  return sql.all<RecentModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     WHERE m.is_prompt = 0 AND ${seen.text} ORDER BY m.last_update_time DESC, m.name LIMIT ?`,
    [...seen.params, limit],
  );
}

/**
 * Those with the text in their name: first whose name is the text, then whose name begins so, of these the latest changed
 * first. Capital letters of ASCII do not count.
 */
export async function findModelsByText(
  sql: Sql,
  text: string,
  { limit, visible }: RecentQuery,
): Promise<RecentModelRow[]> {
  const seen = renderVisible(sql.dialect, visible);
  return sql.all<RecentModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     WHERE m.is_prompt = 0 AND ${containsText(sql, 'm.name')} AND ${seen.text}
     ORDER BY ${rankText(sql, ['m.name'])}, m.last_update_time DESC, m.name LIMIT ?`,
    [...containsParams(text), ...seen.params, ...rankParams(text, ['m.name']), limit],
  );
}

export interface FoundAliasRow {
  readonly name: string;
  readonly alias: string;
  readonly version: number;
}

/** Aliases with the text in them or, where the text has an `@`, in `name@alias`; in the order of `findModelsByText`. */
export async function findAliasesByText(
  sql: Sql,
  text: string,
  { limit, visible }: RecentQuery,
): Promise<FoundAliasRow[]> {
  const seen = renderVisible(sql.dialect, visible);
  const column = text.includes('@') ? "(m.name || '@' || a.alias)" : 'a.alias';
  return sql.all<FoundAliasRow>(
    `SELECT m.name, a.alias, a.version
     FROM registered_model_aliases a JOIN registered_models m ON m.model_no = a.model_no
     WHERE m.is_prompt = 0 AND ${containsText(sql, column)} AND ${seen.text}
     ORDER BY ${rankText(sql, [column])}, m.last_update_time DESC, m.name, a.alias LIMIT ?`,
    [...containsParams(text), ...seen.params, ...rankParams(text, [column]), limit],
  );
}

export async function countVersionsSince(
  sql: Sql,
  sinceMs: number,
  { limit, visible }: RecentQuery,
): Promise<number> {
  const seen = renderVisible(sql.dialect, visible);
  const models = visible === 'all' ? '' : 'JOIN registered_models m ON m.model_no = v.model_no';
  const row = await sql.get<{ n: number }>(
    `SELECT count(*) AS n FROM (
       SELECT 1 AS one FROM model_versions v ${models}
       WHERE v.last_update_time > ? AND v.creation_time > ? AND v.stage <> '${DELETED_STAGE}' AND v.is_prompt = 0
         AND ${seen.text} LIMIT ?
     ) made`,
    [sinceMs, sinceMs, ...seen.params, limit],
  );
  return Number(row!.n);
}
