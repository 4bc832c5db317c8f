// A PostgreSQL of our own for tests and benchmarks, from the binaries of the machine, on a free port, with its data
// in a temporary folder.
//
//   const postgres = await startPostgres();
//   … postgres.url …                 a superuser's URL without password; any number of databases may be made
//   await postgres.kill();           as kill -9 of the whole server does
//   await postgres.restart();        orderly when it runs, else start from what kill left
//   await postgres.stop();           ends it and removes its data
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const DEBIAN_BINARIES = '/usr/lib/postgresql';

/**
 * @typedef {object} Postgres
 * @property {string} url of the database `postgres`, as its superuser
 * @property {() => Promise<void>} stop ends the server and removes its data
 * @property {() => Promise<void>} restart stops it in order if it runs, then starts it on the same port and data
 * @property {() => Promise<void>} kill ends all its processes at once; what was not on disk is lost
 */

/** The folder with `initdb` and `postgres`, the newest there is, or undefined where the machine has none. */
export function findPostgres() {
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  if (existsSync(DEBIAN_BINARIES)) {
    const versions = readdirSync(DEBIAN_BINARIES).sort((a, b) => Number(b) - Number(a));
    folders.push(...versions.map((version) => path.join(DEBIAN_BINARIES, version, 'bin')));
  }
  const complete = folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(path.join(folder, name))),
  );
  return complete && path.dirname(realpathSync(path.join(complete, 'initdb')));
}

/**
 * Like `findPostgres`, but installs Debian's package first where that is possible (root, apt-get).
 * @returns {string | undefined}
 */
export function ensurePostgres() {
  const found = findPostgres();
  if (found || process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return found;
  process.stderr.write('Installing PostgreSQL for the tests (apt-get) …\n');
  const apt = (/** @type {string[]} */ ...args) =>
    spawnSync('apt-get', args, {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  const install = () => apt('install', '--yes', '--quiet', '--no-install-recommends', 'postgresql');
  // Package lists may be missing or old; fetching them takes longer than trying.
  if (install().status !== 0) {
    apt('update', '--quiet');
    install();
  }
  return findPostgres();
}

/**
 * @param {object} [options]
 * @param {boolean} [options.durable] wait for the disk at every commit, as in production; tests need not
 * @param {Record<string, string>} [options.settings] more lines of postgresql.conf
 * @returns {Promise<Postgres>}
 */
export async function startPostgres({ durable = false, settings = {} } = {}) {
  const binaries = findPostgres();
  if (!binaries) throw new Error('PostgreSQL is not installed: initdb and postgres are not on the PATH');
  const user = unprivilegedUser();
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-postgres-'));
  if (user) chownSync(folder, user.uid, user.gid);
  const data = path.join(folder, 'data');
  const initdb = spawnSync(
    path.join(binaries, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...user, cwd: folder, encoding: 'utf8' },
  );
  if (initdb.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`initdb failed: ${initdb.stderr || initdb.error?.message}`);
  }
  const port = await freePort();
  const lines = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...settings,
  };
  const args = ['-D', data, ...Object.entries(lines).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const start = () => startServer(path.join(binaries, 'postgres'), args, { ...user, cwd: folder });

  let server = await start();
  const endWithUs = () => endGroup(server, 'SIGKILL');
  process.once('exit', endWithUs);

  const kill = async () => {
    if (!isRunning(server)) return;
    const ended = once(server, 'exit');
    endGroup(server, 'SIGKILL');
    await ended;
  };
  const shutDown = async () => {
    if (!isRunning(server)) return;
    const ended = once(server, 'exit');
    // SIGINT is PostgreSQL's fast shutdown: sessions are ended, data is written out.
    server.kill('SIGINT');
    const deadline = setTimeout(endWithUs, STOP_DEADLINE_MS);
    await ended;
    clearTimeout(deadline);
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    kill,
    async restart() {
      await shutDown();
      server = await start();
    },
    async stop() {
      await shutDown();
      process.removeListener('exit', endWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * PostgreSQL refuses to run as root, so root starts it as the user that its package made, or as nobody.
 * @returns {{uid: number, gid: number} | undefined}
 */
function unprivilegedUser() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ask = (/** @type {string} */ flag) =>
      Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || NaN);
    const [uid, gid] = [ask('-u'), ask('-g')];
    if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

/**
 * @param {string} binary
 * @param {string[]} args
 * @param {{cwd: string, uid?: number, gid?: number}} options
 */
async function startServer(binary, args, options) {
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    // A process group of its own, so that kill reaches every process of the server at once.
    const server = spawn(binary, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
    const log = await readyOrEnd(server, deadline);
    if (log === undefined) return server;
    // After a kill the last processes of the old server may still hold its shared memory for a moment.
    if (Date.now() > deadline || !/still in use|already in use|lock file/.test(log)) {
      throw new Error(`PostgreSQL did not start: ${log}`);
    }
    await sleep(100);
  }
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<null, null, import('node:stream').Readable>} server
 * @param {number} deadline
 * @returns {Promise<string | undefined>} undefined when it accepts connections, else what it said before it ended
 */
function readyOrEnd(server, deadline) {
  return new Promise((resolve, reject) => {
    let log = '';
    const timer = setTimeout(() => endGroup(server, 'SIGKILL'), deadline - Date.now());
    server.stderr.setEncoding('utf8');
    server.stderr.on('data', (/** @type {string} */ text) => {
      // Read on for ever, so that the server never blocks on a full pipe; keep the beginning only.
      if (log.length < 10_000) log += text;
      if (!log.includes('ready to accept connections')) return;
      clearTimeout(timer);
      // Neither the process nor its log keeps a finished program from ending.
      server.unref();
      /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (server.stderr)).unref();
      resolve(undefined);
    });
    server.once('error', reject);
    server.once('exit', () => {
      clearTimeout(timer);
      resolve(log);
    });
  });
}

/** @param {import('node:child_process').ChildProcess} server */
const isRunning = (server) => server.exitCode === null && server.signalCode === null;

/**
 * @param {import('node:child_process').ChildProcess} server
 * @param {NodeJS.Signals} signal
 */
function endGroup(server, signal) {
  if (!isRunning(server) || server.pid === undefined) return;
  try {
    process.kill(-server.pid, signal);
  } catch (error) {
    // It ended in this very moment.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/** A TCP port of loopback that nobody listens on. @returns {Promise<number>} */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}
