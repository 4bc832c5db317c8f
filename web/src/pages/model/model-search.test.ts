import { expect, it } from 'vitest';
import { readModelSearch, shownMetrics } from './model-search.ts';

it('reads what an address says of a model, numbers as the texts that they were', () => {
  expect(
    readModelSearch({ compare: [1, '3', 1], metrics: ['auc', 7], against: 2, trends: [], offset: 500 }),
  ).toEqual({
    offset: 500,
    compare: ['1', '3'],
    metrics: ['auc', '7'],
    against: '2',
    trends: [],
  });
});

it('takes nonsense as if it were not there', () => {
  expect(
    readModelSearch({ compare: ['x', null, -1], metrics: 'auc', against: {}, trends: 3, offset: -1 }),
  ).toEqual({});
});

it('shows the first few metrics until others are chosen', () => {
  expect(shownMetrics({}, ['a', 'b', 'c', 'd', 'e'])).toEqual(['a', 'b', 'c', 'd']);
  expect(shownMetrics({}, ['loss', 'system/cpu', 'system/disk', 'test_loss', 'system/gpu'])).toEqual([
    'loss',
    'test_loss',
    'system/cpu',
    'system/disk',
  ]);
  expect(shownMetrics({ metrics: [] }, ['a'])).toEqual([]);
});
