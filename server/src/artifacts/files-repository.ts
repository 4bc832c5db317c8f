import type { Sql, Transaction } from '../db/port.ts';

export interface EntryRow {
  readonly name: string;
  /** Absent for folders. */
  readonly object_key: string | null;
  readonly sha256: string | null;
  readonly size_bytes: number | null;
}

const ENTRY = `SELECT a.name, b.object_key, b.sha256, b.size_bytes
  FROM artifact_entries a LEFT JOIN blobs b ON b.blob_no = a.blob_no`;

export async function findEntry(sql: Sql, parent: string, name: string): Promise<EntryRow | undefined> {
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
  return sql.all<EntryRow>(
    `${ENTRY} WHERE a.parent = ?${after === undefined ? '' : ' AND a.name > ?'} ORDER BY a.name LIMIT ?`,
    [parent, ...(after === undefined ? [] : [after]), limit],
  );
}

export interface NewBlob {
  readonly objectKey: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly nowMs: number;
}

/** The row of a content: the one that is there, or a new one with the given key. */
export async function upsertBlob(
  tx: Transaction,
  blob: NewBlob,
): Promise<{ blobNo: number; objectKey: string }> {
  await tx.run(
    'INSERT INTO blobs (object_key, sha256, size_bytes, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
    [blob.objectKey, blob.sha256, blob.sizeBytes, blob.nowMs],
  );
  const row = await tx.get<{ blob_no: number; object_key: string }>(
    `SELECT b.blob_no, b.object_key FROM blobs b WHERE b.sha256 = ? AND b.size_bytes = ?${tx.dialect.forUpdate('b')}`,
    [blob.sha256, blob.sizeBytes],
  );
  return { blobNo: row!.blob_no, objectKey: row!.object_key };
}

export async function upsertFile(
  tx: Transaction,
  file: { readonly parent: string; readonly name: string; readonly blobNo: number; readonly nowMs: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO artifact_entries (parent, name, blob_no, written_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (parent, name) DO UPDATE SET blob_no = excluded.blob_no, written_at = excluded.written_at`,
    [file.parent, file.name, file.blobNo, file.nowMs],
  );
}

/** Makes folders that are not there. */
export async function insertFolders(
  tx: Transaction,
  folders: readonly (readonly [parent: string, name: string])[],
  nowMs: number,
): Promise<void> {
  await tx.insertMany(
    'artifact_entries',
    { parent: 'text', name: 'text', written_at: 'bigint' },
    folders.map(([parent, name]) => [parent, name, nowMs]),
    { onConflict: 'ignore' },
  );
}

/** Removes an entry and, where it is a folder, all that lies below it. */
export async function deleteTree(tx: Transaction, parent: string, name: string): Promise<void> {
  const path = parent === '' ? name : `${parent}/${name}`;
  await tx.run('DELETE FROM artifact_entries WHERE parent = ? AND name = ?', [parent, name]);
  // '0' comes right after '/': this is the range of all paths that begin with `path/`.
  await tx.run('DELETE FROM artifact_entries WHERE parent = ? OR (parent >= ? AND parent < ?)', [
    path,
    `${path}/`,
    `${path}0`,
  ]);
}

export async function hasEntries(sql: Sql, parent: string): Promise<boolean> {
  return (
    (await sql.get('SELECT 1 AS one FROM artifact_entries WHERE parent = ? LIMIT 1', [parent])) !== undefined
  );
}
