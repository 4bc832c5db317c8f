import type { Sql, Transaction } from '../db/port.ts';

/** Stands for every securable that is older than the table. */
export const OLDER = '';

export async function putAges(
  tx: Transaction,
  securables: readonly string[],
  sinceMs: number,
): Promise<void> {
  await dropAges(tx, securables);
  await tx.insertMany(
    'securable_ages',
    { securable: 'text', since_ms: 'bigint' },
    securables.map((securable) => [securable, sinceMs]),
    { onConflict: 'ignore' },
  );
}

export async function dropAges(tx: Transaction, securables: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM securable_ages WHERE ${tx.dialect.inList('securable', 'text')}`, [
    tx.dialect.list(securables),
  ]);
}

export async function listAges(
  sql: Sql,
  securables: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql.all<{ securable: string; since_ms: number }>(
    `SELECT a.securable, a.since_ms FROM securable_ages a WHERE ${sql.dialect.inList('a.securable', 'text')}`,
    [sql.dialect.list(securables)],
  );
  return new Map(rows.map(({ securable, since_ms }) => [securable, since_ms]));
}
