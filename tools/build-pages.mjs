// The web pages as files to serve: Vite's build, and beside each file that gets smaller by it its compressed forms.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { fingerprintOf, PAGES_FOLDER, PRODUCTS, recordBuild } from './build-stamp.mjs';
import { pinnedNode, root } from './setup.mjs';

/** Below this a compressed form saves no packet. */
const SMALLEST_BYTES = 1024;
/** Brotli's best takes a second for each megabyte, and what is that large is loaded by few. */
const LARGE_BYTES = 1024 * 1024;
const COMPRESSIBLE = /\.(html|js|mjs|css|json|svg|wasm|map)$/;

/** Builds into a folder aside and puts it in place whole: a running server never sees half a build. */
export async function buildPages() {
  process.stderr.write('Building the web pages …\n');
  const digest = fingerprintOf(PRODUCTS.pages);
  const draft = path.join(root, 'node_modules/.cache', `slipway-pages-${process.pid}`);
  try {
    runVite(draft);
    await compressFolder(draft);
    putInPlace(draft, path.join(root, PAGES_FOLDER));
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  recordBuild(PRODUCTS.pages, digest);
}

/** @param {string} folder */
function runVite(folder) {
  mkdirSync(path.dirname(folder), { recursive: true });
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  const result = spawnSync(
    pinnedNode,
    [vite, 'build', 'web', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'],
    // Test runners set another mode, in which React is slow and talkative.
    { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, NODE_ENV: 'production' } },
  );
  if (result.status !== 0) throw new Error('The web pages do not build; the messages stand above.');
}

/** @param {string} folder */
async function compressFolder(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && COMPRESSIBLE.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  await Promise.all(files.map(compress));
}

/** @param {string} file */
async function compress(file) {
  const content = await readFile(file);
  if (content.length < SMALLEST_BYTES) return;
  const quality = content.length > LARGE_BYTES ? 9 : 11;
  const [brotli, zipped] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  if (brotli.length < content.length) await writeFile(`${file}.br`, brotli);
  if (zipped.length < content.length) await writeFile(`${file}.gz`, zipped);
}

/** @param {string} draft @param {string} place */
function putInPlace(draft, place) {
  const old = `${draft}-old`;
  for (let attempt = 1; ; attempt++) {
    try {
      rmSync(old, { recursive: true, force: true });
      renameIfThere(place, old);
      renameSync(draft, place);
      break;
    } catch (error) {
      // Another build, of tests that run side by side, has put its own there in this moment.
      if (attempt === 5) throw error;
    }
  }
  rmSync(old, { recursive: true, force: true });
}

/** @param {string} from @param {string} to */
function renameIfThere(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
}
