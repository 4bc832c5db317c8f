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

/** Errors of the AWS SDK in our words. */
export function translateS3Error(error: unknown): Error {
  const { code, status } = s3ErrorFacts(error);
  switch (code) {
    case 'NoSuchKey':
    case 'NotFound':
      return notFound('There is no such object.', { cause: error });
    case 'NoSuchUpload':
      return notFound('There is no such upload; it was completed or aborted.', { cause: error });
    case 'NoSuchBucket':
      return storeMissing(error);
    case 'PreconditionFailed':
      return alreadyExists('The object exists already.', { cause: error });
    case 'ConditionalRequestConflict':
      return unavailable('The object is being written by another. Try again.', { cause: error });
    case 'InvalidPart':
    case 'InvalidPartOrder':
      return invalidArgument('A part was not uploaded, or has another ETag.', {
        field: 'parts',
        cause: error,
      });
    case 'EntityTooSmall':
      return invalidArgument('A part before the last is smaller than the store allows.', {
        field: 'parts',
        cause: error,
      });
    case 'InvalidRange':
      return rangeNotSatisfiable(undefined, error);
    case 'CredentialsProviderError':
    case 'ExpiredToken':
      return storeRefuses(error);
  }
  if (status === 416) return rangeNotSatisfiable(undefined, error);
  if (status === 401 || status === 403) return storeRefuses(error);
  if (isOutageStatus(status) || isNetworkFailure(error)) return storeUnreachable(error);
  return error instanceof AppError
    ? error
    : internal('The artifact store answered with an error.', { cause: error });
}

function s3ErrorFacts(error: unknown): { code: string | undefined; status: number | undefined } {
  if (!(error instanceof Error)) return { code: undefined, status: undefined };
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { code: error.name, status: $metadata?.httpStatusCode };
}
