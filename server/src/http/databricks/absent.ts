import { AppError } from '../../kernel/errors.ts';

/** For `catch`: what is not there is undefined. Every other error stays one. */
export function asAbsent(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'NotFound') return undefined;
  throw error;
}
