import { isBranch, renderPretty } from './lenient-json.ts';

/** More rows than a grid can hold: browsers draw nothing higher than some 33 million pixels. */
export const MOST_ROWS = 1_000_000;

/** A table in memory, by column. */
export interface TableData {
  readonly columns: readonly TableColumn[];
  readonly rowCount: number;
}

export interface TableColumn {
  readonly name: string;
  readonly values: ArrayLike<unknown>;
}

export interface TableOrder {
  /** Which column, counted from 0. */
  readonly column: number;
  readonly isDescending: boolean;
}

/** A cell as text, whole. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime())
      ? 'invalid date'
      : value
          .toISOString()
          .replace('T', ' ')
          .replace(/\.000Z$|Z$/, '');
  }
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'bigint') return String(value);
  if (isBranch(value)) return renderPretty(fromColumns(value)).replace(/\s*\n\s*/g, ' ');
  return String(value);
}

/** Typed arrays and big integers within a cell, in forms that JSON knows. */
function fromColumns(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return cellText(value);
  if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<unknown>)].map(fromColumns);
  if (Array.isArray(value)) return value.map(fromColumns);
  if (isBranch(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fromColumns(one)]));
  }
  return value;
}

/** Whether a column holds numbers, as far as its first values tell; numbers stand at the right. */
export function isNumeric({ values }: TableColumn): boolean {
  let numbers = 0;
  for (let i = 0; i < Math.min(values.length, 200); i++) {
    const value = values[i];
    if (value === null || value === undefined || value === '') continue;
    if (value instanceof Date || typeof value === 'boolean' || numberOf(value) === undefined) return false;
    numbers += 1;
  }
  return numbers > 0;
}

/** Row numbers in the order of a column: numbers by size, all else as people count; empty cells last. */
export function orderRows({ values }: TableColumn, isDescending: boolean): Uint32Array {
  const rows = Uint32Array.from({ length: values.length }, (_, i) => i);
  const keys = Array.from(values, sortKey);
  const sign = isDescending ? -1 : 1;
  return rows.sort((a, b) => {
    const left = keys[a];
    const right = keys[b];
    if (left === undefined || right === undefined)
      return Number(left === undefined) - Number(right === undefined) || a - b;
    return sign * compareKeys(left, right) || a - b;
  });
}

const words = new Intl.Collator('en', { numeric: true });

function compareKeys(left: number | string, right: number | string): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return words.compare(left, right);
  return typeof left === 'number' ? -1 : 1;
}

function sortKey(value: unknown): number | string | undefined {
  const number = numberOf(value);
  if (number !== undefined) return Number.isNaN(number) ? undefined : number;
  const text = cellText(value);
  return text === '' ? undefined : text;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (typeof value !== 'string' || value === '') return undefined;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return Number(value);
  return /^nan$/i.test(value) ? Number.NaN : undefined;
}
