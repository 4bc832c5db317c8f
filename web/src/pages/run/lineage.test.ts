import type { LoggedModel, ModelVersion, Run } from '@slipway/client';
import { expect, it } from 'vitest';
import { lineageOf } from './lineage.ts';

const run = {
  experimentId: '1',
  datasets: [{ name: 'iris', digest: '0123456789', tags: { 'mlflow.data.context': 'training' } }],
  modelInputs: ['m-in'],
} as unknown as Run;
const model = { modelId: 'm-1', name: 'classifier', experimentId: '1' } as LoggedModel;
const version = (number: string, source: string) =>
  ({ name: 'iris', version: number, source, aliases: ['champion'] }) as unknown as ModelVersion;

it('leads from the data to the models and the versions that were made of them', () => {
  const lineage = lineageOf({
    run,
    models: [model],
    versions: [
      version('1', 'models:/m-1'),
      version('2', 'mlflow-artifacts:/1/models/m-1/artifacts'),
      version('3', 'runs:/r/model'),
    ],
  });
  expect(lineage.sources.map(({ label, note }) => [label, note])).toEqual([
    ['iris', 'training · 01234567'],
    ['m-in', 'model'],
  ]);
  expect(lineage.results.map(({ label, results }) => [label, results.map((one) => one.label)])).toEqual([
    ['classifier', ['iris v1', 'iris v2']],
    ['iris v3', []],
  ]);
});
