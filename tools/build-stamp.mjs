// Runs before anything is installed: Node's built-ins alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './setup.mjs';

export const SERVER_BUNDLE = 'server/dist/main.js';
export const PAGES_FOLDER = 'web/dist';
const BUILDING = ['package-lock.json', 'tools/build.mjs', 'tools/build-stamp.mjs'];

/**
 * @typedef {object} Product
 * @property {string} name as `tools/build.mjs` takes it
 * @property {string} file that is there when it is built
 * @property {string} stamp where the digest of what it was built from is kept
 * @property {string[]} sources
 */

/** What `npm start` builds when it is not there or not from these sources. */
export const PRODUCTS = /** @type {const} @satisfies {Record<string, Product>} */ ({
  server: {
    name: 'server',
    file: SERVER_BUNDLE,
    stamp: 'server/dist/.sources',
    sources: ['server/src', 'python', 'server/package.json', ...BUILDING],
  },
  pages: {
    name: 'pages',
    file: `${PAGES_FOLDER}/index.html`,
    stamp: `${PAGES_FOLDER}/.sources`,
    sources: [
      'web/src',
      'web/index.html',
      'web/vite.config.ts',
      'web/package.json',
      'client/src',
      'tools/build-pages.mjs',
      ...BUILDING,
    ],
  },
});

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
    } else if (!/\.test\.tsx?$/.test(relative)) {
      hash.update(`${relative}\0${stat.size}\0${stat.mtimeMs}\n`);
    }
  };
  for (const source of sources) add(source);
  return hash.digest('hex');
}

/** @param {Product} product */
function isBuilt({ file, stamp, sources }) {
  const record = path.join(root, stamp);
  if (!existsSync(path.join(root, file)) || !existsSync(record)) return false;
  return readFileSync(record, 'utf8') === fingerprint(root, sources);
}

/**
 * Builds those of the products that are not built from exactly their sources.
 * @param {Product[]} products
 * @returns {boolean} false when the build failed; it has said why
 */
function ensureBuilt(...products) {
  const missing = products.filter((product) => !isBuilt(product));
  if (missing.length === 0) return true;
  // A process of its own: esbuild keeps a service running that nobody else must inherit.
  const build = [path.join(root, 'tools/build.mjs'), ...missing.map(({ name }) => name)];
  return spawnSync(process.execPath, build, { stdio: ['ignore', 2, 2] }).status === 0;
}

export const ensureServerBuilt = () => ensureBuilt(PRODUCTS.server);
export const ensurePagesBuilt = () => ensureBuilt(PRODUCTS.pages);
/** Both, as `npm start` needs them. */
export const ensureAllBuilt = () => ensureBuilt(PRODUCTS.server, PRODUCTS.pages);

/**
 * The digest to hand to `recordBuild`; taken before the build, so that an edit made meanwhile is not lost.
 * @param {Product} product
 */
export const fingerprintOf = ({ sources }) => fingerprint(root, sources);

/** @param {Product} product @param {string} digest */
export function recordBuild({ stamp }, digest) {
  writeFileSync(path.join(root, stamp), digest);
}
