import type { Sql } from '../db/port.ts';

export interface RunAge {
  readonly experimentNo: number;
  readonly limit: number;
}

/** Active runs that began then or before, the oldest first. */
export async function listRunsBegunBy(
  sql: Sql,
  beforeMs: number,
  { experimentNo, limit }: RunAge,
): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    `SELECT run_id FROM runs WHERE experiment_no = ? AND lifecycle_stage = 'active' AND start_time <= ?
     ORDER BY start_time, run_id LIMIT ?`,
    [experimentNo, beforeMs, limit],
  );
  return rows.map(([runId]) => runId);
}

/** Runs in the trash that came there then or after, the latest first. */
export async function listRunsDeletedSince(
  sql: Sql,
  sinceMs: number,
  { experimentNo, limit }: RunAge,
): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    `SELECT run_id FROM runs WHERE experiment_no = ? AND lifecycle_stage = 'deleted' AND deleted_at >= ?
     ORDER BY deleted_at DESC, run_id LIMIT ?`,
    [experimentNo, sinceMs, limit],
  );
  return rows.map(([runId]) => runId);
}
