import { expect, it } from 'vitest';
import { axisValues, shownAxis } from './axis-values.ts';

const text = (...words: (string | undefined)[]) => {
  const values = [...new Set(words.filter((word) => word !== undefined))];
  return {
    kind: 'text' as const,
    values,
    codes: Int32Array.from(words, (word) => (word === undefined ? -1 : values.indexOf(word))),
  };
};

it('shows params that are all numbers as numbers', () => {
  const { kind, values } = axisValues(text('0.1', undefined, '1e-3', 'inf'), 'params.lr', 4);
  expect(kind).toBe('number');
  expect([...values]).toEqual([0.1, Number.NaN, 0.001, Number.POSITIVE_INFINITY]);
});

it('shows words in natural order, each on a place of its own', () => {
  const { kind, values, categories } = axisValues(text('v10', 'v2', 'none', 'v2'), 'params.set', 4);
  expect(kind).toBe('category');
  expect(categories).toEqual(['none', 'v2', 'v10']);
  expect([...values]).toEqual([2, 1, 0, 1]);
});

it('takes an empty text for a word', () => {
  expect(axisValues(text('', '1'), 'params.x', 2).kind).toBe('category');
});

it('falls back from a log axis where nothing is positive', () => {
  const zeros = { kind: 'number' as const, values: Float64Array.of(0, -1), categories: [] };
  expect(shownAxis(zeros, true)).toMatchObject({ isLog: false, kind: 'number' });
  expect(shownAxis({ ...zeros, values: Float64Array.of(0, 10) }, true)).toMatchObject({
    isLog: true,
    kind: 'log',
  });
});
