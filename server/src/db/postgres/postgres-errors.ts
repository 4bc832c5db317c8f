import pg from 'pg';
import { AppError, invalidArgument, unavailable } from '../../kernel/errors.ts';

/**
 * SQLSTATEs after which the same transaction may well succeed: serialization failure, deadlock, and what another process
 * inserted or deleted between our look and our write (a unique key that is taken, a row that ours would hang on; the
 * next look sees it and answers properly).
 */
const RETRIABLE: ReadonlySet<string> = new Set(['40001', '40P01', '23505', '23503']);

export function isRetriable(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code !== undefined && RETRIABLE.has(error.code);
}

const SOCKET_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
]);

/** PostgreSQL's failures in the program's words; everything else passes through. */
export function translate(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  const code = (error as { code?: string }).code ?? '';
  if (error instanceof pg.DatabaseError) {
    switch (code) {
      case '22021':
      case '22P05':
        return invalidArgument('Text with a NUL character cannot be stored.', { cause: error });
      case '53100':
        return unavailable('The disk of the database is full: free some space and try again.', {
          cause: error,
        });
      case '53300':
        return unavailable('The database has no connection left: try again in a moment.', { cause: error });
      case '23505':
        return new AppError('Conflict', 'Something with the same key was made at the same time.', {
          cause: error,
        });
      case '23503':
        return new AppError('Conflict', 'Something that this needs was removed at the same time.', {
          cause: error,
        });
      case '40001':
      case '40P01':
        return unavailable('Others keep changing the same rows: try again.', { cause: error });
      default:
        // Class 57: the server is shutting down or starting; class 08: the connection is gone.
        return code.startsWith('57') || code.startsWith('08')
          ? unavailable('The database is restarting: try again in a moment.', { cause: error })
          : error;
    }
  }
  const gone =
    SOCKET_ERRORS.has(code) ||
    /Connection terminated|Client has encountered a connection error/.test(error.message);
  return gone
    ? unavailable('The connection to the database broke: try again in a moment.', { cause: error })
    : error;
}
