/**
 * A 64-bit signed integer. Values that a double holds exactly are numbers; only those beyond ±(2^53 − 1) are
 * bigints, so that the common case costs nothing and the rare one loses no digit. `<` and `>` compare the two
 * forms correctly; never use `===` across them without `int64` having made both.
 */
export type Int64 = number | bigint;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;

/** Brings an integer into canonical form: a number where it is exact, else a bigint. */
export function int64(value: number | bigint | string): Int64 {
  if (typeof value === 'number') return value;
  const big = typeof value === 'bigint' ? value : BigInt(value);
  return big <= MAX_SAFE && big >= MIN_SAFE ? Number(big) : big;
}

/** Reads decimal text; `undefined` when it is not an integer of 64 bits. */
export function parseInt64Text(text: string): Int64 | undefined {
  if (!/^[+-]?\d{1,30}$/.test(text)) return undefined;
  const big = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return big > INT64_MAX || big < INT64_MIN ? undefined : int64(big);
}

/** Orders two 64-bit integers: negative, zero or positive, as `Array.prototype.sort` wants it. */
export function compareInt64(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
