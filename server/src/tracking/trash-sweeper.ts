import type { Garbage } from '../artifacts/garbage.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Trash } from './trash.ts';

export interface TrashSweeperOptions {
  readonly trash: Trash;
  readonly garbage: Garbage;
  readonly clock: Clock;
  /** Undefined where the trash is never emptied by itself; garbage is collected all the same. */
  readonly undoWindowMs: number | undefined;
  onError(error: unknown): void;
}

/** Readers that had begun when a file went have ended by then. */
export const BYTES_GRACE_MS = 60 * 60 * 1000;
const FIRST_AFTER_MS = 5 * 60 * 1000;
const EVERY_MS = 60 * 60 * 1000;
/** Finding orphans lists the whole object store. */
const ORPHANS_EVERY_MS = 24 * 60 * 60 * 1000;

/** Empties the trash and collects garbage from time to time. */
export function createTrashSweeper({ trash, garbage, clock, undoWindowMs, onError }: TrashSweeperOptions) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<void> = Promise.resolve();
  let orphansAtMs = clock.nowMs();

  async function sweep(): Promise<void> {
    try {
      if (undoWindowMs !== undefined) await trash.empty({ undoWindowMs, signal });
      await garbage.collect(BYTES_GRACE_MS, { signal });
      if (clock.nowMs() - orphansAtMs >= ORPHANS_EVERY_MS) {
        orphansAtMs = clock.nowMs();
        await garbage.collectOrphans({ signal });
      }
    } catch (error) {
      // What was not removed now is found again next time.
      if (!signal.aborted) onError(error);
    }
  }

  function plan(afterMs: number): void {
    timer = setTimeout(() => {
      sweeping = sweep().then(() => {
        if (!signal.aborted) plan(EVERY_MS);
      });
    }, afterMs);
    timer.unref();
  }

  return {
    start: () => plan(FIRST_AFTER_MS),
    async stop(): Promise<void> {
      stopping.abort();
      clearTimeout(timer);
      await sweeping;
    },
  };
}
