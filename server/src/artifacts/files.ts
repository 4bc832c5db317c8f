import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { ArtifactPath } from '../objects/artifact-path.ts';
import { type ObjectKey, parseObjectKey } from '../objects/object-key.ts';
import type { ByteRange, ObjectBody, ObjectRead, ObjectStore } from '../objects/port.ts';
import * as repository from './files-repository.ts';

export interface ArtifactEntry {
  readonly name: string;
  /** Undefined for a folder. */
  readonly sizeBytes: number | undefined;
}

export interface FileFacts {
  readonly sizeBytes: number;
  /** Hex; it is the file's ETag as well. */
  readonly sha256: string;
}

export interface PutFile extends FileFacts {
  /** Whether the same bytes were in the store already. */
  readonly deduplicated: boolean;
}

export interface PutOptions {
  /** What the sender said; another size is refused. */
  readonly expectedSizeBytes?: number | undefined;
  /** Hex, where the sender gave one; other bytes are refused. */
  readonly expectedSha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ListPage {
  readonly entries: readonly ArtifactEntry[];
  /** The last name, when more follow. */
  readonly next: string | undefined;
}

/**
 * Refuses a change to files that something else needs. Called in the transaction of the change.
 * @throws AppError Conflict
 */
export type DeletionGuard = (tx: Transaction, path: ArtifactPath) => Promise<void>;

export interface FilesDependencies {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly guardDeletion: DeletionGuard;
}

const MAX_LIST = 1000;

/** Files by path, over the database and the object store. */
export function createFiles({ db, store, clock, guardDeletion }: FilesDependencies) {
  async function find(path: ArtifactPath): Promise<repository.EntryRow | undefined> {
    const { parent, name } = split(path);
    return db.read((sql) => repository.findEntry(sql, parent, name));
  }

  async function getFile(path: ArtifactPath): Promise<FileFacts & { readonly key: ObjectKey }> {
    const entry = await find(path);
    if (entry === undefined) throw notFound(`No such artifact: '${shown(path)}'.`);
    if (entry.object_key === null)
      throw invalidArgument(`The artifact '${shown(path)}' is a directory.`, { field: 'path' });
    return { key: parseObjectKey(entry.object_key), sizeBytes: entry.size_bytes!, sha256: entry.sha256! };
  }

  async function register(path: ArtifactPath, blob: repository.NewBlob): Promise<string> {
    return db.write(async (tx) => {
      const { parent, name } = split(path);
      const known = await repository.findEntry(tx, parent, name);
      if (known !== undefined && known.object_key === null) {
        throw invalidArgument(`'${shown(path)}' is a directory: a file cannot take its place.`, {
          field: 'path',
        });
      }
      if (known !== undefined && known.sha256 !== blob.sha256) await guardDeletion(tx, path);
      const folders = foldersOf(parent);
      for (const [folderParent, folderName] of folders) {
        const folder = await repository.findEntry(tx, folderParent, folderName);
        if (folder?.object_key) {
          throw invalidArgument(
            `'${shown(joined(folderParent, folderName))}' is a file: nothing can lie in it.`,
            {
              field: 'path',
            },
          );
        }
      }
      await repository.insertFolders(tx, folders, blob.nowMs);
      const { blobNo, objectKey } = await repository.upsertBlob(tx, blob);
      await repository.upsertFile(tx, { parent, name, blobNo, nowMs: blob.nowMs });
      return objectKey;
    });
  }

  return {
    /**
     * Stores a file; it replaces what was there, whole and at once, when the last byte is durable.
     * @throws AppError InvalidArgument for another size or checksum than announced, or where a folder is in the way;
     * Conflict where a model version needs the old bytes; Unavailable when the store is out of reach or full.
     */
    async put(path: ArtifactPath, body: ObjectBody, options: PutOptions = {}): Promise<PutFile> {
      const id = randomHexId();
      const key = parseObjectKey(`blobs/${id.slice(0, 2)}/${id}`);
      const { sizeBytes, sha256 } = await store.put(key, body, {
        ...(options.expectedSizeBytes !== undefined && { expectedSizeBytes: options.expectedSizeBytes }),
        ...(options.signal !== undefined && { signal: options.signal }),
      });
      try {
        if (options.expectedSha256 !== undefined && options.expectedSha256 !== sha256) {
          throw invalidArgument(
            `The bytes that arrived have the SHA-256 ${sha256}, not the announced one: send them again.`,
            {
              field: 'x-checksum-sha256',
            },
          );
        }
        const used = await register(path, { objectKey: key, sha256, sizeBytes, nowMs: clock.nowMs() });
        if (used !== key) await store.delete(key);
        return { sizeBytes, sha256, deduplicated: used !== key };
      } catch (error) {
        // An outage leaves the commit in doubt: then the bytes stay, for the row that may name them.
        if (!(error instanceof AppError) || error.code !== 'Unavailable') await store.delete(key);
        throw error;
      }
    },

    /** @throws AppError NotFound; InvalidArgument for a folder. */
    async stat(path: ArtifactPath): Promise<FileFacts> {
      return getFile(path);
    },

    /** Opens a file or a part of it. @throws AppError NotFound, InvalidArgument for a folder, RangeNotSatisfiable */
    async open(path: ArtifactPath, range?: ByteRange): Promise<{ facts: FileFacts; read: ObjectRead }> {
      const { key, ...facts } = await getFile(path);
      return { facts, read: await store.get(key, range === undefined ? {} : { range }) };
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
      const entries = rows
        .slice(0, limit)
        .map((row) => ({ name: row.name, sizeBytes: row.size_bytes ?? undefined }));
      return { entries, next: rows.length > limit ? entries.at(-1)!.name : undefined };
    },

    /** Removes a file or a folder with all in it; the bytes go with the next collection of garbage. */
    async delete(path: ArtifactPath): Promise<void> {
      await db.write(async (tx) => {
        let { parent, name } = split(path);
        const entry = await repository.findEntry(tx, parent, name);
        if (entry === undefined) throw notFound(`No such artifact: '${shown(path)}'.`);
        await guardDeletion(tx, path);
        await repository.deleteTree(tx, parent, name);
        while (parent !== '' && !(await repository.hasEntries(tx, parent))) {
          ({ parent, name } = split(parent as ArtifactPath));
          await repository.deleteTree(tx, parent, name);
        }
      });
    },
  };
}

export type Files = ReturnType<typeof createFiles>;

function split(path: ArtifactPath): { parent: string; name: string } {
  const slash = path.lastIndexOf('/');
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) };
}

const joined = (parent: string, name: string): string => (parent === '' ? name : `${parent}/${name}`);

/** The folders above a file, from the root down. */
function foldersOf(parent: string): (readonly [parent: string, name: string])[] {
  if (parent === '') return [];
  const parts = parent.split('/');
  return parts.map((name, i) => [parts.slice(0, i).join('/'), name] as const);
}

const shown = (path: string): string => (path.length > 200 ? `${path.slice(0, 200)}…` : path);
