import type { Sql, Transaction } from '../db/port.ts';

export async function findSetting(sql: Sql, name: string): Promise<string | undefined> {
  const row = await sql.get<{ value: string }>('SELECT value FROM workspace_settings WHERE name = ?', [name]);
  return row?.value;
}

export async function putSetting(tx: Transaction, name: string, value: string): Promise<void> {
  await tx.run(
    'INSERT INTO workspace_settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    [name, value],
  );
}
