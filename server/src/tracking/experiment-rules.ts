import { invalidArgument } from '../kernel/errors.ts';
import { checkLength } from './key-rules.ts';

/** In Unicode code points. */
export const MAX_NAME_LENGTH = 500;

/** @throws AppError InvalidArgument unless `name` is 1 to 500 characters. */
export function checkExperimentName(name: string, path = 'name'): void {
  if (name === '') throw invalidArgument(`Missing value for required parameter '${path}'.`, { field: path });
  checkLength(name, MAX_NAME_LENGTH, path);
}

/**
 * Experiment ids are decimal text on the wire and row numbers inside.
 * @throws AppError InvalidArgument for anything but an integer.
 */
export function parseExperimentId(text: string, path = 'experiment_id'): number {
  const number = /^(?:\d|-[1-9])\d{0,18}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) {
    throw invalidArgument(
      `Invalid experiment ID '${text.slice(0, 100)}' for '${path}'. Experiment ID must be a valid integer.`,
      {
        field: path,
      },
    );
  }
  // Beyond what a row number can be: a valid form that names nothing.
  return Number.isSafeInteger(number) && number >= 0 ? number : -1;
}
