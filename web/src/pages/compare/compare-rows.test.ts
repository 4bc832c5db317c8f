import { expect, it } from 'vitest';
import { compareRow } from './compare-rows.ts';

it('measures numbers against the base, and nothing against itself', () => {
  const { cells, isDifferent } = compareRow('acc', [0.9, 0.91, 0.9, undefined], 0);
  expect(isDifferent).toBe(true);
  expect(cells.map(({ delta }) => delta)).toEqual([undefined, '+0.01000', undefined, undefined]);
  expect(cells.map(({ isChanged }) => isChanged)).toEqual([false, true, false, true]);
});

it('knows NaN from NaN no difference, and NaN from a number no delta', () => {
  expect(compareRow('loss', [Number.NaN, Number.NaN], 0).isDifferent).toBe(false);
  expect(compareRow('loss', [Number.NaN, 1], 0).cells[1]).toMatchObject({
    delta: undefined,
    isChanged: true,
  });
  expect(compareRow('loss', [Number.POSITIVE_INFINITY, 1], 0).cells[1]!.delta).toBeUndefined();
});

it('shows a fall with a true minus', () => {
  expect(compareRow('acc', [1, 0.5], 0).cells[1]!.delta).toBe('−0.5000');
});
