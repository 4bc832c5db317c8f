import type { Sql, Transaction } from '../db/port.ts';

export interface TokenRow {
  readonly token_id: string;
  readonly token_hash: string;
  readonly principal_no: number;
  readonly created_by_no: number;
  readonly comment: string;
  readonly created_at: number;
  readonly expires_at: number | null;
}

const COLUMNS = 'token_id, token_hash, principal_no, created_by_no, comment, created_at, expires_at';
const ALIVE = '(expires_at IS NULL OR expires_at > ?)';

export async function insertToken(tx: Transaction, row: TokenRow): Promise<void> {
  await tx.run(`INSERT INTO access_tokens (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`, [
    row.token_id,
    row.token_hash,
    row.principal_no,
    row.created_by_no,
    row.comment,
    row.created_at,
    row.expires_at,
  ]);
}

export const findToken = (sql: Sql, tokenId: string): Promise<TokenRow | undefined> =>
  sql.get(`SELECT ${COLUMNS} FROM access_tokens WHERE token_id = ?`, [tokenId]);

export const listTokensOf = (sql: Sql, principalNo: number, nowMs: number): Promise<TokenRow[]> =>
  sql.all(
    `SELECT ${COLUMNS} FROM access_tokens WHERE principal_no = ? AND ${ALIVE} ORDER BY created_at DESC, token_id`,
    [principalNo, nowMs],
  );

export const listAllTokens = (sql: Sql, nowMs: number, limit: number): Promise<TokenRow[]> =>
  sql.all(`SELECT ${COLUMNS} FROM access_tokens WHERE ${ALIVE} ORDER BY created_at DESC, token_id LIMIT ?`, [
    nowMs,
    limit,
  ]);

export async function countTokensOf(sql: Sql, principalNo: number): Promise<number> {
  const row = await sql.get<{ count: number }>(
    'SELECT count(*) AS count FROM access_tokens WHERE principal_no = ?',
    [principalNo],
  );
  return row?.count ?? 0;
}

export async function setTokenComment(tx: Transaction, tokenId: string, comment: string): Promise<void> {
  await tx.run('UPDATE access_tokens SET comment = ? WHERE token_id = ?', [comment, tokenId]);
}

export async function deleteToken(tx: Transaction, tokenId: string): Promise<void> {
  await tx.run('DELETE FROM access_tokens WHERE token_id = ?', [tokenId]);
}

/** @returns the hashes of those that ended before. */
export async function deleteEndedTokens(tx: Transaction, nowMs: number): Promise<string[]> {
  const rows = await tx.rows<[string]>(
    'DELETE FROM access_tokens WHERE expires_at <= ? RETURNING token_hash',
    [nowMs],
  );
  return rows.map(([hash]) => hash);
}
