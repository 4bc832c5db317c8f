import type { Sql, Transaction } from '../db/port.ts';

export interface EntryRow {
  readonly name: string;
  /** Absent for folders, as are the others. */
  readonly blob_no: number | null;
  readonly object_key: string | null;
  readonly sha256: string | null;
  readonly size_bytes: number | null;
  readonly written_at: number;
}

/** A path's two halves: `plots/roc.png` is `roc.png` in `plots`. The parent of what lies at the root is empty. */
export interface Place {
  readonly parent: string;
  readonly name: string;
}

const ENTRY = `SELECT a.name, a.blob_no, b.object_key, b.sha256, b.size_bytes, a.written_at
  FROM artifact_entries a LEFT JOIN blobs b ON b.blob_no = a.blob_no`;

export async function findEntry(sql: Sql, { parent, name }: Place): Promise<EntryRow | undefined> {
  return sql.get<EntryRow>(`${ENTRY} WHERE a.parent = ? AND a.name = ?`, [parent, name]);
}

export interface EntryPage {
  readonly parent: string;
  /** The last name of the page before; undefined for the first. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** What lies in a folder, by name. */
export async function listEntries(sql: Sql, { parent, after, limit }: EntryPage): Promise<EntryRow[]> {
  // In the root are the trees of what is no artifact, too (`trees.ts`).
  const shown = parent === '' ? " AND a.name NOT LIKE '#%'" : '';
  return sql.all<EntryRow>(
    `${ENTRY} WHERE a.parent = ?${after === undefined ? '' : ' AND a.name > ?'}${shown} ORDER BY a.name LIMIT ?`,
    [parent, ...(after === undefined ? [] : [after]), limit],
  );
}

export async function upsertFile(
  tx: Transaction,
  { parent, name }: Place,
  file: { readonly blobNo: number; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO artifact_entries (parent, name, blob_no, written_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (parent, name) DO UPDATE SET blob_no = excluded.blob_no, written_at = excluded.written_at`,
    [parent, name, file.blobNo, file.nowMs],
  );
}

/** Makes folders that are not there. */
export async function insertFolders(
  tx: Transaction,
  folders: readonly Place[],
  nowMs: number,
): Promise<void> {
  await tx.insertMany(
    'artifact_entries',
    { parent: 'text', name: 'text', written_at: 'bigint' },
    folders.map(({ parent, name }) => [parent, name, nowMs]),
    { onConflict: 'ignore' },
  );
}

/**
 * Holds a folder until the commit, so that of several writers into it, and of a writer and whoever deletes the folder,
 * one waits for the other. Where there is one writer anyway, nothing is to be done.
 * @returns whether it is there
 */
export async function holdFolder(tx: Transaction, folder: Place | undefined): Promise<boolean> {
  // The root has no row of its own: what lies there is rare enough to share the store's.
  const rows =
    folder === undefined
      ? await tx.all(`SELECT store_id FROM artifact_store s${tx.dialect.forUpdate('s')}`)
      : await tx.all(
          `SELECT 1 AS one FROM artifact_entries a WHERE a.parent = ? AND a.name = ?${tx.dialect.forUpdate('a')}`,
          [folder.parent, folder.name],
        );
  return folder === undefined || rows.length > 0;
}

const pathOf = ({ parent, name }: Place): string => (parent === '' ? name : `${parent}/${name}`);

/** '0' comes right after '/': the range of all paths that begin with `path/`. */
const below = (path: string): readonly [string, string, string] => [path, `${path}/`, `${path}0`];
const BELOW = '(parent = ? OR (parent >= ? AND parent < ?))';

/** Removes an entry and, where it is a folder, all that lies below it. @returns the blobs that were used there */
export async function deleteTree(tx: Transaction, place: Place): Promise<number[]> {
  const removed = await tx.all<{ blob_no: number | null }>(
    'DELETE FROM artifact_entries WHERE parent = ? AND name = ? RETURNING blob_no',
    [place.parent, place.name],
  );
  if (removed[0] !== undefined && removed[0].blob_no !== null) return [removed[0].blob_no];
  const blobNos = new Set<number>();
  // Where others write meanwhile, the first statement waits for them but does not see what they wrote: the second does.
  for (let passes = tx.dialect.name === 'sqlite' ? 1 : 2; passes > 0; passes--) {
    const rows = await tx.all<{ blob_no: number | null }>(
      `DELETE FROM artifact_entries WHERE ${BELOW} RETURNING blob_no`,
      below(pathOf(place)),
    );
    for (const row of rows) if (row.blob_no !== null) blobNos.add(row.blob_no);
  }
  return [...blobNos];
}

/** How many files lie below a folder, and their sizes together. */
export async function measureTree(
  sql: Sql,
  place: Place,
): Promise<{ readonly files: number; readonly sizeBytes: number }> {
  const row = await sql.get<{ files: number; size_bytes: number }>(
    `SELECT count(*) AS files, coalesce(sum(b.size_bytes), 0) AS size_bytes
     FROM artifact_entries a JOIN blobs b ON b.blob_no = a.blob_no WHERE ${BELOW}`,
    below(pathOf(place)),
  );
  return { files: Number(row!.files), sizeBytes: Number(row!.size_bytes) };
}

/** Whether anything lies directly in a folder. */
export async function hasEntries(sql: Sql, folder: Place): Promise<boolean> {
  const row = await sql.get('SELECT 1 AS one FROM artifact_entries WHERE parent = ? LIMIT 1', [
    pathOf(folder),
  ]);
  return row !== undefined;
}

/** Gives an entry and all that lies below it another place, where nothing may be yet. */
export async function moveTree(tx: Transaction, from: Place, to: Place): Promise<void> {
  await tx.run('UPDATE artifact_entries SET parent = ?, name = ? WHERE parent = ? AND name = ?', [
    to.parent,
    to.name,
    from.parent,
    from.name,
  ]);
  const [path, ...range] = below(pathOf(from));
  // As in `deleteTree`: what others wrote while the first statement waited for them follows with the second.
  for (let passes = tx.dialect.name === 'sqlite' ? 1 : 2; passes > 0; passes--) {
    await tx.run(
      `UPDATE artifact_entries SET parent = CAST(? AS TEXT) || substr(parent, CAST(? AS INTEGER)) WHERE ${BELOW}`,
      // Letters as the database counts them: code points.
      [pathOf(to), [...path].length + 1, path, ...range],
    );
  }
}
