import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type KeyPrefix, parseObjectKey } from '../object-key.ts';
import type { ListedObject } from '../port.ts';
import { codeOf } from './local-files.ts';

/** Objects end with this, so that the object `a` and the folder of `a/b` can lie side by side. */
export const OBJECT_SUFFIX = '.bin';

/** Walks keys in ascending order, entering only folders that can hold keys with the prefix behind `after`. */
export async function* walkObjects(
  root: string,
  prefix: KeyPrefix,
  after: string,
): AsyncGenerator<ListedObject, void, undefined> {
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  yield* walkFolder(start);

  async function* walkFolder(folderKey: string): AsyncGenerator<ListedObject, void, undefined> {
    for (const entry of await entriesOf(path.join(root, folderKey))) {
      const key = folderKey + entry;
      if (entry.endsWith('/')) {
        const wanted = key.startsWith(prefix) || prefix.startsWith(key);
        if (wanted && (key > after || after.startsWith(key))) yield* walkFolder(key);
      } else if (key.startsWith(prefix) && key > after) {
        const sizeBytes = await sizeOf(path.join(root, key + OBJECT_SUFFIX));
        if (sizeBytes !== undefined) yield { key: parseObjectKey(key), sizeBytes };
      }
    }
  }
}

/** Names in the order of the keys they stand for: a folder sorts as its name and `/`. */
async function entriesOf(folder: string): Promise<string[]> {
  let entries: Awaited<ReturnType<typeof readNames>>;
  try {
    entries = await readNames(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  return entries
    .flatMap((entry) => {
      if (entry.isDirectory()) return entry.name.startsWith('.') ? [] : [`${entry.name}/`];
      return entry.name.endsWith(OBJECT_SUFFIX) ? [entry.name.slice(0, -OBJECT_SUFFIX.length)] : [];
    })
    .sort((a, b) => (a < b ? -1 : 1));
}

const readNames = (folder: string) => readdir(folder, { withFileTypes: true });

/** Undefined where it was deleted since the folder was read. */
async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
