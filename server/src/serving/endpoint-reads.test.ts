import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { EnvironmentFailure } from '../environments/environments.ts';
import { systemClock } from '../kernel/clock.ts';
import { createRegistry, type Registry, version } from '../registry/conformance/registry.ts';
import { createEndpointReads, type EndpointReads } from './endpoint-reads.ts';
import { CALLER, createTestedNode, newEndpoint, prepareAtOnce, servedConfig } from './serving.fixture.ts';

describe.each(testedDatabases())('what is read of endpoints, on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let reads: EndpointReads;
  let node: ReturnType<typeof createTestedNode>;

  beforeEach(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    await registry.models.create({ name: 'm', description: '', tags: [] });
    for (let i = 0; i < 3; i += 1) await registry.versions.create(version('m'));
    reads = createEndpointReads({ db: opened.db, clock: systemClock });
    node = createTestedNode(opened.db, {
      async prepare(input) {
        if (input.of.version === 3)
          throw new EnvironmentFailure('InvalidArgument', 'scikit-learn==9.9: there is no such version');
        return prepareAtOnce(input);
      },
    });
    await node.reconciler.start();
  });
  afterEach(async () => {
    await node.reconciler.stop();
    await opened.remove();
  });

  const settled = () =>
    vi.waitFor(async () => expect((await node.endpoints.get('e')).update).not.toBe('IN_PROGRESS'), {
      timeout: 5000,
    });
  async function configure(...versions: readonly string[]): Promise<void> {
    for (const each of versions) {
      await node.endpoints.configure('e', () => servedConfig({ version: each }), CALLER);
      await settled();
    }
  }

  it('past configurations, the newest first, with what became of each', async () => {
    await node.endpoints.create(newEndpoint('e', servedConfig({ version: '1' })), CALLER);
    await settled();
    await configure('2', '3');
    const { endpointNo } = (await node.endpoints.find('e'))!;
    const all = await reads.history(endpointNo, { before: undefined, limit: 10 });
    expect(all.map(({ version: number, state, versions }) => [number, state, versions])).toEqual([
      [3, 'FAILED', { 'm-3': 3 }],
      [2, 'ACTIVE', { 'm-2': 2 }],
      [1, 'RETIRED', { 'm-1': 1 }],
    ]);
    expect(all[0]).toMatchObject({ failedEntity: 'm-3', cause: 'api' });
    expect(all[0]!.message).toContain('scikit-learn==9.9');
    expect(await reads.history(endpointNo, { before: 3, limit: 1 })).toMatchObject([{ version: 2 }]);
  });

  it('how far each process is that lives', async () => {
    await node.endpoints.create(newEndpoint('e', servedConfig({ version: '1' })), CALLER);
    await settled();
    const { endpointNo } = (await node.endpoints.find('e'))!;
    expect(await reads.countProcesses()).toBe(1);
    await vi.waitFor(async () =>
      expect(await reads.processes(endpointNo)).toMatchObject([
        { configVersion: 1, state: 'ready', entities: { 'm-1': { state: 'READY' } } },
      ]),
    );
    const later = { nowMs: () => systemClock.nowMs() + 60_000 };
    // Alone on its database a process says but once that it is there.
    const heard = await createEndpointReads({ db: opened.db, clock: later }).processes(endpointNo);
    expect(heard).toHaveLength(opened.db.isShared ? 0 : 1);
  });

  it('where the versions of a model are served, and how much of the traffic they get', async () => {
    await registry.aliases.set('m', 'champion', 2);
    await node.endpoints.create(newEndpoint('e', servedConfig({ version: 'champion' })), CALLER);
    await settled();
    expect(await reads.servedAt('m')).toMatchObject([
      { endpoint: 'e', entity: 'm-champion', version: 2, alias: 'champion', percent: 100, isActive: true },
    ]);
    await configure('1');
    expect(await reads.servedAt('m')).toMatchObject([{ version: 1, alias: undefined, isActive: true }]);
    expect(await reads.servedAt('another')).toEqual([]);
  });
});
