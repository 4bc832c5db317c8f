// Runs on the machine's own Node with nothing installed, so it imports Node's built-ins alone.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The Node that the product runs on: the one that the npm package `node` brought. */
export const pinnedNode = path.join(
  root,
  'node_modules',
  '.bin',
  process.platform === 'win32' ? 'node.exe' : 'node',
);

/**
 * How Node runs the server. Young objects are requests and their answers: with V8's preset of 16 MiB halves they
 * hold 80 MiB more of memory at no gain in speed.
 */
export const serverNodeFlags = ['--max-semi-space-size=8'];

const OLDEST_NODE = [20, 19];

/**
 * Whether a Node version can run these tools.
 * @param {string} version as in `process.versions.node`
 */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * The packages that the lockfile demands and that are not installed in that version. npm writes the record of what
 * it installed when it is done, so an interrupted installation shows as incomplete.
 * @param {unknown} lockfile content of package-lock.json
 * @param {unknown} installed content of node_modules/.package-lock.json
 * @returns {string[]} paths such as `node_modules/fastify`
 */
export function missingPackages(lockfile, installed) {
  const wanted = packagesOf(lockfile);
  const present = packagesOf(installed);
  return Object.keys(wanted).filter((name) => {
    const entry = wanted[name];
    // Workspaces are links, and optional packages are often for other platforms.
    if (!entry || !name.startsWith('node_modules/') || entry.link) return false;
    if (entry.optional || entry.devOptional || entry.peer) return false;
    return present[name]?.version !== entry.version;
  });
}

/**
 * @typedef {{version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, peer?: boolean}} LockEntry
 * @param {unknown} document
 * @returns {Record<string, LockEntry | undefined>}
 */
function packagesOf(document) {
  const packages = /** @type {{packages?: Record<string, LockEntry>} | undefined} */ (document)?.packages;
  return packages ?? {};
}

function isInstalled() {
  const record = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || !existsSync(pinnedNode)) return false;
  const read = (/** @type {string} */ file) => JSON.parse(readFileSync(file, 'utf8'));
  return missingPackages(read(path.join(root, 'package-lock.json')), read(record)).length === 0;
}

function install() {
  process.stderr.write('Installing the locked packages (npm ci) …\n');
  // `npm run` puts node_modules/.bin first on the PATH; npm must not run on the Node that it is about to replace.
  const cleanPath = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => !folder.endsWith(path.join('node_modules', '.bin')))
    .join(path.delimiter);
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // The CUDA files of onnxruntime-node come from elsewhere; older versions of npm run its script unasked.
    env: { ...process.env, PATH: cleanPath, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error)
    fail(`npm could not be started: ${result.error.message}. Install npm, which comes with Node.js.`);
  if (result.status !== 0) fail('npm ci failed; its message stands above.');
  if (!existsSync(pinnedNode)) {
    fail(
      `npm ci did not bring ${path.relative(root, pinnedNode)}; were install scripts switched off (ignore-scripts)?`,
    );
  }
}

/** Makes the checkout runnable: the right Node, every locked package. Takes some milliseconds when all is there. */
export function ensureInstalled() {
  if (!isSupportedNode(process.versions.node)) {
    fail(
      `Slipway needs Node.js ${OLDEST_NODE.join('.')} or newer to set itself up; this is ${process.version}.`,
    );
  }
  if (!isInstalled()) install();
}

/**
 * Installs what is missing and continues the calling script on the pinned Node; returns when it runs there.
 * A script calls this before it imports anything that is not built in.
 */
export async function ensurePinnedNode() {
  ensureInstalled();
  const pinned = JSON.parse(
    readFileSync(path.join(root, 'node_modules', 'node', 'package.json'), 'utf8'),
  ).version;
  process.env.PATH = `${path.dirname(pinnedNode)}${path.delimiter}${process.env.PATH ?? ''}`;
  if (process.versions.node === pinned) return;
  await continueAs(pinnedNode, process.argv.slice(1));
}

/**
 * Ends this process in favour of another program: signals reach that program and its exit code becomes ours.
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<never>}
 */
export async function continueAs(file, args, env = process.env) {
  // Where the platform can replace the process, no launcher stays in memory and no signal needs forwarding.
  if (typeof process.execve === 'function' && process.platform !== 'win32') {
    process.execve(file, [file, ...args], definedOnly(env));
  }
  // A process group of its own: Ctrl-C then reaches the child once, through us, and not a second time from the terminal.
  const child = spawn(file, args, { stdio: 'inherit', env, detached: process.platform !== 'win32' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(status ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  process.exit(code);
}

/** @param {NodeJS.ProcessEnv} env */
function definedOnly(env) {
  return /** @type {Record<string, string>} */ (
    Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
  );
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
