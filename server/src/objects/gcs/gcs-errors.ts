import { AppError, alreadyExists, internal, notFound } from '../../kernel/errors.ts';
import { rangeNotSatisfiable } from '../byte-range.ts';
import { isNetworkFailure, isOutageStatus, storeMissing, storeRefuses, storeUnreachable } from '../outage.ts';

/** Errors of the Google SDK in our words. */
export function translateGcsError(error: unknown): Error {
  if (error instanceof AppError) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : '';
  if (status === 404) {
    return /bucket.*(not|doesn't) exist/i.test(message)
      ? storeMissing(error)
      : notFound('There is no such object.', { cause: error });
  }
  if (status === 412) return alreadyExists('The object exists already.', { cause: error });
  if (status === 416) return rangeNotSatisfiable(undefined, error);
  if (status === 401 || status === 403) return storeRefuses(error);
  if (isOutageStatus(status) || isNetworkFailure(error)) return storeUnreachable(error);
  return internal('The artifact store answered with an error.', { cause: error });
}

function statusOf(error: unknown): number | undefined {
  const { code, status } = error as { code?: unknown; status?: unknown };
  for (const each of [code, status]) {
    const value = typeof each === 'string' && /^\d{3}$/.test(each) ? Number(each) : each;
    if (typeof value === 'number') return value;
  }
  return undefined;
}
