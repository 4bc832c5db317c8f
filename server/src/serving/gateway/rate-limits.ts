import { AppError } from '../../kernel/errors.ts';
import type { RateLimit } from './lane.ts';

/** Principals of whom calls are counted at once; beyond, the counts of the longest known begin again. */
const MAX_PRINCIPALS = 10_000;

/**
 * Counts calls in windows of a limit's length.
 * @returns a function that says why the next call of a principal is refused, and counts it where it is not
 */
export function createRateLimits(
  limits: readonly RateLimit[],
  endpoint: string,
): (requester: string | undefined, nowMs: number) => AppError | undefined {
  const counts = limits.map(() => new Map<string, { since: number; calls: number }>());

  return (requester, nowMs) => {
    const windows: { calls: number }[] = [];
    for (let i = 0; i < limits.length; i += 1) {
      const limit = limits[i]!;
      const key = limit.per === 'endpoint' ? '' : (requester ?? '');
      if (limit.per === 'principal' && limit.principal !== undefined && limit.principal !== requester)
        continue;
      const window = windowOf(counts[i]!, key, { nowMs, periodMs: limit.periodMs });
      if (window.calls >= limit.calls) {
        const retryAfterS = Math.max(1, Math.ceil((window.since + limit.periodMs - nowMs) / 1000));
        return new AppError(
          'LimitExceeded',
          `'${endpoint}' takes ${limit.calls} calls in ${limit.periodMs / 1000} seconds` +
            `${limit.per === 'principal' ? ' of one caller' : ''}: try again in ${secondsText(retryAfterS)}.`,
          { retryAfterS },
        );
      }
      windows.push(window);
    }
    for (const window of windows) window.calls += 1;
    return undefined;
  };
}

export const secondsText = (seconds: number): string => (seconds === 1 ? '1 second' : `${seconds} seconds`);

function windowOf(
  windows: Map<string, { since: number; calls: number }>,
  key: string,
  { nowMs, periodMs }: { readonly nowMs: number; readonly periodMs: number },
) {
  const known = windows.get(key);
  if (known !== undefined && nowMs - known.since < periodMs) return known;
  const window = { since: nowMs, calls: 0 };
  windows.delete(key);
  windows.set(key, window);
  if (windows.size > MAX_PRINCIPALS) {
    for (const oldest of windows.keys()) {
      windows.delete(oldest);
      break;
    }
  }
  return window;
}
