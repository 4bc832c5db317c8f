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
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonEnv, pythonVariables } from './python-env.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cache = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'slipway-tools',
  'go',
);
const executable = process.platform === 'win32' ? '.exe' : '';
const START_TIMEOUT_MS = 60_000;

const goPrograms = {
  versitygw: { module: 'github.com/versity/versitygw/cmd/versitygw', version: '1.8.0' },
  'fake-gcs-server': { module: 'github.com/fsouza/fake-gcs-server', version: '1.56.1' },
};
const goBinary = (name) => path.join(cache, `${name}-${goPrograms[name].version}${executable}`);
const azurite = path.join(root, 'node_modules', 'azurite', 'dist', 'src', 'blob', 'main.js');

const servers = {
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
};

export const objectServerNames = Object.keys(servers);

/** Whether `startObjectServer` can start it without a build of minutes. */
export const isInstalled = (name) => servers[name].installed();

/** Builds or installs the server if it is missing. Rejects with a sentence where a toolchain is not there. */
export async function installObjectServer(name) {
  await servers[name].install();
}

/**
 * Starts a server on a free port with an empty folder and fresh credentials. `stop` ends it and removes the folder;
 * it is ended with this process, too.
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
    await untilListening(
      port,
      () => failure ?? (child.exitCode === null ? undefined : `ended with ${child.exitCode}`),
    );
  } catch (cause) {
    await stop();
    throw new Error(`${name} did not start: ${cause.message}`, { cause });
  }
  return { url: `http://127.0.0.1:${port}`, credentials, stop };
}

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

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port) {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadline) {
    if (await accepts(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no answer on port ${port} for ${START_TIMEOUT_MS / 1000} s`);
}

const accepts = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, ...names] = process.argv.slice(2);
  const known = names.every((name) => objectServerNames.includes(name));
  if (action === 'install' && known) {
    for (const name of names.length > 0 ? names : objectServerNames) await installObjectServer(name);
  } else if (action === 'start' && known && names.length === 1) {
    const { url, credentials, stop } = await startObjectServer(names[0]);
    console.log(JSON.stringify({ url, credentials }));
    process.on('SIGINT', stop).on('SIGTERM', stop);
  } else {
    console.error(
      `usage: node tools/object-servers.mjs install [NAME...] | start NAME\n  ${objectServerNames.join(' ')}`,
    );
    process.exit(2);
  }
}
