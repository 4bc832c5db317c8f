import { expect, test } from 'vitest';
import { readTrackingServer } from './tracking-server.ts';

test.each([
  [{}, {}, undefined, undefined],
  [{ url: 'http://a:1/' }, { MLFLOW_TRACKING_URI: 'http://b:2' }, 'http://a:1', undefined],
  [{}, { MLFLOW_TRACKING_URI: 'http://b:2/mlflow/' }, 'http://b:2/mlflow', undefined],
  [{}, { MLFLOW_TRACKING_URI: 'sqlite:///x.db' }, undefined, undefined],
  [{ token: 't' }, { MLFLOW_TRACKING_URI: 'http://b:2' }, 'http://b:2', 'Bearer t'],
  [{}, { MLFLOW_TRACKING_URI: 'http://b:2', MLFLOW_TRACKING_TOKEN: 'm' }, 'http://b:2', 'Bearer m'],
  [{}, { MLFLOW_TRACKING_URI: 'http://us%40er:p:w@b:2' }, 'http://b:2', `Basic ${btoa('us@er:p:w')}`],
  [
    {},
    { MLFLOW_TRACKING_URI: 'databricks', DATABRICKS_HOST: 'https://c', DATABRICKS_TOKEN: 'd' },
    'https://c',
    'Bearer d',
  ],
])('%j with %j', (flags, environment, url, authorization) => {
  expect(readTrackingServer(flags, environment)).toEqual({ url, authorization });
});

test('what is no address is refused', () => {
  expect(() => readTrackingServer({ url: 'sqlite:///x.db' }, {})).toThrow(/--url is the address/);
});
