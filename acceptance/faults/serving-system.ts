import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pythonEnv, pythonVariables, uvProgram } from '../../tools/python-env.mjs';
import { startServer } from '../../tools/server-process.mjs';

const MODELS_PROGRAM = fileURLToPath(new URL('./serving_models.py', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 120_000;

export type ModelFolder = 'iris-1' | 'iris-2' | 'unruly' | 'unbuildable';
type Json = Record<string, unknown>;

export interface EntityWish {
  readonly name?: string;
  readonly model: string;
  readonly version?: string;
  readonly traffic?: number;
  /** Whether only its own process may answer: what is compiled is never cold. */
  readonly inPython?: boolean;
}

export interface EndpointWish {
  readonly entities: readonly EntityWish[];
  /** `catalog.schema.prefix` of the table in which requests are kept. */
  readonly table?: string;
  readonly size?: 'Small' | 'Medium' | 'Large';
}

interface DescribedEndpoint {
  readonly state: { readonly ready: string; readonly config_update: string };
  readonly config?: DescribedConfig;
  readonly pending_config?: DescribedConfig;
}
interface DescribedConfig {
  readonly served_entities: readonly {
    readonly name: string;
    readonly entity_version: string;
    readonly state: { readonly deployment: string; readonly deployment_state_message: string };
  }[];
}

/** Models that a real mlflow saved, once for all files of the suite and for later runs. */
async function savedModels(): Promise<string> {
  const python = process.env.MLFLOW_PYTHON ?? (await pythonEnv('mlflow-3.17.2'));
  const program = readFileSync(MODELS_PROGRAM);
  const key = createHash('sha256').update(program).update(python).digest('hex').slice(0, 12);
  const folder = path.join(ROOT, 'test-results', `served-models-${key}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  await promisify(execFile)(python, [MODELS_PROGRAM, draft], {
    env: pythonVariables({ MLFLOW_TRACKING_URI: `file://${draft}/.tracking` }),
  });
  renameSync(draft, folder);
  return folder;
}

/** The home's environments are those of all homes of the suite: built once, and kept for later runs. */
function shareEnvironments(home: string): void {
  const shared = path.join(ROOT, '.venvs', 'served-by-faults');
  mkdirSync(shared, { recursive: true });
  if (!existsSync(path.join(home, 'environments'))) symlinkSync(shared, path.join(home, 'environments'));
}

/** A server of ours that serves models, as its users reach it. */
export class ServingSystem {
  readonly home: string;
  readonly #args: readonly string[];
  #server: Awaited<ReturnType<typeof startServer>>;

  private constructor(
    home: string,
    args: readonly string[],
    server: Awaited<ReturnType<typeof startServer>>,
  ) {
    this.home = home;
    this.#args = args;
    this.#server = server;
  }

  static async start(home: string, flags: readonly string[] = []): Promise<ServingSystem> {
    shareEnvironments(home);
    const args = ['--uv', await uvProgram(), ...flags];
    return new ServingSystem(home, args, await startServer({ home, args }));
  }

  get url(): string {
    return this.#server.url;
  }

  get pid(): number {
    return this.#server.pid;
  }

  output = (): string => this.#server.output();
  stop = (): Promise<number> => this.#server.stop();
  kill = (): Promise<void> => this.#server.kill();

  /** After a kill: another process on the same home and port. */
  async restart(): Promise<void> {
    const port = Number(new URL(this.url).port);
    this.#server = await startServer({ home: this.home, port, args: [...this.#args] });
  }

  async call(method: string, address: string, body?: Json): Promise<{ status: number; body: Json }> {
    const answer = await fetch(`${this.url}${address}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Json) : { text } };
  }

  /** @throws Error for whatever is not 200 */
  async must(method: string, address: string, body?: Json): Promise<Json> {
    const answer = await this.call(method, address, body);
    if (answer.status !== 200)
      throw new Error(`${method} ${address}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Registers a saved model as the next version of `name`, as mlflow's client does. */
  async register(name: string, folder: ModelFolder): Promise<{ version: string; artifacts: string }> {
    const from = path.join(await savedModels(), folder);
    const api = '/api/2.0/mlflow';
    const made = await this.must('POST', `${api}/runs/create`, { experiment_id: '0' });
    const { run_id: runId } = (made.run as { info: { run_id: string } }).info;
    const artifacts = `0/${runId}/artifacts/model`;
    for (const file of readdirSync(from)) {
      const put = await fetch(`${this.url}/api/2.0/mlflow-artifacts/artifacts/${artifacts}/${file}`, {
        method: 'PUT',
        body: new Uint8Array(readFileSync(path.join(from, file))),
      });
      if (!put.ok) throw new Error(`PUT ${file}: ${put.status} ${await put.text()}`);
    }
    const known = await this.call('POST', `${api}/registered-models/create`, { name });
    if (known.status !== 200 && known.body.error_code !== 'RESOURCE_ALREADY_EXISTS')
      throw new Error(JSON.stringify(known.body));
    const { model_version: registered } = (await this.must('POST', `${api}/model-versions/create`, {
      name,
      source: `mlflow-artifacts:/${artifacts}`,
      run_id: runId,
    })) as { model_version: { version: string } };
    return { version: registered.version, artifacts };
  }

  setAlias = (name: string, alias: string, version: string): Promise<Json> =>
    this.must('POST', '/api/2.0/mlflow/registered-models/alias', { name, alias, version });

  async makeSchema(catalog: string, schema: string): Promise<void> {
    await this.must('POST', '/api/2.1/unity-catalog/catalogs', { name: catalog });
    await this.must('POST', '/api/2.1/unity-catalog/schemas', { name: schema, catalog_name: catalog });
  }

  create = (name: string, wish: EndpointWish): Promise<{ status: number; body: Json }> =>
    this.call('POST', '/api/2.0/serving-endpoints', { name, config: configOf(wish) });

  async createAndWait(name: string, wish: EndpointWish): Promise<void> {
    const made = await this.create(name, wish);
    if (made.status !== 200) throw new Error(JSON.stringify(made.body));
    const { state, pending_config: pending } = await this.settled(name);
    if (state.ready !== 'READY' || state.config_update !== 'NOT_UPDATING')
      throw new Error(`${name}: ${JSON.stringify(pending)}`);
  }

  async describe(name: string): Promise<DescribedEndpoint> {
    return (await this.must('GET', `/api/2.0/serving-endpoints/${name}`)) as unknown as DescribedEndpoint;
  }

  /** Once its last update is over, for better or worse. */
  async settled(name: string): Promise<DescribedEndpoint> {
    let found = await this.describe(name);
    await until(async () => {
      found = await this.describe(name);
      return found.state.config_update !== 'IN_PROGRESS';
    });
    return found;
  }

  /** Rows of a query, as texts. */
  async select(statement: string): Promise<(string | null)[][]> {
    const { warehouses } = (await this.must('GET', '/api/2.0/sql/warehouses')) as {
      warehouses: { id: string }[];
    };
    const answer = (await this.must('POST', '/api/2.0/sql/statements', {
      statement,
      warehouse_id: warehouses[0]!.id,
      wait_timeout: '50s',
    })) as { status: { error?: { message: string } }; result?: { data_array?: (string | null)[][] } };
    if (answer.status.error !== undefined) throw new Error(answer.status.error.message);
    return answer.result?.data_array ?? [];
  }
}

function configOf({ entities, table, size = 'Small' }: EndpointWish): Json {
  const served = entities.map(({ name, model, version = '1', inPython = false }) => ({
    name: name ?? model,
    entity_name: model,
    entity_version: version,
    workload_size: size,
    scale_to_zero_enabled: true,
    ...(inPython && { compiled_lane: 'never' }),
  }));
  const [catalog, schema, prefix] = table?.split('.') ?? [];
  return {
    served_entities: served,
    traffic_config: {
      routes: served.map(({ name }, i) => ({
        served_model_name: name,
        traffic_percentage: entities[i]!.traffic ?? Math.floor(100 / entities.length),
      })),
    },
    ...(table !== undefined && {
      auto_capture_config: {
        catalog_name: catalog,
        schema_name: schema,
        table_name_prefix: prefix,
        enabled: true,
      },
    }),
  };
}

/** Polls until it is so. @throws Error after two minutes */
export async function until(condition: () => boolean | Promise<boolean>, pauseMs = 50): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not so within ${PATIENCE_MS} ms: ${condition}`);
    await sleep(pauseMs);
  }
}

export const removeHome = (home: string): void => rmSync(home, { recursive: true, force: true });
