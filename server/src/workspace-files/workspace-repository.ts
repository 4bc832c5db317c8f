import type { Sql, Transaction } from '../db/port.ts';
import type { WorkspacePath, WorkspacePlace } from './workspace-paths.ts';

export interface ObjectRow {
  readonly object_id: number;
  readonly parent: WorkspacePath;
  readonly name: string;
  readonly kind: 'DIRECTORY' | 'FILE' | 'NOTEBOOK';
  readonly language: string | null;
  readonly format: string | null;
  /** Absent for folders. */
  readonly content_id: string | null;
  readonly size_bytes: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly modified_at: number;
  /** Of a folder in `Users`, whose it is, by number; absent for one that waits for the first of its name. */
  readonly owner_no: number | null;
}

const OBJECT = `SELECT o.object_id, o.parent, o.name, o.kind, o.language, o.format, o.content_id, o.size_bytes, o.created_at,
  o.created_by, o.modified_at, o.owner_no FROM workspace_objects o`;

export async function findObject(sql: Sql, { parent, name }: WorkspacePlace): Promise<ObjectRow | undefined> {
  return sql.get<ObjectRow>(`${OBJECT} WHERE o.parent = ? AND o.name = ?`, [parent, name]);
}

export const findObjectById = (sql: Sql, id: number): Promise<ObjectRow | undefined> =>
  sql.get<ObjectRow>(`${OBJECT} WHERE o.object_id = ?`, [id]);

/** The same by its place, held until the commit. */
export async function holdObject(
  tx: Transaction,
  { parent, name }: WorkspacePlace,
): Promise<ObjectRow | undefined> {
  return tx.get<ObjectRow>(`${OBJECT} WHERE o.parent = ? AND o.name = ?${tx.dialect.forUpdate('o')}`, [
    parent,
    name,
  ]);
}

/** What lies in a folder, by name; only what is named. */
export async function listObjects(
  sql: Sql,
  {
    parent,
    names,
    after,
    limit,
  }: {
    readonly parent: WorkspacePath;
    readonly names: 'all' | readonly string[];
    readonly after: string;
    readonly limit: number;
  },
): Promise<ObjectRow[]> {
  const named = names === 'all' ? '' : ` AND ${sql.dialect.inList('o.name', 'text')}`;
  return sql.all<ObjectRow>(`${OBJECT} WHERE o.parent = ? AND o.name > ?${named} ORDER BY o.name LIMIT ?`, [
    parent,
    after,
    ...(names === 'all' ? [] : [sql.dialect.list(names)]),
    limit,
  ]);
}

export type NewObject = Omit<ObjectRow, 'object_id'>;

const COLUMNS = {
  parent: 'text',
  name: 'text',
  kind: 'text',
  language: 'text',
  format: 'text',
  content_id: 'text',
  size_bytes: 'bigint',
  created_at: 'bigint',
  created_by: 'text',
  modified_at: 'bigint',
  owner_no: 'bigint',
} as const;

/** Those that are not there yet. */
export async function insertObjects(tx: Transaction, objects: readonly NewObject[]): Promise<void> {
  await tx.insertMany(
    'workspace_objects',
    COLUMNS,
    objects.map((object) => [
      object.parent,
      object.name,
      object.kind,
      object.language,
      object.format,
      object.content_id,
      object.size_bytes,
      object.created_at,
      object.created_by,
      object.modified_at,
      object.owner_no,
    ]),
    { onConflict: 'ignore' },
  );
}

/** The folder in `Users` that is a principal's, held until the commit. */
export async function holdHome(tx: Transaction, ownerNo: number): Promise<ObjectRow | undefined> {
  return tx.get<ObjectRow>(
    `${OBJECT} WHERE o.owner_no = ? ORDER BY o.object_id LIMIT 1${tx.dialect.forUpdate('o')}`,
    [ownerNo],
  );
}

export async function setOwner(tx: Transaction, objectId: number, ownerNo: number): Promise<void> {
  await tx.run('UPDATE workspace_objects SET owner_no = ? WHERE object_id = ?', [ownerNo, objectId]);
}

/** Gives a folder another name, with all that lies in it; nothing has that name yet. */
export async function renameObject(
  tx: Transaction,
  { object_id, parent, name }: Pick<ObjectRow, 'object_id' | 'parent' | 'name'>,
  newName: string,
): Promise<void> {
  await tx.run('UPDATE workspace_objects SET name = ? WHERE object_id = ?', [newName, object_id]);
  const [from, to] = [`${parent}/${name}`, `${parent}/${newName}`];
  // As in `deleteObjects`.
  for (let passes = tx.dialect.name === 'sqlite' ? 1 : 2; passes > 0; passes--) {
    await tx.run(
      `UPDATE workspace_objects SET parent = CAST(? AS TEXT) || substr(parent, CAST(? AS INTEGER))
       WHERE parent = ? OR (parent >= ? AND parent < ?)`,
      // Letters as the database counts them: code points.
      [to, [...from].length + 1, from, `${from}/`, `${from}0`],
    );
  }
}

export async function updateObject(tx: Transaction, objectId: number, object: NewObject): Promise<void> {
  await tx.run(
    `UPDATE workspace_objects SET kind = ?, language = ?, format = ?, content_id = ?, size_bytes = ?, modified_at = ?
     WHERE object_id = ?`,
    [
      object.kind,
      object.language,
      object.format,
      object.content_id,
      object.size_bytes,
      object.modified_at,
      objectId,
    ],
  );
}

/** Removes an object and what lies below it. @returns the contents that nobody names any more */
export async function deleteObjects(tx: Transaction, place: WorkspacePlace): Promise<string[]> {
  const path = place.parent === '' ? place.name : `${place.parent}/${place.name}`;
  // '0' comes right after '/': the range of all paths below.
  const contentIds: string[] = [];
  // Where others write meanwhile, the first statement waits for them but does not see what they wrote: the second does.
  for (let passes = tx.dialect.name === 'sqlite' ? 1 : 2; passes > 0; passes--) {
    const rows = await tx.all<{ content_id: string | null }>(
      `DELETE FROM workspace_objects
       WHERE (parent = ? AND name = ?) OR parent = ? OR (parent >= ? AND parent < ?) RETURNING content_id`,
      [place.parent, place.name, path, `${path}/`, `${path}0`],
    );
    for (const { content_id: contentId } of rows) if (contentId !== null) contentIds.push(contentId);
  }
  return contentIds;
}
