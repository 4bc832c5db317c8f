import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, unavailable } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';

/**
 * Copies of models' files on this machine, named by the digest of all their bytes: made once, checked while they are
 * written, never changed after, shared by whoever serves the same bytes, and bounded.
 */
export interface ModelFiles {
  /** @throws AppError InvalidState for bytes that are not those of the list; Unavailable where a copy cannot be had now. */
  ensure(source: ModelSource, signal: AbortSignal): Promise<ModelCopy>;
  /** Keeps a copy from being removed until the returned function is called. */
  inUse(digest: string): () => void;
  /** Removes the longest unused copies that nobody uses until the others are within the bound; what was left behind too. */
  collect(): Promise<void>;
}

export interface ModelSource {
  /** In sentences: `version 7 of 'prod.ml.fraud_score'`. */
  readonly what: string;
  readonly files: readonly SourceFile[];
  open(path: string): Promise<Readable>;
}

export interface SourceFile {
  /** Below the model's folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex; null where nobody has computed it yet. */
  readonly sha256: string | null;
}

export interface ModelCopy {
  readonly folder: string;
  readonly digest: string;
  readonly files: readonly (SourceFile & { readonly sha256: string })[];
}

export interface ModelFilesOptions {
  readonly folder: string;
  readonly maxBytes: number;
  nowMs(): number;
}

const DRAFT = /^\.[0-9a-f]{16}\.(\d+)\.[0-9a-f]{8}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const FACTS = 'files.json';

export function createModelFiles({ folder, maxBytes, nowMs }: ModelFilesOptions): ModelFiles {
  const running = new Map<string, Promise<ModelCopy>>();
  const users = new Map<string, number>();

  async function find(digest: string): Promise<ModelCopy | undefined> {
    const place = join(folder, digest);
    let text: string;
    try {
      text = await readFile(join(place, FACTS), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw onDisk(error);
    }
    return { folder: join(place, 'model'), digest, files: JSON.parse(text) as ModelCopy['files'] };
  }

  async function touch(digest: string): Promise<void> {
    const seconds = nowMs() / 1000;
    await utimes(join(folder, digest), seconds, seconds);
  }

  async function fetch(source: ModelSource, signal: AbortSignal): Promise<ModelCopy> {
    const draft = join(
      folder,
      `.${digestOfNames(source.files).slice(0, 16)}.${process.pid}.${randomBytes(4).toString('hex')}`,
    );
    try {
      await mkdir(join(draft, 'model'), { recursive: true, mode: 0o755 });
      const files: (SourceFile & { readonly sha256: string })[] = [];
      for (const file of source.files) {
        const sha256 = await copyFile(source, { file, to: join(draft, 'model'), signal });
        files.push({ ...file, sha256 });
      }
      const digest = digestOf(files);
      await writeFile(join(draft, FACTS), JSON.stringify(files));
      await makeReadOnly(join(draft, 'model'));
      await publish(draft, join(folder, digest));
      await touch(digest);
      return { folder: join(folder, digest, 'model'), digest, files };
    } catch (error) {
      await removeTree(draft);
      throw error instanceof AppError ? error : onDisk(error);
    }
  }

  return {
    async ensure(source, signal) {
      const known = source.files.every(({ sha256 }) => sha256 !== null)
        ? digestOf(source.files as ModelCopy['files'])
        : undefined;
      const found = known === undefined ? undefined : await find(known);
      if (found !== undefined) {
        await touch(found.digest);
        return found;
      }
      const key = known ?? `${source.what}:${digestOfNames(source.files)}`;
      const underWay = running.get(key);
      if (underWay !== undefined) return underWay;
      const fetching = fetch(source, signal).finally(() => running.delete(key));
      running.set(key, fetching);
      return fetching;
    },

    inUse(digest) {
      users.set(digest, (users.get(digest) ?? 0) + 1);
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        const left = users.get(digest)! - 1;
        if (left === 0) users.delete(digest);
        else users.set(digest, left);
      };
    },

    async collect() {
      await mkdir(folder, { recursive: true, mode: 0o755 });
      const copies: { digest: string; sizeBytes: number; usedAt: number }[] = [];
      for (const name of await readdir(folder)) {
        const [, pid] = DRAFT.exec(name) ?? [];
        if (pid !== undefined && !isAlive(Number(pid))) await removeTree(join(folder, name));
        if (!DIGEST.test(name)) continue;
        const copy = await find(name);
        // A folder without its list was being removed.
        if (copy === undefined) await removeTree(join(folder, name));
        else
          copies.push({
            digest: name,
            sizeBytes: copy.files.reduce((sum, file) => sum + file.sizeBytes, 0),
            usedAt: (await stat(join(folder, name))).mtimeMs,
          });
      }
      let total = copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      for (const { digest, sizeBytes } of copies.sort((a, b) => a.usedAt - b.usedAt)) {
        if (total <= maxBytes) return;
        if (users.has(digest)) continue;
        await rm(join(folder, digest, FACTS), { force: true });
        await removeTree(join(folder, digest));
        total -= sizeBytes;
      }
    },
  };
}

/** Of paths, sizes and bytes of all files together. */
function digestOf(files: ModelCopy['files']): string {
  const hash = createHash('sha256');
  for (const { path, sizeBytes, sha256 } of [...files].sort(byPath))
    hash.update(`${JSON.stringify(path)} ${sizeBytes} ${sha256}\n`);
  return hash.digest('hex');
}

const digestOfNames = (files: readonly SourceFile[]): string =>
  createHash('sha256')
    .update(JSON.stringify([...files].sort(byPath).map(({ path, sizeBytes }) => [path, sizeBytes])))
    .digest('hex');

const byPath = (a: SourceFile, b: SourceFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);

/** @returns the SHA-256 of what was written @throws AppError InvalidState where that is not what it should be. */
async function copyFile(
  source: ModelSource,
  { file, to, signal }: { readonly file: SourceFile; readonly to: string; readonly signal: AbortSignal },
): Promise<string> {
  const target = join(to, parseArtifactPath(file.path));
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await pipeline(
    await source.open(file.path),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        sizeBytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(target, { mode: 0o444 }),
    { signal },
  );
  const sha256 = hash.digest('hex');
  if (sizeBytes !== file.sizeBytes || (file.sha256 !== null && file.sha256 !== sha256))
    throw new AppError(
      'InvalidState',
      `The file '${file.path.slice(0, 200)}' of ${source.what} has been changed: its SHA-256 is ${sha256}, and ${file.sha256 ?? `${file.sizeBytes} bytes`} was registered.`,
    );
  return sha256;
}

async function makeReadOnly(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await makeReadOnly(join(folder, entry.name));
  await chmod(folder, 0o555);
}

/** Whoever comes second finds the same bytes there. */
async function publish(draft: string, place: string): Promise<void> {
  try {
    await rename(draft, place);
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error;
    await removeTree(draft);
  }
}

/** Folders that nobody may write to keep their files. */
async function removeTree(folder: string): Promise<void> {
  await makeWritable(folder);
  await rm(folder, { recursive: true, force: true });
}

async function makeWritable(folder: string): Promise<void> {
  try {
    await chmod(folder, 0o755);
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | undefined)?.code;

const onDisk = (error: unknown): AppError =>
  unavailable("The model's files cannot be kept on this machine now.", { cause: error });
