import type { Sql, SqlParam, Transaction } from '../db/port.ts';
import type { PrincipalCondition, PrincipalKind, PrincipalSearch } from './principals.ts';

export interface PrincipalRow {
  readonly principal_no: number;
  readonly kind: PrincipalKind;
  readonly name: string;
  readonly display_name: string | null;
  readonly external_id: string | null;
  readonly active: number;
  readonly extras: string | null;
  readonly password_hash: string | null;
  readonly must_change_password: number;
  readonly created_at: number;
  readonly updated_at: number;
}

const COLUMNS =
  'principal_no, kind, name, display_name, external_id, active, extras, password_hash, must_change_password, ' +
  'created_at, updated_at';

export const findPrincipal = (sql: Sql, no: number): Promise<PrincipalRow | undefined> =>
  sql.get(`SELECT ${COLUMNS} FROM principals WHERE principal_no = ?`, [no]);

export const findByNameKey = (sql: Sql, nameKey: string): Promise<PrincipalRow | undefined> =>
  sql.get(`SELECT ${COLUMNS} FROM principals WHERE name_key = ?`, [nameKey]);

export const listByNos = (sql: Sql, nos: readonly number[]): Promise<PrincipalRow[]> =>
  sql.all(`SELECT ${COLUMNS} FROM principals WHERE ${sql.dialect.inList('principal_no', 'bigint')}`, [
    sql.dialect.list(nos),
  ]);

const SEARCHED: Readonly<Record<PrincipalCondition['field'], string>> = {
  name: 'name_key',
  displayName: 'lower(display_name)',
  externalId: 'lower(external_id)',
  id: 'CAST(principal_no AS TEXT)',
};

/** Values of the conditions come in lower case. */
export async function searchPrincipals(
  sql: Sql,
  { kind, where = [], offset, limit }: PrincipalSearch,
): Promise<{ readonly rows: PrincipalRow[]; readonly total: number }> {
  const terms = ['kind = ?'];
  const params: SqlParam[] = [kind];
  for (const { field, comparison, value } of where) {
    const column = SEARCHED[field];
    switch (comparison) {
      case 'equals':
        terms.push(`${column} = ?`);
        params.push(value);
        break;
      case 'contains':
        terms.push(`${sql.dialect.indexOf(column, '?')} > 0`);
        params.push(value);
        break;
      case 'starts-with':
        terms.push(`${sql.dialect.indexOf(column, '?')} = 1`);
        params.push(value);
        break;
    }
  }
  const condition = terms.join(' AND ');
  const counted = await sql.get<{ total: number }>(
    `SELECT count(*) AS total FROM principals WHERE ${condition}`,
    params,
  );
  const rows = await sql.all<PrincipalRow>(
    `SELECT ${COLUMNS} FROM principals WHERE ${condition} ORDER BY name_key LIMIT ? OFFSET ?`,
    [...params, limit, offset],
  );
  return { rows, total: counted?.total ?? 0 };
}

export interface PrincipalValues {
  readonly kind: PrincipalKind;
  readonly name: string;
  readonly nameKey: string;
  readonly displayName: string | null;
  readonly externalId: string | null;
  readonly active: boolean;
  readonly extras: string | null;
}

export async function insertPrincipal(
  tx: Transaction,
  { kind, name, nameKey, displayName, externalId, active, extras }: PrincipalValues,
  nowMs: number,
): Promise<PrincipalRow> {
  const row = await tx.get<PrincipalRow>(
    `INSERT INTO principals (kind, name, name_key, display_name, external_id, active, extras, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
    [kind, name, nameKey, displayName, externalId, active ? 1 : 0, extras, nowMs, nowMs],
  );
  return row!;
}

export async function updatePrincipal(
  tx: Transaction,
  no: number,
  { values, nowMs }: { readonly values: PrincipalValues; readonly nowMs: number },
): Promise<void> {
  const { name, nameKey, displayName, externalId, active, extras } = values;
  await tx.run(
    `UPDATE principals SET name = ?, name_key = ?, display_name = ?, external_id = ?, active = ?, extras = ?,
     updated_at = ? WHERE principal_no = ?`,
    [name, nameKey, displayName, externalId, active ? 1 : 0, extras, nowMs, no],
  );
}

export async function setPassword(
  tx: Transaction,
  no: number,
  {
    hash,
    mustChange,
    nowMs,
  }: { readonly hash: string; readonly mustChange: boolean; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    'UPDATE principals SET password_hash = ?, must_change_password = ?, updated_at = ? WHERE principal_no = ?',
    [hash, mustChange ? 1 : 0, nowMs, no],
  );
}

export async function deletePrincipal(tx: Transaction, no: number): Promise<void> {
  await tx.run('DELETE FROM principals WHERE principal_no = ?', [no]);
}

export async function insertMembers(
  tx: Transaction,
  groupNo: number,
  memberNos: readonly number[],
): Promise<void> {
  await tx.insertMany(
    'group_members',
    { group_no: 'bigint', member_no: 'bigint' },
    memberNos.map((memberNo) => [groupNo, memberNo]),
    { onConflict: 'ignore' },
  );
}

export async function deleteMembers(
  tx: Transaction,
  groupNo: number,
  memberNos: readonly number[],
): Promise<void> {
  await tx.run(
    `DELETE FROM group_members WHERE group_no = ? AND ${tx.dialect.inList('member_no', 'bigint')}`,
    [groupNo, tx.dialect.list(memberNos)],
  );
}

export const listMembers = (sql: Sql, groupNo: number): Promise<PrincipalRow[]> =>
  sql.all(
    `SELECT ${COLUMNS} FROM principals WHERE principal_no IN (SELECT member_no FROM group_members WHERE group_no = ?)
     ORDER BY name_key`,
    [groupNo],
  );

export const listGroups = (sql: Sql, memberNo: number): Promise<PrincipalRow[]> =>
  sql.all(
    `SELECT ${COLUMNS} FROM principals WHERE principal_no IN (SELECT group_no FROM group_members WHERE member_no = ?)
     ORDER BY name_key`,
    [memberNo],
  );

/** Who is in the group, directly or through others, groups included, the group itself as well. */
export async function listClosure(sql: Sql, groupNo: number): Promise<number[]> {
  const rows = await sql.rows<[number]>(
    `WITH RECURSIVE inside (no) AS (
       SELECT CAST(? AS BIGINT) UNION SELECT m.member_no FROM group_members m JOIN inside i ON m.group_no = i.no
     ) SELECT no FROM inside`,
    [groupNo],
  );
  return rows.map(([no]) => no);
}

/** Users and service principals that can sign in and are in the group, directly or through others. */
export async function countActiveWithin(sql: Sql, groupNo: number): Promise<number> {
  const row = await sql.get<{ count: number }>(
    `WITH RECURSIVE inside (no) AS (
       SELECT CAST(? AS BIGINT) UNION SELECT m.member_no FROM group_members m JOIN inside i ON m.group_no = i.no
     ) SELECT count(*) AS count FROM inside JOIN principals p ON p.principal_no = no WHERE p.kind <> 'group' AND p.active = 1`,
    [groupNo],
  );
  return row?.count ?? 0;
}
