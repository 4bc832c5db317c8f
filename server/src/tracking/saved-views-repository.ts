import type { Sql, Transaction } from '../db/port.ts';

export interface SavedViewRow {
  readonly view_id: string;
  readonly scope: string;
  readonly name: string;
  readonly state: string;
  readonly created_by: string;
  /** Of whom the name was then. */
  readonly created_by_no: number;
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly version: number;
}

const COLUMNS =
  'view_id, scope, name, state, created_by, created_by_no, creation_time, last_update_time, version';

export interface ViewsQuery {
  readonly scope: string;
  /** The number of who made them; anybody where undefined. */
  readonly owner: number | undefined;
  readonly limit: number;
}

/** By name. */
export async function listViews(sql: Sql, { scope, owner, limit }: ViewsQuery): Promise<SavedViewRow[]> {
  const ofOwner = owner === undefined ? [] : [owner];
  return sql.all<SavedViewRow>(
    `SELECT ${COLUMNS} FROM saved_views
     WHERE scope = ? ${owner === undefined ? '' : 'AND created_by_no = ?'} ORDER BY name LIMIT ?`,
    [scope, ...ofOwner, limit],
  );
}

export async function countViews(sql: Sql, scope: string): Promise<number> {
  const row = await sql.get<{ n: number }>('SELECT count(*) AS n FROM saved_views WHERE scope = ?', [scope]);
  return Number(row!.n);
}

export async function findView(sql: Sql, viewId: string): Promise<SavedViewRow | undefined> {
  return sql.get<SavedViewRow>(`SELECT ${COLUMNS} FROM saved_views WHERE view_id = ?`, [viewId]);
}

export interface NewViewRow
  extends Pick<SavedViewRow, 'view_id' | 'scope' | 'name' | 'state' | 'created_by' | 'created_by_no'> {
  readonly experimentNo: number | null;
  readonly nowMs: number;
}

/** Undefined when the scope has a view of that name. */
export async function insertView(tx: Transaction, view: NewViewRow): Promise<SavedViewRow | undefined> {
  return tx.get<SavedViewRow>(
    `INSERT INTO saved_views (view_id, scope, experiment_no, name, state, created_by, created_by_no, creation_time,
       last_update_time)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING ${COLUMNS}`,
    [
      view.view_id,
      view.scope,
      view.experimentNo,
      view.name,
      view.state,
      view.created_by,
      view.created_by_no,
      view.nowMs,
      view.nowMs,
    ],
  );
}

/** Whether another view of the scope has that name. */
export async function isNameTaken(
  sql: Sql,
  { scope, name, viewId }: { readonly scope: string; readonly name: string; readonly viewId: string },
): Promise<boolean> {
  const row = await sql.get(
    'SELECT 1 AS taken FROM saved_views WHERE scope = ? AND name = ? AND view_id <> ?',
    [scope, name, viewId],
  );
  return row !== undefined;
}

export interface ViewChange {
  readonly name: string;
  readonly state: string;
  readonly nowMs: number;
  /** What the view's version must still be. */
  readonly version: number;
}

/** Undefined when the view is gone or has another version. */
export async function updateView(
  tx: Transaction,
  viewId: string,
  { name, state, nowMs, version }: ViewChange,
): Promise<SavedViewRow | undefined> {
  return tx.get<SavedViewRow>(
    `UPDATE saved_views SET name = ?, state = ?, last_update_time = ?, version = version + 1
     WHERE view_id = ? AND version = ? RETURNING ${COLUMNS}`,
    [name, state, nowMs, viewId, version],
  );
}

export async function deleteView(tx: Transaction, viewId: string): Promise<boolean> {
  return (await tx.run('DELETE FROM saved_views WHERE view_id = ?', [viewId])) > 0;
}
