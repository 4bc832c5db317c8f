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

/** What the newest versions came from, each run and logged model once. */
export interface SourceIds {
  readonly runIds: readonly string[];
  readonly modelIds: readonly string[];
}

/** The sources of the newest `limit` versions. */
export async function listSourceIds(sql: Sql, modelNo: number, limit: number): Promise<SourceIds> {
  const rows = await sql.rows<readonly [string | null, string | null]>(
    `SELECT run_id, logged_model_id FROM model_versions WHERE ${SHOWN} ORDER BY version DESC LIMIT ?`,
    [modelNo, limit],
  );
  return {
    runIds: [...new Set(rows.flatMap(([runId]) => runId || []))],
    modelIds: [...new Set(rows.flatMap(([, modelId]) => modelId || []))],
  };
}
