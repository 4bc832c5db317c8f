import { INT64_MAX, INT64_MIN, type Int64, int64 } from '../kernel/int64.ts';
import type { CompareOp, Field, FilterNode } from './tree.ts';

/**
 * The comparison of an integer field with a number that is no 64-bit integer (`start_time > 1.5`, `< 1e30`), in terms
 * of integers: no database then has to compare across types, and an absent value stays unknown.
 */
export function compareWithInexact(field: Field, op: CompareOp, value: number): FilterNode {
  const below = floor(value);
  const least = above(value);
  const atMost: FilterNode | undefined = below === undefined ? undefined : compare(field, '<=', below);
  const atLeast: FilterNode | undefined = least === undefined ? undefined : compare(field, '>=', least);
  switch (op) {
    case '<':
    case '<=':
      return atMost ?? never(field);
    case '>':
    case '>=':
      return atLeast ?? never(field);
    case '=':
      return never(field);
    case '!=':
      return { kind: 'not', node: never(field) };
  }
}

/** False for every integer, unknown where there is none. */
function never(field: Field): FilterNode {
  return compare(field, '>', int64(INT64_MAX));
}

function compare(field: Field, op: CompareOp, value: Int64): FilterNode {
  return { kind: 'compare', field, op, value: { kind: 'number', value } };
}

/** The greatest 64-bit integer that is at most `value`; undefined where none is. */
function floor(value: number): Int64 | undefined {
  if (value < Number(INT64_MIN)) return undefined;
  return value >= 2 ** 63 ? int64(INT64_MAX) : int64(BigInt(Math.floor(value)));
}

/** The least 64-bit integer that is at least `value`; undefined where none is. */
function above(value: number): Int64 | undefined {
  if (value >= 2 ** 63) return undefined;
  return value <= Number(INT64_MIN) ? int64(INT64_MIN) : int64(BigInt(Math.ceil(value)));
}
