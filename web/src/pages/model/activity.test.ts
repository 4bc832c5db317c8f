import { expect, it } from 'vitest';
import type { ModelChange } from '../../data/models.ts';
import { activityOf } from './activity.ts';

const version = (number: number, created: number, changed = created) => ({
  version: String(number),
  creation_timestamp: created,
  last_updated_timestamp: changed,
  current_stage: 'None',
  status: 'READY',
  user_id: '',
});
const change = (
  number: number,
  timestamp: number,
  rest: Partial<ModelChange> & Pick<ModelChange, 'kind'>,
): ModelChange => ({ change: number, timestamp, ...rest });
const kinds = (...given: Parameters<typeof activityOf>) =>
  activityOf(...given).map((one) => `${one.kind === 'change' ? one.change.kind : one.kind} ${one.timeMs}`);

it('tells creations and last changes of what happened before changes were written down, the latest first', () => {
  const versions = [version(2, 9000), version(1, 5000, 30_000)];
  expect(kinds({ createdAtMs: 1000, updatedAtMs: 50_000 }, versions, [])).toEqual([
    'model changed 50000',
    'version changed 30000',
    'version registered 9000',
    'version registered 5000',
    'model created 1000',
  ]);
});

it('does not tell a change twice that made a version, nor one that is part of a creation', () => {
  expect(kinds({ createdAtMs: 1000, updatedAtMs: 9010 }, [version(1, 9000, 9400)], [])).toEqual([
    'version registered 9000',
    'model created 1000',
  ]);
});

it('tells nothing twice that was written down', () => {
  const changes = [
    change(3, 30_000, { kind: 'stage', version: '1', from: 'None', to: 'Production' }),
    change(2, 9000, { kind: 'registered', version: '1' }),
    change(1, 1000, { kind: 'created' }),
  ];
  const model = { createdAtMs: 1000, updatedAtMs: 30_000 };
  expect(kinds(model, [version(1, 9000, 30_000)], changes)).toEqual([
    'stage 30000',
    'registered 9000',
    'created 1000',
  ]);
});

it('keeps changes of one moment in the order in which they were made', () => {
  const changes = [
    change(5, 7000, { kind: 'deleted', version: '2' }),
    change(4, 7000, { kind: 'alias', subject: 'champion', from: '2' }),
    change(1, 1000, { kind: 'created' }),
  ];
  expect(kinds({ createdAtMs: 1000, updatedAtMs: 7000 }, [], changes)).toEqual([
    'deleted 7000',
    'alias 7000',
    'created 1000',
  ]);
});
