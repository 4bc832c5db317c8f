import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pythonEnv, pythonVariables } from '../../../tools/python-env.mjs';

export interface MlflowServer {
  readonly url: string;
  stop(): Promise<void>;
}

const START_MS = 120_000;

/** The real `mlflow server` on SQLite in the folder; it takes tens of seconds to start. */
export async function startMlflowServer(folder: string): Promise<MlflowServer> {
  const python = await pythonEnv('mlflow-3.17.2');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    ...['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'],
    ...['--backend-store-uri', `sqlite:///${join(folder, 'server.db')}`],
    ...['--artifacts-destination', join(folder, 'server-artifacts')],
  ];
  // A group of its own: the server starts workers, and all must end with it.
  const child = spawn(python, args, { cwd: folder, env: pythonVariables(), stdio: 'ignore', detached: true });
  try {
    await untilHealthy(url, child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { url, stop: () => stop(child) };
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`mlflow server ended with ${child.exitCode}`);
    const response = await fetch(`${url}/health`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(300);
  }
  throw new Error('mlflow server did not start in time');
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
