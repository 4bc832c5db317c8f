import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { AppError, unavailable } from '../../kernel/errors.ts';
import { followOutput, type OutputLog } from '../child-output.ts';
import { createFrameReader, encodeJsonFrame, FRAME_TYPES, type Frame, readJson } from '../frames.ts';
import type { EnvironmentRef } from '../port.ts';
import type { ProcessEnd } from '../replica.ts';

/** Interpreters that hold a model's libraries and no model, one for each environment and kind of network. */
export interface Zygotes {
  /**
   * Makes a fork, starting the interpreter first where there is none. `ended` is called once, when the fork is gone.
   * @throws AppError Unavailable where the interpreter cannot start, or ends
   */
  fork(from: ZygoteKind, request: ForkRequest, ended: (how: ProcessEnd) => void): Promise<Fork>;
  warm(kind: ZygoteKind): void;
  list(): readonly LivingZygote[];
  /** Ends it, if it has no forks. */
  end(key: string): void;
  close(): Promise<void>;
}

export interface LivingZygote {
  readonly key: string;
  readonly environment: string;
  readonly pid: number;
  readonly forks: number;
  readonly lastUsedMs: number;
}

export interface ZygoteKind {
  readonly environment: EnvironmentRef;
  readonly network: 'none' | 'open';
}

export interface ForkRequest {
  readonly token: string;
  /** Where the fork connects to. */
  readonly socket: string;
  readonly nice: number;
  readonly jail: Readonly<Record<string, unknown>>;
}

export interface Fork {
  /** Of the init of its processes; its end is the end of all of them. */
  readonly pid: number;
  kill(): void;
}

export interface ZygoteOptions {
  /** Path of `zygote.py`. */
  readonly program: string;
  readonly log: OutputLog;
  readonly startMs: number;
  now(): number;
}

interface Zygote {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly forks: Map<string, (how: ProcessEnd) => void>;
  readonly asked: Map<string, { resolve(pid: number): void; reject(error: AppError): void }>;
  readonly closed: Promise<void>;
  readonly control: Socket;
  readonly environment: string;
  lastUsedMs: number;
}

/** Threads of numeric libraries do not live through a fork, and two cores are soon full: one each, unless told. */
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  HOME: '/tmp',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  // As mlflow's own scoring server has it.
  _MLFLOW_IS_IN_SERVING_ENVIRONMENT: 'true',
};
const CLOSE_MS = 5000;

export function createZygotes({ program, log, startMs, now }: ZygoteOptions): Zygotes {
  const zygotes = new Map<string, Zygote>();
  /** Told to end, and not yet gone. */
  const leaving = new Set<Zygote>();
  let closing = false;

  function start({ environment, network }: ZygoteKind, key: string): Zygote {
    const child = spawn(
      environment.python,
      // Isolated: neither the variables nor the folders of whoever runs the server change what is imported.
      ['-I', '-u', program, JSON.stringify({ preload: environment.preload, network })],
      { env: ENVIRONMENT, cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
    );
    const control = child.stdio[3] as Socket;
    const source = { replica: `interpreter-${key.slice(0, 12)}`, stream: 'load', secrets: [], now } as const;
    void followOutput(child.stdout!, log, source);
    void followOutput(child.stderr!, log, source);
    const { promise: ready, resolve: isReady, reject: isNot } = Promise.withResolvers<void>();
    const { promise: closed, resolve: isClosed } = Promise.withResolvers<void>();
    // Whoever waits for it is told; nobody may.
    ready.catch(() => undefined);
    const zygote: Zygote = {
      child,
      ready,
      closed,
      control,
      environment: environment.key,
      forks: new Map(),
      asked: new Map(),
      lastUsedMs: now(),
    };
    zygotes.set(key, zygote);
    const late = setTimeout(() => child.kill('SIGKILL'), startMs);
    const reader = createFrameReader();
    control.on('data', (piece: Buffer) => {
      try {
        for (const frame of reader.read(piece)) {
          if (frame.type === FRAME_TYPES.ready) {
            clearTimeout(late);
            isReady();
          } else {
            hear(zygote, frame);
          }
        }
      } catch {
        // It has broken the protocol: nothing that it says can be relied on.
        child.kill('SIGKILL');
      }
    });
    control.on('error', () => undefined);
    let cause: Error | undefined;
    child.on('error', (error) => {
      cause = error;
      finish();
    });
    child.on('exit', () => finish());
    let finished = false;
    function finish(): void {
      if (finished) return;
      finished = true;
      clearTimeout(late);
      if (zygotes.get(key) === zygote) zygotes.delete(key);
      leaving.delete(zygote);
      const error = ended(environment, log, cause);
      isNot(error);
      for (const { reject } of zygote.asked.values()) reject(error);
      // What it forked dies with it.
      for (const end of zygote.forks.values()) end({ status: null, signal: 9 });
      zygote.asked.clear();
      zygote.forks.clear();
      control.destroy();
      isClosed();
    }
    return zygote;
  }

  const keyOf = (kind: ZygoteKind) => `${kind.environment.key}-${kind.network}`;
  const obtain = (kind: ZygoteKind) => zygotes.get(keyOf(kind)) ?? start(kind, keyOf(kind));

  return {
    async fork(kind, request, onEnd) {
      if (closing) throw unavailable('The server is shutting down.');
      const zygote = obtain(kind);
      zygote.lastUsedMs = now();
      await zygote.ready;
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      zygote.asked.set(request.token, { resolve, reject });
      zygote.forks.set(request.token, onEnd);
      zygote.control.write(encodeJsonFrame(FRAME_TYPES.fork, request, { id: 0 }));
      const pid = await promise;
      return {
        pid,
        kill() {
          // By the interpreter, which knows whether the number is still that of its child.
          if (zygote.forks.has(request.token) && zygote.control.writable)
            zygote.control.write(encodeJsonFrame(FRAME_TYPES.kill, { token: request.token }, { id: 0 }));
        },
      };
    },
    warm(kind) {
      if (!closing) obtain(kind).lastUsedMs = now();
    },
    list: () =>
      Array.from(zygotes, ([key, { child, forks, lastUsedMs, environment }]) => ({
        key,
        environment,
        pid: child.pid ?? 0,
        forks: forks.size,
        lastUsedMs,
      })).filter(({ pid }) => pid > 0),
    end(key) {
      const zygote = zygotes.get(key);
      if (zygote === undefined || zygote.forks.size > 0) return;
      zygotes.delete(key);
      leaving.add(zygote);
      zygote.control.end();
    },
    async close() {
      closing = true;
      await Promise.all(
        [...zygotes.values(), ...leaving].map(async (zygote) => {
          zygote.control.end();
          const late = setTimeout(() => zygote.child.kill('SIGKILL'), CLOSE_MS);
          await zygote.closed;
          clearTimeout(late);
        }),
      );
    },
  };
}

function hear(zygote: Zygote, frame: Frame): void {
  const message = readJson(frame);
  const token = String(message.token);
  if (frame.type === FRAME_TYPES.forked) {
    zygote.asked.get(token)?.resolve(Number(message.pid));
    zygote.asked.delete(token);
  }
  if (frame.type === FRAME_TYPES.exited) {
    const end = zygote.forks.get(token);
    zygote.forks.delete(token);
    end?.({ status: numberOrNull(message.status), signal: numberOrNull(message.signal) });
  }
}

const numberOrNull = (value: unknown) => (typeof value === 'number' ? value : null);

function ended(environment: EnvironmentRef, log: OutputLog, cause: Error | undefined): AppError {
  return new AppError(
    'Unavailable',
    `The Python interpreter ${environment.python} ended before it could be used: ${cause?.message ?? log.tail(5)}`,
    { cause },
  );
}
