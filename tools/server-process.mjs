// A server of ours as a process of its own, for the suites that look at it from outside.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureServerBuilt, SERVER_BUNDLE } from './build-stamp.mjs';
import { freePort } from './postgres.mjs';
import { pinnedNode, root, serverNodeFlags } from './setup.mjs';

const START_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 20_000;
const KEPT_OUTPUT_CHARS = 20_000;

/**
 * @typedef {object} ServerProcess
 * @property {string} url
 * @property {string} home the folder with its database and artifacts
 * @property {number} pid
 * @property {() => string} output the end of what it printed
 * @property {() => Promise<number>} stop asks it to end, and removes a home that was made for it; gives the exit code
 * @property {() => Promise<void>} kill ends it at once, as a crash would; the home stays
 */

/**
 * Builds the server where that is needed, starts it and resolves when it answers.
 * @param {object} [options]
 * @param {string[]} [options.args] flags besides port, home and log level
 * @param {string} [options.home] a fresh temporary folder without it
 * @param {number} [options.port] a free one without it
 * @param {NodeJS.ProcessEnv} [options.env] variables besides those of this process
 * @param {boolean} [options.fromSources] runs the sources as they are, so that nothing is built
 * @returns {Promise<ServerProcess>}
 */
export async function startServer({ args = [], home, port, env = {}, fromSources = false } = {}) {
  if (!fromSources && !ensureServerBuilt()) throw new Error('the server does not build');
  const folder = home ?? mkdtempSync(path.join(tmpdir(), 'slipway-home-'));
  const usedPort = port ?? (await freePort());
  const url = `http://127.0.0.1:${usedPort}`;
  const child = spawn(
    pinnedNode,
    [
      ...serverNodeFlags,
      path.join(root, fromSources ? 'server/src/main.ts' : SERVER_BUNDLE),
      'server',
      ...['--port', String(usedPort), '--home', folder, '--log-level', 'warn'],
      ...args,
    ],
    { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk).slice(-KEPT_OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  const ended = once(child, 'exit').then(([code]) => {
    process.removeListener('exit', endWithUs);
    return /** @type {number | null} */ (code);
  });
  await waitForAnswer(url, child, () => output);
  return {
    url,
    home: folder,
    pid: child.pid ?? 0,
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const deadline = setTimeout(endWithUs, STOP_DEADLINE_MS);
      const code = await ended;
      clearTimeout(deadline);
      if (home === undefined) rmSync(folder, { recursive: true, force: true });
      return code ?? -1;
    },
    async kill() {
      endWithUs();
      await ended;
    },
  };
}

/**
 * @param {string} url
 * @param {import('node:child_process').ChildProcess} child
 * @param {() => string} output
 */
async function waitForAnswer(url, child, output) {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server ended: ${output()}`);
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error(`the server did not answer within ${START_DEADLINE_MS} ms: ${output()}`);
}
