import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type GovernedServer,
  makeWorld,
  NOBODY,
  type Request,
  startGoverned,
  uniqueMarker,
  type World,
} from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';

describe.each(testedDatabases())('attacks on who may do what on $name', (database) => {
  let server: GovernedServer;
  let world: World;

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['owner', 'editor', 'reader', 'stranger']) await server.addUser(name);
    world = await makeWorld(server, 'owner', uniqueMarker('victim'));
    for (const [username, permission] of [
      ['editor', 'EDIT'],
      ['reader', 'READ'],
    ]) {
      await server.post('owner', '/api/3.0/mlflow/users/permissions/grant', {
        username,
        resource_type: 'experiment',
        resource_id: world.experimentId,
        permission,
      });
    }
  });
  afterAll(() => server.close());

  const file = () => `/api/2.0/mlflow-artifacts/artifacts/${world.folder}/file-${world.marker}.txt`;
  const statusOf = async (as: Parameters<GovernedServer['call']>[0], request: Request) =>
    (await server.call(as, request)).status;

  it('refuses to make an account without signing in, whatever the content type (GHSA-4qq5-mxxx-m6gg, CVE-2025-1473)', async () => {
    const body = JSON.stringify({ username: 'intruder', password: 'correct horse battery' });
    for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      for (const path of ['create', 'create-ui']) {
        const answer = await server.call(NOBODY, {
          method: 'POST',
          path: `${API}/users/${path}`,
          body,
          headers: { 'content-type': type },
        });
        expect([401, 404]).toContain(answer.status);
      }
    }
    expect(
      await statusOf('stranger', {
        method: 'POST',
        path: `${API}/users/create`,
        body: { username: 'x', password: 'correct horse battery' },
      }),
    ).toBe(403);
    expect(await statusOf(ADMIN, { path: `${API}/users/get`, query: { username: 'intruder' } })).toBe(404);
  });

  it('refuses accounts without a password worth the name (CVE-2025-1474, CVE-2025-11200)', async () => {
    for (const password of [undefined, '', 'a', 'elevenchars']) {
      const body = { username: 'weak', ...(password !== undefined && { password }) };
      expect(await statusOf(ADMIN, { method: 'POST', path: `${API}/users/create`, body })).toBe(400);
    }
    expect(await statusOf(ADMIN, { path: `${API}/users/get`, query: { username: 'weak' } })).toBe(404);
  });

  it('does not let who may edit delete artifacts (CVE-2024-4263)', async () => {
    const beside = `/api/2.0/mlflow-artifacts/artifacts/${world.experimentId}/${world.runId}/beside.txt`;
    expect(await statusOf('editor', { method: 'PUT', path: beside, body: 'more' })).toBe(200);
    expect(await statusOf('editor', { method: 'DELETE', path: file() })).toBe(403);
    const [experiment, ...below] = `${world.folder}/file-${world.marker}.txt`.split('/');
    const dbfs = `dbfs:/mlflow-artifacts/${world.folder}`;
    const inFilesApi = ['WorkspaceInternal/Mlflow/Artifacts', experiment, 'Runs', ...below].join('/');
    for (const request of [
      { method: 'POST', path: '/api/2.0/dbfs/delete', body: { path: dbfs, recursive: true } },
      {
        method: 'POST',
        path: '/api/2.0/dbfs/move',
        body: { source_path: dbfs, destination_path: 'dbfs:/tmp/loot' },
      },
      { method: 'DELETE', path: `/api/2.0/fs/files/${inFilesApi}` },
    ]) {
      expect(await statusOf('editor', request), request.path).toBe(403);
    }
    expect((await server.call('editor', { path: file() })).text).toBe(world.marker);
  });

  it('has no routes beside the one table, GraphQL among them (CVE-2025-14297)', async () => {
    for (const path of ['/graphql', '/ajax-api/2.0/mlflow/graphql', '/api/2.0/mlflow/graphql'])
      expect(
        await statusOf('stranger', {
          method: 'POST',
          path,
          body: { query: '{ __schema { types { name } } }' },
        }),
      ).toBe(404);
    // What is not in the table is not there, under any prefix.
    expect(
      await statusOf(NOBODY, { path: `/ajax-api/2.0/mlflow/runs/get`, query: { run_id: world.runId } }),
    ).toBe(401);
  });

  it('starts no job for anybody without a name (CVE-2026-0545)', async () => {
    for (const path of ['/ajax-api/3.0/jobs/', '/ajax-api/3.0/jobs', '/api/3.0/jobs']) {
      const body = { function_fullname: 'os.system', params: { command: 'true' } };
      expect([401, 404]).toContain(await statusOf(NOBODY, { method: 'POST', path, body }));
    }
  });

  it('guards the routes outside of the JSON protocol: spans need a name and a right (CVE-2026-2652)', async () => {
    const hex = 'ab'.repeat(16);
    const spans = (traceId: string) => ({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                { traceId, spanId: 'cd'.repeat(8), name: 's', startTimeUnixNano: '1', endTimeUnixNano: '2' },
              ],
            },
          ],
        },
      ],
    });
    const send = (experimentId: string, traceId = hex): Request => ({
      method: 'POST',
      path: '/v1/traces',
      body: spans(traceId),
      headers: { 'x-mlflow-experiment-id': experimentId },
    });
    expect(await statusOf(NOBODY, send(world.experimentId))).toBe(401);
    expect(await statusOf('reader', send(world.experimentId))).toBe(403);
    const ofHidden = await server.call('stranger', send(world.experimentId));
    const ofAbsent = await server.call('stranger', send('99999999'));
    expect(ofHidden.text.replace(world.experimentId, '99999999')).toBe(ofAbsent.text);
    expect(ofHidden.status).toBe(404);
    // Nor does a trace change hands, or change at all, because somebody sends its id under an experiment of their own.
    expect(await statusOf('editor', send(world.experimentId))).toBe(200);
    const own = await server.post<{ experiment_id: string }>('stranger', `${API}/experiments/create`, {
      name: `own-${world.marker}`,
    });
    expect(await statusOf('stranger', send(own.experiment_id))).toBe(404);
    const started = {
      trace: {
        trace_info: {
          trace_id: `tr-${hex}`,
          trace_location: { mlflow_experiment: { experiment_id: own.experiment_id } },
          request_time: '2026-01-01T00:00:00Z',
        },
      },
    };
    expect(
      await statusOf('stranger', { method: 'POST', path: '/api/3.0/mlflow/traces', body: started }),
    ).toBe(404);
    const { trace } = await server.done<{ trace: { trace_info: object } }>('owner', {
      path: `/api/3.0/mlflow/traces/tr-${hex}`,
    });
    expect(trace.trace_info).toMatchObject({
      trace_location: { mlflow_experiment: { experiment_id: world.experimentId } },
    });
  });

  it('lets nobody begin, end or break off an upload into the files of others (CVE-2026-2651)', async () => {
    for (const step of ['create', 'complete', 'abort']) {
      const request: Request = {
        method: 'POST',
        path: `/api/2.0/mlflow-artifacts/mpu/${step}/${world.folder}`,
        body: { path: 'model.bin', num_parts: 1, upload_id: 'u', parts: [] },
      };
      expect(await statusOf(NOBODY, request)).toBe(401);
      expect(await statusOf('stranger', request)).toBe(404);
      expect(await statusOf('reader', request)).toBe(403);
      // No store here takes uploads of its own: whoever may is told so.
      expect(await statusOf('editor', request)).toBe(501);
    }
    expect(
      await statusOf('stranger', {
        method: 'PUT',
        path: `/api/2.0/mlflow-artifacts/artifacts/${world.folder}/evil`,
        body: 'x',
      }),
    ).toBe(404);
  });

  it('asks for rights on every way to a file (CVE-2026-33866)', async () => {
    const ways: Request[] = [
      { path: file() },
      { path: '/get-artifact', query: { run_id: world.runId, path: `file-${world.marker}.txt` } },
      {
        path: '/model-versions/get-artifact',
        query: { name: world.name, version: '1', path: `file-${world.marker}.txt` },
      },
      {
        path: `/ajax-api/2.0/mlflow/logged-models/${world.modelId}/artifacts/files`,
        query: { artifact_file_path: 'MLmodel' },
      },
      {
        path: '/ajax-api/slipway/v1/artifacts/view',
        query: { run_id: world.runId, path: `file-${world.marker}.txt` },
      },
      { path: '/ajax-api/slipway/v1/artifacts/folder.zip', query: { name: world.name, version: '1' } },
      { path: '/api/2.0/mlflow-artifacts/artifacts', query: { path: world.folder } },
      { path: '/api/2.0/mlflow-artifacts/artifacts', query: {} },
      { path: `${API}/artifacts/list`, query: { run_id: world.runId } },
    ];
    for (const way of ways) {
      expect(await statusOf(NOBODY, way), way.path).toBe(401);
      const answer = await server.call('stranger', way);
      expect(answer.status, way.path).toBe(404);
      expect(answer.text.replace(world.folder, '')).not.toContain(`"${world.marker}"`);
    }
  });

  it('registers no files for who may not read them', async () => {
    await server.post('stranger', `${API}/registered-models/create`, { name: 'thief' });
    for (const source of [
      `mlflow-artifacts:/${world.folder}`,
      `runs:/${world.runId}/model`,
      `models:/${world.modelId}`,
      `models:/${world.name}/1`,
      's3://bucket/elsewhere',
    ]) {
      const body = { name: 'thief', source, run_id: world.runId };
      expect(
        await statusOf('stranger', { method: 'POST', path: `${API}/model-versions/create`, body }),
        source,
      ).toBe(404);
    }
  });

  it('keeps experiments out of the folders of others', async () => {
    for (const place of [
      `mlflow-artifacts:/${world.experimentId}/x`,
      'mlflow-artifacts:/',
      'mlflow-artifacts:/77',
    ]) {
      const body = { name: `at ${place}`, artifact_location: place };
      expect(
        await statusOf('stranger', { method: 'POST', path: `${API}/experiments/create`, body }),
        place,
      ).toBe(400);
    }
    const create = (as: string, name: string, place: string) =>
      statusOf(as, {
        method: 'POST',
        path: `${API}/experiments/create`,
        body: { name, artifact_location: place },
      });
    expect(await create('owner', 'team', 'mlflow-artifacts:/team/a')).toBe(200);
    expect(await create('stranger', 'around', 'mlflow-artifacts:/team')).toBe(400);
    expect(await create('stranger', 'inside', 'mlflow-artifacts:/team/a/b')).toBe(400);
    expect(await create('stranger', 'beside', 'mlflow-artifacts:/team/b')).toBe(200);
  });

  it('lists no versions of models that the caller may not see (CVE-2026-2734)', async () => {
    for (const filter of ['', `name = '${world.name}'`, `run_id = '${world.runId}'`]) {
      const answer = await server.call('stranger', {
        path: `${API}/model-versions/search`,
        query: { filter },
      });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain(world.marker);
    }
  });

  it('takes inputs and outputs only from who may change the run (GHSA-3p64-6gvh-82v5)', async () => {
    for (const path of ['runs/log-inputs', 'runs/outputs']) {
      const body = { run_id: world.runId, datasets: [], models: [{ model_id: world.modelId, step: 0 }] };
      expect(await statusOf('reader', { method: 'POST', path: `${API}/${path}`, body })).toBe(403);
      expect(await statusOf('stranger', { method: 'POST', path: `${API}/${path}`, body })).toBe(404);
      expect(await statusOf('editor', { method: 'POST', path: `${API}/${path}`, body })).toBe(200);
    }
    // Nor may a run of one's own be tied to a model of others.
    const own = await makeWorld(server, 'stranger', uniqueMarker('own'));
    const body = { run_id: own.runId, models: [{ model_id: world.modelId, step: 0 }] };
    expect(await statusOf('stranger', { method: 'POST', path: `${API}/runs/outputs`, body })).toBe(404);
  });

  it('believes no header about where a thing belongs or who asks (workspace spoofing)', async () => {
    const ask = (headers: Record<string, string>) =>
      server.call('stranger', {
        path: `${API}/runs/get`,
        query: { run_id: world.runId },
        headers,
      });
    const plain = await ask({});
    for (const name of ['x-mlflow-workspace', 'x-forwarded-user', 'x-databricks-org-id', 'x-remote-user']) {
      const answer = await ask({ [name]: 'owner' });
      expect({ status: answer.status, text: answer.text }).toEqual({
        status: plain.status,
        text: plain.text,
      });
    }
    expect(plain.status).toBe(404);
  });

  it('gives one person one experiment of a name, however many requests arrive together', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `wanted-${round}-${world.marker}`;
      const create = { method: 'POST', path: `${API}/experiments/create`, body: { name } };
      const callers = Array.from({ length: 12 }, (_, i) => ['owner', 'stranger', ADMIN][i % 3]!);
      const answers = await Promise.all(
        callers.map(async (as) => ({ as, ...(await server.call(as, create)) })),
      );
      const made = answers.filter(({ status }) => status === 200);
      // An administrator sees what the others made, and makes none of the name then.
      const makers = new Set(made.map(({ as }) => as));
      expect(made.length).toBe(makers.size);
      expect([...makers]).toEqual(expect.arrayContaining(['owner', 'stranger']));
      for (const { status, text } of answers.filter(({ status }) => status !== 200)) {
        expect({ status, text }).toMatchObject({
          status: 400,
          text: expect.stringContaining('RESOURCE_ALREADY_EXISTS'),
        });
      }
    }
  });

  it('gives one person one experiment of a name, where folders get one name together', async () => {
    for (let round = 0; round < 10; round += 1) {
      const base = `folders-${round}-${world.marker}`;
      const folders = Array.from({ length: 4 }, (_, i) => `${base}/from-${i}`);
      for (const folder of folders)
        await server.post('owner', `${API}/experiments/create`, { name: `${folder}/x` });
      const outcomes = await Promise.all(
        folders.map((from) =>
          server.call('owner', {
            method: 'POST',
            path: '/api/slipway/v1/experiment-folders/rename',
            body: { from, to: `${base}/to` },
          }),
        ),
      );
      expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400]);
    }
  });

  it('gives one name to two people who do not see each other, and mixes nothing up', async () => {
    const name = `shared-name-${world.marker}`;
    const create = { method: 'POST', path: `${API}/experiments/create`, body: { name } };
    const first = await server.done<{ experiment_id: string }>('owner', create);
    const second = await server.done<{ experiment_id: string }>('stranger', create);
    expect(first.experiment_id).not.toBe(second.experiment_id);
    for (const [as, id] of [
      ['owner', first.experiment_id],
      ['stranger', second.experiment_id],
    ]) {
      const { experiment } = await server.done<{ experiment: object }>(as!, {
        path: `${API}/experiments/get-by-name`,
        query: { experiment_name: name },
      });
      expect(experiment).toMatchObject({ experiment_id: id });
    }
  });
});
