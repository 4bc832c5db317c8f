import type { Sql, Transaction } from '../db/port.ts';

export interface PendingCreate {
  readonly createdId: string;
  readonly fingerprint: string;
  /** The process that made it. */
  readonly owner: string;
}

/** Creates that other processes made and have not crossed off, the oldest first. */
export async function listOfOthers(sql: Sql, self: string, limit: number): Promise<PendingCreate[]> {
  const rows = await sql.all<{ created_id: string; fingerprint: string; owner: string }>(
    `SELECT created_id, fingerprint, owner FROM pending_creates WHERE owner <> ? ORDER BY created_at LIMIT ?`,
    [self, limit],
  );
  return rows.map((row) => ({ createdId: row.created_id, fingerprint: row.fingerprint, owner: row.owner }));
}

/** Takes a create over from `from`; false when somebody else was faster. */
export async function takeOver(
  tx: Transaction,
  create: PendingCreate,
  by: { readonly owner: string; readonly nowMs: number },
): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE pending_creates SET owner = ?, created_at = ? WHERE created_id = ? AND owner = ?',
    [by.owner, by.nowMs, create.createdId, create.owner],
  );
  return changed > 0;
}

export async function insertPending(
  tx: Transaction,
  creates: readonly PendingCreate[],
  nowMs: number,
): Promise<void> {
  await tx.insertMany(
    'pending_creates',
    { created_id: 'text', fingerprint: 'text', owner: 'text', created_at: 'bigint' },
    creates.map(({ createdId, fingerprint, owner }) => [createdId, fingerprint, owner, nowMs]),
  );
}

export async function deletePending(tx: Transaction, createdIds: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM pending_creates WHERE ${tx.dialect.inList('created_id', 'text')}`, [
    tx.dialect.list(createdIds),
  ]);
}

export async function deletePendingBefore(tx: Transaction, timeMs: number): Promise<void> {
  await tx.run('DELETE FROM pending_creates WHERE created_at < ?', [timeMs]);
}
