import { expect, it } from 'vitest';
import { latestMetrics } from './latest-metrics.ts';

const point = (key: string, value: number, step: number, datasetName?: string) => ({
  key,
  value,
  step,
  timestampMs: 1,
  runId: 'r',
  datasetName,
  datasetDigest: undefined,
});

it('keeps the latest point of each metric on each dataset', () => {
  const found = latestMetrics([
    point('loss', 0.2, 10, 'train'),
    point('loss', 0.9, 1, 'train'),
    point('loss', 0.3, 10, 'test'),
    point('auc', Number.NaN, 0),
  ]);
  expect(found.map(({ key, datasetName, value }) => [key, datasetName, value])).toEqual([
    ['auc', undefined, Number.NaN],
    ['loss', 'test', 0.3],
    ['loss', 'train', 0.2],
  ]);
});
