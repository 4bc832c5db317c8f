import { RequestError } from './request-error.ts';

/** What proxies say of a server that is not there. */
const OF_PROXIES: ReadonlySet<unknown> = new Set([502, 504]);

export const isOfAbsence = (status: unknown): boolean => OF_PROXIES.has(status);

/** Whether no server answered, so that nothing is wrong with what was asked: as these pages and as the client say it. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof RequestError) return error.code === 'UNREACHABLE' || isOfAbsence(error.status);
  if (!(error instanceof Error) || !('errorCode' in error)) return false;
  return error.errorCode === 'NETWORK_ERROR' || ('status' in error && isOfAbsence(error.status));
}
