/**
 * The closed list of things that can go wrong, independent of any protocol.
 * Each surface (`http/mlflow`, later `http/databricks`) owns one table from these codes to statuses and protocol codes.
 */
export type ErrorCode =
  | 'NotFound'
  | 'EndpointNotFound'
  | 'AlreadyExists'
  | 'InvalidArgument'
  | 'InvalidState'
  /** The request asks for two things that exclude each other. */
  | 'Contradictory'
  | 'MethodNotAllowed'
  | 'PermissionDenied'
  | 'Unauthenticated'
  | 'Conflict'
  | 'LimitExceeded'
  | 'PayloadTooLarge'
  | 'RangeNotSatisfiable'
  | 'PreconditionFailed'
  | 'NotSupported'
  | 'Unavailable'
  | 'DeadlineExceeded'
  | 'Internal';

export interface AppErrorOptions {
  /** The request field that is at fault, as the caller spells it. */
  field?: string;
  /** The protocol's own word where it has a narrower one than the code's (`CATALOG_DOES_NOT_EXIST`). */
  reason?: string;
  /** In how many seconds it is worth trying again, where that is known. */
  retryAfterS?: number;
  /** For logs only; never sent to the caller. */
  details?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error class of the program. `message` is for users and says what to do. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly reason: string | undefined;
  readonly retryAfterS: number | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.field = options.field;
    this.reason = options.reason;
    this.retryAfterS = options.retryAfterS;
    this.details = options.details;
  }
}

export const notFound = (message: string, options?: AppErrorOptions) =>
  new AppError('NotFound', message, options);
export const alreadyExists = (message: string, options?: AppErrorOptions) =>
  new AppError('AlreadyExists', message, options);
export const invalidArgument = (message: string, options?: AppErrorOptions) =>
  new AppError('InvalidArgument', message, options);
export const invalidState = (message: string, options?: AppErrorOptions) =>
  new AppError('InvalidState', message, options);
export const unavailable = (message: string, options?: AppErrorOptions) =>
  new AppError('Unavailable', message, options);

/** An error of this kind means a defect of ours: the caller sees a request id, the log sees the cause. */
export const internal = (message: string, options?: AppErrorOptions) =>
  new AppError('Internal', message, options);
