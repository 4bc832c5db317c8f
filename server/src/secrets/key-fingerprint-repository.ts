import type { Sql, Transaction } from '../db/port.ts';

export async function findFingerprint(sql: Sql): Promise<string | undefined> {
  const row = await sql.get<{ fingerprint: string }>('SELECT fingerprint FROM secret_key WHERE one = 1');
  return row?.fingerprint;
}

/** Keeps the one that is there: of processes that start together, one wins. */
export async function insertFingerprint(tx: Transaction, fingerprint: string): Promise<void> {
  await tx.run('INSERT INTO secret_key (one, fingerprint) VALUES (1, ?) ON CONFLICT DO NOTHING', [
    fingerprint,
  ]);
}

export async function replaceFingerprint(tx: Transaction, fingerprint: string): Promise<void> {
  await tx.run(
    'INSERT INTO secret_key (one, fingerprint) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET fingerprint = excluded.fingerprint',
    [fingerprint],
  );
}
