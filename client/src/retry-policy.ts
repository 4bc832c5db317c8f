import { SlipwayError } from './errors.ts';

/**
 * Whether a request may be sent again. `always`: doing it twice is doing it once; creates are among these, as the server
 * knows those whose answers were lost. `when-refused`: only where the server said that it did nothing. `never`: its body
 * can be read only once.
 */
export type Resend = 'always' | 'when-refused' | 'never';

export interface FailedAttempt {
  readonly error: unknown;
  /** How many attempts failed before this one. */
  readonly attempt: number;
  readonly retries: number;
  readonly resend: Resend;
  /** From 0 to 1. */
  readonly random: number;
}

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** Who is told to wait longer than this hears of it, instead of waiting. */
const LONGEST_ASKED_WAIT_MS = 60_000;
const RETRIED_STATUSES: ReadonlySet<number | undefined> = new Set([429, 502, 503, 504]);
const RETRIED_CODES: ReadonlySet<string> = new Set(['NETWORK_ERROR', 'TIMEOUT']);
const DID_NOTHING: ReadonlySet<string> = new Set(['REQUEST_LIMIT_EXCEEDED', 'TEMPORARILY_UNAVAILABLE']);

/** How long to wait before the next attempt, in ms; undefined where there is none to be made. */
export function decideRetry({ error, attempt, retries, resend, random }: FailedAttempt): number | undefined {
  if (!(error instanceof SlipwayError) || resend === 'never' || attempt >= retries) return undefined;
  const { errorCode, status, retryAfterMs } = error;
  if (!RETRIED_STATUSES.has(status) && !RETRIED_CODES.has(errorCode)) return undefined;
  if (resend === 'when-refused' && !DID_NOTHING.has(errorCode) && status !== 429) return undefined;
  if (retryAfterMs !== undefined && retryAfterMs > LONGEST_ASKED_WAIT_MS) return undefined;
  return Math.max(retryAfterMs ?? 0, decideWait(attempt, random));
}

/** Doubling waits, from half of each to the whole: clients that failed together do not come back together. */
function decideWait(attempt: number, random: number): number {
  const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return longest * (0.5 + random / 2);
}

/** A `Retry-After` header, seconds or a date, as ms from now. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Waits. @throws the signal's reason when it is aborted meanwhile */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
