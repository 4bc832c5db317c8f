import { useSyncExternalStore } from 'react';

/** Whether the server was asked and did not answer. */
let isLost = false;
let isChecking = false;
const listeners = new Set<() => void>();
const returns = new Set<() => void>();

/** Asked by nobody in particular, and written down nowhere. */
const PROBE = '/health';
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 8000;

export const useIsConnected = (): boolean => useSyncExternalStore(subscribe, () => !isLost);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Calls back each time the server answers again after it did not. */
export function whenReturned(listener: () => void): void {
  returns.add(listener);
}

/** A request found no server. One that was cut off alone means nothing: the server is asked once more before it counts as gone. */
export function noteNoAnswer(): void {
  if (isChecking) return;
  isChecking = true;
  void check();
}

async function check(): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (!(await doesAnswer())) {
    setLost(true);
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(LONGEST_WAIT_MS, wait * 1.5);
  }
  isChecking = false;
  if (!isLost) return;
  setLost(false);
  for (const listener of returns) listener();
}

async function doesAnswer(): Promise<boolean> {
  try {
    return (await fetch(PROBE, { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}

function setLost(next: boolean): void {
  if (isLost === next) return;
  isLost = next;
  for (const listener of listeners) listener();
}
