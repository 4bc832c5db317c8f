import {
  readFlag,
  readList,
  readNumber,
  readObject,
  readOptionalText,
  readPairs,
  readText,
  readTextMap,
  readWord,
  type Texts,
  wirePairs,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import { type Json, type JsonObject, type Message, parseJson } from './json.ts';

export type DeploymentState = 'CREATING' | 'READY' | 'RECOVERING' | 'FAILED' | 'ABORTED';
export type ConfigUpdate = 'NOT_UPDATING' | 'IN_PROGRESS' | 'UPDATE_FAILED' | 'UPDATE_CANCELED';
export type WorkloadSize = 'Small' | 'Medium' | 'Large';

/** A model that an endpoint is to serve. */
export interface NewServedEntity {
  /** Without it made of the model and the version. */
  readonly name?: string | undefined;
  readonly modelName: string;
  /** The number of a version, or an alias as `@champion`: then the endpoint follows it. */
  readonly version: string;
  /** How many requests are answered at once: 4, 8 to 16, 16 to 64. */
  readonly workloadSize?: WorkloadSize | undefined;
  /** Instead of a size. */
  readonly minConcurrency?: number | undefined;
  readonly maxConcurrency?: number | undefined;
  readonly workloadType?: string | undefined;
  readonly scaleToZero?: boolean | undefined;
  /** Values may hold `{{secrets/scope/key}}`. */
  readonly environment?: Texts | undefined;
}

/** Which of the requests an entity gets. */
export interface TrafficShare {
  readonly entity: string;
  /** Whole; those of an endpoint add up to 100. */
  readonly percent: number;
}

/** Requests and answers as rows of `<catalog>.<schema>.<prefix>_payload`. */
export interface AutoCapture {
  readonly catalog: string;
  readonly schema: string;
  /** The endpoint's name without it. */
  readonly prefix?: string | undefined;
  readonly enabled?: boolean | undefined;
}

export interface NewEndpointConfig {
  readonly entities: readonly NewServedEntity[];
  /** May be left out where one entity gets all. */
  readonly traffic?: readonly TrafficShare[] | undefined;
  /** As it is without it. */
  readonly autoCapture?: AutoCapture | undefined;
}

export interface NewEndpoint extends NewEndpointConfig {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags?: Texts | undefined;
}

export interface ServedEntity {
  readonly name: string;
  readonly modelName: string;
  /** What the alias meant when the configuration was made, or the version itself. */
  readonly version: string;
  readonly alias: string | undefined;
  readonly scaleToZero: boolean;
  readonly workloadSize: string | undefined;
  readonly environment: Texts;
  readonly state: DeploymentState;
  /** What is being done, or what went wrong. */
  readonly message: string;
}

export interface EndpointConfig {
  readonly version: number;
  readonly entities: readonly ServedEntity[];
  readonly traffic: readonly TrafficShare[];
}

export interface ServingEndpoint {
  readonly name: string;
  readonly id: string;
  readonly creator: string;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
  readonly description: string;
  readonly tags: Texts;
  readonly isReady: boolean;
  readonly update: ConfigUpdate;
  readonly updateMessage: string;
  /** What answers; undefined before the first configuration is ready. */
  readonly config: EndpointConfig | undefined;
  /** What is on its way, or failed last. */
  readonly pendingConfig: EndpointConfig | undefined;
}

/** What a model answered. */
export interface Prediction {
  readonly predictions: Json;
  /** By which feedback is given, and the row of the inference table is found. */
  readonly requestId: string | undefined;
  readonly servedEntity: string | undefined;
  /** `columns=a,b; params=c`: what of the request the model does not take. */
  readonly ignored: string | undefined;
}

export interface QueryOptions extends CallOptions {
  /** A served entity by name, instead of the traffic split. */
  readonly entity?: string | undefined;
}

const PATH = 'api/2.0/serving-endpoints';

/**
 * Endpoints that serve registered models: `client.servingEndpoints`.
 *
 * @example
 * ```ts
 * await client.servingEndpoints.create({
 *   name: 'iris',
 *   entities: [{ modelName: 'iris', version: '@champion', scaleToZero: true }],
 * });
 * const { predictions } = await client.servingEndpoints.query('iris', { inputs: [[5.1, 3.5, 1.4, 0.2]] });
 * ```
 */
export class ServingEndpoints {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /**
   * Resolves as soon as it is known: the endpoint answers once `isReady`.
   * @throws SlipwayError RESOURCE_ALREADY_EXISTS, also after a lost answer; RESOURCE_DOES_NOT_EXIST for models that are not there
   */
  async create(endpoint: NewEndpoint, options?: CallOptions): Promise<ServingEndpoint> {
    const { name, description, tags } = endpoint;
    const message = { name, description, tags: wirePairs(tags), config: wireConfig(endpoint) };
    return readEndpoint(await this.#http.post(PATH, message, options));
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(name: string, options?: CallOptions): Promise<ServingEndpoint> {
    return readEndpoint(await this.#http.get(pathOf(name), {}, options));
  }

  /** Those that the caller sees, by name. */
  async list(options?: CallOptions): Promise<readonly ServingEndpoint[]> {
    return readList(await this.#http.get(PATH, {}, options), 'endpoints', readEndpoint);
  }

  /**
   * Gives it other models or another split. What answers now does so until the new configuration is ready.
   * @throws SlipwayError RESOURCE_CONFLICT while another one is on its way
   */
  async updateConfig(
    name: string,
    config: NewEndpointConfig,
    options: CallOptions = {},
  ): Promise<ServingEndpoint> {
    const message = wireConfig(config);
    return readEndpoint(
      await this.#http.call('PUT', `${pathOf(name)}/config`, message, {
        ...options,
        resend: 'when-refused',
      }),
    );
  }

  /** With its configurations and rights; tables with its requests stay. */
  async delete(name: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', pathOf(name), {}, options);
  }

  /** All tags after the change. */
  async changeTags(
    name: string,
    change: { readonly set?: Texts | undefined; readonly remove?: readonly string[] | undefined },
    options?: CallOptions,
  ): Promise<Texts> {
    const message = { add_tags: wirePairs(change.set), delete_tags: change.remove ?? [] };
    return readPairs(await this.#http.call('PATCH', `${pathOf(name)}/tags`, message, options), 'tags');
  }

  /**
   * Asks the model.
   * @param body `{ inputs }`, `{ instances }`, `{ dataframe_split }` or `{ dataframe_records }`, with `params` perhaps; as
   *   text it is sent as it stands.
   * @throws SlipwayError for what does not fit the signature, and where the model fails
   */
  async query(
    name: string,
    body: Message | string,
    { entity, ...options }: QueryOptions = {},
  ): Promise<Prediction> {
    const place = `serving-endpoints/${encodeURIComponent(name)}`;
    return this.#http.send(
      {
        ...options,
        method: 'POST',
        path: `${place}${entity === undefined ? '' : `/served-models/${encodeURIComponent(entity)}`}/invocations`,
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        resend: 'when-refused',
      },
      async (response) => {
        const answer = parseJson(await response.text());
        const isMessage = typeof answer === 'object' && answer !== null && !Array.isArray(answer);
        const header = (of: string) => response.headers.get(of) ?? undefined;
        return {
          predictions: (isMessage ? answer.predictions : undefined) ?? answer,
          requestId: header('x-request-id'),
          servedEntity: header('served-model-name'),
          ignored: header('x-slipway-ignored'),
        };
      },
    );
  }
}

const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

const wireConfig = ({ entities, traffic, autoCapture }: NewEndpointConfig): Message => ({
  served_entities: entities.map((entity) => ({
    name: entity.name,
    entity_name: entity.modelName,
    entity_version: entity.version,
    workload_size: entity.workloadSize,
    min_provisioned_concurrency: entity.minConcurrency,
    max_provisioned_concurrency: entity.maxConcurrency,
    workload_type: entity.workloadType,
    scale_to_zero_enabled: entity.scaleToZero,
    environment_vars: entity.environment,
  })),
  traffic_config: traffic && {
    routes: traffic.map(({ entity, percent }) => ({
      served_entity_name: entity,
      traffic_percentage: percent,
    })),
  },
  auto_capture_config: autoCapture && {
    catalog_name: autoCapture.catalog,
    schema_name: autoCapture.schema,
    table_name_prefix: autoCapture.prefix,
    enabled: autoCapture.enabled,
  },
});

function readEndpoint(message: JsonObject): ServingEndpoint {
  const state = readObject(message, 'state');
  return {
    name: readText(message, 'name'),
    id: readText(message, 'id'),
    creator: readOptionalText(message, 'creator') ?? '',
    createdAtMs: readNumber(message, 'creation_timestamp'),
    updatedAtMs: readNumber(message, 'last_updated_timestamp'),
    description: readOptionalText(message, 'description') ?? '',
    tags: readPairs(message, 'tags'),
    isReady: readText(state, 'ready') === 'READY',
    update: readWord(state, 'config_update'),
    updateMessage: readOptionalText(state, 'config_update_message') ?? '',
    config: readConfig(message, 'config'),
    pendingConfig: readConfig(message, 'pending_config'),
  };
}

function readConfig(message: JsonObject, name: string): EndpointConfig | undefined {
  if (message[name] === undefined || message[name] === null) return undefined;
  const config = readObject(message, name);
  return {
    version: readNumber(config, 'config_version'),
    entities: readList(config, 'served_entities', readEntity),
    traffic: readList(readObject(config, 'traffic_config'), 'routes', (route) => ({
      entity: readText(route, 'served_model_name'),
      percent: readNumber(route, 'traffic_percentage'),
    })),
  };
}

function readEntity(message: JsonObject): ServedEntity {
  const state = readObject(message, 'state');
  return {
    name: readText(message, 'name'),
    modelName: readText(message, 'entity_name'),
    version: readText(message, 'entity_version'),
    alias: readOptionalText(message, 'entity_alias'),
    scaleToZero: readFlag(message, 'scale_to_zero_enabled'),
    workloadSize: readOptionalText(message, 'workload_size'),
    environment: readTextMap(message, 'environment_vars'),
    state: readText(state, 'deployment').replace(/^DEPLOYMENT_/, '') as DeploymentState,
    message: readOptionalText(state, 'deployment_state_message') ?? '',
  };
}
