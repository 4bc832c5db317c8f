import type { Sql, Transaction } from '../db/port.ts';

export interface PendingCreate {
  /** Begins with the time at which it was made; see `pendingIdFrom`. */
  readonly pendingId: string;
  readonly createdId: string;
  readonly fingerprint: string;
  /** The process that made it. */
  readonly owner: string;
}

/** The lowest id of a create made at `timeMs` or later: milliseconds since 1970 in nine places of base 36. */
export const pendingIdFrom = (timeMs: number): string => timeMs.toString(36).padStart(9, '0');

/** Creates that other processes made and have not crossed off, the oldest first. */
export async function listOfOthers(sql: Sql, self: string, limit: number): Promise<PendingCreate[]> {
  const rows = await sql.all<{ pending_id: string; created_id: string; fingerprint: string; owner: string }>(
    `SELECT pending_id, created_id, fingerprint, owner FROM pending_creates WHERE owner <> ? ORDER BY pending_id LIMIT ?`,
    [self, limit],
  );
  return rows.map((row) => ({
    pendingId: row.pending_id,
    createdId: row.created_id,
    fingerprint: row.fingerprint,
    owner: row.owner,
  }));
}

/** Takes a create over, as `taken`; false when somebody else was faster. */
export async function takeOver(
  tx: Transaction,
  { pendingId, owner }: PendingCreate,
  taken: PendingCreate,
): Promise<boolean> {
  const changed = await tx.run(
    'UPDATE pending_creates SET pending_id = ?, owner = ? WHERE pending_id = ? AND owner = ?',
    [taken.pendingId, taken.owner, pendingId, owner],
  );
  return changed > 0;
}

export async function insertPending(tx: Transaction, creates: readonly PendingCreate[]): Promise<void> {
  await tx.insertMany(
    'pending_creates',
    { pending_id: 'text', created_id: 'text', fingerprint: 'text', owner: 'text' },
    creates.map(({ pendingId, createdId, fingerprint, owner }) => [pendingId, createdId, fingerprint, owner]),
  );
}

export async function deletePending(tx: Transaction, pendingIds: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM pending_creates WHERE ${tx.dialect.inList('pending_id', 'text')}`, [
    tx.dialect.list(pendingIds),
  ]);
}

export async function deletePendingBefore(tx: Transaction, timeMs: number): Promise<void> {
  await tx.run('DELETE FROM pending_creates WHERE pending_id < ?', [pendingIdFrom(timeMs)]);
}
