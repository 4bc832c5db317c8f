import type { EndpointConfig, EndpointSettings, EntityConfig } from './endpoint-config.ts';

/** How an entity's deployment is, as the protocol's states have it. */
export type DeploymentState = 'CREATING' | 'READY' | 'RECOVERING' | 'FAILED' | 'ABORTED';

export interface EntityState {
  readonly state: DeploymentState;
  /** What is being done, or what went wrong; for users. */
  readonly message: string;
  /** Who answers; not of what is not served. */
  readonly lane?: LaneView;
}

/** Who answers for a model, and why nobody quicker does. */
export interface LaneView {
  readonly answers: 'python' | 'compiled' | 'onnx';
  readonly compiled: 'none' | 'compiling' | 'proven' | 'refused' | 'failed';
  /** Why it is not compiled, or not run in the server; for users. */
  readonly reason: string;
}

/** What one server process says of one configuration. */
export interface NodeReport {
  readonly nodeId: string;
  readonly version: number;
  readonly entities: Readonly<Record<string, EntityState>>;
}

export interface EntityView {
  readonly config: EntityConfig;
  /** What the alias pointed at when the configuration was made, or the version itself. */
  readonly version: number;
  readonly state: EntityState;
}

export interface ConfigView {
  readonly version: number;
  readonly config: EndpointConfig;
  readonly madeBy: string;
  readonly createdAtMs: number;
  readonly entities: readonly EntityView[];
}

export type UpdateState = 'NOT_UPDATING' | 'IN_PROGRESS' | 'UPDATE_FAILED' | 'UPDATE_CANCELED';

/** An endpoint with all that is shown of it. */
export interface EndpointView {
  readonly endpointNo: number;
  readonly id: string;
  readonly name: string;
  readonly creator: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly description: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly settings: EndpointSettings;
  readonly isReady: boolean;
  readonly update: UpdateState;
  readonly updateMessage: string;
  readonly active: ConfigView | undefined;
  /** What is on its way, or what failed last. */
  readonly pending: ConfigView | undefined;
}

/** What is kept of a configuration. */
export interface KeptConfig {
  readonly version: number;
  readonly state: 'ROLLING' | 'ACTIVE' | 'RETIRED' | 'FAILED' | 'CANCELED';
  readonly message: string;
  readonly failedEntity: string | undefined;
  readonly config: EndpointConfig;
  readonly madeBy: string;
  readonly createdAtMs: number;
  /** The resolved version, by entity. */
  readonly versions: Readonly<Record<string, number>>;
}

export interface KeptEndpoint {
  readonly activeVersion: number | undefined;
  readonly pendingVersion: number | undefined;
  readonly lastUpdate: 'none' | 'failed' | 'canceled';
  readonly lastMessage: string;
  readonly configs: readonly KeptConfig[];
  /** Of live processes alone. */
  readonly reports: readonly NodeReport[];
}

type States = Pick<EndpointView, 'isReady' | 'update' | 'updateMessage' | 'active' | 'pending'>;

/** What the SDK's waiters and the pages read, from what is kept and what the processes say. */
export function statesOf(endpoint: KeptEndpoint): States {
  const { activeVersion, pendingVersion, lastUpdate, configs } = endpoint;
  const active = configs.find(({ version }) => version === activeVersion);
  const newest = configs.reduce<KeptConfig | undefined>(
    (last, each) => (last === undefined || each.version > last.version ? each : last),
    undefined,
  );
  const unfinished = newest?.state === 'FAILED' || newest?.state === 'CANCELED' ? newest : undefined;
  const pending = configs.find(({ version }) => version === pendingVersion) ?? unfinished;
  const activeView = active && viewOf(active, endpoint.reports);
  return {
    active: activeView,
    pending: pending && viewOf(pending, endpoint.reports),
    isReady: activeView?.entities.every(({ state }) => state.state === 'READY') ?? false,
    update:
      pendingVersion !== undefined
        ? 'IN_PROGRESS'
        : lastUpdate === 'failed'
          ? 'UPDATE_FAILED'
          : lastUpdate === 'canceled'
            ? 'UPDATE_CANCELED'
            : 'NOT_UPDATING',
    updateMessage: endpoint.lastMessage,
  };
}

function viewOf(kept: KeptConfig, reports: readonly NodeReport[]): ConfigView {
  const ofConfig = reports.filter(({ version }) => version === kept.version);
  return {
    version: kept.version,
    config: kept.config,
    madeBy: kept.madeBy,
    createdAtMs: kept.createdAtMs,
    entities: kept.config.entities.map((config) => ({
      config,
      version: kept.versions[config.name] ?? 0,
      state: entityState(kept, config.name, ofConfig),
    })),
  };
}

function entityState(kept: KeptConfig, name: string, reports: readonly NodeReport[]): EntityState {
  if (kept.state === 'CANCELED') return { state: 'ABORTED', message: kept.message };
  if (kept.state === 'FAILED')
    return kept.failedEntity === undefined || kept.failedEntity === name
      ? { state: 'FAILED', message: kept.message }
      : { state: 'ABORTED', message: `Not brought up, because ${kept.failedEntity} failed.` };
  const said = reports.flatMap(({ entities }) => entities[name] ?? []);
  return worstOf(said) ?? { state: 'CREATING', message: 'Waiting for a server process' };
}

const ORDER: readonly DeploymentState[] = ['FAILED', 'ABORTED', 'RECOVERING', 'CREATING', 'READY'];

/** Of what several processes say of one entity; undefined where none says anything. */
function worstOf(states: readonly EntityState[]): EntityState | undefined {
  return [...states].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))[0];
}
