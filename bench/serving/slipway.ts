import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../data/rest.ts';
import { type Connection, openConnection, prepareRequest } from '../load/connection.ts';
import type { RunningServer } from '../targets/server-process.ts';
import { startSlipway } from '../targets/servers.ts';
import type { Question } from './load.ts';
import { type ModelFolder, mlflowQuestion, register, type Versions } from './model.ts';
import type { System } from './systems.ts';

/** What runs the model, as a setting of a served entity. */
export interface LaneChoice {
  readonly name: 'python';
  readonly title: string;
  /** Beside the model, its version and its size. */
  readonly entity: Readonly<Record<string, unknown>>;
}

export const LANES: readonly LaneChoice[] = [{ name: 'python', title: 'Python lane', entity: {} }];

export interface EndpointWish {
  readonly name: string;
  readonly model: string;
  /** A version or an alias. */
  readonly version: string;
  readonly lane: LaneChoice;
  readonly scaleToZero: boolean;
  /** Whether each request becomes a row of a table. */
  readonly isLogged: boolean;
}

/** A server of ours with the requests that the benchmark makes of it. */
export interface Slipway {
  readonly server: RunningServer;
  register(models: Readonly<Record<string, Versions>>): Promise<void>;
  /** Resolves when it was taken, not when it answers. */
  create(wish: EndpointWish): Promise<void>;
  /** Resolves when it answers with 200. @returns ms from the call */
  answers(endpoint: string): Promise<number>;
  state(endpoint: string): Promise<EndpointState>;
  moveAlias(model: string, alias: string, version: number): Promise<void>;
  question(endpoint: string, rows: readonly (readonly number[])[]): Question;
  stop(): Promise<void>;
}

export interface EndpointState {
  readonly isUpdating: boolean;
  /** Of the first entity. */
  readonly message: string;
  readonly version: string;
}

interface WireEndpoint {
  readonly state: { readonly config_update: string };
  readonly config: {
    readonly served_entities: readonly {
      readonly entity_version: string;
      readonly state?: { readonly deployment_state_message?: string };
    }[];
  };
}

const CATALOG = 'bench';
const ANSWERS_WITHIN_MS = 300_000;
const POLL_MS = 20;

export async function openSlipway(
  model: ModelFolder,
  { home, python, flags = [] }: { home: string; python: string; flags?: readonly string[] },
): Promise<Slipway> {
  mkdirSync(home, { recursive: true });
  const server = await startSlipway({ home, flags });
  const connection = openConnection(server.port);
  const send = (method: string, at: string, body?: object) =>
    call(connection, prepareRequest(method, at, body && JSON.stringify(body)));
  const question = (endpoint: string, rows: readonly (readonly number[])[]): Question => ({
    ...mlflowQuestion(model, rows),
    path: `/serving-endpoints/${endpoint}/invocations`,
  });

  return {
    server,
    question,
    register: (models) => register(model, { python, url: `http://127.0.0.1:${server.port}`, models }),
    async create({ name, model: modelName, version, lane, scaleToZero, isLogged }) {
      if (isLogged) await ensureSchema(connection);
      const entity = {
        entity_name: modelName,
        entity_version: version,
        workload_size: 'Large',
        scale_to_zero_enabled: scaleToZero,
        ...lane.entity,
      };
      const capture = { catalog_name: CATALOG, schema_name: 'ml', table_name_prefix: name, enabled: true };
      await send('POST', '/api/2.0/serving-endpoints', {
        name,
        config: { served_entities: [entity], ...(isLogged && { auto_capture_config: capture }) },
      });
    },
    async answers(endpoint) {
      const { path: at, body } = question(endpoint, model.rows.slice(0, 1));
      const began = performance.now();
      for (;;) {
        const { status, body: answer } = await connection.exchange(prepareRequest('POST', at, body), {
          keepBody: true,
        });
        if (status === 200) return performance.now() - began;
        if (performance.now() - began > ANSWERS_WITHIN_MS)
          throw new Error(`${endpoint} still answers ${status}: ${answer.subarray(0, 300).toString()}`);
        await sleep(POLL_MS);
      }
    },
    async state(endpoint) {
      const { state, config } = (await send('GET', `/api/2.0/serving-endpoints/${endpoint}`)) as WireEndpoint;
      const [entity] = config.served_entities;
      return {
        isUpdating: state.config_update === 'IN_PROGRESS',
        message: entity?.state?.deployment_state_message ?? '',
        version: entity?.entity_version ?? '',
      };
    },
    async moveAlias(name, alias, version) {
      await send('POST', '/api/2.0/mlflow/registered-models/alias', { name, alias, version: `${version}` });
    },
    async stop() {
      connection.close();
      await server.stop();
    },
  };
}

async function ensureSchema(connection: Connection): Promise<void> {
  const catalog = prepareRequest('GET', `/api/2.1/unity-catalog/catalogs/${CATALOG}`);
  if ((await connection.exchange(catalog)).status === 200) return;
  const post = (at: string, body: object) =>
    call(connection, prepareRequest('POST', `/api/2.1/unity-catalog/${at}`, JSON.stringify(body)));
  await post('catalogs', { name: CATALOG });
  await post('schemas', { name: 'ml', catalog_name: CATALOG });
}

/** A lane as one of the systems: an endpoint whose requests are all logged, on a server that is started anew each time. */
export function slipwaySystem(lane: LaneChoice, python: string): System {
  const endpoint = 'forest';
  const homeOf = (model: ModelFolder) => path.join(model.folder, `slipway-${lane.name}`);
  return {
    name: `slipway-${lane.name}`,
    title: `Slipway, ${lane.title}, every request logged`,
    async install(model) {
      const slipway = await openSlipway(model, { home: homeOf(model), python });
      try {
        await slipway.register({ forest: { versions: 1, requirements: [] } });
        const wish = { name: endpoint, model: 'forest', version: '1', lane, scaleToZero: false };
        await slipway.create({ ...wish, isLogged: true });
        await slipway.answers(endpoint);
      } finally {
        await slipway.stop();
      }
    },
    async start(model) {
      const slipway = await openSlipway(model, { home: homeOf(model), python });
      return {
        server: slipway.server,
        question: (rows) => slipway.question(endpoint, rows),
        stop: slipway.stop,
      };
    },
  };
}
