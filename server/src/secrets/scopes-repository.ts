import type { Sql, Transaction } from '../db/port.ts';

export interface ScopeRow {
  readonly scope_no: number;
  readonly name: string;
  readonly name_key: string;
}

export interface SecretRow {
  readonly key: string;
  readonly updated_at: number;
}

/** Undefined where the name is taken. */
export async function insertScope(
  tx: Transaction,
  scope: { readonly name: string; readonly nameKey: string; readonly nowMs: number },
): Promise<ScopeRow | undefined> {
  return tx.get<ScopeRow>(
    `INSERT INTO secret_scopes (name, name_key, created_at) VALUES (?, ?, ?)
     ON CONFLICT (name_key) DO NOTHING RETURNING scope_no, name, name_key`,
    [scope.name, scope.nameKey, scope.nowMs],
  );
}

export async function findScope(sql: Sql, nameKey: string): Promise<ScopeRow | undefined> {
  return sql.get<ScopeRow>('SELECT scope_no, name, name_key FROM secret_scopes WHERE name_key = ?', [
    nameKey,
  ]);
}

/** Until the commit nobody else writes into the scope or deletes it. */
export async function lockScope(tx: Transaction, nameKey: string): Promise<ScopeRow | undefined> {
  return tx.get<ScopeRow>(
    `SELECT s.scope_no, s.name, s.name_key FROM secret_scopes s WHERE s.name_key = ?${tx.dialect.forUpdate('s')}`,
    [nameKey],
  );
}

/** By name; only those whose keys are named. */
export async function listScopes(
  sql: Sql,
  { names, limit }: { readonly names: 'all' | readonly string[]; readonly limit: number },
): Promise<ScopeRow[]> {
  const named = names === 'all' ? '' : ` WHERE ${sql.dialect.inList('name_key', 'text')}`;
  return sql.all<ScopeRow>(
    `SELECT scope_no, name, name_key FROM secret_scopes${named} ORDER BY name_key LIMIT ?`,
    [...(names === 'all' ? [] : [sql.dialect.list(names)]), limit],
  );
}

export async function countScopes(sql: Sql): Promise<number> {
  const row = await sql.get<{ count: number }>('SELECT count(*) AS count FROM secret_scopes');
  return Number(row!.count);
}

export async function deleteScope(tx: Transaction, scopeNo: number): Promise<void> {
  await tx.run('DELETE FROM secrets WHERE scope_no = ?', [scopeNo]);
  await tx.run('DELETE FROM secret_scopes WHERE scope_no = ?', [scopeNo]);
}

export async function upsertSecret(
  tx: Transaction,
  secret: { readonly scopeNo: number; readonly key: string; readonly sealed: string; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO secrets (scope_no, key, sealed, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (scope_no, key) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at`,
    [secret.scopeNo, secret.key, secret.sealed, secret.nowMs],
  );
}

export async function findSealed(sql: Sql, scopeNo: number, key: string): Promise<string | undefined> {
  const row = await sql.get<{ sealed: string }>('SELECT sealed FROM secrets WHERE scope_no = ? AND key = ?', [
    scopeNo,
    key,
  ]);
  return row?.sealed;
}

export async function countSecrets(sql: Sql, scopeNo: number): Promise<number> {
  const row = await sql.get<{ count: number }>('SELECT count(*) AS count FROM secrets WHERE scope_no = ?', [
    scopeNo,
  ]);
  return Number(row!.count);
}

export async function listSecrets(sql: Sql, scopeNo: number, limit: number): Promise<SecretRow[]> {
  return sql.all<SecretRow>('SELECT key, updated_at FROM secrets WHERE scope_no = ? ORDER BY key LIMIT ?', [
    scopeNo,
    limit,
  ]);
}

/** Whether there was one. */
export async function deleteSecret(tx: Transaction, scopeNo: number, key: string): Promise<boolean> {
  return (await tx.run('DELETE FROM secrets WHERE scope_no = ? AND key = ?', [scopeNo, key])) > 0;
}
