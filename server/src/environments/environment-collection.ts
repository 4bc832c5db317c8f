import { randomBytes } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { KeptEnvironment } from './environments.ts';

/** Of the empty file whose time tells when an environment was last used. */
export const USED_SUFFIX = '.used';

/** Another process may use what it marked as long ago: it renews its mark every minute. */
const FRESH_MS = 5 * 60_000;
/** A draft as old belongs to no build that goes on. */
const DRAFT_MS = 60 * 60_000;

export async function listEnvironments(
  folder: string,
  isInUse: (key: string) => boolean,
): Promise<readonly KeptEnvironment[]> {
  const kept: KeptEnvironment[] = [];
  for (const key of await namesIn(folder)) {
    if (!/^[0-9a-f]{64}$/.test(key)) continue;
    const place = path.join(folder, key);
    const text = await readFile(path.join(place, 'environment.json'), 'utf8').catch(absent);
    // Collected just now by another process.
    if (text === undefined) continue;
    const { sizeBytes } = JSON.parse(text) as { readonly sizeBytes: number };
    const used = (await stat(place + USED_SUFFIX).catch(absent)) ?? (await stat(place).catch(absent));
    kept.push({ key, folder: place, sizeBytes, usedAt: used?.mtimeMs ?? 0, inUse: isInUse(key) });
  }
  return kept;
}

/**
 * Removes environments, the longest unused first, until the rest is within the bound; and what builds that were
 * interrupted left behind. Returns the keys.
 */
export async function collectEnvironments(
  folder: string,
  options: {
    readonly maxBytes: number;
    readonly now: number;
    readonly isInUse: (key: string) => boolean;
  },
): Promise<readonly string[]> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith('.draft.') && !name.startsWith('.gone.')) continue;
    const place = path.join(folder, name);
    const found = await stat(place).catch(absent);
    if (found !== undefined && options.now - found.mtimeMs > DRAFT_MS)
      await rm(place, { recursive: true, force: true });
  }
  const kept = await listEnvironments(folder, options.isInUse);
  let total = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const removed: string[] = [];
  for (const environment of kept.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (total <= options.maxBytes) break;
    if (environment.inUse || options.now - environment.usedAt < FRESH_MS) continue;
    // Away from its name first, whole: an interrupted removal leaves no half of an environment under a key.
    const gone = path.join(folder, `.gone.${randomBytes(6).toString('hex')}`);
    await rename(environment.folder, gone);
    await rm(environment.folder + USED_SUFFIX, { force: true });
    await rm(gone, { recursive: true, force: true });
    total -= environment.sizeBytes;
    removed.push(environment.key);
  }
  return removed;
}

/** Sum over the files below a folder. Files that are linked from the cache count whole. */
export async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sum += (await lstat(path.join(entry.parentPath, entry.name))).size;
  }
  return sum;
}

async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
