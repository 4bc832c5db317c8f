import type { Sql, Transaction } from '../db/port.ts';
import type { PrincipalKind } from './principals.ts';
import type { Privilege } from './privileges.ts';

export interface HeldRow {
  readonly securable: string;
  readonly principal_no: number;
  readonly principal: string;
  readonly kind: PrincipalKind;
  readonly privilege: Privilege;
}

/** Without owners, by the principal's name. */
export function listHeld(
  sql: Sql,
  {
    securables,
    principalNo,
  }: { readonly securables: readonly string[]; readonly principalNo: number | undefined },
): Promise<HeldRow[]> {
  const one = principalNo === undefined ? '' : 'AND g.principal_no = ?';
  return sql.all(
    `SELECT g.securable, g.principal_no, p.name AS principal, p.kind, g.privilege
     FROM grants g JOIN principals p ON p.principal_no = g.principal_no
     WHERE ${sql.dialect.inList('g.securable', 'text')} AND g.privilege <> 'OWNER' ${one} ORDER BY p.name_key`,
    [sql.dialect.list(securables), ...(principalNo === undefined ? [] : [principalNo])],
  );
}

export interface OwnerRow {
  readonly securable: string;
  readonly principal_no: number;
  readonly principal: string;
}

export const listOwners = (sql: Sql, securables: readonly string[]): Promise<OwnerRow[]> =>
  sql.all(
    `SELECT g.securable, g.principal_no, p.name AS principal
     FROM grants g JOIN principals p ON p.principal_no = g.principal_no
     WHERE ${sql.dialect.inList('g.securable', 'text')} AND g.privilege = 'OWNER'`,
    [sql.dialect.list(securables)],
  );

export type GrantTuple = readonly [securable: string, principalNo: number, privilege: Privilege];

export async function insertGrants(tx: Transaction, grants: readonly GrantTuple[]): Promise<void> {
  if (grants.length === 0) return;
  await tx.insertMany('grants', { securable: 'text', principal_no: 'bigint', privilege: 'text' }, grants, {
    onConflict: 'ignore',
  });
}

export async function deleteGrants(
  tx: Transaction,
  {
    securable,
    principalNo,
    privileges,
  }: {
    readonly securable: string;
    readonly principalNo: number;
    readonly privileges: readonly Privilege[];
  },
): Promise<void> {
  await tx.run(
    `DELETE FROM grants WHERE securable = ? AND principal_no = ? AND ${tx.dialect.inList('privilege', 'text')}`,
    [securable, principalNo, tx.dialect.list(privileges)],
  );
}

/** All but the owner's. */
export async function clearGrants(tx: Transaction, securable: string): Promise<void> {
  await tx.run(`DELETE FROM grants WHERE securable = ? AND privilege <> 'OWNER'`, [securable]);
}

export async function putOwner(tx: Transaction, securable: string, principalNo: number): Promise<void> {
  await tx.run(`DELETE FROM grants WHERE securable = ? AND privilege = 'OWNER'`, [securable]);
  await insertGrants(tx, [[securable, principalNo, 'OWNER']]);
}

/** @returns the securables that changed hands. */
export async function giveAllOwned(tx: Transaction, fromNo: number, toNo: number): Promise<string[]> {
  const rows = await tx.rows<[string]>(
    `UPDATE grants SET principal_no = ? WHERE principal_no = ? AND privilege = 'OWNER' RETURNING securable`,
    [toNo, fromNo],
  );
  return rows.map(([securable]) => securable);
}

export async function moveGrants(tx: Transaction, from: string, to: string): Promise<void> {
  await tx.run('UPDATE grants SET securable = ? WHERE securable = ?', [to, from]);
}

export async function dropGrants(tx: Transaction, securables: readonly string[]): Promise<void> {
  await tx.run(`DELETE FROM grants WHERE ${tx.dialect.inList('securable', 'text')}`, [
    tx.dialect.list(securables),
  ]);
}

/** Securables with grants whose key begins so. */
export async function listSecurables(sql: Sql, prefixes: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const prefix of prefixes) {
    // Beyond every text that begins with the prefix: no character comes after this one.
    const rows = await sql.rows<[string]>(
      'SELECT DISTINCT securable FROM grants WHERE securable >= ? AND securable < ? ORDER BY securable',
      [prefix, `${prefix}\u{10FFFF}`],
    );
    for (const [securable] of rows) found.push(securable);
  }
  return found;
}
