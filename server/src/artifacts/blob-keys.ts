import type { Database } from '../db/port.ts';
import { randomHexId } from '../kernel/ids.ts';
import { type KeyPrefix, type ObjectKey, parseKeyPrefix, parseObjectKey } from '../objects/object-key.ts';
import { findStoreId, insertStoreId } from './blobs-repository.ts';

/**
 * Names of objects: the database's own name, the hour in which the upload began, a random id. The hour tells the
 * collector of orphans which objects can still belong to an upload that runs; the name, which are none of its business.
 */
export interface BlobKeys {
  newKey(nowMs: number): ObjectKey;
  /** Of all keys that this database made. */
  readonly prefix: KeyPrefix;
  /** Whether the upload of the object began before; false for what is no key of ours. */
  isOlder(key: ObjectKey, thanMs: number): boolean;
}

const HOUR_MS = 60 * 60 * 1000;
// Five digits of base 36 last for seven thousand years, so that keys sort by their hour.
const hourOf = (ms: number): string =>
  Math.floor(ms / HOUR_MS)
    .toString(36)
    .padStart(5, '0');

export async function openBlobKeys(db: Database): Promise<BlobKeys> {
  const storeId = await db.write(async (tx) => {
    await insertStoreId(tx, randomHexId().slice(0, 12));
    return findStoreId(tx);
  });
  const form = new RegExp(`^${storeId}/([0-9a-z]{5})/[0-9a-f]{32}$`);
  return {
    newKey: (nowMs) => parseObjectKey(`${storeId}/${hourOf(nowMs)}/${randomHexId()}`),
    prefix: parseKeyPrefix(`${storeId}/`),
    isOlder(key, thanMs) {
      const hour = form.exec(key)?.[1];
      return hour !== undefined && hour < hourOf(thanMs);
    },
  };
}
