import type { Sql } from '../db/port.ts';
import { DELETED_STAGE } from './model-rules.ts';

export interface RecentModelRow {
  readonly model_no: number;
  readonly name: string;
  readonly description: string | null;
  readonly last_update_time: number;
  /** The newest that is there; null where the model has none. */
  readonly latest_version: number | null;
}

const COLUMNS = `m.model_no, m.name, m.description, m.last_update_time,
  (SELECT max(v.version) FROM model_versions v
   WHERE v.model_no = m.model_no AND v.stage <> '${DELETED_STAGE}') AS latest_version`;

/** Models that are no prompts, the latest changed first. */
export async function listRecentModels(sql: Sql, limit: number): Promise<RecentModelRow[]> {
  return sql.all<RecentModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     WHERE m.is_prompt = 0 ORDER BY m.last_update_time DESC, m.name LIMIT ?`,
    [limit],
  );
}

/** Those with the text in their name; capital letters of ASCII do not count. */
export async function findModelsByText(sql: Sql, text: string, limit: number): Promise<RecentModelRow[]> {
  const { indexOf } = sql.dialect;
  return sql.all<RecentModelRow>(
    `SELECT ${COLUMNS} FROM registered_models m
     WHERE m.is_prompt = 0 AND
       (${indexOf('lower(m.name)', 'CAST(? AS TEXT)')} > 0 OR ${indexOf('m.name', 'CAST(? AS TEXT)')} > 0)
     ORDER BY m.last_update_time DESC, m.name LIMIT ?`,
    [text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()), text, limit],
  );
}

export async function countVersionsSince(sql: Sql, sinceMs: number, limit: number): Promise<number> {
  const row = await sql.get<{ n: number }>(
    `SELECT count(*) AS n FROM (
       SELECT 1 AS one FROM model_versions
       WHERE last_update_time > ? AND creation_time > ? AND stage <> '${DELETED_STAGE}' AND is_prompt = 0 LIMIT ?
     ) made`,
    [sinceMs, sinceMs, limit],
  );
  return Number(row!.n);
}
