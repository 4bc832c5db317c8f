import type { Sql } from '../db/port.ts';
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

/** Those with the text in their name; capital letters of ASCII do not count. */
export async function findModelsByText(
  sql: Sql,
  text: string,
  { limit, visible }: RecentQuery,
): Promise<RecentModelRow[]> {
  const { indexOf } = sql.dialect;
  const seen = renderVisible(sql.dialect, visible);
  return sql.all<RecentModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     WHERE m.is_prompt = 0 AND
       (${indexOf('lower(m.name)', 'CAST(? AS TEXT)')} > 0 OR ${indexOf('m.name', 'CAST(? AS TEXT)')} > 0)
       AND ${seen.text}
     ORDER BY m.last_update_time DESC, m.name LIMIT ?`,
    [text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), text, ...seen.params, limit],
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
