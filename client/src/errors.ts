/**
 * What went wrong, by the protocol's own word where the server said it, and by one of ours where no answer came:
 *
 * - `NETWORK_ERROR`: the server could not be reached, or the connection broke.
 * - `TIMEOUT`: no answer within `timeoutMs`.
 * - `INVALID_RESPONSE`: the answer is not what the protocol says; a proxy or another program may have answered.
 * - `QUEUE_FULL`: values were logged faster than the server takes them, and without waiting.
 * - `HTTP_<status>`: a refusal that carries no code, as proxies make them.
 */
export type SlipwayErrorCode =
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'RESOURCE_CONFLICT'
  | 'INVALID_PARAMETER_VALUE'
  | 'INVALID_STATE'
  | 'PERMISSION_DENIED'
  | 'UNAUTHENTICATED'
  | 'REQUEST_LIMIT_EXCEEDED'
  | 'TEMPORARILY_UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_IMPLEMENTED'
  | 'ENDPOINT_NOT_FOUND'
  | 'INTERNAL_ERROR'
  | 'NETWORK_ERROR'
  | 'TIMEOUT'
  | 'INVALID_RESPONSE'
  | 'QUEUE_FULL'
  // Other servers of the protocol have codes of their own; the odd type keeps the names above in completions.
  | (string & Record<never, never>);

export interface SlipwayErrorFacts {
  readonly errorCode: SlipwayErrorCode;
  /** HTTP status; undefined where no answer came. */
  readonly status?: number | undefined;
  /** The answer's `x-request-id`, for whoever looks into the server's log. */
  readonly requestId?: string | undefined;
  /** How long the server asked to wait before the next try, in ms. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * Everything that a call of this client throws, except for an abort: that rejects with the signal's own reason. Neither
 * the message nor any field holds a token or a password.
 *
 * @example
 * ```ts
 * try {
 *   await client.runs.get(runId);
 * } catch (error) {
 *   if (error instanceof SlipwayError && error.errorCode === 'RESOURCE_DOES_NOT_EXIST') return undefined;
 *   throw error;
 * }
 * ```
 */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';
  readonly errorCode: SlipwayErrorCode;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, { errorCode, status, requestId, retryAfterMs, cause }: SlipwayErrorFacts) {
    super(message, cause === undefined ? undefined : { cause });
    this.errorCode = errorCode;
    this.status = status;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

export const invalidArgument = (message: string): SlipwayError =>
  new SlipwayError(message, { errorCode: 'INVALID_PARAMETER_VALUE' });

export const invalidResponse = (message: string, cause?: unknown): SlipwayError =>
  new SlipwayError(message, { errorCode: 'INVALID_RESPONSE', cause });
