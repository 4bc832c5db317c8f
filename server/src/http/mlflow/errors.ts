import type { AppError, ErrorCode } from '../../kernel/errors.ts';

/** The one table of the MLflow surface from the program's error codes to MLflow's codes and HTTP statuses. */
const table: Readonly<Record<ErrorCode, { readonly status: number; readonly code: string }>> = {
  NotFound: { status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
  EndpointNotFound: { status: 404, code: 'ENDPOINT_NOT_FOUND' },
  // 400, not 409: clients of every version look for it there.
  AlreadyExists: { status: 400, code: 'RESOURCE_ALREADY_EXISTS' },
  InvalidArgument: { status: 400, code: 'INVALID_PARAMETER_VALUE' },
  // The real server answers 500, which its client retries for minutes (contract, section 17.3).
  InvalidState: { status: 400, code: 'INVALID_STATE' },
  // The code is the real server's, whose 500 our clients should not retry.
  Contradictory: { status: 400, code: 'INTERNAL_ERROR' },
  MethodNotAllowed: { status: 405, code: 'ENDPOINT_NOT_FOUND' },
  PermissionDenied: { status: 403, code: 'PERMISSION_DENIED' },
  Unauthenticated: { status: 401, code: 'UNAUTHENTICATED' },
  Conflict: { status: 409, code: 'RESOURCE_CONFLICT' },
  LimitExceeded: { status: 429, code: 'REQUEST_LIMIT_EXCEEDED' },
  PayloadTooLarge: { status: 413, code: 'INVALID_PARAMETER_VALUE' },
  RangeNotSatisfiable: { status: 416, code: 'INVALID_PARAMETER_VALUE' },
  PreconditionFailed: { status: 412, code: 'RESOURCE_CONFLICT' },
  NotSupported: { status: 501, code: 'NOT_IMPLEMENTED' },
  Unavailable: { status: 503, code: 'TEMPORARILY_UNAVAILABLE' },
  DeadlineExceeded: { status: 504, code: 'DEADLINE_EXCEEDED' },
  Internal: { status: 500, code: 'INTERNAL_ERROR' },
};

export interface RenderedError {
  readonly status: number;
  readonly body: { readonly error_code: string; readonly message: string };
}

export function renderError(error: AppError): RenderedError {
  const { status, code } = table[error.code];
  return { status, body: { error_code: code, message: error.message } };
}
