import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, unavailable } from '../kernel/errors.ts';

const NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);
const NETWORK_NAMES: ReadonlySet<string> = new Set(['TimeoutError', 'RequestTimeout', 'NetworkingError']);
const OUTAGE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Whether the store could not be asked at all, however deep the SDK has wrapped that. */
export function isNetworkFailure(error: unknown): boolean {
  for (let each: unknown = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth++) {
    if ('code' in each && typeof each.code === 'string' && NETWORK_CODES.has(each.code)) return true;
    if (NETWORK_NAMES.has(each.name)) return true;
    // Node's message for an answer that ended early; some SDKs throw the code away.
    if (/\b(aborted|socket hang up|premature close|ECONNRESET|ECONNREFUSED)\b/i.test(each.message))
      return true;
    if (each instanceof AggregateError && each.errors.some(isNetworkFailure)) return true;
  }
  return false;
}

/** Whether the store answered that it cannot do its work now. */
export const isOutageStatus = (status: number | undefined): boolean =>
  status !== undefined && OUTAGE_STATUSES.has(status);

export const storeUnreachable = (cause: unknown): AppError =>
  unavailable('The artifact store cannot be reached now. Try again later.', { cause });

export const storeRefuses = (cause: unknown): AppError =>
  unavailable('The artifact store refuses the credentials of the server. Check its settings.', { cause });

export const storeMissing = (cause: unknown): AppError =>
  unavailable('The bucket or container of the artifact store does not exist. Check the settings.', { cause });

/** Runs one call of an SDK; errors come out in our words, an abort as the signal's reason. */
export async function translated<T>(
  call: () => Promise<T>,
  translate: (error: unknown) => Error,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AppError ? error : translate(error);
  }
}

/** Waits longer each time, and never the same as its neighbour. */
export const pauseBeforeRetry = (attempt: number, signal?: AbortSignal): Promise<void> =>
  sleep(50 * 2 ** attempt * (0.5 + Math.random()), undefined, { signal });
