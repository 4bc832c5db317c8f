import type { Sql, Transaction } from '../db/port.ts';

/** Keeps the first name that anybody chose: of processes that start together, one wins. */
export async function insertStoreId(tx: Transaction, storeId: string): Promise<void> {
  // The lock of a table with one row at most: SQLite has but one writer anyway.
  if (tx.dialect.name === 'postgres') await tx.run('LOCK TABLE artifact_store IN EXCLUSIVE MODE');
  await tx.run(
    'INSERT INTO artifact_store (store_id) SELECT ? WHERE NOT EXISTS (SELECT 1 FROM artifact_store)',
    [storeId],
  );
}

export async function findStoreId(sql: Sql): Promise<string> {
  return (await sql.get<{ store_id: string }>('SELECT store_id FROM artifact_store'))!.store_id;
}

export interface NewBlob {
  readonly objectKey: string;
  /** Undefined where nobody has read the bytes. */
  readonly sha256: string | undefined;
  readonly sizeBytes: number;
  readonly nowMs: number;
}

export interface BlobRef {
  readonly blobNo: number;
  readonly objectKey: string;
}

/** The row of a content, held until the commit: the one that is there, or a new one with the given key. */
export async function upsertBlob(tx: Transaction, blob: NewBlob): Promise<BlobRef> {
  for (;;) {
    await tx.run(
      `INSERT INTO blobs (object_key, sha256, size_bytes, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      [blob.objectKey, blob.sha256 ?? null, blob.sizeBytes, blob.nowMs],
    );
    const condition = blob.sha256 === undefined ? 'b.object_key = ?' : 'b.sha256 = ? AND b.size_bytes = ?';
    const row = await tx.get<{ blob_no: number; object_key: string }>(
      `SELECT b.blob_no, b.object_key FROM blobs b WHERE ${condition}${tx.dialect.forUpdate('b')}`,
      blob.sha256 === undefined ? [blob.objectKey] : [blob.sha256, blob.sizeBytes],
    );
    if (row !== undefined) return { blobNo: row.blob_no, objectKey: row.object_key };
    // The collector removed the row between the two statements; now that it is gone, ours goes in.
  }
}

/** Notes that files stopped using blobs: those may be garbage now. */
export async function releaseBlobs(
  tx: Transaction,
  blobNos: readonly number[],
  nowMs: number,
): Promise<void> {
  if (blobNos.length === 0) return;
  await tx.run(`UPDATE blobs SET released_at = ? WHERE ${tx.dialect.inList('blob_no', 'bigint')}`, [
    nowMs,
    tx.dialect.list(blobNos),
  ]);
}

export interface ReleasedBlob {
  readonly blob_no: number;
  readonly object_key: string;
  readonly size_bytes: number;
}

/**
 * Removes the rows of blobs that were released before and that no file uses; the next `limit` of them. What is in use
 * again loses its mark. `done` when none are left.
 */
export async function takeGarbage(
  tx: Transaction,
  { beforeMs, limit }: { readonly beforeMs: number; readonly limit: number },
): Promise<{ readonly garbage: readonly ReleasedBlob[]; readonly done: boolean }> {
  const released = await tx.all<ReleasedBlob>(
    `SELECT b.blob_no, b.object_key, b.size_bytes FROM blobs b WHERE b.released_at <= ?
     ORDER BY b.released_at, b.blob_no LIMIT ?${tx.dialect.forUpdate('b')}`,
    [beforeMs, limit],
  );
  if (released.length === 0) return { garbage: [], done: true };
  // Asked only now that the rows are held: whoever wants to use one of them waits for us.
  const used = await tx.all<{ blob_no: number }>(
    `SELECT DISTINCT blob_no FROM artifact_entries WHERE ${tx.dialect.inList('blob_no', 'bigint')}`,
    [tx.dialect.list(released.map((row) => row.blob_no))],
  );
  const inUse = new Set(used.map((row) => row.blob_no));
  const garbage = released.filter((row) => !inUse.has(row.blob_no));
  const { inList, list } = tx.dialect;
  if (inUse.size > 0) {
    await tx.run(`UPDATE blobs SET released_at = NULL WHERE ${inList('blob_no', 'bigint')}`, [
      list([...inUse]),
    ]);
  }
  if (garbage.length > 0) {
    await tx.run(`DELETE FROM blobs WHERE ${inList('blob_no', 'bigint')}`, [
      list(garbage.map((row) => row.blob_no)),
    ]);
  }
  return { garbage, done: released.length < limit };
}

/** What `takeGarbage` would remove, all in all. */
export async function measureGarbage(
  sql: Sql,
  beforeMs: number,
): Promise<{ count: number; size_bytes: number }> {
  const row = await sql.get<{ count: number; size_bytes: number }>(
    `SELECT count(*) AS count, coalesce(sum(b.size_bytes), 0) AS size_bytes FROM blobs b
     WHERE b.released_at <= ? AND NOT EXISTS (SELECT 1 FROM artifact_entries a WHERE a.blob_no = b.blob_no)`,
    [beforeMs],
  );
  return { count: Number(row!.count), size_bytes: Number(row!.size_bytes) };
}

/** Those of the keys that a blob or a running upload owns. */
export async function findOwnedKeys(sql: Sql, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { inList, list } = sql.dialect;
  const rows = await sql.all<{ object_key: string }>(
    `SELECT object_key FROM blobs WHERE ${inList('object_key', 'text')}
     UNION ALL SELECT object_key FROM artifact_uploads WHERE ${inList('object_key', 'text')}`,
    [list(keys), list(keys)],
  );
  return new Set(rows.map((row) => row.object_key));
}
