import { describe, expect, it } from 'vitest';
import type { Endpoint, ServedEntity } from '../../data/endpoints.ts';
import { errorShareOf, isFailing, listed, readEndpointsSearch } from './endpoints-search.ts';

const entity: ServedEntity = {
  name: 'fraud-3',
  model: 'prod.ml.fraud',
  is_model_seen: true,
  version: '3',
  percent: 100,
  size: 'Small',
  min_concurrency: 4,
  max_concurrency: 4,
  workload_type: 'CPU',
  scale_to_zero: true,
  variable_names: [],
  state: 'READY',
  message: '',
};
const endpoint = (name: string, more: Partial<Endpoint> = {}): Endpoint => ({
  name,
  id: name,
  creator: 'ada',
  created_at: 0,
  updated_at: 0,
  description: '',
  tags: [{ key: 'team', value: 'risk' }],
  permission_level: 'CAN_VIEW',
  is_ready: true,
  update: 'NOT_UPDATING',
  update_message: '',
  active: { version: 1, made_by: 'ada', created_at: 0, entities: [entity] },
  recent: { span_ms: 300_000, requests: 0, refused: 0, failed: 0 },
  replicas: 1,
  ...more,
});
const namesIn = (endpoints: readonly Endpoint[]) => endpoints.map(({ name }) => name);

describe('the list of endpoints', () => {
  it('is found by name, model, tag and maker, in any case', () => {
    const all = [endpoint('a'), endpoint('B', { active: undefined as never, creator: 'bob', tags: [] })];
    expect(namesIn(listed(all, { q: 'FRAUD' }))).toEqual(['a']);
    expect(namesIn(listed(all, { q: 'team:ri' }))).toEqual(['a']);
    expect(namesIn(listed(all, { q: 'bob' }))).toEqual(['B']);
    expect(namesIn(listed(all, { q: 'b' }))).toEqual(['B']);
  });

  it('is ordered by what was measured, without what was not last', () => {
    const busy = endpoint('busy', {
      recent: { span_ms: 1, requests: 9, refused: 0, failed: 0, p95_ms: 3 },
    });
    const slow = endpoint('slow', {
      recent: { span_ms: 1, requests: 2, refused: 1, failed: 0, p95_ms: 90 },
    });
    const all = [endpoint('idle'), slow, busy];
    expect(namesIn(listed(all, { sort: 'requests' }))).toEqual(['busy', 'slow', 'idle']);
    expect(namesIn(listed(all, { sort: 'p95' }))).toEqual(['slow', 'busy', 'idle']);
    expect(namesIn(listed(all, { sort: 'errors' }))).toEqual(['slow', 'busy', 'idle']);
    expect([errorShareOf(slow), errorShareOf(endpoint('idle'))]).toEqual([0.5, undefined]);
  });

  it('shows alone what does not answer as it should', () => {
    const failed = endpoint('failed', { update: 'UPDATE_FAILED', update_message: 'no' });
    const down = endpoint('down', {
      active: {
        version: 1,
        made_by: '',
        created_at: 0,
        entities: [{ ...entity, state: 'RECOVERING', message: 'x' }],
      },
    });
    expect(namesIn(listed([endpoint('fine'), failed, down], { view: 'failing' }))).toEqual([
      'failed',
      'down',
    ]);
    expect(isFailing(endpoint('new', { update: 'IN_PROGRESS' }))).toBe(false);
  });

  it.each([
    [
      { q: 12, sort: 'requests', view: 'failing', create: true },
      { q: '12', sort: 'requests', view: 'failing', create: true },
    ],
    [{ q: {}, sort: 'x', view: 1, create: 'no' }, {}],
  ])('reads %j of an address as %j', (search, expected) => {
    expect(readEndpointsSearch(search)).toEqual(expected);
  });
});
