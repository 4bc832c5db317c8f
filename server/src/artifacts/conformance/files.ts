import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../db/port.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import { openLocalStore } from '../../objects/local/local-store.ts';
import type { ObjectStore } from '../../objects/port.ts';
import { openBlobKeys } from '../blob-keys.ts';
import { type ArtifactDeletionGuard, createFiles } from '../files.ts';
import { createGarbage } from '../garbage.ts';

/** A clock that stands still until it is told otherwise. */
export interface SetClock extends Clock {
  advance(ms: number): void;
}

export function createSetClock(startMs = Date.UTC(2026, 0, 1)): SetClock {
  let now = startMs;
  return {
    nowMs: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** Files over a database and a folder of their own, as tests need them. */
export async function openFiles(
  db: Database,
  clock: Clock,
  guardDeletion: ArtifactDeletionGuard = async () => {},
  guardWrite: ArtifactDeletionGuard = async () => {},
  guardAddition: ArtifactDeletionGuard = async () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-files-'));
  const store = await openLocalStore({ folder, clock });
  const keys = await openBlobKeys(db);
  const files = createFiles({ db, store, keys, clock, guardDeletion, guardWrite, guardAddition });
  return {
    store,
    keys,
    files,
    garbage: createGarbage({ db, store, keys, clock }),
    put: (path: string, text: string) => files.put(parseArtifactPath(path), bodyOf(text)),
    delete: (path: string) => files.delete(parseArtifactPath(path)),
    async read(path: string): Promise<string> {
      const { read } = await files.open(parseArtifactPath(path));
      return (await read.stream.toArray()).map(String).join('');
    },
    async names(folder: string): Promise<string[]> {
      return (await files.list(folder as ArtifactPath)).entries.map(({ name }) => name);
    },
    objects: () => countObjects(store),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

export async function* bodyOf(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield Buffer.from(text);
}

async function countObjects(store: ObjectStore): Promise<number> {
  const { objects } = await store.list('' as Parameters<ObjectStore['list']>[0], { limit: 1000 });
  return objects.length;
}
