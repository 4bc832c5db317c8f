import type { Sql, Transaction } from '../db/port.ts';

export interface SessionRow {
  readonly session_hash: string;
  readonly principal_no: number;
  readonly created_at: number;
  readonly expires_at: number;
}

export async function insertSession(tx: Transaction, row: SessionRow): Promise<void> {
  await tx.run(
    'INSERT INTO sessions (session_hash, principal_no, created_at, expires_at) VALUES (?, ?, ?, ?)',
    [row.session_hash, row.principal_no, row.created_at, row.expires_at],
  );
}

/** The newest first. */
export async function listSessionsOf(sql: Sql, principalNo: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT session_hash FROM sessions WHERE principal_no = ? ORDER BY created_at DESC, session_hash',
    [principalNo],
  );
  return rows.map(([hash]) => hash);
}

export async function deleteSessions(tx: Transaction, hashes: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM sessions WHERE ${tx.dialect.inList('session_hash', 'text')}`, [
    tx.dialect.list(hashes),
  ]);
}

/** @returns the hashes of those that ended before. */
export async function deleteEndedSessions(tx: Transaction, nowMs: number): Promise<string[]> {
  const rows = await tx.rows<[string]>('DELETE FROM sessions WHERE expires_at <= ? RETURNING session_hash', [
    nowMs,
  ]);
  return rows.map(([hash]) => hash);
}
