import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { readDetails } from './applications.ts';
import type { Cluster } from './cluster.ts';
import type { Exchange } from './exchange.ts';
import { createSlots, type Slots, type SlotsOptions } from './slots.ts';

interface Put {
  readonly applications: readonly { readonly name: string }[];
}

/** A cluster that deploys at once, in memory. */
function createMemoryCluster() {
  const state = {
    puts: [] as Put[],
    status: 'RUNNING',
    message: '',
    failure: undefined as AppError | undefined,
    /** Of servers of the installation by the names of their applications: for how long they were silent. */
    silent: new Map<string, number>(),
    applications: new Map<string, Record<string, unknown>>(),
  };
  const refuse = () => {
    if (state.failure !== undefined) throw state.failure;
  };
  const cluster: Cluster = {
    async details() {
      refuse();
      const { status, message } = state;
      const applications = Array.from(state.applications, ([name, config]) => [
        name,
        { status, message, source: 'declarative', deployed_app_config: config },
      ]);
      return readDetails({
        controller_info: { actor_id: 'a' },
        applications: Object.fromEntries(applications) as unknown,
      });
    },
    async put(document) {
      refuse();
      const put = document as unknown as Put;
      state.puts.push(put);
      state.applications = new Map(put.applications.map((one) => [one.name, { ...one }]));
    },
    async upload() {
      refuse();
    },
  };
  const exchange: Exchange = {
    async send({ url }) {
      const name = url.split('/')[3]!;
      const seconds = state.silent.get(name) ?? 0;
      const body = new Uint8Array(new TextEncoder().encode(JSON.stringify({ seconds })));
      return { status: 200, headers: { 'x-slipway-slot': '1' }, body };
    },
    close() {},
  };
  return { state, cluster, exchange };
}

describe('the places of a cluster', () => {
  let slots: Slots;
  afterEach(() => slots.close());

  function open(change: Partial<SlotsOptions> = {}) {
    const { state, cluster, exchange } = createMemoryCluster();
    slots = createSlots({
      cluster,
      exchange,
      serveAddress: 'http://cluster:8000',
      installation: 'a',
      programs: { name: '_ray_pkg_x.zip', bytes: new Uint8Array() },
      resourceClasses: { cpu: { num_cpus: 1 } },
      modelsMaxBytes: 1,
      deployMs: 60_000,
      idleMs: 60_000,
      now: () => performance.now(),
      onError: (error) => {
        throw error;
      },
      ...change,
    });
    return state;
  }
  const acquire = (tell: (what: string) => void = () => undefined) =>
    slots.acquire('cpu', { signal: new AbortController().signal, tell });

  it('gives each who asks one of their own, and one that was released to the next', async () => {
    const state = open();
    const [first, second] = await Promise.all([acquire(), acquire()]);
    expect(first.name).not.toBe(second.name);
    slots.release(first, { usable: true });
    expect((await acquire()).name).toBe(first.name);
    expect(state.applications.size).toBe(2);
  });

  it('does not give one again of which it is not known what runs in it', async () => {
    const state = open();
    const first = await acquire();
    slots.release(first, { usable: false });
    expect(first.lost.aborted).toBe(true);
    expect((await acquire()).name).not.toBe(first.name);
    expect(state.applications.has(first.name)).toBe(false);
  });

  it('asks for no key in what it tells the cluster, and shows none', async () => {
    const state = open();
    await acquire();
    const [{ args }] = state.puts[0]!.applications as unknown as [{ args: Record<string, unknown> }];
    expect(args).toEqual({ keyDigest: expect.stringMatching(/^[0-9a-f]{64}$/), modelsMaxBytes: 1 });
  });

  it('says that a place was lost when the cluster does not have it any more', async () => {
    const state = open();
    const first = await acquire();
    state.applications.clear();
    await expect.poll(() => first.lost.aborted, { timeout: 10_000 }).toBe(true);
  });

  it('removes what is free for long', async () => {
    const state = open({ idleMs: 1 });
    slots.release(await acquire(), { usable: true });
    await expect.poll(() => state.applications.size, { timeout: 10_000 }).toBe(0);
  });

  it('refuses at once where the cluster refuses, and waits where it does not answer', async () => {
    const state = open();
    state.failure = new AppError('PermissionDenied', 'refuses the token');
    await expect(acquire()).rejects.toMatchObject({ code: 'PermissionDenied' });
    state.failure = new AppError('Unavailable', 'the head is away');
    const told: string[] = [];
    const waiting = acquire((what) => told.push(what));
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['the head is away']);
    state.failure = undefined;
    expect((await waiting).name).toMatch(/^slipway-a-/);
  });

  it('gives up a place that is not deployed in time, with what the cluster says', async () => {
    let nowMs = 0;
    const state = open({ deployMs: 30_000, now: () => nowMs });
    state.status = 'DEPLOYING';
    state.message = 'waits for 1 CPU';
    const told: string[] = [];
    const waiting = expect(acquire((what) => told.push(what))).rejects.toMatchObject({
      reason: 'deploy-timeout',
      message: expect.stringContaining('waits for 1 CPU'),
    });
    nowMs = 10_000;
    await expect.poll(() => told, { timeout: 10_000 }).toEqual(['waits for 1 CPU']);
    nowMs = 40_000;
    await waiting;
    await expect.poll(() => state.applications.size, { timeout: 10_000 }).toBe(0);
  });

  it('says why a place cannot be deployed', async () => {
    const state = open();
    state.status = 'DEPLOY_FAILED';
    state.message = 'ModuleNotFoundError';
    await expect(acquire()).rejects.toMatchObject({
      code: 'InvalidState',
      message: expect.stringContaining('ModuleNotFoundError'),
    });
  });

  it('removes what a server of the same installation left behind, and nothing of others', async () => {
    const state = open();
    for (const name of ['slipway-a-dead-1', 'slipway-a-alive-1', 'slipway-b-dead-1', 'theirs'])
      state.applications.set(name, { name });
    for (const name of ['slipway-a-dead-1', 'slipway-b-dead-1', 'theirs']) state.silent.set(name, 600);
    state.silent.set('slipway-a-alive-1', 3);
    const own = await acquire();
    await expect
      .poll(() => [...state.applications.keys()].sort(), { timeout: 10_000 })
      .toEqual([own.name, 'slipway-a-alive-1', 'slipway-b-dead-1', 'theirs'].sort());
  });

  it('leaves nothing of its own when it is closed', async () => {
    const state = open();
    state.applications.set('theirs', { name: 'theirs' });
    await acquire();
    await slots.close();
    expect([...state.applications.keys()]).toEqual(['theirs']);
  });
});
