import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { type ObjectKey, parseObjectKey } from '../objects/object-key.ts';
import type { ByteRange, ObjectBody, ObjectRead, ObjectStore } from '../objects/port.ts';
import type { BlobKeys } from './blob-keys.ts';
import { type NewBlob, releaseBlobs, upsertBlob } from './blobs-repository.ts';
import * as repository from './files-repository.ts';

export interface ArtifactEntry {
  readonly name: string;
  /** Undefined for a folder. */
  readonly sizeBytes: number | undefined;
  readonly modifiedAtMs: number;
}

export interface FileFacts {
  readonly sizeBytes: number;
  /** Hex; undefined for what a client sent to the object store itself. */
  readonly sha256: string | undefined;
  /** Names these bytes: the SHA-256 where it is known. */
  readonly etag: string;
  readonly modifiedAtMs: number;
}

/** Throws to refuse a put over what is there. Asked before the first byte is read, and again when all are stored. */
export type Precondition = (current: FileFacts | undefined) => void;

export interface PutOptions {
  /** What the sender said; another size is refused. */
  readonly expectedSizeBytes?: number | undefined;
  /** Hex, where the sender gave one; other bytes are refused. */
  readonly expectedSha256?: string | undefined;
  readonly precondition?: Precondition | undefined;
  /**
   * Asked in the transaction of the change, before it; what it throws refuses the change, and what it writes is written
   * with it. It may await nothing but `tx`.
   */
  readonly within?: ((tx: Transaction) => Promise<void>) | undefined;
}

export interface ListPage {
  readonly entries: readonly ArtifactEntry[];
  /** The last name, when more follow. */
  readonly next: string | undefined;
}

/**
 * Refuses to remove or to replace files that something else needs: at a path, or below it. Asked in the transaction of
 * the change; it may await nothing but `sql`.
 * @throws AppError Conflict
 */
export type ArtifactDeletionGuard = (sql: Sql, path: ArtifactPath) => Promise<void>;

export interface FilesDependencies {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly keys: BlobKeys;
  readonly clock: Clock;
  readonly guardDeletion: ArtifactDeletionGuard;
  /** Asked before a file comes to be or gets other bytes, under the same terms. @throws AppError Conflict */
  readonly guardWrite?: ArtifactDeletionGuard;
  /** Asked before a file comes to be where none was, under the same terms. @throws AppError Conflict */
  readonly guardAddition?: ArtifactDeletionGuard;
}

const MAX_LIST = 1000;
const MAX_DEPTH = 100;
/** Half the age at which an object without a file counts as garbage. */
const MAX_UPLOAD_MS = 12 * 60 * 60 * 1000;

/** Files by path, over the database and the object store. */
export function createFiles(dependencies: FilesDependencies) {
  const { db, store, keys, clock, guardDeletion, guardWrite, guardAddition } = dependencies;

  async function find(path: ArtifactPath): Promise<repository.EntryRow | undefined> {
    return db.read((sql) => repository.findEntry(sql, placeOf(path)));
  }

  async function getFile(path: ArtifactPath): Promise<FileFacts & { readonly key: ObjectKey }> {
    const entry = await find(path);
    if (entry === undefined) throw artifactNotFound(path);
    const facts = factsOf(entry);
    if (facts === undefined) {
      throw invalidArgument(`The artifact '${shown(path)}' is a directory.`, { field: 'path' });
    }
    return facts;
  }

  /** Gives bytes that are in the store a path. @returns the key under which they are kept */
  async function adopt(path: ArtifactPath, blob: NewBlob, options: PutOptions): Promise<string> {
    const place = placeOf(path);
    const folders = foldersOf(place.parent);
    return db.write(async (tx) => {
      await options.within?.(tx);
      await guardWrite?.(tx, path);
      await enterFolder(tx, folders, blob.nowMs);
      const known = await repository.findEntry(tx, place);
      if (known !== undefined && known.object_key === null) {
        throw invalidArgument(`'${shown(path)}' is a directory: a file cannot take its place.`, {
          field: 'path',
        });
      }
      options.precondition?.(known && factsOf(known));
      const replaces = known !== undefined && (known.sha256 === null || known.sha256 !== blob.sha256);
      if (replaces) await guardDeletion(tx, path);
      if (known === undefined) await guardAddition?.(tx, path);
      const { blobNo, objectKey } = await upsertBlob(tx, blob);
      await repository.upsertFile(tx, place, { blobNo, nowMs: blob.nowMs });
      if (replaces && known.blob_no !== blobNo) await releaseBlobs(tx, [known.blob_no!], blob.nowMs);
      return objectKey;
    });
  }

  return {
    /**
     * Stores a file; it replaces what was there, whole and at once, when the last byte is durable.
     * @throws AppError InvalidArgument for another size or checksum than announced, or where a folder is in the way or a
     * file is where a folder must be; Conflict where a model version needs the old bytes, or has its files all around; Unavailable when the store is
     * out of reach or full; what the body and the precondition throw.
     */
    async put(path: ArtifactPath, body: ObjectBody, options: PutOptions = {}): Promise<FileFacts> {
      const startedMs = clock.nowMs();
      checkDepth(path);
      if (options.precondition !== undefined) {
        const current = await find(path);
        options.precondition(current && factsOf(current));
      }
      const key = keys.newKey(startedMs);
      const { sizeBytes, sha256 } = await store.put(key, body, {
        ...(options.expectedSizeBytes !== undefined && { expectedSizeBytes: options.expectedSizeBytes }),
      });
      try {
        const nowMs = clock.nowMs();
        if (nowMs - startedMs > MAX_UPLOAD_MS) {
          throw invalidArgument('The upload took more than twelve hours: send the file in smaller pieces.');
        }
        if (options.expectedSha256 !== undefined && options.expectedSha256 !== sha256) {
          throw invalidArgument(`The bytes that arrived have the SHA-256 ${sha256}: send the file again.`);
        }
        const used = await adopt(path, { objectKey: key, sha256, sizeBytes, nowMs }, options);
        if (used !== key) await discard(key);
        return { sizeBytes, sha256, etag: sha256, modifiedAtMs: nowMs };
      } catch (error) {
        // After an outage nobody knows whether the commit came through: then the bytes stay, for the row that may name
        // them, or for the collector.
        if (error instanceof AppError && error.code !== 'Unavailable') await discard(key);
        throw error;
      }
    },

    /** See `put`: for bytes that came to the store on another way. */
    adopt: async (
      path: ArtifactPath,
      blob: NewBlob,
      options: Pick<PutOptions, 'precondition' | 'within'> = {},
    ): Promise<void> => {
      checkDepth(path);
      await adopt(path, blob, options);
    },

    /** @throws AppError NotFound; InvalidArgument for a folder. */
    async stat(path: ArtifactPath): Promise<FileFacts & { readonly key: ObjectKey }> {
      return getFile(path);
    },

    /** Opens a file or a part of it. @throws AppError NotFound, InvalidArgument for a folder, RangeNotSatisfiable */
    async open(path: ArtifactPath, range?: ByteRange): Promise<{ facts: FileFacts; read: ObjectRead }> {
      const options = range === undefined ? {} : { range };
      const facts = await getFile(path);
      try {
        return { facts, read: await store.get(facts.key, options) };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'NotFound') throw error;
        // Replaced since, and the old bytes collected already?
        const again = await getFile(path);
        if (again.key !== facts.key) return { facts: again, read: await store.get(again.key, options) };
        throw notFound(`The bytes of '${shown(path)}' are missing from the artifact store.`, {
          cause: error,
          details: { key: facts.key },
        });
      }
    },

    /** What lies in a folder (`''` is the root), by name; nothing for what is no folder. */
    async list(
      folder: ArtifactPath | '',
      page: { readonly after?: string | undefined; readonly limit?: number } = {},
    ): Promise<ListPage> {
      const limit = Math.min(page.limit ?? MAX_LIST, MAX_LIST);
      const rows = await db.read((sql) =>
        repository.listEntries(sql, { parent: folder, after: page.after, limit: limit + 1 }),
      );
      const entries = rows.slice(0, limit).map((row) => ({
        name: row.name,
        sizeBytes: row.size_bytes ?? undefined,
        modifiedAtMs: row.written_at,
      }));
      return { entries, next: rows.length > limit ? entries.at(-1)!.name : undefined };
    },

    /**
     * Removes a file, or a folder with all in it; absent already is a success. The bytes go with the next collection of
     * garbage.
     * @throws AppError Conflict where a model version needs a file.
     */
    async delete(path: ArtifactPath): Promise<void> {
      await db.write(async (tx) => {
        await guardDeletion(tx, path);
        await forget(tx, path, clock.nowMs());
      });
    },
  };

  /** A failure here leaves an object that nobody names, as a crash would: the collector finds it. */
  async function discard(key: ObjectKey): Promise<void> {
    await store.delete(key).catch(() => undefined);
  }
}

export const artifactNotFound = (path: string): AppError => notFound(`No such artifact: '${shown(path)}'.`);

export type Files = ReturnType<typeof createFiles>;

/** Removes a file or a folder with all in it, asking nobody. */
export async function forget(tx: Transaction, path: ArtifactPath, nowMs: number): Promise<void> {
  const place = placeOf(path);
  await repository.holdFolder(tx, foldersOf(place.parent).at(-1));
  await releaseBlobs(tx, await repository.deleteTree(tx, place), nowMs);
}

/** Whether a file is at a path. */
export async function hasFile(sql: Sql, path: ArtifactPath): Promise<boolean> {
  const entry = await repository.findEntry(sql, placeOf(path));
  return entry !== undefined && entry.object_key !== null;
}

/** How many files lie below a folder, and their sizes together. */
export async function measure(sql: Sql, folder: ArtifactPath) {
  return repository.measureTree(sql, placeOf(folder));
}

/** Holds a folder until the commit, and makes it and those above it where they are not there. */
export async function enterFolder(
  tx: Transaction,
  folders: readonly repository.Place[],
  nowMs: number,
): Promise<void> {
  const deepest = folders.at(-1);
  let held = deepest === undefined && (await repository.holdFolder(tx, undefined));
  // Another turn is needed only where somebody made the folder at the same time and somebody removed it since.
  while (!held) {
    let missing = folders.length;
    for (; missing > 0; missing--) {
      const folder = folders[missing - 1]!;
      await repository.holdFolder(tx, folder);
      const known = await repository.findEntry(tx, folder);
      refuseFile(folder, known);
      // Above a folder there are folders only.
      if (known !== undefined) break;
    }
    const made = folders.slice(missing);
    await repository.insertFolders(tx, made, nowMs);
    // Where others write at the same time, one of them may have put a file there while this waited.
    for (const folder of made) refuseFile(folder, await repository.findEntry(tx, folder));
    // One that somebody else made meanwhile is theirs and ours: it is not held by having tried to make it.
    held = await repository.holdFolder(tx, deepest);
  }
}

function refuseFile({ parent, name }: repository.Place, entry: repository.EntryRow | undefined): void {
  if (!entry?.object_key) return;
  throw invalidArgument(`'${shown(parent === '' ? name : `${parent}/${name}`)}' is a file, no folder.`, {
    field: 'path',
  });
}

export function factsOf(entry: repository.EntryRow): (FileFacts & { readonly key: ObjectKey }) | undefined {
  if (entry.object_key === null) return undefined;
  const key = parseObjectKey(entry.object_key);
  const sha256 = entry.sha256 ?? undefined;
  const etag = sha256 ?? key.slice(key.lastIndexOf('/') + 1);
  return { key, sizeBytes: entry.size_bytes!, sha256, etag, modifiedAtMs: entry.written_at };
}

export function placeOf(path: ArtifactPath): repository.Place {
  const slash = path.lastIndexOf('/');
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}

/** The folders above, from the root down. */
export function foldersOf(parent: string): repository.Place[] {
  if (parent === '') return [];
  const parts = parent.split('/');
  return parts.map((name, i) => ({ parent: parts.slice(0, i).join('/'), name }));
}

export function checkDepth(path: ArtifactPath): void {
  if (path.split('/').length > MAX_DEPTH) {
    throw invalidArgument(`Invalid path: more than ${MAX_DEPTH} folders deep.`, { field: 'path' });
  }
}

const shown = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path);
