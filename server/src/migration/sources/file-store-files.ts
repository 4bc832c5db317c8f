import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { parse } from 'yaml';
import { invalidArgument } from '../../kernel/errors.ts';

/** The fields of a `meta.yaml`: texts, maps, lists and null. */
export type Meta = Readonly<Record<string, unknown>>;

const META = 'meta.yaml';

/** Undefined where there is none. @throws AppError InvalidArgument for one that cannot be read. */
export async function readMeta(folder: string): Promise<Meta | undefined> {
  const file = join(folder, META);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw invalidArgument(`${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  let meta: unknown;
  try {
    // Texts stay texts: what the writer leaves unquoted, such as the digest 12e45678, is a number to other readers.
    meta = parse(text, { schema: 'failsafe', customTags: ['null'], maxAliasCount: 0 });
  } catch (cause) {
    throw invalidArgument(`${file} is not YAML: ${(cause as Error).message}`, { cause });
  }
  if (typeof meta !== 'object' || meta === null || Array.isArray(meta)) {
    throw invalidArgument(`${file} holds no fields.`);
  }
  return meta as Meta;
}

/** Names of the folders in a folder, in the order of their letters; none where it is absent. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  // A link may stand for a folder: stores are split over disks that way.
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(join(folder, entry.name))))) {
      names.push(entry.name);
    }
  }
  return names.sort();
}

/** Paths of the files in a folder and all below it, with `/`; a key such as `val/loss` is a file in a folder. */
export async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.isFile()) files.push(entry.name);
    else if (entry.isDirectory()) {
      const below = await listFiles(join(folder, entry.name));
      files.push(...below.map((path) => posix.join(entry.name, path)));
    }
  }
  return files.sort();
}

/** One key and value a file; the value is the whole text. */
export async function readKeyed(folder: string): Promise<{ key: string; value: string }[]> {
  const keys = await listFiles(folder);
  return Promise.all(keys.map(async (key) => ({ key, value: await readFile(join(folder, key), 'utf8') })));
}

/** The lines of a file that are not empty. */
export async function* readLines(file: string): AsyncGenerator<string> {
  for await (const text of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (text.trim() !== '') yield text;
  }
}

export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw invalidArgument(`${folder} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

const isAbsent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
