import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';
import { type OpenedDatabase, type TestedDatabase, testedDatabases } from './db/conformance/databases.ts';
import { raiseSequence } from './db/sequences.ts';

const ADMIN_TOKEN = 'a-token-of-the-first-administrator';
const PASSWORD = 'correct horse battery';

/** Who calls: a user's name, the administrator, or nobody. */
export type As = string | { readonly nobody: true };
export const ADMIN: As = 'admin';
export const NOBODY: As = { nobody: true };

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  json<T = Record<string, unknown>>(): T;
}

export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of which process; the first where undefined. */
  readonly at?: string;
}

export interface GovernedServer {
  readonly program: Program;
  readonly url: string;
  call(as: As, request: Request): Promise<Answer>;
  /** A call that must be answered 200; what it answers. */
  done<T = Record<string, unknown>>(as: As, request: Request): Promise<T>;
  post<T = Record<string, unknown>>(as: As, path: string, body: object): Promise<T>;
  /** Starts another process on the same database; its address. It ends with this one. */
  startBeside(): Promise<string>;
  /** A new user without any rights but those that everybody has. */
  addUser(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Where the database of such a server is. */
async function argumentsFor(database: OpenedDatabase): Promise<readonly string[]> {
  if (database.db.dialect.name === 'sqlite') return [];
  const row = await database.db.read((sql) => sql.get<{ name: string }>('SELECT current_database() AS name'));
  const url = new URL(process.env.SLIPWAY_TEST_POSTGRES!);
  url.pathname = `/${row!.name}`;
  return ['--database', url.href];
}

/** The whole program with identities on, listening: callers come with names and passwords. */
export async function startGoverned(tested: TestedDatabase = testedDatabases()[0]!): Promise<GovernedServer> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-governed-'));
  const opened = await tested.open();
  const database = await argumentsFor(opened);
  const programs: Program[] = [];
  async function start(): Promise<string> {
    const program = await compose(
      readConfig(['--home', home, '--log-level', 'silent', '--auth', 'true', ...database], {
        SLIPWAY_ADMIN_TOKEN: ADMIN_TOKEN,
      }),
    );
    programs.push(program);
    await program.server.listen({ port: 0, host: '127.0.0.1' });
    const { port } = program.server.server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }
  const url = await start();
  const program = programs[0]!;

  // Experiments begin behind numbers that stand in answers for other things.
  await program.db.write((tx) =>
    tx.run(
      `INSERT INTO experiments (experiment_no, name, name_key, artifact_location, creation_time, last_update_time)
       VALUES (7000000, 'first', 'first', '', 0, 0)`,
    ),
  );
  await program.db.write((tx) => raiseSequence(tx, 'experiments', 'experiment_no'));

  const credentialsOf = (as: As): Record<string, string> => {
    if (typeof as !== 'string') return {};
    if (as === ADMIN) return { authorization: `Bearer ${ADMIN_TOKEN}` };
    return { authorization: `Basic ${Buffer.from(`${as}:${PASSWORD}`).toString('base64')}` };
  };

  async function call(
    as: As,
    { method = 'GET', path, query, body, headers, at = url }: Request,
  ): Promise<Answer> {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {}))
      for (const one of [value].flat()) parameters.append(name, one);
    const text = parameters.size === 0 ? path : `${path}?${parameters}`;
    const answer = await fetch(at + text, {
      method,
      headers: {
        ...(body !== undefined && {
          'content-type': typeof body === 'object' ? 'application/json' : 'application/octet-stream',
        }),
        ...credentialsOf(as),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const received = await answer.text();
    return {
      status: answer.status,
      text: received,
      headers: Object.fromEntries(answer.headers),
      json: <T>() => JSON.parse(received) as T,
    };
  }

  async function done<T>(as: As, request: Request): Promise<T> {
    const answer = await call(as, request);
    if (answer.status !== 200)
      throw new Error(`${request.method ?? 'GET'} ${request.path}: ${answer.status} ${answer.text}`);
    return answer.text === '' ? ({} as T) : (JSON.parse(answer.text) as T);
  }

  return {
    program,
    url,
    call,
    done,
    post: (as, path, body) => done(as, { method: 'POST', path, body }),
    async addUser(name) {
      await done(ADMIN, {
        method: 'POST',
        path: '/api/2.0/mlflow/users/create',
        body: { username: name, password: PASSWORD },
      });
    },
    startBeside: start,
    async close() {
      for (const each of programs) await each.close();
      await opened.remove();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Everything of one person's, under names that are found nowhere else. */
export interface World {
  readonly marker: string;
  readonly experimentId: string;
  readonly experimentName: string;
  readonly runId: string;
  readonly modelId: string;
  readonly traceId: string;
  readonly assessmentId: string;
  readonly viewId: string;
  /** The registered model's name. */
  readonly name: string;
  /** Below which the run's artifacts lie, as the proxy names it. */
  readonly folder: string;
}

const API = '/api/2.0/mlflow';

/** Makes one of everything as `as`, with `marker` in every text. */
export async function makeWorld(server: GovernedServer, as: As, marker: string): Promise<World> {
  const { post, done } = server;
  const experimentName = `experiment-${marker}`;
  const { experiment_id: experimentId } = await post<{ experiment_id: string }>(
    as,
    `${API}/experiments/create`,
    { name: experimentName, tags: [{ key: 'note', value: marker }] },
  );
  const { run } = await post<{ run: { info: { run_id: string } } }>(as, `${API}/runs/create`, {
    experiment_id: experimentId,
    run_name: `run-${marker}`,
    start_time: 1,
    tags: [{ key: 'k', value: marker }],
  });
  const runId = run.info.run_id;
  await post(as, `${API}/runs/log-batch`, {
    run_id: runId,
    metrics: [{ key: `metric-${marker}`, value: 1, timestamp: 1, step: 1 }],
    params: [{ key: `param-${marker}`, value: marker }],
  });
  await post(as, `${API}/runs/log-inputs`, {
    run_id: runId,
    datasets: [{ dataset: { name: `data-${marker}`, digest: 'd', source_type: 'local', source: marker } }],
  });
  const { model } = await post<{ model: { info: { model_id: string } } }>(as, `${API}/logged-models`, {
    experiment_id: experimentId,
    name: `logged-${marker}`,
    source_run_id: runId,
  });
  const modelId = model.info.model_id;
  const traceId = `tr-${marker}`;
  await post(as, '/api/3.0/mlflow/traces', {
    trace: {
      trace_info: {
        trace_id: traceId,
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experimentId },
        },
        request_time: '2026-01-01T00:00:00Z',
        state: 'OK',
        request_preview: marker,
        tags: { k: marker },
      },
    },
  });
  const { assessment } = await post<{ assessment: { assessment_id: string } }>(
    as,
    `/api/3.0/mlflow/traces/${traceId}/assessments`,
    {
      assessment: {
        assessment_name: `judged-${marker}`,
        source: { source_type: 'HUMAN', source_id: 'somebody' },
        feedback: { value: true },
      },
    },
  );
  const { view } = await post<{ view: { view_id: string } }>(as, '/api/slipway/v1/views', {
    scope: `experiment:${experimentId}`,
    name: `view-${marker}`,
    state: {},
  });
  const folder = `${experimentId}/${runId}/artifacts`;
  await done(as, {
    method: 'PUT',
    path: `/api/2.0/mlflow-artifacts/artifacts/${folder}/file-${marker}.txt`,
    body: marker,
  });
  const name = `model-${marker}`;
  await post(as, `${API}/registered-models/create`, {
    name,
    description: marker,
    tags: [{ key: 'k', value: marker }],
  });
  await post(as, `${API}/model-versions/create`, {
    name,
    source: `mlflow-artifacts:/${folder}`,
    run_id: runId,
    description: marker,
    tags: [{ key: 'k', value: marker }],
  });
  await post(as, `${API}/registered-models/alias`, { name, alias: `alias-${marker}`, version: '1' });
  // One that serves nothing yet: what is asked of rights does not depend on it.
  await post(as, '/api/2.0/serving-endpoints', { name, description: marker });
  return {
    marker,
    experimentId,
    experimentName,
    runId,
    modelId,
    traceId,
    assessmentId: assessment.assessment_id,
    viewId: view.view_id,
    name,
    folder,
  };
}

export const uniqueMarker = (prefix: string): string =>
  `${prefix}${Math.random().toString(16).slice(2, 12).padEnd(10, '0')}`;
