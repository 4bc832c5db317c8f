import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { rollMovedAliases } from './alias-moves.ts';
import { activate, fail } from './config-changes.ts';
import * as configs from './configs-repository.ts';
import type { Deployments } from './deployments.ts';
import type { EndpointConfig } from './endpoint-config.ts';
import type { EntityLog } from './endpoint-logs.ts';
import { parseSettings } from './endpoints.ts';
import * as endpoints from './endpoints-repository.ts';
import type { Gateway } from './gateway/gateway-port.ts';
import {
  createLocalEndpoint,
  type LocalEndpoint,
  type OpenLog,
  type WantedConfig,
} from './local-endpoint.ts';
import { LIVE_MS, livingSince, type Nodes } from './nodes.ts';
import * as nodeStates from './nodes-repository.ts';
import { decideStep } from './reconcile-step.ts';
import type { ServedEntity } from './routes.ts';

export interface ReconcilerDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly nodes: Nodes;
  readonly gateway: Gateway;
  readonly deployments: Deployments;
  readonly openLog: OpenLog;
  /** Whether whoever configured an endpoint may still load the model. */
  readonly mayServe: (makerId: string, modelNo: number) => Promise<boolean>;
  readonly deadlineMs: number;
  onError(error: unknown): void;
}

/** How often the database is looked at where other processes may have changed it, or where it could not be. */
const LOOK_MS = 500;
const RESCALE_MS = 1_000;
/** How long the start of the server waits for what is on this machine already. */
const FIRST_LOOK_MS = 10_000;
/** More than any endpoint can need at once. */
const MAX_STEPS = 20;

interface Seen {
  readonly endpoints: ReadonlyMap<number, endpoints.EndpointRow>;
  readonly configs: readonly configs.ConfigRow[];
  readonly entities: readonly configs.ServedEntityRow[];
  readonly states: readonly nodeStates.NodeStateRow[];
  readonly live: readonly string[];
  /** Processes that live and have not been heard of, since there was nothing to serve. */
  readonly idle: readonly string[];
}

export type Reconciler = ReturnType<typeof createReconciler>;

/**
 * Makes what this process serves what the database wants, again and again. It holds nothing that a crash could lose: all
 * steps are decided anew from what is there.
 */
export function createReconciler(dependencies: ReconcilerDependencies) {
  const { db, clock, nodes, gateway, deployments, onError } = dependencies;
  const locals = new Map<number, LocalEndpoint>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isAsked = false;
  let stopped = false;
  let hasFailed = false;
  let rescaledAtMs = 0;
  const stuck = new Map<number, string>();

  function failed(error: unknown): void {
    hasFailed = true;
    onError(error);
  }

  /** Said once for each reason: it is looked at again at every turn. */
  function tellStuck(endpointNo: number, error: unknown): void {
    const reason = String(error);
    if (stuck.get(endpointNo) === reason) return;
    stuck.set(endpointNo, reason);
    onError(error);
  }

  async function look(): Promise<Seen> {
    return db.read(async (sql: Sql) => {
      const rows = await endpoints.listEndpoints(sql);
      if (rows.length === 0) return NOTHING;
      const current = await configs.listCurrent(sql);
      const isPending = rows.some(({ pending_version: pending }) => pending !== null);
      return {
        endpoints: new Map(rows.map((row) => [row.endpoint_no, row])),
        configs: current,
        entities: await configs.listEntities(sql, current),
        states: await nodeStates.listStates(sql),
        live: await nodeStates.listLiveNodes(sql, livingSince(db, clock.nowMs())),
        idle: isPending ? await nodes.listIdle(sql) : [],
      };
    });
  }

  /** The other processes for which a configuration has to wait: one that was idle has a moment to hear of it. */
  function othersThan(seen: Seen, endpointNo: number, pending: number | undefined): readonly string[] {
    const config = seen.configs.find(
      (row) => row.endpoint_no === endpointNo && row.config_version === pending,
    );
    const isNew = config !== undefined && clock.nowMs() - config.created_at < LIVE_MS;
    return [...seen.live, ...(isNew ? seen.idle : [])].filter((id) => id !== nodes.nodeId);
  }

  function wantedConfig(seen: Seen, endpointNo: number, version: number): WantedConfig | undefined {
    const of = (row: { readonly endpoint_no: number; readonly config_version: number }) =>
      row.endpoint_no === endpointNo && row.config_version === version;
    const row = seen.configs.find(of);
    const endpoint = seen.endpoints.get(endpointNo);
    if (row === undefined || endpoint === undefined) return undefined;
    return {
      version,
      config: JSON.parse(row.body) as EndpointConfig,
      makerId: row.made_by_id,
      versions: new Map(
        seen.entities
          .filter(of)
          .map((entity) => [entity.name, { modelNo: entity.model_no, version: entity.version }]),
      ),
    };
  }

  async function reconcile(seen: Seen, endpointNo: number): Promise<void> {
    const row = seen.endpoints.get(endpointNo);
    let local = locals.get(endpointNo);
    if (local === undefined) {
      if (row === undefined) return;
      local = createLocalEndpoint({ endpointNo, endpointId: row.endpoint_id }, { ...dependencies, wake });
      locals.set(endpointNo, local);
    }
    if (row !== undefined) local.look({ name: row.name, settings: parseSettings(row.settings) });
    for (let i = 0; i < MAX_STEPS; i += 1) {
      const pending = row?.pending_version ?? undefined;
      const ofPending = seen.states.filter(
        (state) =>
          state.endpoint_no === endpointNo &&
          state.config_version === pending &&
          state.node_id !== nodes.nodeId &&
          seen.live.includes(state.node_id),
      );
      const others = othersThan(seen, endpointNo, pending);
      const failedElsewhere = ofPending.find(({ state }) => state === 'failed');
      const step = decideStep(row && { active: row.active_version ?? undefined, pending }, {
        configs: local.progress(),
        routed: local.routed,
        draining: local.draining,
        waitingFor: others.length - ofPending.filter(({ state }) => state === 'ready').length,
        hasFailed:
          failedElsewhere !== undefined ||
          (pending !== undefined && local.progress().get(pending) === 'failed'),
      });
      if (step === undefined) break;
      switch (step.do) {
        case 'bring up': {
          const wanted = wantedConfig(seen, endpointNo, step.version);
          // What was read of it is already of the past: the next look has what came after.
          if (wanted === undefined) return;
          local.bringUp(wanted, { proves: step.version !== row?.active_version });
          break;
        }
        case 'route':
          local.route(step.version);
          break;
        case 'take down':
          local.takeDown(step.version);
          break;
        case 'forget':
          local.forget();
          break;
        case 'activate':
          // Whoever sees it active sees as well how its entities are.
          await report();
          await db.write((tx) => activate(tx, { endpointNo, version: step.version, nowMs: clock.nowMs() }));
          isAsked = true;
          return;
        case 'fail': {
          const failure = local.failure(step.version) ?? {
            message: failedElsewhere?.message ?? '',
            entity: undefined,
          };
          await db.write((tx) =>
            fail(tx, { endpointNo, version: step.version, nowMs: clock.nowMs(), ...failure }),
          );
          isAsked = true;
          return;
        }
      }
    }
    if (row === undefined && local.isGone) locals.delete(endpointNo);
  }

  async function report(): Promise<void> {
    const changed = [...locals.values()].flatMap((local) => local.reports());
    if (changed.length === 0) return;
    await db.write(async (tx) => {
      for (const { endpointNo, version, state, entities, message } of changed) {
        // It may have been deleted since.
        if ((await endpoints.holdByNo(tx, endpointNo)) === undefined) continue;
        await nodeStates.upsertState(tx, {
          node_id: nodes.nodeId,
          endpoint_no: endpointNo,
          config_version: version,
          state,
          entities,
          message,
          at_ms: clock.nowMs(),
        });
      }
    });
    for (const { reported } of changed) reported();
  }

  function rescale(): void {
    const nowMs = clock.nowMs();
    if (nowMs - rescaledAtMs < RESCALE_MS) return;
    rescaledAtMs = nowMs;
    for (const local of locals.values()) {
      const counts = gateway.counters.of(local.endpointId);
      for (const { name, deployment } of local.served()) {
        const own = counts.filter(({ entity }) => entity === name);
        deployment.rescale({
          waiting: sum(own.map(({ waiting }) => waiting)),
          running: sum(own.map(({ running: now }) => now)),
          busyMs: sum(own.map(({ busyMs }) => busyMs)),
          lastRequestMs: Math.max(0, ...own.map(({ lastRequestMs }) => lastRequestMs)),
        });
      }
    }
  }

  async function turn(): Promise<void> {
    let seen = await look();
    if (seen.endpoints.size > 0) {
      await nodes.beatWhenDue();
      if (await rollMovedAliases({ ...dependencies, onStuck: tellStuck })) seen = await look();
    }
    for (const endpointNo of new Set([...seen.endpoints.keys(), ...locals.keys()])) {
      try {
        await reconcile(seen, endpointNo);
      } catch (error) {
        failed(error);
      }
    }
    await report();
    rescale();
  }

  async function run(): Promise<void> {
    do {
      isAsked = false;
      hasFailed = false;
      try {
        await turn();
      } catch (error) {
        // An outage: what runs answers on, and the next look may find the database again.
        failed(error);
      }
    } while (isAsked && !stopped);
  }

  function wake(): void {
    if (stopped) return;
    isAsked = true;
    if (running !== undefined) return;
    clearTimeout(timer);
    // Not at once: it is asked from within commits, where the database cannot be read.
    running = new Promise((resolve) => void setImmediate(resolve)).then(run).finally(() => {
      running = undefined;
      if (!stopped) rest();
    });
  }

  /** Until the next look. Alone on its database this process hears of every change, and only sees after its replicas. */
  function rest(): void {
    if (db.isShared || hasFailed) timer = setTimeout(wake, LOOK_MS);
    else if (locals.size > 0)
      timer = setTimeout(() => {
        rescale();
        if (running === undefined) rest();
      }, RESCALE_MS);
  }

  return {
    wake,

    /** The first look: afterwards every endpoint that is prepared on this machine answers, or holds its requests. */
    async start(): Promise<void> {
      await nodes.start();
      wake();
      await running;
      for (const endMs = clock.nowMs() + FIRST_LOOK_MS; clock.nowMs() < endMs; ) {
        if ([...locals.values()].every((local) => local.isSettled)) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },

    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(timer);
      await running;
      for (const local of locals.values()) local.abort();
      await nodes.leave();
      await deployments.close();
    },

    /** What answers for an endpoint on this process now. */
    servedBy(endpointId: string): readonly ServedEntity[] {
      for (const local of locals.values()) if (local.endpointId === endpointId) return local.served();
      return [];
    },

    /** What this process knows of an entity of an endpoint, also of one that could not be brought up. */
    logOf(endpointId: string, entity: string): EntityLog | undefined {
      for (const local of locals.values()) if (local.endpointId === endpointId) return local.logOf(entity);
      return undefined;
    },
  };
}

const NOTHING: Seen = { endpoints: new Map(), configs: [], entities: [], states: [], live: [], idle: [] };

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
