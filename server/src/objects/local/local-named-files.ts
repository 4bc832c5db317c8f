import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { randomHexId } from '../../kernel/ids.ts';
import { type FilePath, type NamedFiles, parseFilePath, requireFolder } from '../named-files.ts';
import type { ObjectBody } from '../port.ts';
import { requireListLimit } from '../stored-names.ts';
import { codeOf, onDisk, publish, removeEmptyFolders, writeFileDurably } from './local-files.ts';
import { removeForgotten } from './local-store.ts';

// Other programs of this machine read tables, if they are in the server's group.
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Files of a folder under their own paths. `.incoming` holds those that are being written. */
export async function openLocalNamedFiles({
  folder,
  clock,
}: {
  /** Made when missing. */
  readonly folder: string;
  readonly clock: Clock;
}): Promise<NamedFiles> {
  const root = path.resolve(folder);
  const incoming = path.join(root, '.incoming');
  await onDisk(() => mkdir(incoming, { recursive: true, mode: FOLDER_MODE }));
  await onDisk(() => removeForgotten(incoming, clock.nowMs() - DAY_MS));

  const placeOf = (file: FilePath): string => path.join(root, file);

  async function write(file: FilePath, body: ObjectBody, ifAbsent: boolean, signal?: AbortSignal) {
    const temporary = path.join(incoming, randomHexId());
    try {
      const { sizeBytes } = await writeFileDurably(temporary, body, { signal, mode: FILE_MODE });
      await onDisk(() => publish(temporary, placeOf(file), { root, ifAbsent, folderMode: FOLDER_MODE }));
      return { sizeBytes };
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  return {
    put: (file, body, { signal } = {}) => write(file, body, false, signal),

    async putIfAbsent(file, content, { signal } = {}) {
      await write(file, once(content), true, signal);
    },

    async get(file, { signal } = {}) {
      signal?.throwIfAborted();
      const handle = await onDisk(() => open(placeOf(file), 'r'));
      try {
        const { size } = await handle.stat();
        return { stream: createReadStream('', { fd: handle, signal }), sizeBytes: size };
      } catch (error) {
        await handle.close();
        throw error;
      }
    },

    async head(file, { signal } = {}) {
      signal?.throwIfAborted();
      return { sizeBytes: (await onDisk(() => stat(placeOf(file)))).size };
    },

    async list(inside, { after = '', limit, signal }) {
      requireFolder(inside);
      requireListLimit(limit);
      const found = await onDisk(() => namesBelow(root, inside));
      const page = found.filter((name) => name > after).slice(0, limit + 1);
      const files = [];
      for (const name of page.slice(0, limit)) {
        signal?.throwIfAborted();
        const sizeBytes = await sizeOf(path.join(root, name));
        if (sizeBytes !== undefined) files.push({ path: parseFilePath(name), sizeBytes });
      }
      return { files, next: page.length > limit ? page[limit - 1] : undefined };
    },

    async delete(file, { signal } = {}) {
      signal?.throwIfAborted();
      await onDisk(() => rm(placeOf(file), { force: true }));
      await onDisk(() => removeEmptyFolders(root, path.dirname(placeOf(file))));
    },

    urlOf: placeOf,
    localPath: placeOf,
    close: async () => undefined,
  };
}

/** Paths from the root, in the order of their letters. */
async function namesBelow(root: string, inside: string): Promise<string[]> {
  let entries: Awaited<ReturnType<typeof readNames>>;
  try {
    entries = await readNames(path.join(root, inside));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  const names: string[] = [];
  for (const entry of entries) {
    // Of programs that write beside us; no path of ours begins with a dot.
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) names.push(...(await namesBelow(root, `${inside}${entry.name}/`)));
    else if (isPath(inside + entry.name)) names.push(inside + entry.name);
  }
  return names.sort((a, b) => (a < b ? -1 : 1));
}

const readNames = (folder: string) => readdir(folder, { withFileTypes: true });

function isPath(name: string): boolean {
  try {
    parseFilePath(name);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where it was deleted since the folder was read. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
