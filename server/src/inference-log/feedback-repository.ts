import type { Sql, Transaction } from '../db/port.ts';
import type { FeedbackRow } from './feedback-schema.ts';

export async function insertFeedback(
  tx: Transaction,
  rows: readonly FeedbackRow[],
  { endpointNo, nowMs }: { readonly endpointNo: number; readonly nowMs: number },
): Promise<void> {
  await tx.insertMany(
    'inference_feedback',
    {
      endpoint_no: 'bigint',
      request_id: 'text',
      row_no: 'bigint',
      name: 'text',
      value_text: 'text',
      value_double: 'double',
      at_ms: 'bigint',
      made_by: 'text',
      recorded_at: 'bigint',
    },
    rows.map((row) => [
      endpointNo,
      row.requestId,
      row.row ?? null,
      row.name,
      row.text ?? null,
      row.number ?? null,
      row.atMs,
      row.madeBy,
      nowMs,
    ]),
  );
}

interface Row {
  readonly request_id: string;
  readonly row_no: number | null;
  readonly name: string;
  readonly value_text: string | null;
  readonly value_double: number | null;
  readonly at_ms: number;
  readonly made_by: string;
}

const COLUMNS = 'request_id, row_no, name, value_text, value_double, at_ms, made_by';

const feedbackRow = (row: Row): FeedbackRow => ({
  requestId: row.request_id,
  row: row.row_no ?? undefined,
  name: row.name,
  text: row.value_text ?? undefined,
  number: row.value_double ?? undefined,
  atMs: row.at_ms,
  madeBy: row.made_by,
});

/** What is known of a request, oldest first. */
export async function feedbackOf(
  sql: Sql,
  {
    endpointNo,
    requestId,
    limit,
  }: { readonly endpointNo: number; readonly requestId: string; readonly limit: number },
): Promise<FeedbackRow[]> {
  const rows = await sql.all<Row>(
    `SELECT ${COLUMNS} FROM inference_feedback WHERE endpoint_no = ? AND request_id = ? ORDER BY feedback_no LIMIT ?`,
    [endpointNo, requestId, limit],
  );
  return rows.map(feedbackRow);
}

/** Endpoints with feedback that is not in their tables, those after `after`. */
export async function waitingEndpoints(sql: Sql, after: number, limit: number): Promise<number[]> {
  const rows = await sql.rows<readonly [number]>(
    'SELECT DISTINCT endpoint_no FROM inference_feedback WHERE flushed = 0 AND endpoint_no > ? ORDER BY endpoint_no LIMIT ?',
    [after, limit],
  );
  return rows.map(([endpointNo]) => endpointNo);
}

/** The first batch that is not in the table; undefined where none was made of what waits. */
export async function firstBatch(sql: Sql, endpointNo: number): Promise<number | undefined> {
  const row = await sql.get<{ batch: number | null }>(
    'SELECT MIN(batch) AS batch FROM inference_feedback WHERE endpoint_no = ? AND flushed = 0 AND batch IS NOT NULL',
    [endpointNo],
  );
  return row?.batch ?? undefined;
}

/**
 * Makes a batch of what waits, with a number above all that the table and the endpoint have had; undefined where nothing
 * waits. Whoever numbers one has the table's row until the commit, so numbers are given in the order in which they can be
 * seen.
 */
export async function makeBatch(
  tx: Transaction,
  {
    endpointNo,
    tableId,
    limit,
  }: { readonly endpointNo: number; readonly tableId: string; readonly limit: number },
): Promise<number | undefined> {
  await tx.run('UPDATE inference_tables SET last_batch = last_batch + 1 WHERE table_id = ?', [tableId]);
  const row = await tx.get<{ last: number; used: number | null }>(
    `SELECT last_batch AS last, (SELECT MAX(batch) FROM inference_feedback WHERE endpoint_no = ?) AS used
     FROM inference_tables WHERE table_id = ?`,
    [endpointNo, tableId],
  );
  if (row === undefined) return undefined;
  const batch = Math.max(row.last, (row.used ?? 0) + 1);
  const taken = await tx.run(
    `UPDATE inference_feedback SET batch = ? WHERE feedback_no IN (SELECT feedback_no FROM inference_feedback
       WHERE endpoint_no = ? AND flushed = 0 AND batch IS NULL ORDER BY feedback_no LIMIT ?)`,
    [batch, endpointNo, limit],
  );
  if (taken === 0) return undefined;
  await tx.run('UPDATE inference_tables SET last_batch = ? WHERE table_id = ?', [batch, tableId]);
  return batch;
}

export async function rowsOfBatch(sql: Sql, endpointNo: number, batch: number): Promise<FeedbackRow[]> {
  const rows = await sql.all<Row>(
    `SELECT ${COLUMNS} FROM inference_feedback WHERE endpoint_no = ? AND batch = ? AND flushed = 0 ORDER BY feedback_no`,
    [endpointNo, batch],
  );
  return rows.map(feedbackRow);
}

export async function endBatch(tx: Transaction, endpointNo: number, batch: number): Promise<void> {
  await tx.run(
    'UPDATE inference_feedback SET flushed = 1 WHERE endpoint_no = ? AND batch = ? AND flushed = 0',
    [endpointNo, batch],
  );
}

/** Whether more of an endpoint's feedback than `most` is in no table yet. */
export async function isMoreWaiting(sql: Sql, endpointNo: number, most: number): Promise<boolean> {
  const row = await sql.get(
    'SELECT 1 AS one FROM inference_feedback WHERE endpoint_no = ? AND flushed = 0 LIMIT 1 OFFSET ?',
    [endpointNo, most],
  );
  return row !== undefined;
}

export async function hasOld(sql: Sql, { beforeMs }: { readonly beforeMs: number }): Promise<boolean> {
  const row = await sql.get('SELECT 1 AS one FROM inference_feedback WHERE recorded_at < ? LIMIT 1', [
    beforeMs,
  ]);
  return row !== undefined;
}

/** Removes what was told before `beforeMs`; how many. */
export async function deleteOld(
  tx: Transaction,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<number> {
  return tx.run(
    `DELETE FROM inference_feedback WHERE feedback_no IN (SELECT feedback_no FROM inference_feedback
       WHERE recorded_at < ? ORDER BY recorded_at LIMIT ?)`,
    [beforeMs, limit],
  );
}
