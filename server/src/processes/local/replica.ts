import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { AppError } from '../../kernel/errors.ts';
import { answerOf, createProgramLink, type ProgramLink } from '../channel.ts';
import { followOutput, type OutputLog } from '../child-output.ts';
import { FRAME_TYPES } from '../frames.ts';
import { isolationOf, loadRequest, readLoaded } from '../loaded.ts';
import { cpuMs, descendantBytes, proportionalBytes, watchMemory } from '../memory-watch.ts';
import type { Channel, EnvironmentRef, GoneReason, Loaded, SetSpec } from '../port.ts';
import {
  type Ending,
  endingOf,
  type ProcessEnd,
  type Replica,
  type ReplicaListener,
  tooMuchMemory,
} from '../replica.ts';
import type { Arrival, Arrivals } from './arrivals.ts';
import type { IsolationSetting } from './jail-plan.ts';
import type { Fork, Zygotes } from './zygotes.ts';

/** A replica that is a process of this machine. */
export interface LocalReplica extends Replica {
  /** Of the init of its processes. */
  readonly pid: number | undefined;
  readonly lastUsedMs: number;
}

export interface ReplicaOptions {
  readonly id: string;
  readonly spec: SetSpec;
  readonly environment: EnvironmentRef;
  readonly arrivals: Arrivals;
  readonly zygotes: Zygotes;
  readonly log: OutputLog;
  readonly isolation: IsolationSetting;
  readonly user: number | undefined;
  readonly listener: ReplicaListener;
  /** Milliseconds, never going back. */
  now(): number;
}

/** From the end of its connection until the end of its processes. */
const END_MS = 2000;
const LAST_WORDS_MS = 200;

export function startReplica(options: ReplicaOptions): LocalReplica {
  const { id, spec, arrivals, log, listener, now } = options;
  const token = randomBytes(16).toString('hex');
  const deadline = now() + spec.limits.startMs;
  const { promise: ended, resolve: hasEnded } = Promise.withResolvers<void>();
  const { promise: arrived, resolve: arrive, reject: cannotArrive } = Promise.withResolvers<Arrival>();
  arrived.catch(() => undefined);
  let fork: Fork | undefined;
  let link: ProgramLink | undefined;
  let channel: Channel | undefined;
  let draining = false;
  /** Why it ends, once that is decided by us. */
  let why: Ending | undefined;
  /** The connection has ended, and with it what it was asked. */
  let silent = false;
  let over = false;
  const outputs: Promise<void>[] = [];
  let lastUsedMs = now();
  let unwatch: () => void = () => undefined;

  const startTimer = setTimeout(
    () => end('start-timeout', `The model was not loaded within ${spec.limits.startMs} ms.`),
    spec.limits.startMs,
  );
  const forget = arrivals.expect(token, (arrival) => {
    if (arrival.stream === 'channel') arrive(arrival);
    else follow(arrival.stream, arrival.socket);
  });

  function follow(stream: 'out' | 'err', socket: Socket): void {
    outputs.push(
      followOutput(socket, log, { replica: id, stream, secrets: Object.values(spec.variables), now }),
    );
    socket.resume();
  }

  function end(reason: GoneReason, message: string): void {
    why ??= { reason, message };
    cannotArrive(new AppError('Unavailable', message));
    link?.close();
    fork?.kill();
  }

  /** Nothing of it is left. */
  function finish(how: ProcessEnd | undefined): void {
    if (over) return;
    over = true;
    clearTimeout(startTimer);
    unwatch();
    forget();
    const loaded = channel;
    end('exit', 'The process has ended.');
    // What it printed last may still be on its way; of a daemon that it left, nobody waits for the end.
    void Promise.race([Promise.all(outputs), pause(LAST_WORDS_MS)]).then(() => {
      const { reason, message } = endingOf({ id, draining, log }, { why, how });
      listener.gone(reason, message, loaded);
      hasEnded();
    });
  }

  async function run(): Promise<void> {
    const { limits } = spec;
    fork = await options.zygotes.fork(
      { environment: options.environment, network: spec.network },
      {
        token,
        socket: arrivals.path,
        nice: spec.nice ?? 0,
        jail: {
          isolation: options.isolation,
          model: spec.model.folder,
          root: arrivals.rootFolder,
          user: options.user ?? null,
          readable: spec.readable ?? [],
          limits: {
            temporaryBytes: limits.temporaryBytes,
            openFiles: limits.openFiles,
            processes: limits.processes,
          },
        },
      },
      finish,
    );
    const { pid } = fork;
    if (why !== undefined) fork.kill();
    unwatch = watchMemory(
      () => descendantBytes(pid, { temporaryFolder: '/tmp', exactAboveBytes: limits.memoryBytes }),
      limits.memoryBytes,
      (bytes) => end('out-of-memory', tooMuchMemory(bytes, limits.memoryBytes)),
    );
    const { hello, socket, type } = await arrived;
    if (type === 'failed') throw new AppError('Unavailable', String(hello.message));
    const isolation = isolationOf(hello);
    link = createProgramLink({
      socket,
      maxAnswerBytes: limits.answerBytes,
      end: connectionEnded,
      onEvent: ({ kind, text }) => {
        if (kind === 'not-row-wise' || kind === 'warning' || kind === 'children-left')
          listener.event({ kind, text: String(text) });
      },
    });
    socket.resume();
    const frame = await link.ask(FRAME_TYPES.load, loadRequest(spec), {
      deadlineMs: Math.max(1, Math.ceil(deadline - now())),
      signal: undefined,
      answer: FRAME_TYPES.loaded,
    });
    if (why !== undefined || silent) return;
    clearTimeout(startTimer);
    channel = createChannel(link, readLoaded(frame, isolation));
    lastUsedMs = now();
    listener.ready(channel);
  }

  function connectionEnded(reason: GoneReason, message: string): void {
    silent = true;
    if (reason !== 'exit') {
      end(reason, message);
      return;
    }
    // How it ended is told by its parent in a moment; one that has merely closed its connection is helped along.
    const late = setTimeout(() => end('protocol', 'The program closed its connection.'), END_MS);
    void ended.then(() => clearTimeout(late));
  }

  function createChannel(program: ProgramLink, loaded: Loaded): Channel {
    return {
      id,
      capacity: 1,
      get inFlight() {
        return program.busy ? 1 : 0;
      },
      loaded,
      async send(payload, { deadlineMs, signal }) {
        lastUsedMs = now();
        if (draining)
          throw new AppError('Unavailable', 'The replica is being ended.', { reason: 'not-sent' });
        const frame = await program.ask(FRAME_TYPES.predict, payload, {
          deadlineMs,
          signal,
          answer: FRAME_TYPES.answer,
        });
        return answerOf(frame);
      },
    };
  }

  run().catch((error: unknown) => {
    const failure =
      error instanceof AppError ? error : new AppError('Internal', String(error), { cause: error });
    // One that ended while it loaded is told by how it ended; one that said what is wrong, by that.
    if (failure.reason === undefined || failure.reason === 'answer-unusable')
      end('load-failed', failure.message);
    if (fork === undefined) finish(undefined);
  });

  return {
    id,
    get channel() {
      return draining || silent || why !== undefined ? undefined : channel;
    },
    get pid() {
      return over ? undefined : fork?.pid;
    },
    get lastUsedMs() {
      return lastUsedMs;
    },
    drain() {
      draining = true;
      if (link === undefined || channel === undefined) end('closed', 'It was told to end.');
      else link.drain();
    },
    kill: end,
    async usage() {
      const pid = over ? undefined : fork?.pid;
      if (pid === undefined) return { replica: id, memoryBytes: 0, cpuMs: 0 };
      const [memoryBytes, time] = await Promise.all([proportionalBytes(pid), cpuMs(pid)]);
      return { replica: id, memoryBytes, cpuMs: time };
    },
    ended,
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
