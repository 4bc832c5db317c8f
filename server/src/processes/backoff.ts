const FIRST_MS = 100;
const MOST_MS = 30_000;
/** A process that lived this long had started well: the next restart is a first one again. */
export const STEADY_MS = 60_000;
/** So many deaths while loading, one after the other, and it is given up. */
export const MAX_LOAD_FAILURES = 3;

/** How long to wait before the restart that follows on `restarts` others. */
export function restartDelayMs(restarts: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(restarts, 20));
}
