import type { Sql, Transaction } from '../db/port.ts';
import type { Change, ChangeKind } from './journal.ts';

/** Any number known to this program alone: writers take turns, so that numbers become visible in their order. */
const ADVISORY_LOCK = 7_230_114_023;

export interface RecordedChange extends Change {
  readonly changeNo: number;
}

export async function insertChanges(
  tx: Transaction,
  changes: readonly Change[],
  nowMs: number,
): Promise<void> {
  if (tx.dialect.name === 'postgres') await tx.all(`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`);
  await tx.insertMany(
    'live_changes',
    { kind: 'text', experiment_no: 'bigint', subject: 'text', keys: 'text', changed_at: 'bigint' },
    changes.map(({ kind, experimentNo, subject, keys }) => [
      kind,
      experimentNo ?? null,
      subject,
      JSON.stringify(keys),
      nowMs,
    ]),
  );
}

export async function listChanges(sql: Sql, after: number, limit: number): Promise<RecordedChange[]> {
  const rows = await sql.all<{
    change_no: number;
    kind: ChangeKind;
    experiment_no: number | null;
    subject: string;
    keys: string;
  }>(
    'SELECT change_no, kind, experiment_no, subject, keys FROM live_changes WHERE change_no > ? ORDER BY change_no LIMIT ?',
    [after, limit],
  );
  return rows.map((row) => ({
    changeNo: row.change_no,
    kind: row.kind,
    experimentNo: row.experiment_no ?? undefined,
    subject: row.subject,
    keys: JSON.parse(row.keys) as string[],
  }));
}

/** The first and the last number that are kept; zeros for none. */
export async function findBounds(sql: Sql): Promise<{ first: number; last: number }> {
  const row = await sql.get<{ first: number | null; last: number | null }>(
    'SELECT min(change_no) AS first, max(change_no) AS last FROM live_changes',
  );
  return { first: row?.first ?? 0, last: row?.last ?? 0 };
}

/** Forgets what is older, but for the newest entry: it holds the place in the numbering. */
export async function deleteChangesBefore(tx: Transaction, timeMs: number): Promise<void> {
  await tx.run(
    'DELETE FROM live_changes WHERE changed_at < ? AND change_no < (SELECT max(change_no) FROM live_changes)',
    [timeMs],
  );
}
