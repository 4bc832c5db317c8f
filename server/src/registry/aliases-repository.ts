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

/** Those of the aliases that are there. */
export async function findAliases(
  sql: Sql,
  aliases: readonly Pick<AliasRow, 'model_no' | 'alias'>[],
): Promise<AliasRow[]> {
  if (aliases.length === 0) return [];
  return sql.allFor<AliasRow>(
    {
      columns: ['model_no', 'alias'],
      types: ['bigint', 'text'],
      tuples: aliases.map((row) => [row.model_no, row.alias]),
    },
    `SELECT a.model_no, a.alias, a.version FROM keys k ${sql.dialect.orderedJoin} registered_model_aliases a
       ON a.model_no = k.model_no AND a.alias = k.alias`,
  );
}

/** Each (model, alias) once. */
export async function upsertAliases(tx: Transaction, rows: readonly AliasRow[]): Promise<void> {
  await tx.insertMany(
    'registered_model_aliases',
    { model_no: 'bigint', alias: 'text', version: 'bigint' },
    rows.map((row) => [row.model_no, row.alias, row.version]),
    { onConflict: { key: ['model_no', 'alias'], update: ['version'] } },
  );
}

/** The version that it pointed at; undefined where there was no such alias. */
export async function deleteAlias(
  tx: Transaction,
  modelNo: number,
  alias: string,
): Promise<number | undefined> {
  const row = await tx.get<{ version: number }>(
    'DELETE FROM registered_model_aliases WHERE model_no = ? AND alias = ? RETURNING version',
    [modelNo, alias],
  );
  return row?.version;
}

/** The aliases that pointed at the version. */
export async function deleteAliasesOfVersion(
  tx: Transaction,
  modelNo: number,
  version: number,
): Promise<string[]> {
  const rows = await tx.all<{ alias: string }>(
    'DELETE FROM registered_model_aliases WHERE model_no = ? AND version = ? RETURNING alias',
    [modelNo, version],
  );
  return rows.map(({ alias }) => alias).sort();
}
