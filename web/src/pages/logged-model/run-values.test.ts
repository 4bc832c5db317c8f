import { expect, it } from 'vitest';
import { withRunValues } from './run-values.ts';

const point = (value: number, step: number, datasetName?: string) => ({
  key: 'loss',
  value,
  step,
  timestampMs: 1,
  runId: 'r',
  datasetName,
  datasetDigest: undefined,
});
const runOf = (step = 0) => ({
  runId: 'r',
  metrics: { loss: { key: 'loss', value: 0.2, step: 11, timestampMs: 1 } },
  modelOutputs: [{ modelId: 'm', step }],
});
const lastOf = (...given: Parameters<typeof withRunValues>) => withRunValues(...given)[0]!.ofRun?.value;

it('tells what the run ended with beside what was logged with the model at the beginning', () => {
  expect(withRunValues([point(1.3, 0)], runOf(), [])[0]!.ofRun).toEqual({ value: 0.2, step: 11 });
});

it('leaves alone what is the last value, of a dataset, of a named step or of a run that is not known', () => {
  expect(lastOf([point(0.2, 11)], runOf(), [])).toBeUndefined();
  expect(lastOf([point(1.3, 0, 'test')], runOf(), [])).toBeUndefined();
  expect(lastOf([point(0.6, 5)], runOf(5), [])).toBeUndefined();
  expect(lastOf([point(1.3, 0)], undefined, [])).toBeUndefined();
  expect(lastOf([point(1.3, 0)], runOf(), undefined)).toBeUndefined();
});

it('leaves it alone where another model of the run was measured later', () => {
  const at = (step: number) => [{ modelId: 'other', metrics: [point(0.2, step)] }];
  expect(lastOf([point(1.3, 0)], runOf(), at(11))).toBeUndefined();
  expect(lastOf([point(1.3, 0)], runOf(), at(0))).toBe(0.2);
});
