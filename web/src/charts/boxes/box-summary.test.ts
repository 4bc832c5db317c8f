import { expect, it } from 'vitest';
import { quantile, summariseBoxes } from './box-summary.ts';

const numbers = (...values: number[]) => ({
  kind: 'number' as const,
  values: Float64Array.from(values),
  categories: [],
});

it('finds quartiles between neighbours', () => {
  expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
  expect(quantile([7], 0.75)).toBe(7);
});

it('groups by value, leaves out what has none, and tells outliers', () => {
  const y = Float64Array.of(1, 2, 3, 4, 100, Number.NaN, 5, 6);
  const [first, second, ...rest] = summariseBoxes(y, numbers(8, 8, 8, 8, 8, 8, 16, Number.NaN));
  expect(first).toMatchObject({ label: '8', count: 5, median: 3, low: 1, high: 4, outliers: [4] });
  expect(second).toMatchObject({ label: '16', count: 1, q1: 5, q3: 5 });
  expect(rest).toEqual([]);
});

it('makes ranges of many distinct numbers, each run in one of them', () => {
  const values = Array.from({ length: 100 }, (_, i) => i / 10);
  const boxes = summariseBoxes(Float64Array.from(values), numbers(...values));
  expect(boxes).toHaveLength(6);
  expect(boxes.reduce((sum, { count }) => sum + count, 0)).toBe(100);
});
