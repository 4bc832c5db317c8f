import type { FastifyRequest } from 'fastify';
import { AppError } from '../kernel/errors.ts';
import { bodyBrokeOff, callerLeft } from './caller-presence.ts';
import { errorFields, type Logger } from './logger.ts';

interface HttpFailure {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message?: string;
}

/** Makes an answerable error of whatever was thrown while a request was handled. */
export type AsAppError = (error: unknown, request: FastifyRequest) => AppError;

/**
 * What a surface answers for whatever was thrown. An AppError is its own answer; the framework's refusals (a body too
 * large, a broken length) become errors of the caller; everything else is a defect of ours: the caller gets the
 * request's id, the log the rest.
 */
export function createAsAppError(logger: Logger): AsAppError {
  return (error, request) => {
    if (error instanceof AppError) {
      if (error.code === 'Internal')
        logger.error('internal error', { id: request.id, ...error.details, ...errorFields(error) });
      return error;
    }
    const refused = refusalOf(error, request);
    if (refused !== undefined) return refused;
    logger.error('unexpected error', { id: request.id, ...errorFields(error) });
    return new AppError(
      'Internal',
      `Something went wrong on our side. The server's log has the cause under ${request.id}.`,
    );
  };
}

function refusalOf(error: unknown, request: FastifyRequest): AppError | undefined {
  const { statusCode, code = '', message } = error as HttpFailure;
  // Errors of clients that we ourselves use (object stores) carry a status as well: those are no refusals of ours.
  if (String(code).startsWith('FST_') && statusCode !== undefined) {
    if (statusCode === 413) return new AppError('PayloadTooLarge', 'The request body is too large.');
    if (statusCode >= 400 && statusCode < 500)
      return new AppError('InvalidArgument', message ?? 'Bad request.');
  }
  // The same codes come from connections that we opened: only the caller's own end is the caller's doing.
  const endedByCaller = CONNECTION_ENDED.has(code) && bodyBrokeOff(request);
  if (endedByCaller || (code === 'ABORT_ERR' && callerLeft(request))) {
    return new AppError('InvalidArgument', 'The request ended before its body was complete.');
  }
  return undefined;
}

const CONNECTION_ENDED: ReadonlySet<string> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ECONNRESET',
  'ABORT_ERR',
]);
