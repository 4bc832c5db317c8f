import type { AppError, ErrorCode } from '../../kernel/errors.ts';

interface Words {
  readonly status: number;
  readonly code: string;
  /** Of errors that MLflow's scoring server has, too. */
  readonly sqlstate?: string;
  readonly errorClass?: string;
  /** Of errors that pass; where the error itself does not know better. */
  readonly retryAfterS?: number;
}

const BAD_REQUEST: Words = {
  status: 400,
  code: 'BAD_REQUEST',
  sqlstate: 'KAM00',
  errorClass: 'INVALID_PARAMETER_VALUE',
};

/** What an InvalidArgument is, by its reason. */
const INVALID: Readonly<Record<string, Words>> = {
  SCHEMA_ENFORCEMENT_FAILED: {
    status: 400,
    code: 'INVALID_PARAMETER_VALUE',
    sqlstate: 'KAM01',
    errorClass: 'SCHEMA_ENFORCEMENT_FAILED',
  },
  INVALID_PARAMETER_VALUE: {
    status: 400,
    code: 'INVALID_PARAMETER_VALUE',
    sqlstate: 'KAM00',
    errorClass: 'INVALID_PARAMETER_VALUE',
  },
};

/** The one table of the scoring surface. Clients of it honour Retry-After of 429 and 503 alone. */
const TABLE: Readonly<Record<Exclude<ErrorCode, 'InvalidArgument'>, Words>> = {
  NotFound: { status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
  EndpointNotFound: { status: 404, code: 'ENDPOINT_NOT_FOUND' },
  AlreadyExists: { status: 409, code: 'RESOURCE_ALREADY_EXISTS' },
  InvalidState: { status: 400, code: 'INVALID_STATE' },
  Contradictory: BAD_REQUEST,
  MethodNotAllowed: { status: 405, code: 'ENDPOINT_NOT_FOUND' },
  PermissionDenied: { status: 403, code: 'PERMISSION_DENIED' },
  Unauthenticated: { status: 401, code: 'UNAUTHENTICATED' },
  Conflict: { status: 409, code: 'RESOURCE_CONFLICT' },
  LimitExceeded: { status: 429, code: 'REQUEST_LIMIT_EXCEEDED', retryAfterS: 1 },
  PayloadTooLarge: { status: 413, code: 'INVALID_PARAMETER_VALUE' },
  RangeNotSatisfiable: { status: 416, code: 'INVALID_PARAMETER_VALUE' },
  PreconditionFailed: { status: 412, code: 'RESOURCE_CONFLICT' },
  NotSupported: { status: 501, code: 'NOT_IMPLEMENTED' },
  Unavailable: { status: 503, code: 'TEMPORARILY_UNAVAILABLE', retryAfterS: 1 },
  DeadlineExceeded: { status: 504, code: 'DEADLINE_EXCEEDED' },
  Internal: { status: 500, code: 'INTERNAL_ERROR' },
};

export interface RenderedFailure {
  readonly status: number;
  /** JSON, with the keys in the order in which MLflow's server writes them; never a stack. */
  readonly body: string;
  readonly retryAfterS: number | undefined;
}

export function renderScoringFailure(error: AppError): RenderedFailure {
  const words =
    error.code === 'InvalidArgument' ? (INVALID[error.reason ?? ''] ?? BAD_REQUEST) : TABLE[error.code];
  const { status, code, sqlstate, errorClass } = words;
  const retryAfterS = words.retryAfterS === undefined ? undefined : (error.retryAfterS ?? words.retryAfterS);
  const body = JSON.stringify({
    error_code: code,
    message: error.message,
    sqlstate,
    error_class: errorClass,
  });
  return { status, body, retryAfterS };
}
