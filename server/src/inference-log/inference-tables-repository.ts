import type { Sql, Transaction } from '../db/port.ts';

export interface InferenceTableRow {
  readonly table_id: string;
  readonly endpoint_no: number | null;
  readonly kind: string;
  readonly catalog_name: string;
  readonly schema_name: string;
  readonly prefix: string;
  readonly name: string;
  readonly enabled: number;
  readonly status: string;
  readonly message: string;
  readonly owner_id: string;
  readonly owner: string;
  readonly created_at: number;
  readonly last_batch: number;
}

const COLUMNS =
  'table_id, endpoint_no, kind, catalog_name, schema_name, prefix, name, enabled, status, message, owner_id, owner, ' +
  'created_at, last_batch';

/** Nothing where the endpoint has one of the kind. */
export async function insertTable(
  tx: Transaction,
  row: Omit<InferenceTableRow, 'last_batch'>,
): Promise<void> {
  await tx.run(
    `INSERT INTO inference_tables (table_id, endpoint_no, kind, catalog_name, schema_name, prefix, name, enabled, status,
       message, owner_id, owner, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (endpoint_no, kind) DO NOTHING`,
    [
      row.table_id,
      row.endpoint_no,
      row.kind,
      row.catalog_name,
      row.schema_name,
      row.prefix,
      row.name,
      row.enabled,
      row.status,
      row.message,
      row.owner_id,
      row.owner,
      row.created_at,
    ],
  );
}

/** At most one of each kind. */
export async function tablesOfEndpoint(sql: Sql, endpointNo: number): Promise<InferenceTableRow[]> {
  return sql.all<InferenceTableRow>(
    `SELECT ${COLUMNS} FROM inference_tables WHERE endpoint_no = ? ORDER BY kind`,
    [endpointNo],
  );
}

export async function findTable(sql: Sql, tableId: string): Promise<InferenceTableRow | undefined> {
  return sql.get<InferenceTableRow>(`SELECT ${COLUMNS} FROM inference_tables WHERE table_id = ?`, [tableId]);
}

export async function setEnabled(tx: Transaction, tableId: string, enabled: boolean): Promise<void> {
  await tx.run('UPDATE inference_tables SET enabled = ? WHERE table_id = ?', [enabled ? 1 : 0, tableId]);
}

export async function setStatus(
  tx: Transaction,
  tableId: string,
  { status, message }: { readonly status: string; readonly message: string },
): Promise<void> {
  await tx.run('UPDATE inference_tables SET status = ?, message = ? WHERE table_id = ?', [
    status,
    message,
    tableId,
  ]);
}

/** It stays, without its endpoint; of one whose files are gone nothing does. */
export async function releaseTable(tx: Transaction, tableId: string): Promise<void> {
  await tx.run('UPDATE inference_tables SET endpoint_no = NULL WHERE table_id = ?', [tableId]);
  await tx.run('DELETE FROM inference_tables WHERE files_gone = 1 AND table_id = ?', [tableId]);
}

/** In use and ready, by their ids, those after `after`. */
export async function tablesInUse(sql: Sql, after: string, limit: number): Promise<InferenceTableRow[]> {
  return sql.all<InferenceTableRow>(
    `SELECT ${COLUMNS} FROM inference_tables WHERE endpoint_no IS NOT NULL AND status = 'READY' AND table_id > ?
     ORDER BY table_id LIMIT ?`,
    [after, limit],
  );
}

export interface MadeTable {
  readonly table_id: string;
  readonly endpoint_no: number | null;
  readonly dropped_at: number | null;
}

/** Those that were made, or could not be, and whose files are there, by their ids. */
export async function tablesWithFiles(sql: Sql, after: string, limit: number): Promise<MadeTable[]> {
  return sql.all<MadeTable>(
    `SELECT table_id, endpoint_no, dropped_at FROM inference_tables
     WHERE status <> 'PENDING' AND files_gone = 0 AND table_id > ? ORDER BY table_id LIMIT ?`,
    [after, limit],
  );
}

export async function setDropped(
  tx: Transaction,
  tableId: string,
  droppedAtMs: number | undefined,
): Promise<void> {
  await tx.run('UPDATE inference_tables SET dropped_at = ? WHERE table_id = ?', [
    droppedAtMs ?? null,
    tableId,
  ]);
}

/** Its files are gone. An endpoint that named it last is still told what became of it. */
export async function endTable(tx: Transaction, tableId: string): Promise<void> {
  await tx.run('UPDATE inference_tables SET files_gone = 1 WHERE table_id = ?', [tableId]);
  await tx.run('DELETE FROM inference_tables WHERE files_gone = 1 AND endpoint_no IS NULL AND table_id = ?', [
    tableId,
  ]);
}

/** Whether there is a table whose files are kept. */
export async function keepsFiles(sql: Sql, tableId: string): Promise<boolean> {
  const row = await sql.get<{ gone: number }>(
    'SELECT files_gone AS gone FROM inference_tables WHERE table_id = ?',
    [tableId],
  );
  return row?.gone === 0;
}

export type Chore = 'compacted_at' | 'vacuumed_at';

export interface Lease {
  readonly node: string;
  readonly nowMs: number;
  readonly untilMs: number;
  readonly beforeMs: number;
}

/** The table whose turn it is. */
export async function findChore(
  sql: Sql,
  chore: Chore,
  { beforeMs, nowMs }: Pick<Lease, 'beforeMs' | 'nowMs'>,
): Promise<InferenceTableRow | undefined> {
  return sql.get<InferenceTableRow>(
    `SELECT ${COLUMNS} FROM inference_tables WHERE ${chore} < ? AND lease_until < ? AND status = 'READY'
     ORDER BY ${chore} LIMIT 1`,
    [beforeMs, nowMs],
  );
}

/** The table whose turn it is, taken for `untilMs`; undefined where every one was looked after since `beforeMs`. */
export async function takeChore(
  tx: Transaction,
  chore: Chore,
  lease: Lease,
): Promise<InferenceTableRow | undefined> {
  const row = await findChore(tx, chore, lease);
  if (row === undefined) return undefined;
  // Another process may have been quicker.
  const taken = await tx.run(
    'UPDATE inference_tables SET lease_node = ?, lease_until = ? WHERE table_id = ? AND lease_until < ?',
    [lease.node, lease.untilMs, row.table_id, lease.nowMs],
  );
  return taken > 0 ? row : undefined;
}

export async function endChore(
  tx: Transaction,
  chore: Chore,
  { tableId, node, nowMs }: { readonly tableId: string; readonly node: string; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `UPDATE inference_tables SET ${chore} = ?, lease_node = NULL, lease_until = 0 WHERE table_id = ? AND lease_node = ?`,
    [nowMs, tableId, node],
  );
}
