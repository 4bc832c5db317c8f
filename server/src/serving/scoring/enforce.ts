import { INT64_MAX, INT64_MIN } from '../../kernel/int64.ts';
import type { ColumnInput } from './columns.ts';
import { isoNanoseconds } from './datetime-text.ts';
import { pythonFloat, pythonInteger } from './number-text.ts';
import { conversionFailed, shown, strictRefuses } from './scoring-errors.ts';

export interface HowToEnforce {
  /** Whether integers beyond 2^53 came with all their digits. */
  readonly exact: boolean;
  /** Whether a value of another type is refused though it could be converted. */
  readonly strict: boolean;
  /** Values that belong to one row, for messages: more than one in tensors. */
  readonly perRow: number;
}

/**
 * What became of a column's values:
 * - `done`: they are in the form of their type: numbers for floats and 32 bits, numbers or bigints for longs, 0 and 1 for
 *   booleans, texts or null, Buffers, bigints of nanoseconds or null;
 * - `inexact`: a number may have lost digits in the quick parser: parse exactly and begin again;
 * - `program`: what is made of a value, only the model's own libraries know.
 */
export type Enforced = 'done' | 'inexact' | 'program';

/**
 * Brings the values of one column into the form of its type, in place. What would lose something is refused, where
 * MLflow's own server silently changes it.
 * @throws AppError InvalidArgument that names row and column
 */
export function enforceColumn(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  switch (input.type) {
    case 'double':
      return enforceFloats(cells, input, how);
    case 'float': {
      const enforced = enforceFloats(cells, input, how);
      if (enforced === 'done') refuseBeyondFloat32(cells as number[], input, how);
      return enforced;
    }
    case 'integer':
    case 'long':
      return enforceIntegers(cells, input, how);
    case 'boolean':
      return enforceBooleans(cells, input, how);
    case 'string':
      return enforceTexts(cells, input, how);
    case 'binary':
      return enforceBytes(cells, input, how);
    case 'datetime':
      return enforceTimes(cells);
  }
}

function enforceFloats(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    if (typeof value === 'number') {
      if (!how.exact && (value > MAX_EXACT || value < -MAX_EXACT)) return 'inexact';
      continue;
    }
    cells[row] = toFloat(value, placeOf(input, row, { value, how }), how);
  }
  return 'done';
}

const MAX_EXACT = Number.MAX_SAFE_INTEGER;

interface Place {
  readonly input: ColumnInput;
  readonly row: number;
  readonly value: unknown;
}

const placeOf = (
  input: ColumnInput,
  index: number,
  { value, how }: { readonly value: unknown; readonly how: HowToEnforce },
): Place => ({ input, row: Math.floor(index / how.perRow), value: value ?? null });

function toFloat(value: unknown, place: Place, how: HowToEnforce): number {
  if (value === null || value === undefined) return Number.NaN;
  if (typeof value === 'bigint') {
    const near = Number(value);
    if (!Number.isFinite(near) || BigInt(near) !== value)
      throw conversionFailed(place, `: ${value} would lose digits.`);
    return near;
  }
  if (how.strict) refuseConversion(place);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'string' ? pythonFloat(value) : undefined;
  if (number !== undefined) return number;
  throw conversionFailed(place, `. Error: '${notFloat(value)}'`);
}

/** As Python's `float()` puts it. */
const notFloat = (value: unknown): string =>
  typeof value === 'string'
    ? `ValueError("could not convert string to float: '${value.slice(0, 100)}'")`
    : `TypeError("float() argument must be a string or a real number, not ${shown(value)}")`;

function refuseBeyondFloat32(cells: readonly number[], input: ColumnInput, how: HowToEnforce): void {
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row]!;
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
      throw conversionFailed(placeOf(input, row, { value, how }), `: ${value} does not fit.`);
  }
}

function enforceIntegers(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  const [lowest, highest] = input.type === 'integer' ? [-(2 ** 31), 2 ** 31 - 1] : [-MAX_EXACT, MAX_EXACT];
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    if (typeof value === 'number' && value >= lowest && value <= highest && Number.isInteger(value)) continue;
    if (typeof value === 'number' && !how.exact && Math.abs(value) > MAX_EXACT) return 'inexact';
    cells[row] = toInteger(value, placeOf(input, row, { value, how }), how);
  }
  return 'done';
}

function toInteger(value: unknown, place: Place, how: HowToEnforce): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return inRange(wholeOf(value, place), place);
  if (value === null || value === undefined || typeof value === 'object')
    throw conversionFailed(place, `. Error: 'TypeError("int() argument must be a number or a text")'`);
  if (how.strict) refuseConversion(place);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const text = String(value);
  const whole = pythonInteger(text);
  if (whole !== undefined) return inRange(whole, place);
  const near = pythonFloat(text);
  if (near !== undefined && Number.isFinite(near) && !Number.isInteger(near)) return wholeOf(near, place);
  throw conversionFailed(
    place,
    `. Error: 'ValueError("invalid literal for int() with base 10: '${text.slice(0, 100)}'")'`,
  );
}

function wholeOf(value: number | bigint, place: Place): number | bigint {
  if (typeof value === 'bigint' || Number.isInteger(value)) return value;
  const lost = Number.isFinite(value) ? 'would lose its fraction' : 'is no whole number';
  throw conversionFailed(place, `: ${value} ${lost}.`);
}

function inRange(value: number | bigint, place: Place): number | bigint {
  const [lowest, highest] =
    place.input.type === 'integer' ? [-(2 ** 31), 2 ** 31 - 1] : [INT64_MIN, INT64_MAX];
  if (value < lowest || value > highest) throw conversionFailed(place, `: ${value} does not fit.`);
  return typeof value === 'number' && Math.abs(value) > MAX_EXACT ? BigInt(value) : value;
}

function enforceBooleans(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    if (value === true || value === false) {
      cells[row] = value ? 1 : 0;
      continue;
    }
    const place = placeOf(input, row, { value, how });
    const word = typeof value === 'string' ? value.toLowerCase() : value;
    if (word !== 0 && word !== 1 && word !== 'true' && word !== 'false')
      throw conversionFailed(place, `: ${shown(place.value)} is neither true nor false.`);
    if (how.strict) refuseConversion(place);
    cells[row] = word === 1 || word === 'true' ? 1 : 0;
  }
  return 'done';
}

function enforceTexts(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  let enforced: Enforced = 'done';
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    if (typeof value === 'string') continue;
    if (value === null || value === undefined) {
      cells[row] = null;
      continue;
    }
    const place = placeOf(input, row, { value, how });
    if (typeof value === 'object') throw conversionFailed(place, ': a list or an object is no text.');
    if (how.strict) refuseConversion(place);
    // The model gets the number itself, and only a DataFrame holds numbers among texts.
    enforced = 'program';
  }
  return enforced;
}

function enforceBytes(cells: unknown[], input: ColumnInput, how: HowToEnforce): Enforced {
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    const text = typeof value === 'string' ? value.replace(/\s/g, '') : undefined;
    if (text === undefined || text.length % 4 !== 0 || !BASE64.test(text))
      throw conversionFailed(placeOf(input, row, { value, how }), `. Error: 'Error("not base64")'`);
    cells[row] = Buffer.from(text, 'base64');
  }
  return 'done';
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function enforceTimes(cells: unknown[]): Enforced {
  for (let row = 0; row < cells.length; row += 1) {
    const value = cells[row];
    if (value === null || value === undefined) {
      cells[row] = null;
      continue;
    }
    const time = typeof value === 'string' ? isoNanoseconds(value) : undefined;
    if (time === undefined) return 'program';
    cells[row] = time;
  }
  return 'done';
}

function refuseConversion({ input, row, value }: Place): never {
  throw strictRefuses(
    `column '${input.name ?? ''}' takes ${input.type} and row ${row} has ${shown(value)}, which would have to be converted.`,
  );
}
