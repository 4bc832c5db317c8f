import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly port: number;
  /** Everything that the server prints. */
  readonly logFile: string;
  readonly readyWithinMs: number;
}

export interface RunningServer {
  readonly port: number;
  /** From the start of the process to its first answer. */
  readonly startedInMs: number;
  /** Of the process and of all that it started. */
  memory(): { readonly processes: number; readonly residentBytes: number };
  /** User and system time that the same have taken so far, in steps of 10 ms. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const POLL_MS = 5;
const STOP_WITHIN_MS = 15_000;
const running = new Set<ChildProcess>();

// Each server leads a process group, so that workers it forked end with it, however the benchmark ends.
process.on('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

/** Starts a server and waits until `GET /health` answers 200. */
export async function startServer(command: ServerCommand): Promise<RunningServer> {
  const log = openSync(command.logFile, 'a');
  const started = performance.now();
  const child = spawn(command.command, command.args, {
    cwd: command.cwd,
    env: command.env ?? process.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  running.add(child);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  while (!(await isHealthy(command.port))) {
    if (ended) throw new Error(`${command.name} ended before it answered:\n${endOf(command.logFile)}`);
    if (performance.now() - started > command.readyWithinMs) {
      signalGroup(child, 'SIGKILL');
      throw new Error(
        `${command.name} did not answer within ${command.readyWithinMs} ms:\n${endOf(command.logFile)}`,
      );
    }
    await sleep(POLL_MS);
  }
  return {
    port: command.port,
    startedInMs: performance.now() - started,
    memory: () => memoryOf(child.pid!),
    cpuMs: () => cpuOf(child.pid!),
    async stop() {
      if (!ended) {
        const exit = once(child, 'exit');
        signalGroup(child, 'SIGTERM');
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_WITHIN_MS);
        await exit;
        clearTimeout(timer);
      }
      signalGroup(child, 'SIGKILL');
      running.delete(child);
    },
  };
}

const endOf = (file: string): string => readFileSync(file, 'utf8').slice(-3000);

async function isHealthy(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) });
    await answer.arrayBuffer();
    return answer.status === 200;
  } catch {
    return false;
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Sums VmRSS over the process group; pages that forked processes share count once for each, as in `ps`. */
function memoryOf(group: number): { processes: number; residentBytes: number } {
  let processes = 0;
  let residentBytes = 0;
  for (const { folder } of processesOf(group)) {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readIfThere(`${folder}/status`) ?? '');
    if (resident === null) continue;
    processes += 1;
    residentBytes += Number(resident[1]) * 1024;
  }
  return { processes, residentBytes };
}

/** Linux counts process time to user space in hundredths of a second on every platform (`proc(5)`, `USER_HZ`). */
const MS_PER_TICK = 10;

/** Of the living processes of a group, and of those that they have waited for. */
function cpuOf(group: number): number {
  let ticks = 0;
  for (const { fields } of processesOf(group))
    ticks += fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks * MS_PER_TICK;
}

/** The fields are those of `/proc/PID/stat` behind the command's name, from the state on. */
function* processesOf(group: number): Generator<{ folder: string; fields: readonly string[] }> {
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const folder = `/proc/${name}`;
    const stat = readIfThere(`${folder}/stat`);
    // The command's name may hold spaces and brackets; the fields follow the last one.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (Number(fields[2]) === group) yield { folder, fields };
  }
}

/** Undefined for a process that ended while it was looked at. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
