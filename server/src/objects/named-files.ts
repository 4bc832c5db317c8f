import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AppError, invalidArgument, invalidState } from '../kernel/errors.ts';
import { type Branded, randomHexId } from '../kernel/ids.ts';
import type { KeyPrefix, ObjectKey } from './object-key.ts';
import type { CallOptions, ListOptions, ObjectBody, ObjectStore } from './port.ts';

/**
 * Files under names that other programs know, as the formats of tables want them: `<table>/_delta_log/0…0.json`. What
 * `ObjectStore` promises of keys holds for them, and `conformance/named-files-suite.ts` asks every adapter:
 *
 * 1. A file is visible whole or not at all, and what `put` and `putIfAbsent` resolved with survives a crash.
 * 2. After they or `delete` resolve, everyone sees it.
 * 3. Of any number of simultaneous `putIfAbsent`s on one path one succeeds, and the others are AlreadyExists. One that
 *    ends with Unavailable may have succeeded.
 * 4. On a local folder a file lies under its own path, for readers of the server's user and group.
 */
export interface NamedFiles {
  put(path: FilePath, body: ObjectBody, options?: CallOptions): Promise<{ readonly sizeBytes: number }>;
  /** @throws AppError AlreadyExists; Unavailable, where nobody knows whether it happened. */
  putIfAbsent(path: FilePath, content: Uint8Array, options?: CallOptions): Promise<void>;
  /** The caller reads the stream to its end or destroys it. @throws AppError NotFound */
  get(
    path: FilePath,
    options?: CallOptions,
  ): Promise<{ readonly stream: Readable; readonly sizeBytes: number }>;
  /** @throws AppError NotFound */
  head(path: FilePath, options?: CallOptions): Promise<{ readonly sizeBytes: number }>;
  /** In ascending order of their letters, by folders: `folder` is empty, or ends with `/`. */
  list(folder: string, options: ListOptions): Promise<FilePage>;
  /** Absent already is a success. */
  delete(path: FilePath, options?: CallOptions): Promise<void>;
  /** How other programs call it: `/folder/path` or `s3://bucket/prefix/path`. */
  urlOf(path: FilePath): string;
  /** Where programs on this machine find it, if they do. */
  localPath(path: FilePath): string | undefined;
  close(): Promise<void>;
}

export interface FilePage {
  readonly files: readonly { readonly path: FilePath; readonly sizeBytes: number }[];
  /** Absent on the last page. */
  readonly next: string | undefined;
}

export type FilePath = Branded<'FilePath'>;

const MAX_CHARACTERS = 700;
const PART = '(?!\\.)[A-Za-z0-9._=%-]{1,200}';
const PATH = new RegExp(`^${PART}(?:/${PART})*$`);
const FOLDER = new RegExp(`^(?:${PART}/)*$`);

/**
 * Letters, digits and `._=%-` in parts separated by `/`; no part begins with a dot.
 * @throws AppError InvalidArgument
 */
export function parseFilePath(text: string): FilePath {
  if (text.length > MAX_CHARACTERS || !PATH.test(text))
    throw invalidArgument(`Not the path of a file: '${text.slice(0, 200)}'.`);
  return text as FilePath;
}

/** @throws AppError InvalidArgument */
export function requireFolder(text: string): void {
  if (text.length > MAX_CHARACTERS || !FOLDER.test(text))
    throw invalidArgument(`Not the path of a folder: '${text.slice(0, 200)}'.`);
}

/** A small file, whole. @throws AppError NotFound */
export async function readNamedFile(files: NamedFiles, path: FilePath): Promise<Buffer> {
  const { stream } = await files.get(path);
  return buffer(stream);
}

/**
 * Makes sure that the store knows conditional writes: one that overlooks the condition lets two writers of a table
 * overwrite each other's commits, and says nothing.
 * @throws AppError InvalidState for such a store; Unavailable.
 */
export async function requireConditionalPut(files: NamedFiles): Promise<void> {
  const probe = parseFilePath(`conditional-put-${randomHexId()}`);
  try {
    await files.putIfAbsent(probe, Buffer.from('1'));
    await files.putIfAbsent(probe, Buffer.from('2'));
  } catch (error) {
    if (error instanceof AppError && error.code === 'AlreadyExists') return;
    throw error;
  } finally {
    await files.delete(probe);
  }
  throw invalidState(
    'The store of tables overwrites files that it was told to leave alone (If-None-Match): tables cannot be kept there.',
  );
}

/**
 * Named files in a bucket: the adapter of the store does the work, opened with `readKey: parseStoredPath`, so that it
 * finds these names when it lists.
 */
export function namedFilesIn(store: ObjectStore, root: string): NamedFiles {
  // The adapters put a key behind their prefix and send it: whatever `parseFilePath` lets through is a name in a bucket.
  const keyOf = (path: FilePath): ObjectKey => path as string as ObjectKey;
  return {
    put: (path, body, options) => store.put(keyOf(path), body, options),
    async putIfAbsent(path, content, options) {
      await store.put(keyOf(path), once(content), {
        ...options,
        ifAbsent: true,
        expectedSizeBytes: content.length,
      });
    },
    get: (path, options) => store.get(keyOf(path), options),
    head: (path, options) => store.head(keyOf(path), options),
    async list(folder, options) {
      requireFolder(folder);
      const { objects, next } = await store.list(folder as KeyPrefix, options);
      return { files: objects.map(({ key, sizeBytes }) => ({ path: parseFilePath(key), sizeBytes })), next };
    },
    delete: (path, options) => store.delete(keyOf(path), options),
    urlOf: (path) => `${root}/${path}`,
    localPath: () => undefined,
    close: () => store.close(),
  };
}

/** What adapters take for a key where they keep named files. */
export const parseStoredPath = (text: string): ObjectKey => parseFilePath(text) as string as ObjectKey;

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
