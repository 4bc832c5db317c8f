import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type As,
  type GovernedServer,
  makeWorld,
  type Request,
  startGoverned,
  uniqueMarker,
  type World,
} from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';

describe.each(testedDatabases())('a version that comes from a hidden run on $name', (database) => {
  let server: GovernedServer;
  let world: World;

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['owner', 'reader']) await server.addUser(name);
    world = await makeWorld(server, 'owner', uniqueMarker('origin'));
    await server.post('owner', '/api/3.0/mlflow/users/permissions/grant', {
      username: 'reader',
      resource_type: 'registered_model',
      resource_id: world.name,
      permission: 'READ',
    });
    await server.post('owner', `${API}/registered-models/create`, { name: `${world.name}-copy` });
    await server.post('owner', `${API}/model-versions/create`, {
      name: `${world.name}-copy`,
      source: `models:/${world.name}/1`,
    });
  });
  afterAll(() => server.close());

  /** Every answer that shows the version. */
  const questions = (name: string): readonly Request[] => [
    { path: `${API}/model-versions/get`, query: { name, version: '1' } },
    { path: `${API}/model-versions/search`, query: { filter: `name = '${name}'` } },
    { path: `${API}/registered-models/get`, query: { name } },
    { path: `${API}/registered-models/search`, query: { filter: `name = '${name}'` } },
    { path: `${API}/registered-models/list` },
    { path: `${API}/registered-models/get-latest-versions`, query: { name } },
    { path: `${API}/registered-models/alias`, query: { name, alias: `alias-${world.marker}` } },
    { path: `${API}/databricks/registered-models/get`, query: { name } },
    { method: 'POST', path: '/api/slipway/v1/model-versions/table', body: { name } },
    {
      path: `${API}/unity-catalog/model-versions/get`,
      query: { name: `workspace.default.${name}`, version: '1' },
    },
    { path: `${API}/unity-catalog/model-versions/search`, query: { filter: `name = '${name}'` } },
    {
      path: `${API}/unity-catalog/registered-models/alias`,
      query: { name: `workspace.default.${name}`, alias: `alias-${world.marker}` },
    },
    { path: `/api/2.1/unity-catalog/models/workspace.default.${name}/versions/1` },
    { path: `/api/2.1/unity-catalog/models/workspace.default.${name}/versions` },
  ];

  it('tells its readers of the version, and not of the run', async () => {
    for (const question of questions(world.name)) {
      const { status, text } = await server.call('reader', question);
      expect(status, `${question.path}: ${text}`).toBe(200);
      expect(text, question.path).toContain(world.name);
      expect(text, question.path).not.toContain(world.runId);
      expect(text, question.path).not.toContain(world.experimentId);
    }
  });

  it('tells all of it to whoever may read the experiment, and to administrators', async () => {
    for (const as of ['owner', ADMIN] satisfies As[]) {
      for (const question of questions(world.name)) {
        const { text } = await server.call(as, question);
        expect(text, `${question.path} as ${as}`).toContain(world.runId);
      }
    }
  });

  it('is not found by its run or its source, nor by what they are not', async () => {
    const found = async (as: As, filter: string): Promise<readonly string[]> => {
      const { model_versions: versions = [] } = await server.done<{ model_versions?: { name: string }[] }>(
        as,
        {
          path: `${API}/model-versions/search`,
          query: { filter },
        },
      );
      return versions.map(({ name }) => name).filter((name) => name === world.name);
    };
    for (const filter of [
      `run_id = '${world.runId}'`,
      `source_path = 'mlflow-artifacts:/${world.folder}'`,
      `source_path LIKE 'mlflow-artifacts:/%'`,
      `source_path LIKE '%${world.runId}%'`,
    ]) {
      expect(await found('reader', filter), filter).toEqual([]);
      expect(await found('owner', filter), filter).toEqual([world.name]);
    }
    for (const filter of [`run_id != '${world.runId}'`, `run_id != 'x'`, `source_path != 'x'`])
      expect(await found('reader', filter), filter).toEqual([]);
    expect(await found('reader', `name = '${world.name}'`)).toEqual([world.name]);
  });

  it('does not tell by a copy of which hidden model it is one', async () => {
    const copy = `${world.name}-copy`;
    await server.addUser('other');
    await server.post('owner', '/api/3.0/mlflow/users/permissions/grant', {
      username: 'other',
      resource_type: 'registered_model',
      resource_id: copy,
      permission: 'READ',
    });
    const { model_version: version } = await server.done<{ model_version: object }>('other', {
      path: `${API}/model-versions/get`,
      query: { name: copy, version: '1' },
    });
    expect(version).toMatchObject({ name: copy, version: '1' });
    expect(version).not.toHaveProperty('source');
    expect(version).not.toHaveProperty('run_id');
  });

  it('can be loaded all the same', async () => {
    const { artifact_uri: uri } = await server.done<{ artifact_uri: string }>('reader', {
      path: `${API}/model-versions/get-download-uri`,
      query: { name: world.name, version: '1' },
    });
    const { status, text } = await server.call('reader', {
      path: `/api/2.0/mlflow-artifacts/artifacts/${uri.replace('mlflow-artifacts:/', '')}/file-${world.marker}.txt`,
    });
    expect([status, text]).toEqual([200, world.marker]);
  });
});

describe.each(testedDatabases())('the name of a hidden model on $name', (database) => {
  let server: GovernedServer;

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['owner', 'other', 'rightless']) await server.addUser(name);
    await server.post('owner', `${API}/registered-models/create`, { name: 'theirs' });
  });
  afterAll(() => server.close());

  it('is answered as to those who may make no models at all, and stays what it is', async () => {
    const create = (as: As, name: string) =>
      server.call(as, { method: 'POST', path: `${API}/registered-models/create`, body: { name } });
    const taken = await create('other', 'theirs');
    const revoked = await server.call(ADMIN, {
      method: 'PATCH',
      path: '/api/2.1/unity-catalog/permissions/schema/workspace.default',
      body: { changes: [{ principal: 'users', remove: ['CREATE_MODEL'] }] },
    });
    expect(revoked.status, revoked.text).toBe(200);
    const rightless = await create('other', 'unused');
    expect([taken.status, taken.text]).toEqual([rightless.status, rightless.text]);
    expect(taken.status).toBe(403);
    expect(taken.text).not.toContain('theirs');
    expect((await create('owner', 'theirs')).text).not.toContain('RESOURCE_ALREADY_EXISTS');
  });
});
