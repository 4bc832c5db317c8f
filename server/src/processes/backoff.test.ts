import { expect, it } from 'vitest';
import { restartDelayMs } from './backoff.ts';

it.each([
  [0, 100],
  [1, 200],
  [5, 3200],
  [8, 25_600],
  [9, 30_000],
  [5000, 30_000],
])('waits longer before each restart, to a bound: after %i restarts %i ms', (restarts, delay) => {
  expect(restartDelayMs(restarts)).toBe(delay);
});
