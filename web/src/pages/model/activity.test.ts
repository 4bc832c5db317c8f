import { expect, it } from 'vitest';
import { activityOf } from './activity.ts';

const version = (number: number, created: number, changed = created) => ({
  version: String(number),
  creation_timestamp: created,
  last_updated_timestamp: changed,
  current_stage: 'None',
  status: 'READY',
  user_id: '',
});
const kinds = (...given: Parameters<typeof activityOf>) =>
  activityOf(...given).map(({ kind, timeMs }) => `${kind} ${timeMs}`);

it('tells creations and last changes, the latest first', () => {
  expect(
    kinds({ createdAtMs: 1000, updatedAtMs: 50_000 }, [version(2, 9000), version(1, 5000, 30_000)]),
  ).toEqual([
    'model changed 50000',
    'version changed 30000',
    'version registered 9000',
    'version registered 5000',
    'model created 1000',
  ]);
});

it('does not tell a change twice that made a version, nor one that is part of a creation', () => {
  expect(kinds({ createdAtMs: 1000, updatedAtMs: 9010 }, [version(1, 9000, 9400)])).toEqual([
    'version registered 9000',
    'model created 1000',
  ]);
});
