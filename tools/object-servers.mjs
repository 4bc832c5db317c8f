// Object-store servers that tests run against: real programs that speak the protocols of S3, Azure Blob Storage and
// Google Cloud Storage. Those written in Go are built once (minutes) into a cache outside the checkout:
// $XDG_CACHE_HOME/slipway-tools, else ~/.cache/slipway-tools.
//
//   import { isInstalled, startObjectServer } from './object-servers.mjs';
//   const server = await startObjectServer('versitygw');   // { url, credentials, stop }
//
//   node tools/object-servers.mjs install            # all of them; or name some
//   node tools/object-servers.mjs start versitygw    # until Ctrl+C
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './postgres.mjs';
import { pythonEnv, pythonVariables } from './python-env.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'slipway-tools',
  'go',
);
const executable = process.platform === 'win32' ? '.exe' : '';
const START_TIMEOUT_MS = 60_000;

/** @typedef {{accessKeyId: string, secretAccessKey: string}} ObjectServerCredentials for azurite the account and its key */
/** @typedef {{url: string, credentials: ObjectServerCredentials, stop: () => Promise<void>}} ObjectServer */
/** @typedef {{folder: string, port: number, credentials: ObjectServerCredentials}} Place */
/** @typedef {{program: string, args: string[], env: NodeJS.ProcessEnv}} Command */
/** @typedef {{installed: () => boolean, install: () => Promise<unknown>, command: (place: Place) => Promise<Command>}} Recipe */

const goPrograms = {
  versitygw: { module: 'github.com/versity/versitygw/cmd/versitygw', version: '1.8.0' },
  'fake-gcs-server': { module: 'github.com/fsouza/fake-gcs-server', version: '1.56.1' },
};
const goBinary = (/** @type {keyof typeof goPrograms} */ name) =>
  path.join(cache, `${name}-${goPrograms[name].version}${executable}`);
const azurite = path.join(root, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');

const servers = /** @satisfies {Record<string, Recipe>} */ ({
  versitygw: {
    installed: () => existsSync(goBinary('versitygw')),
    install: () => buildGo('versitygw'),
    async command({ folder, port, credentials }) {
      await mkdir(path.join(folder, 'objects'));
      return {
        program: goBinary('versitygw'),
        args: [
          '--port',
          `127.0.0.1:${port}`,
          '--keep-alive',
          '--quiet',
          'posix',
          path.join(folder, 'objects'),
        ],
        env: {
          ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
          ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      };
    },
  },
  moto: {
    // Making the environment takes seconds, so it is part of the start.
    installed: () => true,
    install: () => pythonEnv('moto'),
    async command({ port }) {
      const program = await pythonEnv('moto');
      return {
        program,
        args: ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)],
        env: pythonVariables(),
      };
    },
  },
  azurite: {
    installed: () => existsSync(azurite),
    install: async () => {
      if (!existsSync(azurite)) throw new Error('azurite is missing: run `npm install`');
    },
    async command({ folder, port, credentials }) {
      const args = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder];
      return {
        program: process.execPath,
        args: [azurite, ...args, '--silent', '--skipApiVersionCheck', '--disableTelemetry'],
        env: { AZURITE_ACCOUNTS: `${credentials.accessKeyId}:${credentials.secretAccessKey}` },
      };
    },
  },
  'fake-gcs-server': {
    installed: () => existsSync(goBinary('fake-gcs-server')),
    install: () => buildGo('fake-gcs-server'),
    async command({ folder, port }) {
      const address = ['-scheme', 'http', '-host', '127.0.0.1', '-port', String(port)];
      const names = ['-external-url', `http://127.0.0.1:${port}`, '-public-host', `127.0.0.1:${port}`];
      const data = ['-backend', 'filesystem', '-filesystem-root', path.join(folder, 'objects')];
      return {
        program: goBinary('fake-gcs-server'),
        args: [...address, ...names, ...data, '-log-level', 'error'],
        env: {},
      };
    },
  },
});

/** @typedef {keyof typeof servers} ObjectServerName */

export const objectServerNames = /** @type {ObjectServerName[]} */ (Object.keys(servers));

/** Whether `startObjectServer` can start it without a build of minutes. @param {ObjectServerName} name */
export const isInstalled = (name) => servers[name].installed();

/**
 * Builds or installs the server if it is missing. Rejects with a sentence where a toolchain is not there.
 * @param {ObjectServerName} name
 */
export async function installObjectServer(name) {
  await servers[name].install();
}

/**
 * Starts a server on a free port with an empty folder and fresh credentials. `stop` ends it and removes the folder;
 * it is ended with this process, too.
 * @param {ObjectServerName} name
 * @returns {Promise<ObjectServer>}
 */
export async function startObjectServer(name) {
  if (!isInstalled(name)) {
    throw new Error(`${name} is missing: run \`node tools/object-servers.mjs install ${name}\``);
  }
  const folder = await mkdtemp(path.join(os.tmpdir(), `slipway-${name}-`));
  const port = await freePort();
  const credentials = {
    accessKeyId: `slipway${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomBytes(32).toString('base64'),
  };
  const { program, args, env } = await servers[name].command({ folder, port, credentials });
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let lastWords = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.once('error', (cause) => {
    lastWords = cause.message;
  });
  // Its data is worth nothing, so it need not end in order.
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const stop = async () => {
    process.removeListener('exit', kill);
    kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(port, () => child.exitCode !== null || child.pid === undefined);
  } catch (cause) {
    await stop();
    throw new Error(
      `${name} did not start: ${cause instanceof Error ? cause.message : cause}; ${lastWords}`,
      {
        cause,
      },
    );
  }
  return { url: `http://127.0.0.1:${port}`, credentials, stop };
}

/** @param {keyof typeof goPrograms} name */
async function buildGo(name) {
  const target = goBinary(name);
  if (existsSync(target)) return;
  const { module, version } = goPrograms[name];
  await mkdir(cache, { recursive: true });
  // Built beside its place and moved, so that an interrupted build leaves nothing that looks finished.
  const draft = await mkdtemp(path.join(cache, '.build-'));
  try {
    console.error(`object-servers: building ${name} ${version} (once, some minutes)`);
    await run('go', ['install', `${module}@v${version}`], { GOBIN: draft });
    await rename(path.join(draft, name + executable), target);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} env @returns {Promise<void>} */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 2, 2] });
    child.on('error', (cause) =>
      reject(
        new Error(`${command} is needed on the PATH (${cause.message}); install Go 1.25 or newer`, { cause }),
      ),
    );
    child.on('close', (code, signal) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}`)),
    );
  });
}

/** @param {number} port @param {() => boolean} hasEnded */
async function untilListening(port, hasEnded) {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (hasEnded()) throw new Error('it ended');
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer on port ${port} for ${START_TIMEOUT_MS / 1000} s`);
}

/** @param {number} port @returns {Promise<boolean>} */
const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** @param {string} name @returns {name is ObjectServerName} */
const isKnown = (name) => Object.hasOwn(servers, name);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, ...names] = process.argv.slice(2);
  const known = names.filter(isKnown);
  const [first] = known;
  if (action === 'install' && known.length === names.length) {
    for (const name of known.length > 0 ? known : objectServerNames) await installObjectServer(name);
  } else if (action === 'start' && names.length === 1 && first !== undefined) {
    const { url, credentials, stop } = await startObjectServer(first);
    console.log(JSON.stringify({ url, credentials }));
    process.on('SIGINT', stop).on('SIGTERM', stop);
  } else {
    console.error(
      `usage: node tools/object-servers.mjs install [NAME...] | start NAME\n  ${objectServerNames.join(' ')}`,
    );
    process.exit(2);
  }
}
