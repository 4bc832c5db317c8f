import { Worker } from 'node:worker_threads';
import { AppError, unavailable } from '../../kernel/errors.ts';
import type { FromOnnxThread, OnnxTensor, ToOnnxThread } from './onnx-messages.ts';

/** Models of onnxruntime in threads of this process: the loop that answers requests never waits for one. */
export interface OnnxThreads {
  /**
   * Loads a file whose operators were judged (`onnx-allow-list.ts`), in every thread.
   * @throws AppError InvalidState where the runtime refuses it; LimitExceeded where the files loaded come to too much
   */
  load(file: Uint8Array): Promise<OnnxSession>;
  close(): Promise<void>;
}

export interface OnnxSession {
  readonly threads: number;
  /** @throws AppError Internal where the runtime refuses the input; Unavailable where the threads ended */
  run(thread: number, feeds: Readonly<Record<string, OnnxTensor>>): Promise<OnnxAnswer>;
  close(): void;
}

export interface OnnxAnswer {
  readonly outputs: Readonly<Record<string, OnnxTensor>>;
  readonly micros: number;
}

export interface OnnxThreadsOptions {
  /** Of `onnx-thread`, in the sources and in a build. */
  readonly program: URL;
  readonly threads: number;
  /** Of all files that are loaded, together. */
  readonly maxBytes?: number;
}

const MAX_BYTES = 512 * 2 ** 20;

interface Thread {
  readonly worker: Worker;
  readonly asked: Map<number, { resolve(message: FromOnnxThread): void; reject(error: AppError): void }>;
  hasEnded: boolean;
}

/** Threads are started with the first model. */
export function createOnnxThreads({
  program,
  threads: count,
  maxBytes = MAX_BYTES,
}: OnnxThreadsOptions): OnnxThreads {
  let threads: Thread[] = [];
  let bytes = 0;
  let lastId = 0;
  let closed = false;

  function start(): Thread {
    const worker = new Worker(program, { name: 'onnx', env: { TZ: 'UTC' }, execArgv: ['--no-warnings'] });
    const thread: Thread = { worker, asked: new Map(), hasEnded: false };
    worker.on('message', (message: FromOnnxThread) => {
      const waiting = thread.asked.get(message.id);
      thread.asked.delete(message.id);
      if (thread.asked.size === 0) worker.unref();
      waiting?.resolve(message);
    });
    const ended = (cause: unknown) => {
      thread.hasEnded = true;
      threads = threads.filter((known) => known !== thread);
      for (const { reject } of thread.asked.values()) reject(gone(cause));
      thread.asked.clear();
    };
    worker.on('error', ended);
    worker.on('exit', ended);
    // Whoever waits for an answer keeps the process alive, not the thread.
    worker.unref();
    return thread;
  }

  function ask(
    thread: Thread | undefined,
    make: (id: number) => ToOnnxThread,
    moved: readonly ArrayBuffer[] = [],
  ): Promise<FromOnnxThread> {
    if (thread === undefined || thread.hasEnded || closed) return Promise.reject(gone(undefined));
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      thread.asked.set(id, { resolve, reject });
      thread.worker.ref();
      thread.worker.postMessage(make(id), moved);
    });
  }

  return {
    async load(file) {
      if (bytes + file.length > maxBytes)
        throw new AppError(
          'LimitExceeded',
          `The models loaded in the server come to ${Math.round(maxBytes / 2 ** 20)} MiB already.`,
        );
      if (closed) throw gone(undefined);
      bytes += file.length;
      while (threads.length < count) threads.push(start());
      const own = threads;
      lastId += 1;
      const session = lastId;
      let given = false;
      const close = () => {
        if (given) return;
        given = true;
        bytes -= file.length;
        for (const { worker } of own) worker.postMessage({ kind: 'drop', session } satisfies ToOnnxThread);
      };
      for (const thread of own) {
        const said = await ask(thread, (id) => ({ kind: 'load', id, session, file })).catch((error) => {
          close();
          throw error;
        });
        if (said.kind === 'failed') {
          close();
          throw new AppError('InvalidState', `The ONNX runtime refuses it: ${said.message}`);
        }
      }
      return {
        threads: own.length,
        async run(index, feeds) {
          const moved = Object.values(feeds).flatMap(({ data }) => ('buffer' in data ? [data.buffer] : []));
          const said = await ask(own[index], (id) => ({ kind: 'run', id, session, feeds }), moved);
          if (said.kind === 'ran') return said;
          throw new AppError(
            'Internal',
            said.kind === 'failed' ? said.message : 'The thread is out of step.',
          );
        },
        close,
      };
    },

    async close() {
      closed = true;
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

const gone = (cause: unknown): AppError => unavailable('The thread with the models has ended.', { cause });
