import type { Transaction } from './port.ts';

/**
 * After rows were inserted with numbers of their own: the numbers that the database gives out next lie above them.
 * SQLite sees to that by itself.
 */
export async function raiseSequence(tx: Transaction, table: string, column: string): Promise<void> {
  if (tx.dialect.name === 'sqlite') return;
  await tx.all(
    `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), greatest((SELECT max(${column}) FROM ${table}), 1))`,
  );
}
