import type { Sql, Transaction } from '../db/port.ts';

export interface SessionRow {
  readonly principal_id: string;
  readonly catalog_name: string | null;
  readonly schema_name: string | null;
  readonly expires_at: number;
}

export interface NewSession {
  readonly id: string;
  readonly principalId: string;
  readonly catalog: string | undefined;
  readonly schema: string | undefined;
  readonly expiresAt: number;
}

export async function insertSession(tx: Transaction, session: NewSession): Promise<void> {
  await tx.run(
    `INSERT INTO statement_sessions (session_id, principal_id, catalog_name, schema_name, expires_at)
     VALUES (?, ?, ?, ?, ?)`,
    [session.id, session.principalId, session.catalog ?? null, session.schema ?? null, session.expiresAt],
  );
}

export async function findSession(sql: Sql, id: string): Promise<SessionRow | undefined> {
  return sql.get(
    'SELECT principal_id, catalog_name, schema_name, expires_at FROM statement_sessions WHERE session_id = ?',
    [id],
  );
}

export async function updateSession(
  tx: Transaction,
  id: string,
  place: { readonly catalog: string; readonly schema: string },
): Promise<void> {
  await tx.run('UPDATE statement_sessions SET catalog_name = ?, schema_name = ? WHERE session_id = ?', [
    place.catalog,
    place.schema,
    id,
  ]);
}

export async function deleteSession(tx: Transaction, id: string): Promise<void> {
  await tx.run('DELETE FROM statement_sessions WHERE session_id = ?', [id]);
}

export async function deleteExpiredSessions(tx: Transaction, beforeMs: number): Promise<void> {
  await tx.run('DELETE FROM statement_sessions WHERE expires_at < ?', [beforeMs]);
}
