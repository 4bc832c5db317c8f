import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { EnvironmentFailure } from '../environments/environments.ts';
import { unavailable } from '../kernel/errors.ts';
import { createRegistry, type Registry, version } from '../registry/conformance/registry.ts';
import { guardServedVersions } from './configs.ts';
import {
  CALLER,
  createTestedNode,
  newEndpoint,
  prepareAtOnce,
  servedConfig,
  type TestedNodeOptions,
} from './serving.fixture.ts';

describe.each(testedDatabases())('endpoints that are brought up, on $name', ({ name: database, open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  const stops: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    opened = await open();
    registry = createRegistry(opened.db, { guardDeletion: guardServedVersions });
    await registry.models.create({ name: 'm', description: '', tags: [] });
    for (let i = 0; i < 3; i += 1) await registry.versions.create(version('m'));
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    await opened.remove();
  });

  async function start({ db = opened.db, ...options }: TestedNodeOptions & { readonly db?: Database } = {}) {
    const node = createTestedNode(db, options);
    await node.reconciler.start();
    const stop = () => node.reconciler.stop();
    stops.push(stop);
    const settled = (name = 'e') =>
      vi.waitFor(
        async () => {
          const endpoint = await node.endpoints.get(name);
          expect(endpoint.update).not.toBe('IN_PROGRESS');
          return endpoint;
        },
        { timeout: 10_000 },
      );
    const answersBy = (version: string, name = 'e') =>
      vi.waitFor(
        () => expect(node.memory.gateway.table.find(name)?.entities[0]?.modelVersion).toBe(version),
        { timeout: 10_000 },
      );
    /** As after kill -9: nothing is said to anybody. */
    const kill = async () => {
      stops.splice(stops.indexOf(stop), 1);
      await stop();
    };
    return { ...node, settled, answersBy, kill };
  }

  it('answer once their model has answered its example', async () => {
    const asked: (string | undefined)[] = [];
    const node = await start({
      answers: (request) => {
        asked.push(request.entity);
        return undefined;
      },
    });
    const made = await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    expect(made).toMatchObject({ isReady: false, update: 'IN_PROGRESS', pending: { version: 1 } });
    expect(await node.settled()).toMatchObject({ update: 'NOT_UPDATING', active: { version: 1 } });
    await node.answersBy('1');
    expect(asked).toEqual(['m-1']);
    await vi.waitFor(async () => expect((await node.endpoints.get('e')).isReady).toBe(true));
    expect(node.errors).toEqual([]);
  });

  it('answer by the old model until the new one is ready, and close it when its requests are done', async () => {
    const node = await start();
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await node.settled();
    await node.answersBy('1');
    node.memory.hold();
    await node.endpoints.configure('e', () => servedConfig({ version: '2' }), CALLER);
    await node.answersBy('2');
    expect([...node.sets.values()].map(({ spec }) => spec.model.digest)).toEqual(['version-1', 'version-2']);
    node.memory.release();
    await vi.waitFor(() =>
      expect([...node.sets.values()].map(({ spec }) => spec.model.digest)).toEqual(['version-2']),
    );
  });

  it('keep their processes where only the split of the requests changes', async () => {
    const node = await start();
    const both = servedConfig({ name: 'a' });
    await node.endpoints.create(newEndpoint('e', both), CALLER);
    await node.settled();
    await node.answersBy('1');
    const before = [...node.sets.keys()];
    await node.endpoints.configure('e', () => servedConfig({ name: 'b' }), CALLER);
    await node.settled();
    await vi.waitFor(() =>
      expect(node.memory.gateway.table.find('e')!.entities.map(({ name }) => name)).toEqual(['b']),
    );
    expect([...node.sets.keys()]).toEqual(before);
  });

  it('say why a model does not load, and answer on by the old one', async () => {
    const node = await start({
      failing: ({ model }) => (model.digest === 'version-2' ? 'ModuleNotFoundError: x' : undefined),
    });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await node.settled();
    await node.endpoints.configure('e', () => servedConfig({ version: '2' }), CALLER);
    const failed = await node.settled();
    expect(failed).toMatchObject({
      update: 'UPDATE_FAILED',
      updateMessage: 'ModuleNotFoundError: x',
      active: { version: 1 },
      pending: { entities: [{ state: { state: 'FAILED', message: 'ModuleNotFoundError: x' } }] },
    });
    await node.answersBy('1');
    expect(failed.isReady).toBe(true);
    await vi.waitFor(() => expect(node.sets.size).toBe(1));
  });

  it('name the requirement that cannot be had, at the first configuration as well', async () => {
    const node = await start({
      prepare: async () => {
        throw new EnvironmentFailure('InvalidArgument', 'scikit-learn==9.9: there is no such version.');
      },
    });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    expect(await node.settled()).toMatchObject({
      isReady: false,
      update: 'UPDATE_FAILED',
      updateMessage: 'scikit-learn==9.9: there is no such version.',
      active: undefined,
    });
    expect(node.memory.routes.size).toBe(0);
  });

  it('are refused where the model does not answer its own example', async () => {
    const node = await start({ answers: () => 'It raised an exception.' });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    expect(await node.settled()).toMatchObject({
      update: 'UPDATE_FAILED',
      updateMessage: 'The model does not answer its own input example: It raised an exception.',
    });
  });

  it('try again what may pass by itself', async () => {
    let tries = 0;
    const node = await start({
      prepare: async (input) => {
        tries += 1;
        if (tries < 3) throw unavailable('The store is out of reach.');
        return prepareAtOnce(input);
      },
    });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    expect(await node.settled()).toMatchObject({ update: 'NOT_UPDATING' });
    expect(tries).toBe(3);
  });

  it('follow their alias, and stay where whoever made them may not load the model any more', async () => {
    const move = async (version: number) => {
      await registry.aliases.set('m', 'champion', version);
      // As the server does that moves it; others look for themselves.
      if (!opened.db.isShared) node.reconciler.wake();
    };
    await registry.aliases.set('m', 'champion', 1);
    let may = true;
    const node = await start({ mayServe: async () => may });
    await node.endpoints.create(newEndpoint('e', servedConfig({ version: '@champion' })), CALLER);
    await node.settled();
    await node.answersBy('1');
    await move(2);
    await node.answersBy('2');
    expect(await node.settled()).toMatchObject({ update: 'NOT_UPDATING', active: { version: 2 } });
    may = false;
    await move(3);
    await vi.waitFor(async () => expect((await node.endpoints.get('e')).update).toBe('UPDATE_FAILED'), {
      timeout: 10_000,
    });
    // Had it tried again at a further look, there would be further configurations.
    for (let i = 0; i < 3; i += 1) {
      node.reconciler.wake();
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    expect(await node.endpoints.get('e')).toMatchObject({
      active: { version: 2 },
      pending: { version: 3 },
      updateMessage: expect.stringContaining('may not load the model any more'),
    });
    await node.answersBy('2');
  });

  it('go on where an alias of one of them is gone', async () => {
    await registry.aliases.set('m', 'champion', 1);
    await registry.aliases.set('m', 'challenger', 2);
    const node = await start();
    const two = servedConfig({ version: '@champion' });
    const challenger = { ...servedConfig({ version: '@challenger' }).entities[0]!, name: 'challenger' };
    await node.endpoints.create(
      newEndpoint('e', { ...two, entities: [...two.entities, challenger] }),
      CALLER,
    );
    await node.settled();
    await registry.aliases.delete('m', 'challenger');
    await registry.aliases.set('m', 'champion', 3);
    node.reconciler.wake();
    await vi.waitFor(() => expect(node.errors).toHaveLength(1), { timeout: 10_000 });
    await node.answersBy('1');

    await node.endpoints.create(newEndpoint('other', servedConfig({})), CALLER);
    await vi.waitFor(async () => expect((await node.endpoints.get('other')).isReady).toBe(true), {
      timeout: 10_000,
    });
    expect(node.errors).toHaveLength(1);
  });

  it('are updated one at a time, and can be deleted at any time', async () => {
    const { promise: never } = Promise.withResolvers<never>();
    const node = await start({ prepare: () => never });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await expect(
      node.endpoints.configure('e', () => servedConfig({ version: '2' }), CALLER),
    ).rejects.toMatchObject({ code: 'Conflict' });
    await node.endpoints.delete('e');
    await expect(node.endpoints.get('e')).rejects.toMatchObject({ code: 'NotFound' });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
  });

  it('leave nothing behind when they are deleted while they come up', async () => {
    const hold = Promise.withResolvers<void>();
    let released = 0;
    const node = await start({
      prepare: async (input) => {
        await hold.promise;
        const release = () => {
          released += 1;
        };
        return { ...(await prepareAtOnce(input)), release };
      },
    });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await vi.waitFor(async () =>
      expect((await node.endpoints.get('e')).pending!.entities[0]!.state.message).not.toContain(
        'server process',
      ),
    );
    await node.endpoints.delete('e');
    await new Promise((resolve) => setTimeout(resolve, 200));
    hold.resolve();
    await vi.waitFor(() => expect(released).toBe(1));
    expect(node.sets.size).toBe(0);
    expect(node.errors).toEqual([]);
  });

  it('end their processes when they are deleted', async () => {
    const node = await start();
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await node.settled();
    await node.answersBy('1');
    await node.endpoints.delete('e');
    await vi.waitFor(() => {
      expect(node.memory.routes.size).toBe(0);
      expect(node.sets.size).toBe(0);
    });
  });

  it('come back by themselves after a restart, at any step', async () => {
    const first = await start({ prepare: () => new Promise(() => undefined) });
    await first.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await vi.waitFor(async () =>
      expect((await first.endpoints.get('e')).pending!.entities[0]!.state.state).toBe('CREATING'),
    );
    await first.kill();
    const second = await start();
    expect(await second.settled()).toMatchObject({ active: { version: 1 } });
    await second.answersBy('1');
    await second.kill();
    const third = await start();
    // The start itself waits for what is on this machine.
    expect(third.memory.gateway.table.find('e')?.configVersion).toBe(1);
  });

  it('start no process for what scales to zero until somebody asks', async () => {
    const first = await start();
    await first.endpoints.create(newEndpoint('e', servedConfig({ scaleToZero: true })), CALLER);
    await first.settled();
    await first.kill();
    const second = await start();
    const route = second.memory.gateway.table.find('e')!;
    expect(second.sets.size).toBe(0);
    route.entities[0]!.lanes.wake();
    route.entities[0]!.lanes.wake();
    await vi.waitFor(() => expect(route.entities[0]!.lanes.lanes).toHaveLength(1));
    expect(second.sets.size).toBe(1);
  });

  it('read their variables anew at each start', async () => {
    let secret = 'one';
    const node = await start({ readVariables: async () => ({ KEY: secret }) });
    const config = () => servedConfig({ variables: { KEY: '{{secrets/prod/key}}' } });
    await node.endpoints.create(newEndpoint('e', config()), CALLER);
    await node.settled();
    secret = 'two';
    await node.endpoints.configure('e', config, CALLER);
    await node.settled();
    await vi.waitFor(() =>
      expect([...node.sets.values()].map(({ spec }) => spec.variables.KEY)).toEqual(['two']),
    );
  });

  it('run where a variable of theirs says, and are refused by its name where there is no such engine', async () => {
    const node = await start();
    const on = (SLIPWAY_ENGINE: string) => servedConfig({ variables: { SLIPWAY_ENGINE } });
    await node.endpoints.create(newEndpoint('e', on('local')), CALLER);
    expect((await node.settled()).update).toBe('NOT_UPDATING');
    await node.endpoints.create(newEndpoint('f', on('ray')), CALLER);
    const refused = await node.settled('f');
    expect(refused.update).toBe('UPDATE_FAILED');
    expect(JSON.stringify(refused)).toContain('There is no engine ray here.');
  });

  it('keep what they serve from being deleted, under whatever name', async () => {
    const node = await start();
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await node.settled();
    await expect(registry.versions.delete('m', 1)).rejects.toMatchObject({ code: 'Conflict' });
    await registry.models.rename('m', 'n');
    await expect(registry.models.delete('n')).rejects.toMatchObject({ code: 'Conflict' });
    await registry.versions.delete('n', 2);
    await node.endpoints.delete('e');
    await registry.versions.delete('n', 1);
  });

  it('refuse a version that is not there, and an alias', async () => {
    const node = await start();
    for (const version of ['9', '@nobody'])
      await expect(
        node.endpoints.create(newEndpoint('e', servedConfig({ version })), CALLER),
      ).rejects.toMatchObject({ code: 'NotFound' });
    expect(await node.endpoints.list(CALLER)).toEqual([]);
  });

  it('cost the database nothing where there are none, and no look at it on one that nobody shares', async () => {
    let reads = 0;
    let writes = 0;
    const { db } = opened;
    const counted: Database = {
      ...db,
      read: (operation) => {
        reads += 1;
        return db.read(operation);
      },
      write: (operation) => {
        writes += 1;
        return db.write(operation);
      },
    };
    const node = await start({ db: counted });
    const [readsBefore, writesBefore] = [reads, writes];
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(writes).toBe(writesBefore);
    expect(reads > readsBefore).toBe(db.isShared);
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    await node.settled();
    await node.answersBy('1');
    await vi.waitFor(async () => expect((await node.endpoints.get('e')).isReady).toBe(true));
  });

  it('follow an alias that moved while no server ran', async () => {
    await registry.aliases.set('m', 'champion', 1);
    const first = await start();
    await first.endpoints.create(newEndpoint('e', servedConfig({ version: '@champion' })), CALLER);
    await first.settled();
    await first.kill();
    await registry.aliases.set('m', 'champion', 2);
    const second = await start();
    await second.answersBy('2');
  });

  it('are tried again where the database could not be asked', async () => {
    let isDown = false;
    const { db } = opened;
    const node = await start({
      db: {
        ...db,
        read: (operation) => (isDown ? Promise.reject(unavailable('It is down.')) : db.read(operation)),
      },
    });
    await node.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
    isDown = true;
    await vi.waitFor(() => expect(node.errors).not.toEqual([]), { timeout: 10_000 });
    isDown = false;
    await node.settled();
    await node.answersBy('1');
  });

  // On SQLite a process is alone.
  if (database === 'postgres') {
    it('wait for a process that had nothing to do until now', async () => {
      const hold = Promise.withResolvers<void>();
      const one = await start();
      const two = await start({
        prepare: async (input) => {
          await hold.promise;
          return prepareAtOnce(input);
        },
      });
      // Longer than a process may be silent that has something to serve.
      await opened.db.write((tx) => tx.run('UPDATE serving_nodes SET seen_at = seen_at - 60000', []));
      await one.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
      await vi.waitFor(() => expect(one.sets.size).toBe(1));
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect((await one.endpoints.get('e')).update).toBe('IN_PROGRESS');
      hold.resolve();
      await one.settled();
      await two.answersBy('1');
    });

    it('are ready when they are ready on every process', async () => {
      const hold = Promise.withResolvers<void>();
      const one = await start();
      const two = await start({
        prepare: async (input) => {
          await hold.promise;
          return prepareAtOnce(input);
        },
      });
      await one.endpoints.create(newEndpoint('e', servedConfig({})), CALLER);
      await vi.waitFor(() => expect(one.sets.size).toBe(1));
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect((await one.endpoints.get('e')).update).toBe('IN_PROGRESS');
      hold.resolve();
      await one.settled();
      await one.answersBy('1');
      await two.answersBy('1');
    });
  }
});
