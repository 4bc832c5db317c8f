// Runs before anything is installed: Node's built-ins alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

export const SERVER_BUNDLE = 'server/dist/main.js';
const STAMP = 'server/dist/.sources';
const SOURCES = [
  'server/src',
  'server/package.json',
  'package-lock.json',
  'tools/build.mjs',
  'tools/build-stamp.mjs',
];

/**
 * A digest of names, sizes and times of change of everything that the bundle is made from. Unlike "newer than", it
 * also notices files that were deleted, renamed, or brought back with an old date.
 * @param {string} folder
 * @param {string[]} sources files and folders below it
 */
export function fingerprint(folder, sources) {
  const hash = createHash('sha256');
  const add = (/** @type {string} */ relative) => {
    const absolute = path.join(folder, relative);
    const stat = statSync(absolute);
    if (stat.isDirectory()) {
      for (const name of readdirSync(absolute).sort()) add(`${relative}/${name}`);
    } else if (!relative.endsWith('.test.ts')) {
      hash.update(`${relative}\0${stat.size}\0${stat.mtimeMs}\n`);
    }
  };
  for (const source of sources) add(source);
  return hash.digest('hex');
}

function isServerBuilt() {
  const stamp = path.join(root, STAMP);
  if (!existsSync(path.join(root, SERVER_BUNDLE)) || !existsSync(stamp)) return false;
  return readFileSync(stamp, 'utf8') === fingerprint(root, SOURCES);
}

/**
 * Builds the server unless it is built from exactly these sources.
 * @returns {boolean} false when the build failed; it has said why
 */
export function ensureServerBuilt() {
  if (isServerBuilt()) return true;
  // A process of its own: esbuild keeps a service running that nobody else must inherit.
  const build = [path.join(root, 'tools/build.mjs'), 'server'];
  return spawnSync(process.execPath, build, { stdio: ['ignore', 2, 2] }).status === 0;
}

/** The digest to hand to `recordServerBuild`; taken before the build, so that an edit made meanwhile is not lost. */
export const serverFingerprint = () => fingerprint(root, SOURCES);

/** @param {string} digest */
export function recordServerBuild(digest) {
  writeFileSync(path.join(root, STAMP), digest);
}
