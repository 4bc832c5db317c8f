import {
  AppError,
  alreadyExists,
  internal,
  invalidArgument,
  notFound,
  unavailable,
} from '../../kernel/errors.ts';
import { rangeNotSatisfiable } from '../byte-range.ts';
import { isNetworkFailure, isOutageStatus, storeMissing, storeRefuses, storeUnreachable } from '../outage.ts';

/** Errors of the Azure SDK in our words. */
export function translateAzureError(error: unknown): Error {
  const { code, status } = factsOf(error);
  switch (code) {
    case 'BlobNotFound':
    case 'CannotVerifyCopySource':
      return notFound('There is no such object.', { cause: error });
    case 'ContainerNotFound':
      return storeMissing(error);
    case 'BlobAlreadyExists':
      return alreadyExists('The object exists already.', { cause: error });
    case 'InvalidBlockList':
      return invalidArgument('A part was not uploaded, or has another ETag.', {
        field: 'parts',
        cause: error,
      });
    case 'InvalidRange':
      return rangeNotSatisfiable(undefined, error);
    case 'ConditionNotMet':
      return unavailable('The object was replaced by another. Try again.', { cause: error });
    case 'REQUEST_SEND_ERROR':
      return storeUnreachable(error);
  }
  if (status === 404) return notFound('There is no such object.', { cause: error });
  if (status === 416) return rangeNotSatisfiable(undefined, error);
  if (status === 401 || status === 403) return storeRefuses(error);
  if (isOutageStatus(status) || isNetworkFailure(error)) return storeUnreachable(error);
  return error instanceof AppError
    ? error
    : internal('The artifact store answered with an error.', { cause: error });
}

function factsOf(error: unknown): { code: string | undefined; status: number | undefined } {
  if (!(error instanceof Error)) return { code: undefined, status: undefined };
  const { code, statusCode, details } = error as {
    code?: unknown;
    statusCode?: number;
    details?: { errorCode?: string };
  };
  return { code: details?.errorCode ?? (typeof code === 'string' ? code : undefined), status: statusCode };
}
