import { type AppError, invalidArgument } from '../kernel/errors.ts';

/** What the request calls the text that is being read. */
export type SearchParameter = 'filter' | 'order_by';

/** Offending texts are quoted in messages up to this length. */
const SHOWN = 100;

/** Makes the error for a text that is not of the language. `position` is a 0-based offset in UTF-16 units. */
export function refusal(parameter: SearchParameter, message: string, position: number): AppError {
  return invalidArgument(`${message} at position ${position} of the ${parameter}.`, { field: parameter });
}

/** The beginning of messages about what cannot be read at all, in MLflow's words. */
export function unreadable(parameter: SearchParameter): string {
  return parameter === 'filter' ? 'Invalid clause(s) in filter string' : 'Invalid order_by clause';
}

/** The text in quotes, shortened for a message. */
export function shown(text: string): string {
  return text.length > SHOWN ? `'${text.slice(0, SHOWN)}…'` : `'${text}'`;
}
