import { AppError } from '../kernel/errors.ts';
import type { Door } from './door.ts';

/** One change that brings the server nearer to what is declared. */
export interface Step {
  /** `create` adds; `change` alters what is there. */
  readonly kind: 'create' | 'change';
  /** `catalog prod`, `grants of Data Scientists on schema dev.ml: + EXECUTE`. */
  readonly what: string;
  run(): Promise<void>;
}

/** What planning needs to know. */
export interface Planning {
  readonly door: Door;
  /** The value of an environment variable, for secrets. */
  variable(name: string): string | undefined;
}

/** Does something for a declared thing: what the server says against it is said of its place in the file. */
export async function on<T>(
  declared: { complain(what: string): AppError },
  operation: () => Promise<T>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    if (error instanceof AppError && error.code === 'InvalidArgument') throw declared.complain(error.message);
    throw error;
  }
}
