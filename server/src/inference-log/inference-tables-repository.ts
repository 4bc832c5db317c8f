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

/** It stays, without its endpoint. */
export async function releaseTable(tx: Transaction, tableId: string): Promise<void> {
  await tx.run('UPDATE inference_tables SET endpoint_no = NULL WHERE table_id = ?', [tableId]);
}

/** In use and ready, by their ids, those after `after`. */
export async function tablesInUse(sql: Sql, after: string, limit: number): Promise<InferenceTableRow[]> {
  return sql.all<InferenceTableRow>(
    `SELECT ${COLUMNS} FROM inference_tables WHERE endpoint_no IS NOT NULL AND status = 'READY' AND table_id > ?
     ORDER BY table_id LIMIT ?`,
    [after, limit],
  );
}

export type Chore = 'compacted_at' | 'vacuumed_at';

/** The table whose turn it is, taken for `untilMs`; undefined where every one was looked after since `beforeMs`. */
export async function takeChore(
  tx: Transaction,
  chore: Chore,
  lease: {
    readonly node: string;
    readonly nowMs: number;
    readonly untilMs: number;
    readonly beforeMs: number;
  },
): Promise<InferenceTableRow | undefined> {
  const row = await tx.get<InferenceTableRow>(
    `SELECT ${COLUMNS} FROM inference_tables WHERE ${chore} < ? AND lease_until < ? AND status = 'READY'
     ORDER BY ${chore} LIMIT 1`,
    [lease.beforeMs, lease.nowMs],
  );
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
