import { expect, test } from 'vitest';
import { parseModelAddress } from './model-address.ts';

test.each([
  ['models:/ChurnPredictionModel/3', { kind: 'version', name: 'ChurnPredictionModel', version: '3' }],
  [
    'models:/ChurnPredictionModel/Production',
    { kind: 'stage', name: 'ChurnPredictionModel', stage: 'Production' },
  ],
  ['models:/prod.ml.fraud_score@champion', { kind: 'alias', name: 'prod.ml.fraud_score', alias: 'champion' }],
  ['models:/a@b@c', { kind: 'alias', name: 'a@b', alias: 'c' }],
  ['models:/Iris/Latest', { kind: 'latest', name: 'Iris' }],
  ['models:/m-0a1b', { kind: 'logged-model', id: 'm-0a1b' }],
  ['models:///Iris/1/', { kind: 'version', name: 'Iris', version: '1' }],
  ['runs:/0123abc/random_forest/model', { kind: 'run', runId: '0123abc', path: 'random_forest/model' }],
  ['mlflow-artifacts:/1/abc/artifacts/model', { kind: 'proxied', path: '1/abc/artifacts/model' }],
  ['mlflow-artifacts://host:5000/1/abc', { kind: 'proxied', path: '1/abc' }],
  ['file:///srv/a%20model', { kind: 'folder', path: '/srv/a model' }],
  ['./model', { kind: 'folder', path: './model' }],
  ['/srv/$(id);model', { kind: 'folder', path: '/srv/$(id);model' }],
])('%s is read', (text, address) => {
  expect(parseModelAddress(text)).toEqual(address);
});

test.each([
  '',
  ' ',
  'models:/',
  'models:Iris/1',
  'models:/Iris',
  'models:/Iris@',
  'models:/Iris/1/2',
  'runs:/abc',
  'runs:/abc/../../etc',
  'runs:/a b/model',
  'mlflow-artifacts:/a/../../b',
  'mlflow-artifacts:/a\\..\\b',
  's3://bucket/model',
  'https://evil.example/model',
  'file://evil.example/model',
  'models:/Iris/1\n',
])('%j is refused', (text) => {
  expect(() => parseModelAddress(text)).toThrow(/^Not the address of a model/);
});
