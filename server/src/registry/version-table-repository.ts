import type { Sql } from '../db/port.ts';
import { DELETED_STAGE } from './model-rules.ts';

const SHOWN = `model_no = ? AND stage <> '${DELETED_STAGE}'`;

export async function countVersions(sql: Sql, modelNo: number): Promise<number> {
  const row = await sql.get<{ versions: number }>(
    `SELECT count(*) AS versions FROM model_versions WHERE ${SHOWN}`,
    [modelNo],
  );
  return Number(row?.versions ?? 0);
}

/** The runs that the newest versions came from, each once, at most `limit`. */
export async function listSourceRunIds(sql: Sql, modelNo: number, limit: number): Promise<string[]> {
  const rows = await sql.rows<readonly [string]>(
    `SELECT run_id FROM model_versions WHERE ${SHOWN} AND run_id <> '' ORDER BY version DESC LIMIT ?`,
    [modelNo, limit],
  );
  return [...new Set(rows.map(([runId]) => runId))];
}
