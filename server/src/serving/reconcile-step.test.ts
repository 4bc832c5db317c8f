import { describe, expect, it } from 'vitest';
import { type Actual, type Desired, decideStep, type Progress } from './reconcile-step.ts';

const actual = (configs: Readonly<Record<number, Progress>>, more: Partial<Actual> = {}): Actual => ({
  configs: new Map(Object.entries(configs).map(([version, progress]) => [Number(version), progress])),
  routed: undefined,
  draining: new Set(),
  waitingFor: 0,
  hasFailed: false,
  ...more,
});

const wants = (active: number | undefined, pending?: number): Desired => ({ active, pending });

describe('the next step of an endpoint', () => {
  it.each<[string, Desired | undefined, Actual, object | undefined]>([
    ['nothing is there', wants(undefined, 1), actual({}), { do: 'bring up', version: 1 }],
    ['it comes up', wants(undefined, 1), actual({ 1: 'preparing' }), undefined],
    ['the first is ready here', wants(undefined, 1), actual({ 1: 'ready' }), { do: 'route', version: 1 }],
    [
      'it is ready everywhere',
      wants(undefined, 1),
      actual({ 1: 'ready' }, { routed: 1 }),
      { do: 'activate', version: 1 },
    ],
    [
      'others are not ready yet',
      wants(undefined, 1),
      actual({ 1: 'ready' }, { routed: 1, waitingFor: 1 }),
      undefined,
    ],
    ['the first failed elsewhere', wants(undefined), actual({ 1: 'ready' }, { routed: 1 }), { do: 'forget' }],
    [
      'the successor is ready everywhere',
      wants(1, 2),
      actual({ 1: 'ready', 2: 'ready' }, { routed: 1 }),
      { do: 'activate', version: 2 },
    ],
    [
      'it failed',
      wants(undefined, 1),
      actual({ 1: 'failed' }, { hasFailed: true }),
      { do: 'fail', version: 1 },
    ],
    ['it is wanted and ready', wants(1), actual({ 1: 'ready' }), { do: 'route', version: 1 }],
    ['it answers', wants(1), actual({ 1: 'ready' }, { routed: 1 }), undefined],
    [
      'a successor is wanted while the first answers',
      wants(1, 2),
      actual({ 1: 'ready' }, { routed: 1 }),
      { do: 'bring up', version: 2 },
    ],
    [
      'the successor is active',
      wants(2),
      actual({ 1: 'ready', 2: 'ready' }, { routed: 1 }),
      { do: 'route', version: 2 },
    ],
    [
      'the first still has requests',
      wants(2),
      actual({ 1: 'ready', 2: 'ready' }, { routed: 2, draining: new Set([1]) }),
      undefined,
    ],
    [
      'the first has none any more',
      wants(2),
      actual({ 1: 'ready', 2: 'ready' }, { routed: 2 }),
      { do: 'take down', version: 1 },
    ],
    [
      'the successor failed and is wanted no longer',
      wants(1),
      actual({ 1: 'ready', 2: 'failed' }, { routed: 1 }),
      { do: 'take down', version: 2 },
    ],
    [
      'another process made it active while it comes up here',
      wants(2),
      actual({ 1: 'ready', 2: 'preparing' }, { routed: 1 }),
      undefined,
    ],
    ['a process that has just started', wants(3), actual({}), { do: 'bring up', version: 3 }],
    ['it was deleted and answers', undefined, actual({ 1: 'ready' }, { routed: 1 }), { do: 'forget' }],
    [
      'it was deleted and has requests',
      undefined,
      actual({ 1: 'ready' }, { draining: new Set([1]) }),
      undefined,
    ],
    ['it was deleted and is idle', undefined, actual({ 1: 'ready' }), { do: 'take down', version: 1 }],
    ['it was deleted and is gone', undefined, actual({}), undefined],
  ])('where %s', (_, desired, now, expected) => {
    expect(decideStep(desired, now)).toEqual(expected);
  });

  it('leads from anything to what is wanted, and stays there', () => {
    const progresses: (Progress | undefined)[] = [undefined, 'preparing', 'ready', 'failed'];
    for (const one of progresses) {
      for (const two of progresses) {
        for (const routed of [undefined, 1, 2]) {
          const configs = new Map<number, Progress>();
          if (one !== undefined || routed === 1) configs.set(1, one ?? 'ready');
          if (two !== undefined || routed === 2) configs.set(2, two ?? 'ready');
          let now = routed;
          const desired = wants(2);
          for (let i = 0; i < 10; i += 1) {
            const step = decideStep(desired, actual({}, { configs, routed: now }));
            if (step === undefined) break;
            if (step.do === 'bring up') configs.set(step.version, 'ready');
            if (step.do === 'route') now = step.version;
            if (step.do === 'take down') {
              expect(step.version).not.toBe(now);
              configs.delete(step.version);
            }
          }
          const comesUp = configs.get(2) === 'ready';
          expect(now).toBe(comesUp ? 2 : routed);
          expect([...configs.keys()]).toEqual(comesUp || routed !== 1 ? [2] : [1, 2]);
        }
      }
    }
  });
});
