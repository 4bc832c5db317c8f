import { describe, expect, it } from 'vitest';
import { readConfig, secretsIn, type WrittenEntity, withSecrets } from './endpoint-rules.ts';
import { concurrencyOf, resourceClassOf } from './workload-sizes.ts';

const entity = (more: Partial<WrittenEntity> = {}): WrittenEntity => ({
  name: undefined,
  model: 'prod.ml.fraud_score',
  version: '7',
  size: undefined,
  minConcurrency: undefined,
  maxConcurrency: undefined,
  workloadType: undefined,
  scaleToZero: undefined,
  compiledLane: undefined,
  variables: {},
  ...more,
});

const read = (
  entities: readonly WrittenEntity[],
  routes?: readonly { readonly entity: string; readonly percent: number }[],
) => readConfig({ entities, routes, capture: undefined }, (text) => text);

describe('the configuration of an endpoint', () => {
  it('names an entity by the last level of its model and its version', () => {
    expect(read([entity()]).entities[0]!.name).toBe('fraud_score-7');
    expect(read([entity({ version: '@champion' })]).entities[0]!.name).toBe('fraud_score-champion');
    expect(read([entity({ model: 'my model' })]).entities[0]!.name).toBe('my-model-7');
  });

  it('takes a number for a version and any other word for an alias', () => {
    expect(read([entity()]).entities[0]!.target).toEqual({ by: 'version', version: 7 });
    expect(read([entity({ version: 'champion' })]).entities[0]!.target).toEqual({
      by: 'alias',
      alias: 'champion',
    });
  });

  it.each(['latest', '@latest', '0', '1.5', 'a b', '-1', ''])('refuses the version %j', (version) => {
    expect(() => read([entity({ version })])).toThrow(/neither the number of a version nor an alias/);
  });

  it('sends everything to a single entity', () => {
    expect(read([entity()]).routes).toEqual([{ entity: 'fraud_score-7', percent: 100 }]);
  });

  const two = [entity({ name: 'a' }), entity({ name: 'b' })];
  it.each([
    ['no routes for two entities', two, undefined, /say in traffic_config.routes/],
    ['a route to nobody', two, [{ entity: 'c', percent: 100 }], /names 'c', which is not served/],
    ['percents that do not add up', two, [{ entity: 'a', percent: 90 }], /add up to 90/],
    [
      'percents below zero',
      two,
      [
        { entity: 'a', percent: -1 },
        { entity: 'b', percent: 101 },
      ],
      /whole number/,
    ],
    [
      'a route that stands twice',
      two,
      [
        { entity: 'a', percent: 50 },
        { entity: 'a', percent: 50 },
      ],
      /twice/,
    ],
    ['one name for two entities', [entity(), entity()], undefined, /Two served entities/],
    ['no entity', [], undefined, /at least one model/],
    ['an unknown size', [entity({ size: 'Huge' })], undefined, /Small, Medium, Large/],
    ['a size beside bounds', [entity({ size: 'Small', maxConcurrency: 8 })], undefined, /not both/],
    ['bounds that cross', [entity({ minConcurrency: 8, maxConcurrency: 4 })], undefined, /0 ≤ min ≤ max/],
    [
      'a variable of the interpreter',
      [entity({ variables: { PYTHONPATH: '/x' } })],
      undefined,
      /environment variable/,
    ],
    [
      'a variable of the loader',
      [entity({ variables: { LD_PRELOAD: 'x' } })],
      undefined,
      /environment variable/,
    ],
    ['a name that is no name', [entity({ name: 'a b' })], undefined, /Invalid name/],
  ])('refuses %s', (_, entities, routes, message) => {
    expect(() => read(entities, routes)).toThrow(message);
  });

  it('keeps what scales to zero at nothing, and everything else at its least', () => {
    expect(concurrencyOf(read([entity()]).entities[0]!.size)).toEqual({ min: 4, max: 4 });
    expect(concurrencyOf(read([entity({ size: 'large' })]).entities[0]!.size)).toEqual({ min: 16, max: 64 });
    expect(read([entity({ maxConcurrency: 12 })]).entities[0]).toMatchObject({
      scaleToZero: true,
      size: { kind: 'bounds', min: 0, max: 12 },
    });
  });

  it('says which machines the installation has', () => {
    expect(resourceClassOf('CPU', ['cpu'])).toBe('cpu');
    expect(() => resourceClassOf('GPU_SMALL', ['cpu'])).toThrow(
      'workload_type GPU_SMALL: this installation has CPU, CPU_MEDIUM, CPU_LARGE.',
    );
  });
});

describe('secrets in environment variables', () => {
  const variables = {
    URL: 'https://{{secrets/prod/user}}:{{secrets/prod/password}}@host',
    AGAIN: '{{secrets/prod/user}}',
    PLAIN: '{{secrets/broken}}',
  };

  it('are found, each once', () => {
    expect(secretsIn(variables)).toEqual([
      { scope: 'prod', key: 'user' },
      { scope: 'prod', key: 'password' },
    ]);
  });

  it('are put in place as they are, also where they look like references', () => {
    const values = withSecrets(variables, ({ key }) => (key === 'user' ? '$&{{secrets/a/b}}' : 'p'));
    expect(values).toEqual({
      URL: 'https://$&{{secrets/a/b}}:p@host',
      AGAIN: '$&{{secrets/a/b}}',
      PLAIN: '{{secrets/broken}}',
    });
  });
});
