import { Worker } from 'node:worker_threads';

/** The log is moved into the database file when it holds this many pages (of 4 KiB) that were not moved. */
const START_PAGES = 4000;
const LOOK_EVERY_MS = 100;

export interface CheckpointerOptions {
  readonly file: string;
  /** Pages of the log that are not in the database file yet. */
  pendingPages(): number;
  /** Runs a checkpoint on the writer's own connection. */
  finish(): void;
}

export interface Checkpointer {
  /** Tells that a group of writes has been committed. Cheap. */
  committed(): void;
  close(): Promise<void>;
}

/**
 * Keeps the write-ahead log short without making writers wait. A worker thread copies most of the log; what
 * was appended meanwhile is little, and `finish` copies it between two commits, so that the next commit starts the log
 * from its beginning.
 */
export function createCheckpointer({ file, pendingPages, finish }: CheckpointerOptions): Checkpointer {
  let worker: Worker | undefined;
  let working = false;
  let lookedAt = 0;

  function start(): Worker {
    // Beside this file in the sources, beside the bundle in a build.
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const started = new Worker(new URL(`./checkpoint-worker.${extension}`, import.meta.url), {
      workerData: file,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
    });
    started.unref();
    started.on('message', (moved: boolean) => {
      working = false;
      if (moved) finish();
    });
    // Without the worker the log grows until the next start: nothing is lost, and a new one is tried.
    started.on('error', () => {
      working = false;
      worker = undefined;
    });
    return started;
  }

  return {
    committed() {
      if (working) return;
      const now = performance.now();
      if (now - lookedAt < LOOK_EVERY_MS) return;
      lookedAt = now;
      if (pendingPages() < START_PAGES) return;
      working = true;
      worker ??= start();
      worker.postMessage('checkpoint');
    },
    async close() {
      await worker?.terminate();
    },
  };
}
