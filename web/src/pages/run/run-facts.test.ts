import { expect, it } from 'vitest';
import { readModelHistory } from '../../registry/model-history.ts';
import { commitUrl } from './commit-url.ts';
import { readDataset } from './dataset-facts.ts';
import { readMetricsSearch, writeMetricsSearch } from './metrics-search.ts';
import { readRunPlace } from './run-place.ts';

it.each([
  ['https://github.com/acme/fraud.git', 'https://github.com/acme/fraud/commit/4b825dc642'],
  ['git@github.com:acme/fraud.git', 'https://github.com/acme/fraud/commit/4b825dc642'],
  ['https://user:secret@gitlab.acme.org/a/b/c.git', 'https://gitlab.acme.org/a/b/c/-/commit/4b825dc642'],
  ['ssh://git@bitbucket.org/acme/fraud', 'https://bitbucket.org/acme/fraud/commits/4b825dc642'],
])('finds the page of a commit in %s', (repository, url) => {
  expect(commitUrl(repository, '4b825dc642')).toBe(url);
});

it.each([
  ['javascript:alert(1)//github.com/a/b', '4b825dc642'],
  ['/home/ada/github.com/fraud', '4b825dc642'],
  ['https://example.com/a/b', '4b825dc642'],
  ['https://github.com/acme/fraud', '../../evil'],
  [undefined, '4b825dc642'],
])('makes no link of %s and %s', (repository, commit) => {
  expect(commitUrl(repository, commit)).toBeUndefined();
});

it('reads what a dataset says of itself, and any text in its place', () => {
  const facts = readDataset({
    name: 'iris',
    digest: 'd',
    sourceType: 'http',
    source: '{"url": "https://example.com/iris.csv"}',
    schema: '{"mlflow_colspec": [{"type": "double", "name": "x", "required": true}]}',
    profile: '{"num_rows": 1500, "num_elements": 3000}',
    tags: { 'mlflow.data.context': 'training' },
  });
  expect(facts).toEqual({
    context: 'training',
    source: 'https://example.com/iris.csv',
    link: 'https://example.com/iris.csv',
    columns: [{ name: 'x', type: 'double' }],
    profile: [
      ['num rows', '1,500'],
      ['num elements', '3,000'],
    ],
  });
  const odd = readDataset({
    name: 'x',
    digest: 'd',
    sourceType: 'code',
    source: 'javascript:alert(1)',
    schema: 'no JSON',
    profile: '[1]',
    tags: {},
  });
  expect(odd).toEqual({
    context: undefined,
    source: 'javascript:alert(1)',
    link: undefined,
    columns: [],
    profile: [],
  });
});

it('reads the models that older clients noted in a tag', () => {
  const tag = JSON.stringify([
    { artifact_path: 'model', flavors: { sklearn: {}, python_function: {} } },
    { artifact_path: 'model', flavors: { xgboost: {} } },
    { flavors: {} },
    null,
  ]);
  expect(readModelHistory(tag)).toEqual([{ path: 'model', flavors: ['xgboost'] }]);
  expect(readModelHistory('{')).toEqual([]);
  expect(readModelHistory(undefined)).toEqual([]);
});

it('finds the tab and the file in the address, and shows the overview for what it does not know', () => {
  expect(readRunPlace('artifacts/plots/a b.png', { model: 12 })).toEqual({
    tab: 'artifacts',
    path: 'plots/a b.png',
    model: '12',
    series: undefined,
  });
  expect(readRunPlace('metrics/x', {})).toMatchObject({ tab: 'metrics', path: '' });
  expect(readRunPlace('../../etc', { series: {} })).toMatchObject({ tab: 'overview', series: undefined });
  expect(readRunPlace(undefined, {}).tab).toBe('overview');
});

it('writes only what differs into the address of the charts, and reads it back', () => {
  const search = { x: 'time', yLog: true, smoothing: 0.6, find: 'loss' } as const;
  expect(readMetricsSearch(writeMetricsSearch(search, 'step'), 'step')).toEqual(search);
  expect(writeMetricsSearch({ x: 'step', yLog: false, smoothing: 0, find: '' }, 'step')).toEqual({});
  expect(readMetricsSearch({ x: 'garbage', smooth: 'NaN', log: 'perhaps', find: [] }, 'relative')).toEqual({
    x: 'relative',
    yLog: false,
    smoothing: 0,
    find: '',
  });
});
