import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { type ObjectKey, parseObjectKey } from '../objects/object-key.ts';
import type { ListedObject, ObjectStore } from '../objects/port.ts';
import type { BlobKeys } from './blob-keys.ts';
import * as repository from './blobs-repository.ts';
import { deleteUpload, listUploadsBefore } from './uploads-repository.ts';

export interface GarbageDependencies {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly keys: BlobKeys;
  readonly clock: Clock;
}

export interface Collected {
  readonly count: number;
  readonly sizeBytes: number;
}

export interface CollectOptions {
  /** Looks and counts, but removes nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

const HOUR_MS = 60 * 60 * 1000;
/** Twice as long as an upload may take, so that none that runs is taken for an orphan. */
const ORPHAN_AGE_MS = 24 * HOUR_MS;
/** An upload in parts that nobody has completed by then is given up. */
const UPLOAD_AGE_MS = 7 * 24 * HOUR_MS;
const BATCH = 500;
const DELETES_AT_ONCE = 8;

/**
 * Frees the object store of bytes that no file uses. It may run in several processes, and while files are written: a blob
 * goes only while its row is held, and whoever stores the same content meanwhile stores it anew.
 */
export function createGarbage({ db, store, keys, clock }: GarbageDependencies) {
  async function remove(objects: readonly ObjectKey[]): Promise<void> {
    for (let i = 0; i < objects.length; i += DELETES_AT_ONCE) {
      await Promise.all(objects.slice(i, i + DELETES_AT_ONCE).map((key) => store.delete(key)));
    }
  }

  async function orphansAmong(objects: readonly ListedObject[]): Promise<ListedObject[]> {
    const oldBeforeMs = clock.nowMs() - ORPHAN_AGE_MS;
    const old = objects.filter(({ key }) => keys.isOlder(key, oldBeforeMs));
    const owned = await db.read((sql) =>
      repository.findOwnedKeys(
        sql,
        old.map(({ key }) => key),
      ),
    );
    return old.filter(({ key }) => !owned.has(key));
  }

  return {
    /**
     * Removes the bytes that no file has used for a while. The row goes first: a crash between the two leaves an orphan.
     * @param graceMs how long ago the last file must have let go; readers that had begun by then have ended.
     */
    async collect(graceMs: number, { dryRun = false, signal }: CollectOptions = {}): Promise<Collected> {
      const beforeMs = clock.nowMs() - graceMs;
      if (dryRun) {
        const { count, size_bytes } = await db.read((sql) => repository.measureGarbage(sql, beforeMs));
        return { count, sizeBytes: size_bytes };
      }
      let count = 0;
      let sizeBytes = 0;
      for (;;) {
        signal?.throwIfAborted();
        const { garbage, done } = await db.write((tx) =>
          repository.takeGarbage(tx, { beforeMs, limit: BATCH }),
        );
        await remove(garbage.map((blob) => parseObjectKey(blob.object_key)));
        count += garbage.length;
        sizeBytes += garbage.reduce((sum, blob) => sum + blob.size_bytes, 0);
        if (done) return { count, sizeBytes };
      }
    },

    /** Removes objects that no row names and that are older than any upload that runs. Lists the whole store. */
    async collectOrphans({ dryRun = false, signal }: CollectOptions = {}): Promise<Collected> {
      if (!dryRun) await giveUpUploads(signal);
      let count = 0;
      let sizeBytes = 0;
      let after: string | undefined;
      do {
        signal?.throwIfAborted();
        const page = await store.list(keys.prefix, { limit: 1000, ...(after !== undefined && { after }) });
        const orphans = await orphansAmong(page.objects);
        if (!dryRun) await remove(orphans.map(({ key }) => key));
        count += orphans.length;
        sizeBytes += orphans.reduce((sum, object) => sum + object.sizeBytes, 0);
        after = page.next;
      } while (after !== undefined);
      return { count, sizeBytes };
    },
  };

  /** Frees parts that were never joined, and forgets uploads that were. */
  async function giveUpUploads(signal?: AbortSignal): Promise<void> {
    const beforeMs = clock.nowMs() - UPLOAD_AGE_MS;
    for (;;) {
      signal?.throwIfAborted();
      const uploads = await db.read((sql) => listUploadsBefore(sql, beforeMs, BATCH));
      for (const upload of uploads) {
        if (upload.completed_at === null) {
          const key = parseObjectKey(upload.object_key);
          await store.abortMultipart({ key, uploadId: upload.store_upload_id });
        }
        await db.write((tx) => deleteUpload(tx, upload.upload_id));
      }
      if (uploads.length < BATCH) return;
    }
  }
}

export type Garbage = ReturnType<typeof createGarbage>;
