import { type ChildProcess, fork } from 'node:child_process';
import { type AppError, internal, unavailable } from '../kernel/errors.ts';
import type { FromDelta, Job, JobResult, ToDelta } from './delta-messages.ts';

/** A process that reads and writes Parquet files, one job after another. */
export interface DeltaProcesses {
  /** @throws AppError Unavailable where the process ended or took too long: the job can be done again. */
  run<Kind extends JobResult['kind']>(
    job: Job,
    expected: Kind,
  ): Promise<Extract<JobResult, { readonly kind: Kind }>>;
  /** Of the processes that live. */
  pids(): readonly number[];
  /** Ends what runs. */
  close(): void;
}

export interface DeltaProcessesOptions {
  /** Of the program beside the one that asks, in the sources and in a build. */
  readonly program: URL;
  readonly jobMs?: number;
  /** A process without work is ended after this time. */
  readonly idleMs?: number;
}

const JOB_MS = 300_000;
const IDLE_MS = 60_000;
const MAX_ERROR_CHARACTERS = 4000;

interface Waiting {
  readonly resolve: (message: FromDelta) => void;
  readonly reject: (error: AppError) => void;
}

/** An engine that crashes or swells takes its job with it, and never the server. */
export function createDeltaProcesses({
  program,
  jobMs = JOB_MS,
  idleMs = IDLE_MS,
}: DeltaProcessesOptions): DeltaProcesses {
  let child: ChildProcess | undefined;
  let waiting: (Waiting & { readonly id: number }) | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;
  let lastId = 0;
  let closed = false;

  function start(): ChildProcess {
    const started = fork(program, [], {
      // Nothing of the server's environment, which holds its secrets.
      env: { TZ: 'UTC' },
      cwd: '/',
      execArgv: ['--no-warnings', '--max-old-space-size=512'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    started.stderr!.setEncoding('utf8');
    started.stderr!.on('data', (text: string) => {
      errors = (errors + text).slice(-MAX_ERROR_CHARACTERS);
    });
    const ended = (cause?: unknown) => {
      if (child === started) child = undefined;
      waiting?.reject(
        unavailable('The process that writes tables has ended; its work is done again.', {
          cause,
          details: { errors },
        }),
      );
      waiting = undefined;
    };
    started.on('message', (message: FromDelta) => {
      if (message.id !== waiting?.id) return;
      waiting.resolve(message);
      waiting = undefined;
    });
    started.on('error', ended);
    started.on('exit', () => ended());
    return started;
  }

  async function perform(job: Job): Promise<JobResult> {
    if (closed) throw unavailable('The server is shutting down.');
    clearTimeout(idle);
    child ??= start();
    const running = child;
    const id = ++lastId;
    const deadline = setTimeout(() => running.kill('SIGKILL'), jobMs);
    try {
      const message = await new Promise<FromDelta>((resolve, reject) => {
        waiting = { id, resolve, reject };
        const request: ToDelta = { id, job };
        // Whoever waits is told of a process that has ended.
        running.send(request, () => undefined);
      });
      if ('result' in message) return message.result;
      throw failureOf(message.failure, job);
    } finally {
      clearTimeout(deadline);
      idle = setTimeout(() => child?.kill('SIGKILL'), idleMs).unref();
    }
  }

  return {
    async run(job, expected) {
      const done = queue.then(() => perform(job));
      queue = done.catch(() => undefined);
      const result = await done;
      if (result.kind !== expected) throw internal(`A job gave ${result.kind} and not ${expected}.`);
      return result as Extract<JobResult, { readonly kind: typeof expected }>;
    },
    pids: () => (child?.pid === undefined ? [] : [child.pid]),
    close() {
      closed = true;
      clearTimeout(idle);
      child?.kill('SIGKILL');
    },
  };
}

function failureOf(
  { message, reason }: { readonly message: string; readonly reason: 'input' | 'disk' | 'other' },
  job: Job,
): AppError {
  const details = { job: job.kind, message };
  if (reason === 'disk')
    return unavailable('The disk is full: tables wait until there is room.', { details });
  return internal('A Parquet file cannot be read or written.', { details, cause: new Error(message) });
}
