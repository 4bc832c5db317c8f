import { readFile } from 'node:fs/promises';
import { unavailable } from '../../kernel/errors.ts';
import { createOutputLog } from '../child-output.ts';
import { judgeIsolation } from '../isolation.ts';
import { proportionalBytes } from '../memory-watch.ts';
import type { Engine, EnvironmentRef, SetSpec } from '../port.ts';
import { createSupervisedSet, type SupervisedSet } from '../replica-set.ts';
import { checkedEnvironment } from '../set-spec.ts';
import { openArrivals } from './arrivals.ts';
import { type IsolationSetting, planJail, userOf } from './jail-plan.ts';
import { decideStart, type Holder } from './memory-budget.ts';
import { type LocalReplica, startReplica } from './replica.ts';
import { createZygotes } from './zygotes.ts';

export interface LocalEngineOptions {
  /** Path of `scoring_worker/zygote.py`. */
  readonly program: string;
  /** For the socket; a temporary folder of the system where it is too deep, or undefined. */
  readonly runFolder: string | undefined;
  readonly isolation: IsolationSetting;
  /** For all replicas and interpreters together. */
  readonly memoryBudgetBytes: number;
  /** Besides 'cpu': name → what must stand in the replica's environment (`CUDA_VISIBLE_DEVICES`). */
  readonly resourceClasses: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** An interpreter without replicas is ended after this time. */
  readonly idleInterpreterMs: number;
  /** Milliseconds, never going back. */
  now(): number;
}

/** What a replica is thought to take until one has been measured. */
const FIRST_GUESS_BYTES = 150 * 2 ** 20;
const MEASURED_FOR_MS = 10_000;
const LOOK_AGAIN_MS = 500;
const TRIM_EVERY_MS = 60_000;
const INTERPRETER_START_MS = 120_000;

/** Replicas as processes of this machine, forked from warm interpreters and shut in. */
export async function openLocalEngine(options: LocalEngineOptions): Promise<Engine> {
  const { now } = options;
  const resourceClasses = ['cpu', ...Object.keys(options.resourceClasses)];
  const plan = planJail(
    {
      platform: process.platform,
      architecture: process.arch,
      userId: process.getuid?.(),
      maxUserNamespaces: await readNumber('/proc/sys/user/max_user_namespaces'),
    },
    options.isolation,
    process.pid,
  );
  const arrivals = await openArrivals(options.runFolder);
  const interpreterLog = createOutputLog();
  const zygotes = createZygotes({
    program: options.program,
    log: interpreterLog,
    startMs: INTERPRETER_START_MS,
    now,
  });
  const sets = new Map<string, SupervisedSet<LocalReplica>>();
  const wanted = new Map<string, number>();
  const measured = new Map<string, { readonly bytes: number; readonly atMs: number }>();
  /** Of models by digest: what a replica took when it was last looked at. */
  const known = new Map<string, number>();
  let seen: readonly string[] | undefined;
  let slot = 0;
  let closed = false;
  /** Starts are decided one after the other: two must not be promised the same memory. */
  let turn: Promise<void> = Promise.resolve();

  const trimming = setInterval(() => {
    for (const { key, environment, forks, lastUsedMs } of zygotes.list()) {
      const idle = forks === 0 && now() - lastUsedMs > options.idleInterpreterMs;
      if (idle && (wanted.get(environment) ?? 0) === 0) zygotes.end(key);
    }
  }, TRIM_EVERY_MS);
  trimming.unref();

  async function measure(id: string, pid: number, digest: string | undefined): Promise<number> {
    const last = measured.get(id);
    if (last !== undefined && now() - last.atMs < MEASURED_FOR_MS) return last.bytes;
    const bytes = await proportionalBytes(pid);
    measured.set(id, { bytes, atMs: now() });
    if (digest !== undefined) known.set(digest, bytes);
    return bytes;
  }

  async function holders(): Promise<readonly Holder[]> {
    const replicas = [...sets.values()].flatMap((set) =>
      Array.from(set.replicas.values(), async (replica): Promise<Holder> => {
        const guess = known.get(set.spec.model.digest) ?? FIRST_GUESS_BYTES;
        const loaded = replica.channel !== undefined && replica.pid !== undefined;
        return {
          id: replica.id,
          bytes: loaded ? await measure(replica.id, replica.pid, set.spec.model.digest) : guess,
          idle: set.spec.evictable && replica.channel?.inFlight === 0,
          lastUsedMs: replica.lastUsedMs,
        };
      }),
    );
    const interpreters = zygotes
      .list()
      .map(async ({ key, environment, pid, forks, lastUsedMs }): Promise<Holder> => {
        const idle = forks === 0 && (wanted.get(environment) ?? 0) === 0;
        return { id: key, bytes: await measure(key, pid, undefined), idle, lastUsedMs };
      });
    const all = await Promise.all([...replicas, ...interpreters]);
    const alive = new Set(all.map(({ id }) => id));
    for (const id of measured.keys()) if (!alive.has(id)) measured.delete(id);
    return all;
  }

  async function admit(
    { spec, environment }: { readonly spec: SetSpec; readonly environment: EnvironmentRef },
    waits: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      // The interpreter that it comes from is needed in any case, and its siblings do not make room for it.
      const siblings = sets.get(spec.key)?.replicas;
      const interpreters = zygotes.list().filter((zygote) => zygote.environment === environment.key);
      const others = (await holders())
        .filter(({ id }) => !interpreters.some(({ key }) => key === id))
        .map((holder) => (siblings?.has(holder.id) ? { ...holder, idle: false } : holder));
      const needed = known.get(spec.model.digest) ?? FIRST_GUESS_BYTES;
      const decision = decideStart(others, needed, options.memoryBudgetBytes);
      if (decision.kind === 'start') return;
      if (decision.kind === 'evict') {
        for (const set of sets.values()) set.evict(decision.ids);
        for (const id of decision.ids) zygotes.end(id);
      } else {
        waits();
      }
      await pause(LOOK_AGAIN_MS);
    }
  }

  function inTurn(work: () => Promise<void>): Promise<void> {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  }

  function open(spec: SetSpec, environment: EnvironmentRef): SupervisedSet<LocalReplica> {
    const variables = { ...options.resourceClasses[spec.resourceClass], ...spec.variables };
    const set: SupervisedSet<LocalReplica> = createSupervisedSet<LocalReplica>({
      spec,
      now,
      admit: (waits, signal) => inTurn(() => admit({ spec, environment }, waits, signal)),
      start(id, log, listener) {
        slot += 1;
        return startReplica({
          id,
          spec: { ...spec, variables },
          environment,
          arrivals,
          zygotes,
          log,
          isolation: options.isolation,
          user: userOf(plan, slot),
          now,
          listener: {
            ...listener,
            ready(channel) {
              seen = channel.loaded.isolation;
              listener.ready(channel);
            },
          },
        });
      },
      onClosed: () => sets.delete(spec.key),
    });
    return set;
  }

  return {
    kind: 'local',
    async facts() {
      const judged =
        seen === undefined ? { isolation: plan.expected, lack: plan.lack } : judgeIsolation(seen);
      const used = await holders();
      return {
        resourceClasses,
        isolation: judged.isolation,
        isolationLack: plan.lack ?? judged.lack,
        memoryBudgetBytes: options.memoryBudgetBytes,
        memoryUsedBytes: used.reduce((sum, { bytes }) => sum + bytes, 0),
      };
    },
    ensure(spec) {
      if (closed) throw unavailable('The server is shutting down.');
      const found = sets.get(spec.key);
      if (found !== undefined) return found;
      const environment = checkedEnvironment(spec, resourceClasses);
      const set = open(spec, environment);
      sets.set(spec.key, set);
      return set;
    },
    warm(environment, want) {
      wanted.set(environment.key, want);
      if (want > 0) zygotes.warm({ environment, network: 'none' });
      else wanted.delete(environment.key);
    },
    list: async () => [],
    async close() {
      closed = true;
      clearInterval(trimming);
      await Promise.all(Array.from(sets.values(), (set) => set.close({ drainMs: 0 })));
      await zygotes.close();
      await arrivals.close();
      interpreterLog.close();
    },
  };
}

async function readNumber(file: string): Promise<number | undefined> {
  try {
    return Number(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
