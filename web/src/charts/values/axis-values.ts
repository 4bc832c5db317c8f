import { extentOf, padRange, type Range } from '../axes/scale.ts';
import type { AxisKind } from '../axes/ticks.ts';
import type { ValueColumn } from '../data/run-values.ts';
import { readNumber } from './read-number.ts';

/** A column as an axis takes it: numbers, or the places of words on an axis of words. */
export interface AxisValues {
  readonly kind: AxisKind;
  /** By run; NaN where there is nothing to show, the infinities where a value is one. */
  readonly values: Float64Array;
  readonly categories: readonly string[];
}

/** Params are texts; where all of them are numbers, they are shown as such. Other words stand in natural order. */
export function axisValues(column: ValueColumn | undefined, name: string, size: number): AxisValues {
  if (column === undefined)
    return { kind: 'number', values: new Float64Array(size).fill(Number.NaN), categories: [] };
  if (column.kind === 'number') return { kind: kindOfAttribute(name), values: column.values, categories: [] };
  const numbers = column.values.map(readNumber);
  if (numbers.every((number) => number !== undefined)) {
    return { kind: 'number', values: pick(column.codes, numbers), categories: [] };
  }
  const order = column.values
    .map((_, i) => i)
    .sort((a, b) => compareWords(column.values[a]!, column.values[b]!));
  const rank = new Array<number>(order.length);
  for (const [place, code] of order.entries()) rank[code] = place;
  return {
    kind: 'category',
    values: pick(column.codes, rank),
    categories: order.map((code) => column.values[code]!),
  };
}

const compareWords = new Intl.Collator('en', { numeric: true }).compare;

function pick(codes: Int32Array, values: readonly number[]): Float64Array {
  return Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : values[code]!));
}

function kindOfAttribute(name: string): AxisKind {
  if (name === 'attributes.start_time' || name === 'attributes.end_time') return 'time';
  return name === 'attributes.duration' ? 'duration' : 'number';
}

export interface ShownAxis {
  readonly kind: AxisKind;
  readonly range: Range;
  readonly isLog: boolean;
  readonly categories: readonly string[];
}

/** What an axis shows of values; a log axis only where it was asked for and there is a positive number. */
export function shownAxis({ kind, values, categories }: AxisValues, wantsLog = false): ShownAxis {
  if (kind === 'category') {
    return { kind, range: [-0.5, Math.max(0.5, categories.length - 0.5)], isLog: false, categories };
  }
  const positive = wantsLog ? extentOf([values], true) : undefined;
  if (positive !== undefined)
    return { kind: 'log', range: padRange(positive, { isLog: true }), isLog: true, categories };
  return { kind, range: padRange(extentOf([values]) ?? [0, 1]), isLog: false, categories };
}

/** `metrics.val/loss` → `val/loss`. */
export const keyOf = (column: string): string => column.slice(column.indexOf('.') + 1);
