// A Ray cluster of one node for tests, from acceptance/requirements/ray.txt, on free ports, with token authentication
// and all that it writes in a temporary folder.
//
//   const head = await startRayHead();
//   … head.address, head.serveAddress, head.token …
//   await head.kill();           every process of it at once, as a machine that fails
//   await head.restart();        at the same addresses, knowing nothing of before
//   await head.stop();           ends it and removes its folder
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './postgres.mjs';
import { pythonEnv, pythonVariables } from './python-env.mjs';

const START_DEADLINE_MS = 240_000;
const END_DEADLINE_MS = 30_000;
const KEPT_OUTPUT_CHARS = 8000;

/**
 * @typedef {object} RayHead
 * @property {string} address of its REST interface
 * @property {string} serveAddress where the proxy of Serve listens, once Serve has been started
 * @property {string} token
 * @property {string} folder of all that it writes
 * @property {() => Promise<void>} kill
 * @property {() => Promise<void>} restart
 * @property {() => Promise<void>} stop
 */

/**
 * Starts a head and resolves when it says what it serves.
 * @param {{cpus?: number}} [options] how many CPUs it believes to have; places for models take one each
 * @returns {Promise<RayHead>}
 */
export async function startRayHead({ cpus = 8 } = {}) {
  const python = await pythonEnv('ray');
  // Sockets lie in it, whose paths may not be long.
  const folder = mkdtempSync(path.join(tmpdir(), 'ray-'));
  const token = randomBytes(24).toString('hex');
  const [port, dashboard, client, agent, agentGrpc, metrics, serve] = await Promise.all(
    Array.from({ length: 7 }, () => freePort()),
  );
  const address = `http://127.0.0.1:${dashboard}`;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let child;
  let output = '';

  async function start() {
    output = '';
    const started = spawn(
      path.join(path.dirname(python), 'ray'),
      [
        ...['start', '--head', '--block', '--disable-usage-stats', '--node-ip-address', '127.0.0.1'],
        ...['--port', `${port}`, '--dashboard-host', '127.0.0.1', '--dashboard-port', `${dashboard}`],
        ...['--ray-client-server-port', `${client}`, '--metrics-export-port', `${metrics}`],
        ...['--dashboard-agent-listen-port', `${agent}`, '--dashboard-agent-grpc-port', `${agentGrpc}`],
        ...['--num-cpus', `${cpus}`, '--object-store-memory', '100000000'],
        ...['--temp-dir', path.join(folder, 'ray')],
      ],
      {
        cwd: folder,
        env: pythonVariables({
          // What a home holds decides whether Ray asks for a token, unless it is told.
          HOME: folder,
          RAY_AUTH_MODE: 'token',
          RAY_AUTH_TOKEN: token,
          // On a busy machine its own limits are too short to start in.
          RAY_raylet_start_wait_time_s: '180',
          RAY_agent_register_timeout_ms: '180000',
        }),
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    child = started;
    const keep = (/** @type {Buffer} */ piece) => {
      output = (output + piece).slice(-KEPT_OUTPUT_CHARS);
    };
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answers())) {
      if (started.exitCode !== null || Date.now() > deadline)
        throw new Error(`the Ray head does not start:\n${output}`);
      await sleep(500);
    }
  }

  async function answers() {
    try {
      const response = await fetch(`${address}/api/serve/applications/`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
      return response.ok;
    } catch {
      return false;
    }
  }

  async function kill() {
    const started = child;
    child = undefined;
    if (started === undefined) return;
    const ended = started.exitCode === null ? once(started, 'exit') : undefined;
    const deadline = Date.now() + END_DEADLINE_MS;
    // Its processes start others and leave each other: those are its own that have its folder in their command, or
    // were given its token.
    for (let left = processesOf(folder, token); left.length > 0; left = processesOf(folder, token)) {
      if (Date.now() > deadline) throw new Error(`processes of the Ray head do not end: ${left.join(', ')}`);
      for (const pid of left) endProcess(pid);
      await sleep(200);
    }
    await ended;
  }

  async function stop() {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  }

  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    serveAddress: `http://127.0.0.1:${serve}`,
    token,
    folder,
    kill,
    async restart() {
      await kill();
      await start();
    },
    stop,
  };
}

/** @param {number} pid */
function endProcess(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/** @param {string} folder @param {string} token @returns {number[]} */
function processesOf(folder, token) {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid)
    .filter((pid) => {
      try {
        if (/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) return false;
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return (
          command.includes(`${folder}/`) ||
          readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`RAY_AUTH_TOKEN=${token}`)
        );
      } catch {
        // It has ended meanwhile, or is somebody else's.
        return false;
      }
    });
}
