import type { Sql } from '../db/port.ts';
import type { Privilege } from './privileges.ts';

/** Reads what the snapshot holds: all of it, or what belongs to some keys. */

export interface PrincipalFacts {
  readonly principal_no: number;
  readonly kind: 'user' | 'group' | 'service-principal';
  readonly name: string;
  readonly name_key: string;
  readonly active: number;
  readonly password_hash: string | null;
  readonly must_change_password: number;
}

export interface CredentialFacts {
  readonly hash: string;
  readonly principal_no: number;
  readonly expires_at: number | null;
}

export interface MembershipFacts {
  readonly group_no: number;
  readonly member_no: number;
}

export interface GrantFacts {
  readonly securable: string;
  readonly principal_no: number;
  readonly privilege: Privilege;
}

export interface SchemaFacts {
  readonly catalog_key: string;
  readonly catalog: string;
  /** Null for a catalog that has none. */
  readonly schema_key: string | null;
  readonly schema: string | null;
}

/** `undefined` for all. */
type Keys<T> = readonly T[] | undefined;

function condition(sql: Sql, column: string, type: 'text' | 'bigint', keys: Keys<string | number>) {
  return keys === undefined
    ? { where: '', params: [] }
    : { where: `WHERE ${sql.dialect.inList(column, type)}`, params: [sql.dialect.list(keys)] };
}

export function listPrincipals(sql: Sql, nos: Keys<number>): Promise<PrincipalFacts[]> {
  const { where, params } = condition(sql, 'principal_no', 'bigint', nos);
  return sql.all(
    `SELECT principal_no, kind, name, name_key, active, password_hash, must_change_password FROM principals ${where}`,
    params,
  );
}

export function listMemberships(sql: Sql, groupNos: Keys<number>): Promise<MembershipFacts[]> {
  const { where, params } = condition(sql, 'group_no', 'bigint', groupNos);
  return sql.all(`SELECT group_no, member_no FROM group_members ${where}`, params);
}

export function listTokens(sql: Sql, hashes: Keys<string>): Promise<CredentialFacts[]> {
  const { where, params } = condition(sql, 'token_hash', 'text', hashes);
  return sql.all(`SELECT token_hash AS hash, principal_no, expires_at FROM access_tokens ${where}`, params);
}

export function listSessions(sql: Sql, hashes: Keys<string>): Promise<CredentialFacts[]> {
  const { where, params } = condition(sql, 'session_hash', 'text', hashes);
  return sql.all(`SELECT session_hash AS hash, principal_no, expires_at FROM sessions ${where}`, params);
}

export function listGrants(sql: Sql, securables: Keys<string>): Promise<GrantFacts[]> {
  const { where, params } = condition(sql, 'securable', 'text', securables);
  return sql.all(`SELECT securable, principal_no, privilege FROM grants ${where}`, params);
}

export function listSchemas(sql: Sql, catalogKeys: Keys<string>): Promise<SchemaFacts[]> {
  const { where, params } = condition(sql, 'c.name_key', 'text', catalogKeys);
  return sql.all(
    `SELECT c.name_key AS catalog_key, c.name AS catalog, s.name_key AS schema_key, s.name AS schema
     FROM catalogs c LEFT JOIN schemas s ON s.catalog_no = c.catalog_no ${where}`,
    params,
  );
}
