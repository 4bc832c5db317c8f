import type { Sql, Transaction } from '../db/port.ts';
import type { Disposition, ResultFormat } from './results.ts';

export type StatementState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'CLOSED';

export interface StatementRow {
  readonly statement_id: string;
  readonly principal_id: string;
  readonly state: StatementState;
  readonly format: ResultFormat;
  readonly disposition: Disposition;
  readonly cancel_requested: number;
  readonly lease_until: number;
  readonly size_bytes: number;
  /** JSON: the result's columns and parts, or the error. */
  readonly outcome: string | null;
}

const COLUMNS =
  'statement_id, principal_id, state, format, disposition, cancel_requested, lease_until, size_bytes, outcome';

export interface NewStatement {
  readonly id: string;
  readonly principalId: string;
  readonly format: ResultFormat;
  readonly disposition: Disposition;
  readonly leaseUntil: number;
  readonly expiresAt: number;
}

export async function insertStatement(tx: Transaction, statement: NewStatement): Promise<void> {
  await tx.run(
    `INSERT INTO statements (statement_id, principal_id, state, format, disposition, lease_until, expires_at)
     VALUES (?, ?, 'RUNNING', ?, ?, ?, ?)`,
    [
      statement.id,
      statement.principalId,
      statement.format,
      statement.disposition,
      statement.leaseUntil,
      statement.expiresAt,
    ],
  );
}

export async function findStatement(sql: Sql, id: string): Promise<StatementRow | undefined> {
  return sql.get(`SELECT ${COLUMNS} FROM statements WHERE statement_id = ?`, [id]);
}

export interface FinishedStatement {
  readonly id: string;
  readonly state: StatementState;
  readonly outcome: string;
  readonly sizeBytes: number;
  readonly expiresAt: number;
}

/** Whether it was still running; otherwise nothing has changed. */
export async function finishStatement(tx: Transaction, finished: FinishedStatement): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE statements SET state = ?, outcome = ?, size_bytes = ?, expires_at = ?
     WHERE statement_id = ? AND state = 'RUNNING'`,
    [finished.state, finished.outcome, finished.sizeBytes, finished.expiresAt, finished.id],
  );
  return changed > 0;
}

export async function requestCancel(tx: Transaction, id: string): Promise<void> {
  await tx.run(`UPDATE statements SET cancel_requested = 1 WHERE statement_id = ? AND state = 'RUNNING'`, [
    id,
  ]);
}

/** Without its result from now on. What it was before; undefined where it is gone. */
export async function closeStatement(tx: Transaction, id: string): Promise<StatementRow | undefined> {
  const row = await tx.get<StatementRow>(
    `SELECT ${COLUMNS} FROM statements s WHERE statement_id = ?${tx.dialect.forUpdate('s')}`,
    [id],
  );
  await tx.run(
    `UPDATE statements SET state = 'CLOSED', outcome = NULL, size_bytes = 0 WHERE statement_id = ?`,
    [id],
  );
  return row;
}

/** Says that they still run; the ones that somebody asked to cancel, or that are no longer running. */
export async function renewLeases(
  tx: Transaction,
  ids: readonly string[],
  leaseUntil: number,
): Promise<readonly string[]> {
  const among = tx.dialect.inList('statement_id', 'text');
  const list = tx.dialect.list(ids);
  await tx.run(`UPDATE statements SET lease_until = ? WHERE ${among}`, [leaseUntil, list]);
  const rows = await tx.rows<[string]>(
    `SELECT statement_id FROM statements WHERE ${among} AND (cancel_requested = 1 OR state <> 'RUNNING')`,
    [list],
  );
  return rows.map(([id]) => id);
}

export async function takeExpired(
  tx: Transaction,
  beforeMs: number,
  limit: number,
): Promise<readonly StatementRow[]> {
  // In one statement: one that ends meanwhile keeps its result, or gives it away with its row.
  return tx.all<StatementRow>(
    `DELETE FROM statements WHERE expires_at < ? AND statement_id IN (
       SELECT statement_id FROM statements WHERE expires_at < ? ORDER BY expires_at LIMIT ?) RETURNING ${COLUMNS}`,
    [beforeMs, beforeMs, limit],
  );
}

/**
 * Lets results expire while all of them together are larger than `maxBytes`: those that stay are, of everybody alike, the
 * newest, so that whoever keeps much loses their own and pushes out nobody else's.
 */
export async function expireBeyond(
  tx: Transaction,
  { maxBytes, nowMs, limit }: { readonly maxBytes: number; readonly nowMs: number; readonly limit: number },
): Promise<void> {
  await tx.run(
    `UPDATE statements SET expires_at = ? WHERE statement_id IN (
       SELECT statement_id FROM (
         SELECT statement_id, own, SUM(size_bytes) OVER (ORDER BY own, statement_id) AS total FROM (
           SELECT statement_id, size_bytes,
             SUM(size_bytes) OVER (PARTITION BY principal_id ORDER BY expires_at DESC, statement_id) AS own
           FROM statements WHERE size_bytes > 0) mine) everybodys
       WHERE total > ? ORDER BY own DESC, statement_id LIMIT ?)`,
    [nowMs - 1, maxBytes, limit],
  );
}
