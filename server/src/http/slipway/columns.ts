import type { Int64 } from '../../kernel/int64.ts';
import { renderInt64 } from '../mlflow/json.ts';

/** NaN and the infinities, which JSON does not have, as texts. */
export const renderNumber = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value);

/** A column of doubles, ready for JSON: most need no change. */
export function renderNumbers(values: readonly number[]): readonly (number | string)[] {
  return values.every(Number.isFinite) ? values : values.map(renderNumber);
}

/** A column of 64-bit integers, or of doubles that are whole, ready for JSON. */
export function renderIntegers(values: readonly Int64[]): readonly unknown[] {
  return values.some((value) => typeof value === 'bigint') ? values.map(renderInt64) : values;
}
