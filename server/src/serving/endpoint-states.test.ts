import { describe, expect, it } from 'vitest';
import type { EndpointConfig } from './endpoint-config.ts';
import { type EntityState, type KeptConfig, type KeptEndpoint, statesOf } from './endpoint-states.ts';

const CONFIG = {
  entities: [{ name: 'a' }, { name: 'b' }],
  routes: [],
  capture: undefined,
} as unknown as EndpointConfig;

const kept = (version: number, state: KeptConfig['state'], more: Partial<KeptConfig> = {}): KeptConfig => ({
  version,
  state,
  message: '',
  failedEntity: undefined,
  config: CONFIG,
  madeBy: 'jane',
  createdAtMs: 0,
  versions: { a: 7, b: 8 },
  ...more,
});

const endpoint = (more: Partial<KeptEndpoint>): KeptEndpoint => ({
  activeVersion: undefined,
  pendingVersion: undefined,
  lastUpdate: 'none',
  lastMessage: '',
  configs: [],
  reports: [],
  ...more,
});

const READY: EntityState = { state: 'READY', message: '' };
const CREATING: EntityState = { state: 'CREATING', message: 'Building the environment of the model' };
const report = (nodeId: string, version: number, a: EntityState, b: EntityState = READY) => ({
  nodeId,
  version,
  entities: { a, b },
});

describe('the state of an endpoint', () => {
  it('is in progress and not ready while its first configuration comes up', () => {
    const states = statesOf(
      endpoint({ pendingVersion: 1, configs: [kept(1, 'ROLLING')], reports: [report('n', 1, CREATING)] }),
    );
    expect(states).toMatchObject({ isReady: false, update: 'IN_PROGRESS', active: undefined });
    expect(states.pending!.entities.map(({ state }) => state)).toEqual([CREATING, READY]);
  });

  it('is ready once every entity is on every process', () => {
    const of = (second: EntityState) =>
      statesOf(
        endpoint({
          activeVersion: 1,
          configs: [kept(1, 'ACTIVE')],
          reports: [report('one', 1, READY), report('two', 1, second)],
        }),
      );
    expect(of(READY)).toMatchObject({ isReady: true, update: 'NOT_UPDATING', pending: undefined });
    expect(of({ state: 'RECOVERING', message: 'It crashed' })).toMatchObject({
      isReady: false,
      active: { entities: [{ state: { state: 'RECOVERING', message: 'It crashed' } }, { state: READY }] },
    });
  });

  it('stays ready by the first configuration while the second comes up', () => {
    const states = statesOf(
      endpoint({
        activeVersion: 1,
        pendingVersion: 2,
        configs: [kept(2, 'ROLLING'), kept(1, 'ACTIVE')],
        reports: [report('n', 1, READY), report('n', 2, CREATING)],
      }),
    );
    expect(states).toMatchObject({
      isReady: true,
      update: 'IN_PROGRESS',
      active: { version: 1 },
      pending: { version: 2 },
    });
  });

  it('says which entity failed, and why, and that the others were not brought up', () => {
    const states = statesOf(
      endpoint({
        lastUpdate: 'failed',
        lastMessage: 'scikit-learn==9.9: there is no such version.',
        configs: [
          kept(1, 'FAILED', {
            message: 'scikit-learn==9.9: there is no such version.',
            failedEntity: 'b',
          }),
        ],
      }),
    );
    expect(states).toMatchObject({ isReady: false, update: 'UPDATE_FAILED', active: undefined });
    expect(states.pending!.entities.map(({ state }) => state)).toEqual([
      { state: 'ABORTED', message: 'Not brought up, because b failed.' },
      { state: 'FAILED', message: 'scikit-learn==9.9: there is no such version.' },
    ]);
  });

  it('shows no failure of before once a later configuration is active', () => {
    const states = statesOf(
      endpoint({
        activeVersion: 3,
        configs: [kept(3, 'ACTIVE'), kept(2, 'FAILED'), kept(1, 'RETIRED')],
        reports: [report('n', 3, READY)],
      }),
    );
    expect(states).toMatchObject({ update: 'NOT_UPDATING', pending: undefined, active: { version: 3 } });
  });

  it('is not ready where no process has said anything', () => {
    const states = statesOf(endpoint({ activeVersion: 1, configs: [kept(1, 'ACTIVE')] }));
    expect(states.isReady).toBe(false);
  });
});
