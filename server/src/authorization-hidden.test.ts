import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type GovernedServer,
  makeWorld,
  type Request,
  startGoverned,
  uniqueMarker,
  type World,
} from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';
const MANY = 1000;

describe.each(testedDatabases())('a thousand things of others on $name', (database) => {
  let server: GovernedServer;
  let mine: World;
  let theirs: World;

  beforeAll(async () => {
    server = await startGoverned(database);
    await server.addUser('me');
    await server.addUser('them');
    mine = await makeWorld(server, 'me', uniqueMarker('mine'));
    await makeWorld(server, 'me', uniqueMarker('mine'));
    theirs = await makeWorld(server, 'them', uniqueMarker('theirs'));
  });
  afterAll(() => server.close());

  const search = (path: string, more: object = {}): Request => ({
    method: 'POST',
    path,
    body: { experiment_ids: [mine.experimentId, theirs.experimentId], ...more },
  });
  const get = (path: string, query: Request['query'] = {}): Request => ({ path, query });

  /** Every answer that lists, counts or pages. */
  const questions = (): readonly Request[] => [
    get(`${API}/experiments/search`, { max_results: '1' }),
    get(`${API}/experiments/search`, { max_results: '100', order_by: 'name', filter: "name LIKE '%a%'" }),
    get(`${API}/registered-models/search`, { max_results: '1' }),
    get(`${API}/registered-models/search`, { max_results: '100' }),
    get(`${API}/model-versions/search`, { max_results: '1' }),
    get(`${API}/model-versions/search`, { filter: `run_id = '${theirs.runId}'` }),
    search(`${API}/runs/search`, { max_results: 1 }),
    search(`${API}/runs/search`, { order_by: [`metrics.\`metric-${mine.marker}\` DESC`] }),
    search(`${API}/logged-models/search`, { max_results: 1 }),
    search('/ajax-api/2.0/mlflow/experiments/search-datasets'),
    search('/api/3.0/mlflow/traces/search', {
      locations: [mine.experimentId, theirs.experimentId].map((experiment_id) => ({
        mlflow_experiment: { experiment_id },
      })),
      max_results: 1,
    }),
    search('/api/3.0/mlflow/traces/metrics', {
      view_type: 'TRACES',
      metric_name: 'trace_count',
      aggregations: [{ aggregation_type: 'COUNT' }],
    }),
    search('/api/3.0/mlflow/traces/calculate-filter-correlation', {
      filter_string1: "tags.k = 'x'",
      filter_string2: "tags.k = 'y'",
    }),
    search('/api/3.0/mlflow/traces/batchGetInfos', {
      experiment_ids: [],
      trace_ids: [mine.traceId, theirs.traceId],
    }),
    get('/api/slipway/v1/home', { since: '1' }),
    get('/api/slipway/v1/experiments/overview', { limit: '1' }),
    get('/api/slipway/v1/experiments/tree'),
    get('/api/slipway/v1/experiments/tree', { view_type: 'DELETED_ONLY' }),
    get('/api/slipway/v1/find', { q: 'e' }),
    get('/api/slipway/v1/experiment-folders', { max_folders: '1', max_experiments: '1' }),
    get('/api/slipway/v1/experiment-folders', { view_type: 'ALL' }),
    search('/api/slipway/v1/run-table/window', { limit: 1 }),
    search('/api/slipway/v1/run-table/values', { columns: ['attributes.run_id'] }),
    search('/api/slipway/v1/run-table/groups', { group_by: ['attributes.status'] }),
    get('/api/slipway/v1/run-table/keys', { experiment_ids: [mine.experimentId, theirs.experimentId] }),
    get('/api/slipway/v1/run-table/export.csv', {
      experiment_ids: [mine.experimentId, theirs.experimentId],
    }),
    search('/api/slipway/v1/charts/lines', {
      run_ids: [mine.runId, theirs.runId],
      keys: [`metric-${mine.marker}`, `metric-${theirs.marker}`],
    }),
  ];

  const ask = async (): Promise<readonly string[]> => {
    const answers: string[] = [];
    for (const question of questions()) {
      const { status, text } = await server.call('me', question);
      answers.push(`${question.path} ${status} ${text}`);
    }
    return answers;
  };

  async function addHidden(): Promise<void> {
    const numbers = Array.from({ length: MANY }, (_, i) => i);
    await server.program.db.write(async (tx) => {
      await tx.insertMany(
        'experiments',
        {
          name: 'text',
          name_key: 'text',
          artifact_location: 'text',
          creation_time: 'bigint',
          last_update_time: 'bigint',
        },
        // Their names stand before, among and behind those of the caller, also in folders.
        numbers.map((i) => [
          `${'aeiz'[i % 4]}/hidden-${i}`,
          `${'aeiz'[i % 4]}/hidden-${i}`,
          '',
          2e12 + i,
          2e12 + i,
        ]),
      );
      await tx.run(
        `INSERT INTO runs (run_id, experiment_no, name, status, start_time, end_time)
         SELECT 'hidden' || experiment_no, experiment_no, name, 'FINISHED', 2000000000000, 2000000000001
         FROM experiments WHERE name LIKE '%/hidden-%'`,
      );
      await tx.run(
        `INSERT INTO traces (trace_id, experiment_no, request_time, state)
         SELECT 'tr-hidden' || experiment_no, experiment_no, 2000000000000, 'OK'
         FROM experiments WHERE name LIKE '%/hidden-%'`,
      );
      await tx.insertMany(
        'registered_models',
        { name: 'text', creation_time: 'bigint', last_update_time: 'bigint' },
        numbers.map((i) => [`${'aeiz'[i % 4]}-hidden-${i}`, 2e12 + i, 2e12 + i]),
      );
      await tx.run(
        `INSERT INTO model_versions (model_no, version, stage, status, creation_time, last_update_time)
         SELECT model_no, 1, 'None', 'READY', 2000000000000, 2000000000000
         FROM registered_models WHERE name LIKE '%-hidden-%'`,
      );
    });
  }

  it('change no list, count, total or page token', async () => {
    const before = await ask();
    for (const answer of before) {
      expect(answer, answer).toMatch(/^\S+ 200 /);
      expect(answer).not.toContain(theirs.marker);
    }
    await addHidden();
    expect(await ask()).toEqual(before);
    // The questions do find such things for who may see them.
    const all = await server.call(ADMIN, get('/api/slipway/v1/experiments/overview', { limit: '1' }));
    expect(all.json<{ total: number }>().total).toBeGreaterThan(MANY);
  });

  it('take no name from who does not see them', async () => {
    const name = theirs.experimentName;
    const { experiment_id: id } = await server.post<{ experiment_id: string }>(
      'me',
      `${API}/experiments/create`,
      { name },
    );
    const byName = get(`${API}/experiments/get-by-name`, { experiment_name: name });
    type ByName = { experiment: { experiment_id: string; name: string } };
    expect((await server.done<ByName>('me', byName)).experiment).toMatchObject({ experiment_id: id, name });
    expect((await server.done<ByName>('them', byName)).experiment.experiment_id).toBe(theirs.experimentId);
    // To the caller it is an own name like any other: unique, and said to be.
    const again = await server.call('me', {
      method: 'POST',
      path: `${API}/experiments/create`,
      body: { name },
    });
    expect(again.status).toBe(400);
    expect(again.json()).toMatchObject({ error_code: 'RESOURCE_ALREADY_EXISTS' });
    const found = await server.done<{ experiments: object[] }>('me', {
      path: `${API}/experiments/search`,
      query: { max_results: '10', filter: `name = '${name}'` },
    });
    expect(found.experiments).toHaveLength(1);
  });

  it('give way to a new name, of one experiment and of a folder', async () => {
    const { experiment_id: id } = await server.post<{ experiment_id: string }>(
      'me',
      `${API}/experiments/create`,
      { name: `plain-${mine.marker}` },
    );
    await server.post('me', `${API}/experiments/update`, { experiment_id: id, new_name: 'a/hidden-0' });
    const folder = await server.done<{ renamed_experiments: number }>('me', {
      method: 'POST',
      path: '/api/slipway/v1/experiment-folders/rename',
      body: { from: 'a', to: 'e' },
    });
    expect(folder).toEqual({ renamed_experiments: 1 });
    const { experiment } = await server.done<{ experiment: object }>('me', {
      path: `${API}/experiments/get`,
      query: { experiment_id: id },
    });
    expect(experiment).toMatchObject({ name: 'e/hidden-0' });
  });

  it('are told to nobody as they happen', async () => {
    const stop = new AbortController();
    const stream = await fetch(`${server.url}/api/2.0/slipway/events`, {
      headers: { authorization: `Basic ${btoa('me:correct horse battery')}` },
      signal: stop.signal,
    });
    expect(stream.status).toBe(200);
    const touch = (as: string, { runId, name }: World) =>
      Promise.all([
        server.post(as, `${API}/runs/set-tag`, { run_id: runId, key: 'k', value: 'touched' }),
        server.call(as, {
          method: 'PATCH',
          path: `${API}/registered-models/update`,
          body: { name, description: 'touched' },
        }),
      ]);
    await touch('them', theirs);
    await touch('me', mine);
    let text = '';
    for await (const chunk of stream.body as AsyncIterable<Uint8Array>) {
      text += Buffer.from(chunk).toString();
      if (text.includes(mine.runId) && text.includes(mine.name)) break;
    }
    stop.abort();
    expect(text).not.toContain(theirs.runId);
    expect(text).not.toContain(theirs.marker);
  });
});
