import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { queryClient } from './query-client.ts';
import { getFrom, getJson, sendTo } from './request.ts';
import { client } from './server.ts';

export type EntityStateName = 'CREATING' | 'READY' | 'RECOVERING' | 'FAILED' | 'ABORTED';
export type UpdateState = 'NOT_UPDATING' | 'IN_PROGRESS' | 'UPDATE_FAILED' | 'UPDATE_CANCELED';
export type PermissionLevel = 'CAN_VIEW' | 'CAN_QUERY' | 'CAN_MANAGE';

/** A model in a configuration, as the server sends it. */
export interface ConfiguredEntity {
  readonly name: string;
  readonly model: string;
  /** Whether the reader has a page of it. */
  readonly is_model_seen: boolean;
  /** What the alias meant when the configuration was made. */
  readonly version: string;
  readonly alias?: string;
  readonly percent: number;
  /** Absent where bounds were given instead. */
  readonly size?: string;
  readonly min_concurrency: number;
  readonly max_concurrency: number;
  readonly workload_type: string;
  readonly scale_to_zero: boolean;
  readonly variable_names: readonly string[];
  /** For those who manage the endpoint. */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface ServedEntity extends ConfiguredEntity {
  readonly state: EntityStateName;
  readonly message: string;
}

export interface Capture {
  readonly kind: 'legacy' | 'gateway';
  readonly catalog?: string;
  readonly schema?: string;
  readonly prefix?: string;
  readonly enabled: boolean;
}

export interface ServedConfig {
  readonly version: number;
  readonly made_by: string;
  readonly created_at: number;
  readonly capture?: Capture;
  readonly entities: readonly ServedEntity[];
}

/** What happened in the last `span_ms`, as the server process that answers has counted it. */
export interface Recent {
  readonly span_ms: number;
  readonly requests: number;
  readonly refused: number;
  readonly failed: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly p99_ms?: number;
}

/** The server process that answers: numbers are its own. */
export interface ProcessFacts {
  readonly id: string;
  readonly counts_since: number;
  /** How many serve on the same database, this one among them. */
  readonly count: number;
}

export interface Endpoint {
  readonly name: string;
  readonly id: string;
  readonly creator: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly description: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
  readonly permission_level: PermissionLevel;
  readonly is_ready: boolean;
  readonly update: UpdateState;
  readonly update_message: string;
  /** What answers. */
  readonly active?: ServedConfig;
  /** What is on its way, or failed last. */
  readonly pending?: ServedConfig;
  readonly recent: Recent;
  /** That live on the process that answers. */
  readonly replicas: number;
}

export interface EndpointList {
  readonly process: ProcessFacts;
  readonly may_create: boolean;
  readonly endpoints: readonly Endpoint[];
}

export interface EndpointDetails extends Endpoint {
  readonly process: ProcessFacts;
  readonly strict: boolean;
  readonly rate_limits: readonly { readonly calls: number; readonly key: 'user' | 'endpoint' }[];
  readonly table?: {
    readonly name: string;
    readonly status: 'PENDING' | 'READY' | 'FAILED';
    readonly message: string;
  };
  readonly processes: readonly {
    readonly id: string;
    readonly config_version: number;
    readonly state: 'preparing' | 'ready' | 'failed';
    readonly at: number;
  }[];
}

/** By column; null where nothing is known. */
export interface EntityNumbers {
  readonly name: string;
  readonly at: readonly number[];
  readonly requests: readonly number[];
  readonly refused: readonly number[];
  readonly failed: readonly number[];
  readonly p50_ms: readonly (number | null)[];
  readonly p95_ms: readonly (number | null)[];
  readonly p99_ms: readonly (number | null)[];
  readonly queue_ms: readonly (number | null)[];
  readonly waiting: readonly (number | null)[];
  readonly running: readonly (number | null)[];
  readonly replicas: readonly (number | null)[];
  readonly total?: {
    readonly answers: readonly { readonly lane: string; readonly status: number; readonly count: number }[];
    readonly cold_starts: number;
    readonly cold_start_seconds: number;
    readonly last_request_at?: number;
    readonly rows_depend_on_each_other: boolean;
  };
}

export interface EndpointNumbers {
  readonly process: ProcessFacts;
  readonly step_ms: number;
  readonly entities: readonly EntityNumbers[];
}

export interface SignatureInput {
  readonly name?: string;
  readonly kind: 'column' | 'tensor' | 'nested';
  readonly type: string;
  readonly shape?: readonly number[];
  readonly required: boolean;
}

/** What a model takes. */
export interface EntityInput {
  readonly name: string;
  readonly signature?: {
    readonly named: boolean;
    readonly inputs: readonly SignatureInput[];
    readonly params?: readonly { readonly name: string; readonly default: unknown }[];
  };
  /** A body that the model was logged with, for those who may read its files. */
  readonly example?: string;
}

export interface PastConfig {
  readonly version: number;
  readonly state: 'ROLLING' | 'ACTIVE' | 'RETIRED' | 'FAILED' | 'CANCELED';
  readonly message: string;
  readonly failed_entity?: string;
  readonly made_by: string;
  readonly cause: 'api' | 'alias';
  readonly created_at: number;
  readonly ended_at?: number;
  readonly capture?: Capture;
  readonly entities: readonly ConfiguredEntity[];
}

/** Where a version of a model is served. */
export interface ServedAt {
  readonly endpoint: string;
  readonly entity: string;
  readonly version: string;
  readonly alias?: string;
  readonly percent: number;
  readonly is_active: boolean;
}

const PATH = 'serving-endpoints';
const placeOf = (name: string, part = ''): string => `${PATH}/${encodeURIComponent(name)}${part}`;

/** Numbers change with every request, so they are asked for again and again, while the page is seen. */
const LIST_MS = 5000;
const IDLE_MS = 4000;
const BUSY_MS = 1000;

/** Whether something comes up or goes down that is worth watching closely. */
const isChanging = ({ update, active }: Endpoint): boolean =>
  update === 'IN_PROGRESS' ||
  (active?.entities.some(({ state }) => state === 'CREATING' || state === 'RECOVERING') ?? false);

export const endpointListQuery = queryOptions({
  queryKey: ['endpoints'],
  queryFn: ({ signal }) => getJson<EndpointList>(PATH, {}, signal),
  refetchInterval: ({ state }) => (state.data?.endpoints.some(isChanging) ? BUSY_MS : LIST_MS),
  refetchOnMount: 'always',
});

export const endpointQuery = (name: string) =>
  queryOptions({
    queryKey: ['endpoint', name],
    queryFn: ({ signal }) => getJson<EndpointDetails>(placeOf(name), {}, signal),
    // What is not there does not come by itself.
    refetchInterval: ({ state }) =>
      state.error !== null && state.data === undefined
        ? false
        : state.data !== undefined && isChanging(state.data)
          ? BUSY_MS
          : IDLE_MS,
    refetchOnMount: 'always',
    placeholderData: undefined,
  });

export const endpointNumbersQuery = (
  name: string,
  span: { readonly spanMs: number; readonly stepMs: number },
) =>
  queryOptions({
    queryKey: ['endpoint', name, 'numbers', span],
    queryFn: ({ signal }) =>
      getJson<EndpointNumbers>(
        placeOf(name, '/numbers'),
        { span_ms: span.spanMs, step_ms: span.stepMs },
        signal,
      ),
    refetchInterval: LIST_MS,
  });

export const endpointInputsQuery = (name: string, config: number | undefined) =>
  queryOptions({
    queryKey: ['endpoint', name, 'inputs', config],
    queryFn: async ({ signal }) =>
      (await getJson<{ readonly entities: readonly EntityInput[] }>(placeOf(name, '/inputs'), {}, signal))
        .entities,
    placeholderData: undefined,
  });

export const endpointConfigsQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ['endpoint', name, 'configs'],
    queryFn: ({ signal, pageParam }) =>
      getJson<{ readonly configs: readonly PastConfig[]; readonly next?: number }>(
        placeOf(name, '/configs'),
        { before: pageParam },
        signal,
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next,
    placeholderData: undefined,
  });

export type LogKind = 'build' | 'server';

export interface LogPart {
  readonly log: string;
  readonly text: string;
  readonly next: number;
  readonly is_cut: boolean;
}

/** What a log has more than when `last` of it was read. @throws RequestError */
export const readLog = (
  name: string,
  of: { readonly entity: string; readonly kind: LogKind; readonly last: LogPart | undefined },
  signal: AbortSignal,
): Promise<LogPart> =>
  getJson<LogPart>(
    placeOf(name, '/log'),
    { entity: of.entity, kind: of.kind, log: of.last?.log, from: of.last?.next },
    signal,
  );

export const servedAtQuery = (model: string) =>
  queryOptions({
    queryKey: ['model', model, 'served'],
    queryFn: ({ signal }) =>
      getJson<{ readonly may_serve: boolean; readonly served: readonly ServedAt[] }>(
        'registered-models/served',
        { name: model },
        signal,
      ),
    placeholderData: undefined,
  });

/** Whatever was read of endpoints may have changed. */
export async function refreshEndpoints(): Promise<void> {
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['endpoints'] }),
    queryClient.invalidateQueries({ queryKey: ['endpoint'] }),
    queryClient.invalidateQueries({
      predicate: ({ queryKey }) => queryKey[0] === 'model' && queryKey[2] === 'served',
    }),
  ]);
}

/**
 * @param leave goes where nothing asks for it any more
 * @throws SlipwayError
 */
export async function deleteEndpoint(name: string, leave: () => Promise<void>): Promise<void> {
  await client.servingEndpoints.delete(name);
  await leave();
  queryClient.removeQueries({ queryKey: ['endpoint', name] });
  await queryClient.invalidateQueries({ queryKey: ['endpoints'] });
}

/** @throws SlipwayError */
export async function changeEndpointTags(
  name: string,
  change: { readonly set?: Readonly<Record<string, string>>; readonly remove?: readonly string[] },
): Promise<void> {
  await client.servingEndpoints.changeTags(name, change);
  await refreshEndpoints();
}

/** Who may do what with an endpoint, as the permissions API has it. */
export interface AclEntry {
  readonly user_name?: string;
  readonly group_name?: string;
  readonly service_principal_name?: string;
  readonly all_permissions: readonly {
    readonly permission_level: PermissionLevel | 'IS_OWNER';
    readonly inherited?: boolean;
  }[];
}

const aclPath = (id: string): string => `/api/2.0/permissions/serving-endpoints/${encodeURIComponent(id)}`;

export const endpointAclQuery = (id: string) =>
  queryOptions({
    queryKey: ['endpoint-acl', id],
    queryFn: async ({ signal }) =>
      (await getFrom<{ readonly access_control_list: readonly AclEntry[] }>(aclPath(id), signal))
        .access_control_list,
    placeholderData: undefined,
  });

/** What is to be granted on the endpoint itself, instead of all that is. */
export interface AclWish {
  readonly principal: string;
  readonly field: 'user_name' | 'group_name' | 'service_principal_name';
  readonly level: PermissionLevel;
}

/** @throws RequestError */
export async function putEndpointAcl(id: string, wishes: readonly AclWish[]): Promise<void> {
  await sendTo('PUT', aclPath(id), {
    access_control_list: wishes.map(({ principal, field, level }) => ({
      [field]: principal,
      permission_level: level,
    })),
  });
  await queryClient.invalidateQueries({ queryKey: ['endpoint-acl', id] });
}
