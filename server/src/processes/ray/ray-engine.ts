import { unavailable } from '../../kernel/errors.ts';
import { judgeIsolation } from '../isolation.ts';
import type { Engine } from '../port.ts';
import type { Replica } from '../replica.ts';
import { createSupervisedSet, type SupervisedSet } from '../replica-set.ts';
import { checkedEnvironment } from '../set-spec.ts';
import { createCluster } from './cluster.ts';
import { createExchange } from './exchange.ts';
import { packPrograms } from './package.ts';
import { startRayReplica } from './ray-replica.ts';
import { type ActorResources, createSlots } from './slots.ts';

export interface RayEngineOptions {
  /** Folder of `ray_app` and `scoring_worker`. */
  readonly programs: string;
  /** Of the head's REST interface: `http://head:8265`. */
  readonly address: string;
  readonly token: string | undefined;
  /** Of Serve's proxies: `http://head:8000`. */
  readonly serveAddress: string;
  /** Tells the applications of this installation from those of others: `[a-z0-9]{1,20}`. */
  readonly installation: string;
  readonly isolation: 'require' | 'auto' | 'off';
  /** What a model is given by the name of its class; 'cpu' must be there. */
  readonly resourceClasses: Readonly<Record<string, ActorResources>>;
  readonly modelsMaxBytes: number;
  readonly deployMs: number;
  /** How long a place without a model is kept. */
  readonly idleMs: number;
  now(): number;
  onError(error: unknown): void;
}

/** Replicas as applications of Ray Serve, on whatever nodes a cluster has. */
export async function openRayEngine(options: RayEngineOptions): Promise<Engine> {
  const { now } = options;
  const exchange = createExchange();
  const programs = await packPrograms(options.programs, ['ray_app', 'scoring_worker']);
  const cluster = createCluster({ address: options.address, token: options.token, exchange });
  const slots = createSlots({ ...options, cluster, exchange, programs });
  const sets = new Map<string, SupervisedSet<Replica>>();
  const resourceClasses = Object.keys(options.resourceClasses);
  let seen: readonly string[] | undefined;
  let closed = false;

  return {
    kind: 'ray',
    async facts() {
      const off = options.isolation === 'off' ? 'It is switched off.' : undefined;
      const judged = seen === undefined ? undefined : judgeIsolation(seen);
      const lack = off ?? judged?.lack;
      return {
        resourceClasses,
        isolation: lack === undefined ? 'jail' : 'process',
        isolationLack: lack,
        // Its own scheduler shares out what the cluster has.
        memoryBudgetBytes: Number.POSITIVE_INFINITY,
        memoryUsedBytes: 0,
      };
    },
    ensure(spec) {
      if (closed) throw unavailable('The server is shutting down.');
      const found = sets.get(spec.key);
      if (found !== undefined) return found;
      const environment = checkedEnvironment(spec, resourceClasses);
      const set: SupervisedSet<Replica> = createSupervisedSet({
        spec,
        now,
        admit: () => Promise.resolve(),
        start: (id, log, listener) =>
          startRayReplica({
            id,
            spec,
            environment,
            slots,
            log,
            isolation: options.isolation,
            now,
            listener: {
              ...listener,
              ready(channel) {
                seen = channel.loaded.isolation;
                listener.ready(channel);
              },
            },
          }),
        onClosed: () => sets.delete(spec.key),
      });
      sets.set(spec.key, set);
      return set;
    },
    warm(_environment, want) {
      if (want > 0) slots.prepare('cpu');
    },
    // What another process of this server left in the cluster is removed, not taken over: nobody knows its key.
    list: async () => [],
    async close() {
      closed = true;
      await Promise.all(Array.from(sets.values(), (set) => set.close({ drainMs: 0 })));
      await slots.close();
      exchange.close();
    },
  };
}
