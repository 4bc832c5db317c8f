import { type ChildProcess, fork } from 'node:child_process';
import type { SourceRow } from '../db/row-source.ts';
import { AppError } from '../kernel/errors.ts';
import { residentBytes, watchMemory } from '../processes/memory-watch.ts';
import type { SpelledName } from './lake-tables.ts';
import { createProcessPlaces, type PlaceLimits } from './process-places.ts';
import type { NeededTable } from './query-analysis.ts';
import type { EncodingJob, FromProcess, OfferedTable, QueryJob, ToProcess } from './query-messages.ts';
import type { PartSink } from './result-writer.ts';

export interface QueryProcesses {
  /**
   * Runs a query in a process of its own; whether its result was truncated. An aborted signal ends it within
   * seconds, whatever it is doing, and rejects with the signal's reason.
   * @throws AppError InvalidArgument for a query that is refused or broken; LimitExceeded for one that takes too much,
   *   and when too many wait; DeadlineExceeded.
   */
  query(job: Omit<QueryJob, 'memoryMb' | 'threads'>, run: QueryRun): Promise<boolean>;
  /** Writes rows that are there already in the Arrow format. @throws AppError as `query`. */
  encode(job: EncodingJob, run: Omit<QueryRun, 'load' | 'offer'>): Promise<void>;
  /** Of the processes that live. */
  pids(): readonly number[];
  /** Ends what runs. */
  close(): void;
}

export interface QueryRun {
  /** Those of the named tables that the query may read; what it throws ends the query. */
  offer(names: readonly SpelledName[]): Promise<readonly OfferedTable[]>;
  load(
    tables: readonly NeededTable[],
  ): AsyncIterable<{ readonly table: string; readonly rows: readonly SourceRow[] }>;
  readonly sink: PartSink;
  readonly signal: AbortSignal;
  /** Whose it is, so that nobody takes all processes; undefined where callers have no identities. */
  readonly owner: string | undefined;
}

export interface ProcessLimits extends PlaceLimits {
  readonly timeoutMs: number;
  /** What DuckDB may take. */
  readonly memoryMb: number;
  /** What the whole process may take; it is killed beyond. */
  readonly maxRssMb: number;
  readonly threads: number;
  /** A process without work is ended after this time. */
  readonly idleMs: number;
}

export const DEFAULT_PROCESS_LIMITS: ProcessLimits = {
  maxProcesses: 2,
  maxWaiting: 50,
  maxWaitingOfOne: 10,
  timeoutMs: 120_000,
  memoryMb: 512,
  maxRssMb: 1536,
  threads: 2,
  idleMs: 60_000,
};

/** How long a query that was told to stop may take to do so. */
const GRACE_MS = 2000;
const MAX_ERROR_CHARACTERS = 4000;

interface Worker {
  readonly child: ChildProcess;
  send(message: ToProcess): void;
  /** @throws AppError once the process has ended. */
  next(): Promise<FromProcess>;
  kill(reason: AppError): void;
  isAlive(): boolean;
}

/**
 * Processes that run queries, one each at a time: an engine that crashes, hangs or swells takes one query with it and
 * never the server. None is there until the first query, and none after a while without.
 */
export function createQueryProcesses(limits: ProcessLimits = DEFAULT_PROCESS_LIMITS): QueryProcesses {
  const workers = new Set<Worker>();
  const idle = new Map<Worker, NodeJS.Timeout>();
  const places = createProcessPlaces(limits);
  let closed = false;

  function take(): Worker {
    const [found] = idle.keys();
    if (found === undefined) {
      const worker = startWorker();
      workers.add(worker);
      worker.child.once('exit', () => {
        workers.delete(worker);
        clearTimeout(idle.get(worker));
        idle.delete(worker);
      });
      return worker;
    }
    clearTimeout(idle.get(found));
    idle.delete(found);
    return found;
  }

  function giveBack(worker: Worker): void {
    if (!worker.isAlive()) return;
    if (closed) {
      worker.kill(ended());
      return;
    }
    const timer = setTimeout(() => worker.kill(ended()), limits.idleMs);
    timer.unref();
    idle.set(worker, timer);
  }

  async function use(first: ToProcess, { offer, load, sink, signal, owner }: QueryRun): Promise<boolean> {
    const deadline = AbortSignal.timeout(limits.timeoutMs);
    const stop = AbortSignal.any([signal, deadline]);
    const reason = () => (signal.aborted ? signal.reason : overdue(limits.timeoutMs));
    await places.enter(owner, signal);
    let worker: Worker | undefined;
    let done = false;
    let killing: NodeJS.Timeout | undefined;
    const interrupt = () => {
      worker?.send({ kind: 'interrupt' });
      killing = setTimeout(() => worker?.kill(overdue(limits.timeoutMs)), GRACE_MS);
    };
    try {
      if (closed) throw new AppError('Unavailable', 'The server is shutting down.');
      worker = take();
      stop.addEventListener('abort', interrupt);
      if (stop.aborted) interrupt();
      const watched = worker;
      // DuckDB keeps to its limit, but not all that a query makes goes by it.
      const unwatch = watchMemory(
        () => residentBytes(watched.child.pid ?? 0),
        limits.maxRssMb * 2 ** 20,
        () => watched.kill(tooMuchMemory()),
      );
      try {
        const truncated = await converse(worker, first, { offer, load, sink, signal: stop });
        done = true;
        return truncated;
      } finally {
        unwatch();
      }
    } catch (error) {
      // A process that said itself what is wrong is in order.
      done = error instanceof ProcessFailure;
      throw stop.aborted ? reason() : error instanceof ProcessFailure ? error.failure : error;
    } finally {
      stop.removeEventListener('abort', interrupt);
      clearTimeout(killing);
      if (worker !== undefined) {
        if (done) giveBack(worker);
        else worker.kill(ended());
      }
      places.leave(owner);
    }
  }

  return {
    query: (job, run) =>
      use({ kind: 'query', job: { ...job, memoryMb: limits.memoryMb, threads: limits.threads } }, run),
    async encode(job, run) {
      await use({ kind: 'encode', job }, { ...run, load: nothing, offer: async () => [] });
    },
    pids: () => Array.from(workers, ({ child }) => child.pid ?? 0),
    close() {
      closed = true;
      for (const worker of workers) worker.kill(ended());
      places.close();
    },
  };
}

async function* nothing() {}

async function converse(
  worker: Worker,
  first: ToProcess,
  { offer, load, sink, signal }: Omit<QueryRun, 'owner'>,
): Promise<boolean> {
  let refusal: unknown;
  worker.send(first);
  for (;;) {
    const message = await worker.next();
    switch (message.kind) {
      case 'asks':
        try {
          worker.send({ kind: 'offers', tables: await offer(message.names) });
        } catch (error) {
          refusal = error;
          worker.send({ kind: 'refused' });
        }
        break;
      case 'needs':
        for await (const page of load(message.tables)) {
          signal.throwIfAborted();
          worker.send({ kind: 'rows', ...page });
          const answer = await worker.next();
          if (answer.kind === 'failed') throw new ProcessFailure(failureOf(answer));
        }
        worker.send({ kind: 'loaded' });
        break;
      case 'columns':
        sink.columns(message.columns);
        break;
      case 'part':
        await sink.part(message.rows, message.bytes);
        worker.send({ kind: 'kept' });
        break;
      case 'taken':
        break;
      case 'done':
        return message.truncated;
      case 'failed':
        throw new ProcessFailure(refusal ?? failureOf(message));
    }
  }
}

/** Why a query ended whose process is in order. */
class ProcessFailure extends Error {
  readonly failure: unknown;
  constructor(failure: unknown) {
    super('The query failed.');
    this.failure = failure;
  }
}

const failureOf = ({
  error: { code, message, reason },
}: Extract<FromProcess, { kind: 'failed' }>): AppError =>
  new AppError(code, message, { ...(reason !== undefined && { reason }) });

function startWorker(): Worker {
  // Beside this file in the sources, beside the bundle in a build.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const child = fork(new URL(`./query-process.${extension}`, import.meta.url), [], {
    // Nothing of the server's environment, which holds its secrets.
    env: { TZ: 'UTC' },
    cwd: '/',
    execArgv: ['--no-warnings', '--max-old-space-size=512'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const received: FromProcess[] = [];
  let wake: (() => void) | undefined;
  let end: AppError | undefined;
  let errors = '';
  child.stderr!.setEncoding('utf8');
  child.stderr!.on('data', (text: string) => {
    errors = (errors + text).slice(-MAX_ERROR_CHARACTERS);
  });
  child.on('message', (message) => {
    received.push(message as FromProcess);
    wake?.();
  });
  const ending = (cause?: unknown) => {
    end ??= new AppError(
      'LimitExceeded',
      'The query ended the process that ran it: it may have needed too much memory.',
      {
        cause,
        details: { errors },
      },
    );
    wake?.();
  };
  child.on('error', ending);
  child.on('exit', () => ending());
  return {
    child,
    send(message) {
      // Whoever waits for the answer is told of a process that has ended.
      if (child.connected) child.send(message, () => undefined);
    },
    async next() {
      for (;;) {
        const message = received.shift();
        if (message !== undefined) return message;
        if (end !== undefined) throw end;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
      }
    },
    kill(reason) {
      end ??= reason;
      child.kill('SIGKILL');
    },
    isAlive: () => child.connected && child.exitCode === null && child.signalCode === null,
  };
}

const ended = () => new AppError('Unavailable', 'The process has been ended.');
const tooMuchMemory = () =>
  new AppError(
    'LimitExceeded',
    'The query needs more memory than a query may have: read fewer rows, or fewer columns.',
    {
      reason: 'RESOURCE_EXHAUSTED',
    },
  );
const overdue = (timeoutMs: number) =>
  new AppError(
    'DeadlineExceeded',
    `The query took longer than ${Math.round(timeoutMs / 1000)} seconds and was ended.`,
  );
