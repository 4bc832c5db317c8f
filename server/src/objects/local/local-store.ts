import { close, createReadStream, fstat, open as openFile } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Clock } from '../../kernel/clock.ts';
import { randomHexId } from '../../kernel/ids.ts';
import { resolveRange } from '../byte-range.ts';
import type { ObjectKey } from '../object-key.ts';
import type { ListedObject, ObjectStore } from '../port.ts';
import { requireListLimit } from '../stored-names.ts';
import {
  codeOf,
  copyDurably,
  FOLDER_MODE,
  factsOf,
  onDisk,
  publish,
  removeEmptyFolders,
  writeFileDurably,
} from './local-files.ts';
import { OBJECT_SUFFIX, walkObjects } from './local-listing.ts';
import { createLocalMultipart, LOCAL_MAX_PARTS } from './local-multipart.ts';
import { pumpFile } from './local-pump.ts';

export interface LocalStoreOptions {
  /** Made when missing. On one file system: unfinished files lie in it, too. */
  readonly folder: string;
  readonly clock: Clock;
}

const READ_BYTES = 512 * 1024;
const DAY_MS = 24 * 60 * 60 * 1000;
// A stream over a bare descriptor reads with callbacks, a FileHandle's with two promises a chunk.
const openDescriptor = promisify(openFile);
const statDescriptor = promisify(fstat);
const closeDescriptor = promisify(close);

/**
 * Objects as files of one folder. Keys hold no dots, so `.incoming` (files being written) and `.uploads` (parts) meet
 * no object. Several processes may use one folder at the same time.
 */
export async function openLocalStore({ folder, clock }: LocalStoreOptions): Promise<ObjectStore> {
  const root = path.resolve(folder);
  const incoming = path.join(root, '.incoming');
  const uploads = path.join(root, '.uploads');
  await onDisk(() => mkdir(incoming, { recursive: true, mode: FOLDER_MODE }));
  await onDisk(() => removeForgotten(incoming, clock.nowMs() - DAY_MS));

  const fileOf = (key: ObjectKey): string => path.join(root, key + OBJECT_SUFFIX);
  const temporaryFile = (): string => path.join(incoming, randomHexId());
  const publishKey = (temporary: string, key: ObjectKey, ifAbsent = false): Promise<void> =>
    publish(temporary, fileOf(key), { root, ifAbsent });

  /** Makes a file with `make`, gives it the key, and leaves nothing behind where that fails. */
  async function makeObject<T>(
    key: ObjectKey,
    ifAbsent: boolean,
    make: (temporary: string) => Promise<T>,
  ): Promise<T> {
    const temporary = temporaryFile();
    try {
      const made = await make(temporary);
      await onDisk(() => publishKey(temporary, key, ifAbsent));
      return made;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    capabilities: {
      kind: 'local',
      minPartSizeBytes: 0,
      maxPartSizeBytes: Number.MAX_SAFE_INTEGER,
      maxParts: LOCAL_MAX_PARTS,
    },

    put: (key, body, { ifAbsent = false, expectedSizeBytes, signal } = {}) =>
      makeObject(key, ifAbsent, (temporary) =>
        writeFileDurably(temporary, body, { expectedSizeBytes, signal }),
      ),

    async get(key, { range, signal } = {}) {
      signal?.throwIfAborted();
      const descriptor = await onDisk(() => openDescriptor(fileOf(key), 'r'));
      try {
        const facts = factsOf(await statDescriptor(descriptor, { bigint: true }));
        const { start, lengthBytes } = resolveRange(range, facts.sizeBytes);
        if (lengthBytes === 0) {
          await closeDescriptor(descriptor);
          return { ...facts, start, lengthBytes, stream: Readable.from([]) };
        }
        const stream = createReadStream('', {
          fd: descriptor,
          start,
          end: start + lengthBytes - 1,
          highWaterMark: READ_BYTES,
          signal,
        });
        return {
          ...facts,
          start,
          lengthBytes,
          stream,
          async pump(write) {
            try {
              await onDisk(() => pumpFile(descriptor, { start, lengthBytes }, write));
            } finally {
              // Which closes the descriptor.
              stream.destroy();
            }
          },
        };
      } catch (error) {
        await closeDescriptor(descriptor);
        throw error;
      }
    },

    async head(key, { signal } = {}) {
      signal?.throwIfAborted();
      return factsOf(await onDisk(() => stat(fileOf(key), { bigint: true })));
    },

    async delete(key, { signal } = {}) {
      signal?.throwIfAborted();
      await onDisk(() => rm(fileOf(key), { force: true }));
      await onDisk(() => removeEmptyFolders(root, path.dirname(fileOf(key))));
    },

    async list(prefix, { after = '', limit, signal }) {
      requireListLimit(limit);
      const objects: ListedObject[] = [];
      await onDisk(async () => {
        for await (const object of walkObjects(root, prefix, after)) {
          signal?.throwIfAborted();
          objects.push(object);
          if (objects.length > limit) break;
        }
      });
      if (objects.length <= limit) return { objects, next: undefined };
      objects.pop();
      return { objects, next: objects.at(-1)?.key };
    },

    async copy(from, to, { signal } = {}) {
      signal?.throwIfAborted();
      return makeObject(to, false, (temporary) => onDisk(() => copyDurably(fileOf(from), temporary)));
    },

    ...createLocalMultipart({ uploads, temporaryFile, publish: publishKey }),
    sign: undefined,
    close: async () => undefined,
  };
}

/** Files that a process which died left half written. */
export async function removeForgotten(folder: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    try {
      if ((await stat(file)).mtimeMs < beforeMs) await rm(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
    }
  }
}
