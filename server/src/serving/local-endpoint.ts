import type { NumberedVersion } from '../registry/version-contents.ts';
import { BringUpFailure, bringUp } from './bring-up.ts';
import type { Deployments } from './deployments.ts';
import type { EndpointConfig, EndpointSettings } from './endpoint-config.ts';
import type { EntityLog } from './endpoint-logs.ts';
import type { EntityState } from './endpoint-states.ts';
import type { Gateway } from './gateway/gateway-port.ts';
import type { LogTarget } from './gateway/lane.ts';
import type { Progress } from './reconcile-step.ts';
import { type RouteInput, routeFacts, routeOf, type ServedEntity } from './routes.ts';

export interface WantedConfig {
  readonly version: number;
  readonly config: EndpointConfig;
  /** With whose rights secrets are read. */
  readonly makerId: string;
  readonly versions: ReadonlyMap<string, NumberedVersion>;
}

export interface LoggedEndpoint {
  readonly endpointNo: number;
  readonly config: EndpointConfig;
  /** Whether it has to work: the configuration has never answered. */
  readonly proves: boolean;
}

/**
 * Where requests of an endpoint are kept; undefined where they are not.
 * @throws AppError InvalidState where they were to be kept, and cannot be.
 */
export type OpenLog = (endpoint: LoggedEndpoint) => Promise<LogTarget | undefined>;

export interface LocalEndpointDependencies {
  readonly gateway: Gateway;
  readonly deployments: Deployments;
  readonly openLog: OpenLog;
  readonly deadlineMs: number;
  wake(): void;
  onError(error: unknown): void;
}

interface LocalConfig {
  readonly wanted: WantedConfig;
  readonly entities: readonly ServedEntity[];
  readonly abort: AbortController;
  /** Whether it has to answer before it counts as ready: it never did. */
  readonly proves: boolean;
  progress: Progress;
  failure: { readonly message: string; readonly entity: string } | undefined;
  log: LogTarget | undefined;
  /** What the database was last told of it. */
  reported: string;
}

export interface Report {
  readonly endpointNo: number;
  readonly version: number;
  readonly state: Progress;
  /** JSON */
  readonly entities: string;
  readonly message: string;
  /** The database has it. */
  reported(): void;
}

/** Before an active configuration that could not be prepared is tried again. */
const RETRY_MS = 30_000;

export type LocalEndpoint = ReturnType<typeof createLocalEndpoint>;

/** What this process has of one endpoint: configurations that come up, one that answers, others that drain. */
export function createLocalEndpoint(
  { endpointNo, endpointId }: { readonly endpointNo: number; readonly endpointId: string },
  dependencies: LocalEndpointDependencies,
) {
  const { gateway, deployments, deadlineMs, wake, onError } = dependencies;
  const configs = new Map<number, LocalConfig>();
  const draining = new Set<number>();
  /** Of each entity the newest: also of one that could not be brought up and is gone. */
  const logs = new Map<string, EntityLog>();
  let facts: { readonly name: string; readonly settings: EndpointSettings } | undefined;
  let routed: { readonly version: number; readonly facts: string } | undefined;

  function routeInput({ wanted, entities, log }: LocalConfig): RouteInput {
    const { version: configVersion, config } = wanted;
    return { endpointId, ...facts!, configVersion, config, entities, log, deadlineMs };
  }

  const openLog = ({ wanted: { config }, proves }: LocalConfig): Promise<LogTarget | undefined> =>
    dependencies.openLog({ endpointNo, config, proves });

  async function work(local: LocalConfig): Promise<void> {
    try {
      await bringUp({
        route: routeInput(local),
        gateway,
        signal: local.abort.signal,
        proves: local.proves,
        async openLog() {
          local.log = await openLog(local);
        },
        onError,
      });
      local.progress = 'ready';
    } catch (error) {
      if (local.abort.signal.aborted) return;
      if (!(error instanceof BringUpFailure)) onError(error);
      local.progress = 'failed';
      const entity = error instanceof BringUpFailure ? error.entity : local.entities[0]!.name;
      local.failure = { message: (error as Error).message, entity };
      if (!local.proves) setTimeout(() => retry(local), RETRY_MS).unref();
    }
    wake();
  }

  /** What answered once is wanted until somebody says otherwise. */
  function retry(local: LocalConfig): void {
    if (configs.get(local.wanted.version) !== local || local.progress !== 'failed') return;
    local.progress = 'preparing';
    void work(local);
  }

  function stateOf(local: LocalConfig, { name, deployment }: ServedEntity): EntityState {
    if (local.failure?.entity === name) return { state: 'FAILED', message: local.failure.message };
    const found = deployment.state;
    return local.progress === 'preparing' && found.state === 'READY'
      ? { ...found, state: 'CREATING', message: 'Asking the model its input example' }
      : found;
  }

  function putRoute(version: number): void {
    const local = configs.get(version)!;
    const input = routeInput(local);
    const before = routed?.version;
    routed = { version, facts: routeFacts(input) };
    const replaced = gateway.table.put(routeOf(input));
    if (before === undefined || before === version) return;
    draining.add(before);
    void replaced.then(() => {
      draining.delete(before);
      wake();
    });
  }

  return {
    endpointId,
    draining: draining as ReadonlySet<number>,
    get routed() {
      return routed?.version;
    },
    get isGone() {
      return configs.size === 0 && draining.size === 0 && routed === undefined;
    },

    /** It answers, or has nothing yet that ever did. */
    get isSettled() {
      return routed !== undefined || [...configs.values()].every(({ proves }) => proves);
    },

    progress: (): ReadonlyMap<number, Progress> =>
      new Map([...configs].map(([version, local]) => [version, local.progress])),

    failure: (version: number) => configs.get(version)?.failure,

    /** What of the endpoint can change without a new configuration; the route follows. */
    look(next: { readonly name: string; readonly settings: EndpointSettings }): void {
      facts = next;
      if (routed === undefined) return;
      const local = configs.get(routed.version)!;
      if (routeFacts(routeInput(local)) !== routed.facts) putRoute(routed.version);
    },

    bringUp(wanted: WantedConfig, { proves }: { readonly proves: boolean }): void {
      const entities = wanted.config.entities.map((entity): ServedEntity => {
        const of = wanted.versions.get(entity.name)!;
        const deployment = deployments.acquire({
          endpointId,
          configVersion: wanted.version,
          of,
          entity,
          makerId: wanted.makerId,
        });
        logs.set(entity.name, deployment.log);
        return { name: entity.name, version: of.version, deployment };
      });
      const local: LocalConfig = {
        wanted,
        entities,
        abort: new AbortController(),
        proves,
        progress: 'preparing',
        failure: undefined,
        log: undefined,
        reported: '',
      };
      configs.set(wanted.version, local);
      void work(local);
    },

    route(version: number): void {
      matchReplicas(version);
      putRoute(version);
    },

    /** No request is left that it answers. */
    takeDown(version: number): void {
      const local = configs.get(version)!;
      configs.delete(version);
      local.abort.abort();
      for (const { deployment } of local.entities)
        deployments.release(deployment, { drainMs: deadlineMs }).catch(onError);
    },

    /** The endpoint is no more. */
    forget(): void {
      const version = routed?.version;
      routed = undefined;
      const removed = gateway.table.remove(endpointId);
      gateway.counters.forget(endpointId);
      if (version === undefined) return;
      draining.add(version);
      void removed.then(() => {
        draining.delete(version);
        wake();
      });
    },

    abort(): void {
      for (const { abort } of configs.values()) abort.abort();
    },

    /** What the database does not have yet. */
    reports(): readonly Report[] {
      return [...configs].flatMap(([version, local]) => {
        const states = local.entities.map((entity) => [entity.name, stateOf(local, entity)] as const);
        const entities = JSON.stringify(Object.fromEntries(states));
        // What is ready is told of once it answers, or what it follows does.
        const state = local.progress === 'ready' && routed === undefined ? 'preparing' : local.progress;
        const text = `${state} ${entities}`;
        if (text === local.reported) return [];
        return [
          {
            endpointNo,
            version,
            state,
            entities,
            message: local.failure?.message ?? '',
            reported: () => {
              local.reported = text;
            },
          },
        ];
      });
    },

    /** What answers now. */
    served: (): readonly ServedEntity[] =>
      routed === undefined ? [] : (configs.get(routed.version)?.entities ?? []),

    logOf: (entity: string): EntityLog | undefined => logs.get(entity),
  };

  /** The load of now comes to the new one at once. */
  function matchReplicas(version: number): void {
    if (routed === undefined) return;
    for (const { name, deployment } of configs.get(version)!.entities) {
      const before = configs.get(routed.version)!.entities.find((entity) => entity.name === name);
      if (before !== undefined && before.deployment !== deployment)
        deployment.scaleTo(before.deployment.replicas);
    }
  }
}
