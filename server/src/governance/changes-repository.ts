import type { Sql, Transaction } from '../db/port.ts';

/** What the snapshots read again. `everything` is for what touches too much to list. */
export type ChangeKind = 'principal' | 'members' | 'token' | 'session' | 'grants' | 'catalog' | 'everything';

export interface GovernanceChange {
  readonly kind: ChangeKind;
  /** The principal's or the group's number, a hash, the securable's key, the catalog's name in lower case. */
  readonly subject: string;
}

export interface NumberedChange extends GovernanceChange {
  readonly changeNo: number;
}

/** Any number known to this program alone. */
const ADVISORY_LOCK = 7_230_114_024;

/**
 * Writers of governance take turns: what they check (no cycle of groups, a last administrator) holds until they commit,
 * and the numbers of changes become visible in their order.
 */
export async function takeTurn(tx: Transaction): Promise<void> {
  if (tx.dialect.name === 'postgres') await tx.all(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
}

/** To be called by whoever has its turn. */
export async function insertChanges(
  tx: Transaction,
  changes: readonly GovernanceChange[],
  nowMs: number,
): Promise<void> {
  if (changes.length === 0) return;
  await tx.insertMany(
    'governance_changes',
    { kind: 'text', subject: 'text', changed_at: 'bigint' },
    changes.map(({ kind, subject }) => [kind, subject, nowMs]),
  );
}

export async function listChanges(sql: Sql, after: number, limit: number): Promise<NumberedChange[]> {
  const rows = await sql.rows<[number, ChangeKind, string]>(
    'SELECT change_no, kind, subject FROM governance_changes WHERE change_no > ? ORDER BY change_no LIMIT ?',
    [after, limit],
  );
  return rows.map(([changeNo, kind, subject]) => ({ changeNo, kind, subject }));
}

/** The first and the last number that are kept; zeros for none. */
export async function findBounds(sql: Sql): Promise<{ readonly first: number; readonly last: number }> {
  const row = await sql.get<{ first: number | null; last: number | null }>(
    'SELECT min(change_no) AS first, max(change_no) AS last FROM governance_changes',
  );
  return { first: row?.first ?? 0, last: row?.last ?? 0 };
}

/** Forgets what is older, but for the newest: it holds the place in the numbering. */
export async function deleteChangesBefore(tx: Transaction, timeMs: number): Promise<void> {
  await tx.run(
    'DELETE FROM governance_changes WHERE changed_at < ? AND change_no < (SELECT max(change_no) FROM governance_changes)',
    [timeMs],
  );
}
