import { setImmediate } from 'node:timers/promises';

/** Lets whatever waits for the event loop go first: long work calls it between its parts. */
export async function nextTurn(): Promise<void> {
  await setImmediate();
}
