import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import { createDeployment } from './deployment.ts';
import { createMemoryEngine, prepareAtOnce, servedConfig } from './serving.fixture.ts';

const NOBODY_ASKS = { waiting: 0, running: 0, busyMs: 0, lastRequestMs: 0 };

describe('a version that scales to zero', () => {
  it('comes up for a request that comes while its processes of before still end', async () => {
    const { engine, sets } = createMemoryEngine();
    const deployment = createDeployment(
      {
        key: 'd1',
        of: { modelNo: 1, version: 1 },
        entity: servedConfig({ scaleToZero: true }).entities[0]!,
        makerId: '1',
      },
      {
        engineOf: () => engine,
        clock: systemClock,
        prepare: prepareAtOnce,
        readVariables: async (variables) => variables,
        keepFacts: async () => undefined,
        native: undefined,
        cores: 2,
        idleMs: 0,
        onChange: () => undefined,
        onError: (error) => expect.unreachable(String(error)),
      },
    );
    const { signal } = new AbortController();
    await deployment.prepare(signal);
    await deployment.start(signal);
    const before = sets.get('d1');
    expect(deployment.lanes.lanes).toHaveLength(1);

    deployment.rescale(NOBODY_ASKS);
    expect(deployment.lanes.lanes).toHaveLength(0);
    deployment.lanes.wake();
    await vi.waitFor(() => expect(deployment.lanes.lanes).toHaveLength(1));
    expect(sets.get('d1')).not.toBe(before);

    await deployment.close({ drainMs: 0 });
    expect(sets.size).toBe(0);
  });
});
