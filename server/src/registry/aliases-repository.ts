import type { Sql, Transaction } from '../db/port.ts';

export interface AliasRow {
  readonly model_no: number;
  readonly alias: string;
  readonly version: number;
}

export async function listAliases(sql: Sql, modelNos: readonly number[]): Promise<AliasRow[]> {
  return sql.all<AliasRow>(
    `SELECT model_no, alias, version FROM registered_model_aliases
     WHERE ${sql.dialect.inList('model_no', 'bigint')} ORDER BY model_no, alias`,
    [sql.dialect.list(modelNos)],
  );
}

export async function listAliasesOfVersion(sql: Sql, modelNo: number, version: number): Promise<string[]> {
  const rows = await sql.all<{ alias: string }>(
    'SELECT alias FROM registered_model_aliases WHERE model_no = ? AND version = ? ORDER BY alias',
    [modelNo, version],
  );
  return rows.map((row) => row.alias);
}

export async function upsertAlias(tx: Transaction, row: AliasRow): Promise<void> {
  await tx.run(
    `INSERT INTO registered_model_aliases (model_no, alias, version) VALUES (?, ?, ?)
     ON CONFLICT (model_no, alias) DO UPDATE SET version = excluded.version`,
    [row.model_no, row.alias, row.version],
  );
}

/** Whether there was such an alias. */
export async function deleteAlias(tx: Transaction, modelNo: number, alias: string): Promise<boolean> {
  return (
    (await tx.run('DELETE FROM registered_model_aliases WHERE model_no = ? AND alias = ?', [
      modelNo,
      alias,
    ])) > 0
  );
}

export async function deleteAliasesOfVersion(
  tx: Transaction,
  modelNo: number,
  version: number,
): Promise<void> {
  await tx.run('DELETE FROM registered_model_aliases WHERE model_no = ? AND version = ?', [modelNo, version]);
}
