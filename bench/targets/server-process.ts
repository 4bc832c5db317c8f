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
  /** What answers 200 when the server is there; `/health` where nothing is said. */
  readonly healthPath?: string;
  /** Everything that the server prints. */
  readonly logFile: string;
  readonly readyWithinMs: number;
}

export interface RunningServer {
  readonly port: number;
  readonly pid: number;
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

/** Starts a server and waits until it says that it is healthy. */
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
  while (!(await isHealthy(command))) {
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
    pid: child.pid!,
    memory: () => memoryOf(child.pid!),
    cpuMs: () => cpuOf(processesOf(child.pid!)),
    async stop() {
      const all = processesOf(child.pid!);
      if (!ended) {
        const exit = once(child, 'exit');
        signalGroup(child, 'SIGTERM');
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_WITHIN_MS);
        await exit;
        clearTimeout(timer);
      }
      signalGroup(child, 'SIGKILL');
      for (const left of all) killIfStill(left);
      running.delete(child);
    },
  };
}

const endOf = (file: string): string => readFileSync(file, 'utf8').slice(-3000);

async function isHealthy({ port, healthPath = '/health' }: ServerCommand): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${healthPath}`, {
      signal: AbortSignal.timeout(2000),
    });
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

interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Of its user and system time, and that of the processes that it has waited for. */
  readonly ticks: number;
  /** With the pid it is unique. */
  readonly startedAt: string;
}

/** Sums VmRSS; pages that forked processes share count once for each, as in `ps`. */
function memoryOf(leader: number): { processes: number; residentBytes: number } {
  let processes = 0;
  let residentBytes = 0;
  for (const { pid } of processesOf(leader)) {
    const resident = /VmRSS:\s+(\d+) kB/.exec(readIfThere(`/proc/${pid}/status`) ?? '');
    if (resident === null) continue;
    processes += 1;
    residentBytes += Number(resident[1]) * 1024;
  }
  return { processes, residentBytes };
}

/** Each page is divided among the processes that have it; of the same as `memory`. */
export function proportionalBytesOf(leader: number): { processes: number; bytes: number } {
  const shares = processesOf(leader)
    .map(({ pid }) => /^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`) ?? ''))
    .filter((share) => share !== null);
  return {
    processes: shares.length,
    bytes: shares.reduce((sum, [, kibibytes]) => sum + Number(kibibytes) * 1024, 0),
  };
}

/** Linux counts process time to user space in hundredths of a second on every platform (`proc(5)`, `USER_HZ`). */
const MS_PER_TICK = 10;

const cpuOf = (processes: readonly ProcessFacts[]): number =>
  processes.reduce((sum, { ticks }) => sum + ticks, 0) * MS_PER_TICK;

/** User and system time of one process alone, in steps of 10 ms. */
export const cpuMsOfOne = (pid: number): number =>
  cpuOf([readProcess(pid)].filter((one) => one !== undefined));

/** Those of the group that the leader leads, and all that descends from them: some make groups of their own. */
function processesOf(leader: number): readonly ProcessFacts[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readProcess(Number(name)))
    .filter((one) => one !== undefined);
  const found = new Map(all.filter(({ group }) => group === leader).map((one) => [one.pid, one]));
  for (let known = -1; known < found.size; ) {
    known = found.size;
    for (const one of all) if (found.has(one.parent)) found.set(one.pid, one);
  }
  return [...found.values()];
}

function readProcess(pid: number): ProcessFacts | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The command's name may hold spaces and brackets; the fields follow the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    pid,
    parent: Number(fields[1]),
    group: Number(fields[2]),
    ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0),
    startedAt: fields[19]!,
  };
}

/** What outlived its server, in a group of its own. */
function killIfStill({ pid, startedAt }: ProcessFacts): void {
  if (readProcess(pid)?.startedAt !== startedAt) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
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
