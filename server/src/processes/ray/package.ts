import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';

/** Programs as a cluster takes them: a zip file whose name says what is in it. */
export interface ProgramPackage {
  /** `_ray_pkg_<hash>.zip`: a name that Ray keeps as a package. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END_HEADER = 0x06054b50;
const VERSION = 20;
/** The first day that a zip file can name: equal files give equal packages. */
const DATE = 0x21;
const READABLE = 0o100644 << 16;

/** The Python files of these folders of `root`. */
export async function packPrograms(root: string, folders: readonly string[]): Promise<ProgramPackage> {
  const files: { readonly name: string; readonly bytes: Buffer }[] = [];
  for (const folder of folders) {
    const names = (await readdir(path.join(root, folder))).filter(
      (name) => name.endsWith('.py') && !name.startsWith('test_'),
    );
    for (const name of names.sort())
      files.push({ name: `${folder}/${name}`, bytes: await readFile(path.join(root, folder, name)) });
  }
  const bytes = zip(files);
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 32);
  return { name: `_ray_pkg_${digest}.zip`, bytes };
}

/** Uncompressed: a few small files. */
function zip(files: readonly { readonly name: string; readonly bytes: Buffer }[]): Uint8Array {
  const bodies: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, bytes } of files) {
    const written = Buffer.from(name);
    // From the version that is needed to the length of extra fields: the same in both headers.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(VERSION, 0);
    facts.writeUInt16LE(DATE, 8);
    facts.writeUInt32LE(crc32(bytes), 10);
    facts.writeUInt32LE(bytes.length, 14);
    facts.writeUInt32LE(bytes.length, 18);
    facts.writeUInt16LE(written.length, 22);
    const local = Buffer.concat([numbers([4, LOCAL_HEADER]), facts, written, bytes]);
    bodies.push(local);
    const rest = numbers([2, 0], [2, 0], [2, 0], [4, READABLE], [4, at]);
    // Made on a system with modes of files.
    entries.push(Buffer.concat([numbers([4, CENTRAL_HEADER], [2, 0x0300 | VERSION]), facts, rest, written]));
    at += local.length;
  }
  const directory = Buffer.concat(entries);
  const count = files.length;
  const end = numbers(
    [4, END_HEADER],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, directory.length],
    [4, at],
    [2, 0],
  );
  return Buffer.concat([...bodies, directory, end]);
}

function numbers(...parts: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  const out = Buffer.alloc(parts.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of parts) at = out.writeUIntLE(value >>> 0, at, bytes);
  return out;
}
