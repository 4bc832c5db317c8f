import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type Answer,
  type As,
  type GovernedServer,
  makeWorld,
  type Request,
  startGoverned,
} from './authorization.fixture.ts';

const UC = '/api/2.0/mlflow/unity-catalog';
const NATIVE = '/api/2.1/unity-catalog';
const MLFLOW = '/api/2.0/mlflow';

/** Has rights in dev, and knows of nothing else. */
const SCIENTIST = 'jane@acme.com';
/** May load the model in prod. */
const READER = 'reader@acme.com';
/** May move aliases and stages of it. */
const REVIEWER = 'reviewer@acme.com';
const NOBODY_SPECIAL = 'bob@acme.com';

const SECRET = 'prod.ml.secret';

/** One call of every route about a model or a version, in all three protocols. */
function callsAbout(name: string): readonly Request[] {
  const [catalog_name, schema_name, model_name] = name.split('.');
  const body = (more: object = {}) => ({ name, version: '1', ...more });
  const query = { name, version: '1' };
  const native = `${NATIVE}/models/${name}`;
  const parts = { catalog_name, schema_name, model_name, version: 1 };
  return [
    { path: `${UC}/registered-models/get`, query },
    { method: 'PATCH', path: `${UC}/registered-models/update`, body: body({ description: 'x' }) },
    { method: 'PATCH', path: `${UC}/registered-models/update`, body: body({ new_name: 'renamed' }) },
    { method: 'DELETE', path: `${UC}/registered-models/delete`, body: body() },
    { method: 'POST', path: `${UC}/registered-models/set-tag`, body: body({ key: 'k', value: 'v' }) },
    { method: 'DELETE', path: `${UC}/registered-models/delete-tag`, body: body({ key: 'k' }) },
    { method: 'POST', path: `${UC}/registered-models/alias`, body: body({ alias: 'champion' }) },
    { method: 'DELETE', path: `${UC}/registered-models/alias`, body: body({ alias: 'champion' }) },
    { path: `${UC}/registered-models/alias`, query: { ...query, alias: 'champion' } },
    { method: 'POST', path: `${UC}/model-versions/create`, body: body({ source: '/tmp/x' }) },
    { method: 'POST', path: `${UC}/model-versions/finalize`, body: body() },
    { path: `${UC}/model-versions/get`, query },
    { method: 'PATCH', path: `${UC}/model-versions/update`, body: body({ description: 'x' }) },
    { method: 'DELETE', path: `${UC}/model-versions/delete`, body: body() },
    { method: 'POST', path: `${UC}/model-versions/set-tag`, body: body({ key: 'k', value: 'v' }) },
    { method: 'DELETE', path: `${UC}/model-versions/delete-tag`, body: body({ key: 'k' }) },
    {
      method: 'POST',
      path: `${UC}/model-versions/generate-temporary-credentials`,
      body: body({ operation: 'MODEL_VERSION_OPERATION_READ' }),
    },
    {
      method: 'POST',
      path: `${UC}/model-versions/generate-temporary-credentials`,
      body: body({ operation: 'MODEL_VERSION_OPERATION_READ_WRITE' }),
    },
    { path: `${UC}/model-versions/get-download-uri`, query },
    { method: 'POST', path: `${UC}/model-versions/emit-lineage`, body: body() },
    { path: native },
    { method: 'PATCH', path: native, body: { comment: 'x' } },
    { method: 'PATCH', path: native, body: { owner: SCIENTIST } },
    { method: 'DELETE', path: native },
    { method: 'PUT', path: `${native}/aliases/champion`, body: { version_num: 1 } },
    { method: 'DELETE', path: `${native}/aliases/champion` },
    { path: `${native}/aliases/champion` },
    { path: `${native}/versions` },
    { path: `${native}/versions/1` },
    { method: 'PATCH', path: `${native}/versions/1`, body: { comment: 'x' } },
    { method: 'DELETE', path: `${native}/versions/1` },
    { method: 'PATCH', path: `${native}/versions/1/finalize`, body: {} },
    { method: 'POST', path: `${NATIVE}/models/versions`, body: { ...parts, source: '/tmp/x' } },
    { method: 'POST', path: `${NATIVE}/temporary-model-version-credentials`, body: parts },
    { path: `${MLFLOW}/databricks/registered-models/get`, query },
    {
      method: 'POST',
      path: `${MLFLOW}/databricks/model-versions/transition-stage`,
      body: body({ stage: 'Production' }),
    },
    { path: `${MLFLOW}/model-versions/list-artifacts`, query },
    { path: `${MLFLOW}/model-versions/get-signed-download-uri`, query: { ...query, path: 'MLmodel' } },
    { method: 'POST', path: `${MLFLOW}/comments/create`, body: body({ comment: 'x' }) },
    { path: `${MLFLOW}/comments/list`, query },
    { path: `${MLFLOW}/registered-models/get`, query },
    { path: `${MLFLOW}/model-versions/get`, query },
  ];
}

describe('the registry of three-level names, under authorization', () => {
  let server: GovernedServer;
  const call = (as: As, request: Request): Promise<Answer> => server.call(as, request);
  const post = (as: As, path: string, body: object): Promise<Answer> =>
    call(as, { method: 'POST', path, body });
  const grant = async (
    type: string,
    name: string,
    principal: string,
    add: readonly string[],
  ): Promise<void> => {
    await server.done(ADMIN, {
      method: 'PATCH',
      path: `${NATIVE}/permissions/${type}/${name}`,
      body: { changes: [{ principal, add }] },
    });
  };

  /** A READY version of one file. */
  async function ready(as: As, name: string): Promise<void> {
    const { model_version } = await server.post<{ model_version: { version: string } }>(
      as,
      `${UC}/model-versions/create`,
      { name, source: '/tmp/model' },
    );
    const { version } = model_version;
    const path = `/Models/${name.replaceAll('.', '/')}/${version}/MLmodel`;
    const { url } = await server.post<{ url: string }>(as, '/api/2.0/fs/create-upload-url', { path });
    const { pathname, search } = new URL(url);
    const sent = await call(as, { method: 'PUT', path: pathname + search, body: 'flavors: {}' });
    expect(sent.status, sent.text).toBe(200);
    await server.post(as, `${UC}/model-versions/finalize`, { name, version });
  }

  beforeAll(async () => {
    server = await startGoverned();
    for (const user of [SCIENTIST, READER, REVIEWER, NOBODY_SPECIAL]) await server.addUser(user);
    for (const name of ['dev', 'prod']) {
      await server.post(ADMIN, `${NATIVE}/catalogs`, { name });
      await server.post(ADMIN, `${NATIVE}/schemas`, { catalog_name: name, name: 'ml' });
    }
    await grant('catalog', 'dev', SCIENTIST, ['USE_CATALOG']);
    await grant('schema', 'dev.ml', SCIENTIST, ['USE_SCHEMA', 'CREATE_MODEL']);
    await server.post(ADMIN, `${UC}/registered-models/create`, { name: SECRET, description: 'of prod' });
    await ready(ADMIN, SECRET);
    await server.post(ADMIN, `${UC}/registered-models/alias`, {
      name: SECRET,
      alias: 'champion',
      version: '1',
    });
    for (const user of [READER, REVIEWER]) {
      await grant('catalog', 'prod', user, ['USE_CATALOG']);
      await grant('schema', 'prod.ml', user, ['USE_SCHEMA']);
    }
    await grant('function', SECRET, READER, ['EXECUTE']);
    await grant('function', SECRET, REVIEWER, ['APPROVE']);
  });
  afterAll(() => server.close());

  it('says of a hidden model what it says of one that is not there, on every route', async () => {
    for (const as of [SCIENTIST, NOBODY_SPECIAL]) {
      const hidden = callsAbout(SECRET);
      const absent = callsAbout('prod.ml.absent');
      const nowhere = callsAbout('nope.ml.absent');
      for (const [i, request] of hidden.entries()) {
        const what = `${as} ${request.method ?? 'GET'} ${request.path}`;
        const [one, two, three] = [
          await call(as, request),
          await call(as, absent[i]!),
          await call(as, nowhere[i]!),
        ];
        expect(one.status, `${what}: ${one.text}`).toBe(404);
        expect([one.status, one.text], what).toEqual([two.status, two.text.replaceAll('absent', 'secret')]);
        const renamed = three.text.replaceAll('nope.ml.absent', SECRET);
        expect([one.status, one.text], what).toEqual([three.status, renamed]);
      }
    }
  });

  it('lets nobody into a hidden catalog, and tells the same as of none', async () => {
    const creations = (name: string): readonly Request[] => {
      const [catalog_name, schema_name, model] = name.split('.');
      return [
        { method: 'POST', path: `${UC}/registered-models/create`, body: { name } },
        { method: 'POST', path: `${NATIVE}/models`, body: { catalog_name, schema_name, name: model } },
        { method: 'POST', path: `${MLFLOW}/registered-models/create`, body: { name } },
        { method: 'POST', path: `${NATIVE}/schemas`, body: { catalog_name, name: 'mine' } },
        { path: `${NATIVE}/schemas`, query: { catalog_name: catalog_name! } },
        { path: `${NATIVE}/catalogs/${catalog_name}` },
        { path: `${NATIVE}/schemas/${catalog_name}.${schema_name}` },
        { method: 'DELETE', path: `${NATIVE}/schemas/${catalog_name}.${schema_name}` },
        { method: 'PATCH', path: `${NATIVE}/catalogs/${catalog_name}`, body: { comment: 'x' } },
      ];
    };
    const [hidden, absent] = [creations('prod.ml.new'), creations('nope.ml.new')];
    for (const [i, request] of hidden.entries()) {
      const what = `${request.method ?? 'GET'} ${request.path}`;
      const [one, two] = [await call(SCIENTIST, request), await call(SCIENTIST, absent[i]!)];
      expect(one.status, `${what}: ${one.text}`).toBe(404);
      expect(one.text, what).toBe(two.text.replaceAll('nope', 'prod'));
    }
    const catalogs = await server.done<{ catalogs: { name: string }[] }>(SCIENTIST, {
      path: `${NATIVE}/catalogs`,
    });
    expect(catalogs.catalogs.map(({ name }) => name)).toEqual(['dev', 'workspace']);
  });

  it('lists, counts and searches only what the caller sees (CVE-2026-2734)', async () => {
    await server.post(SCIENTIST, `${UC}/registered-models/create`, { name: 'dev.ml.mine' });
    await ready(SCIENTIST, 'dev.ml.mine');
    const lists: readonly Request[] = [
      { path: `${UC}/registered-models/search`, query: { max_results: '1' } },
      { path: `${UC}/model-versions/search`, query: { max_results: '1' } },
      { path: `${NATIVE}/models`, query: { max_results: '1' } },
      { path: `${MLFLOW}/model-versions/search`, query: { max_results: '1' } },
      { path: `${MLFLOW}/registered-models/search`, query: { max_results: '1' } },
    ];
    for (const request of lists) {
      const { text, status } = await call(SCIENTIST, request);
      expect([status, text]).toEqual([200, expect.stringContaining('mine')]);
      expect(text).not.toContain('secret');
      // With all there is on the first page there is no second one, whatever else is kept.
      expect(text).not.toContain('next_page_token');
    }
    for (const path of [`${UC}/model-versions/search`, `${MLFLOW}/model-versions/search`]) {
      const { text } = await call(SCIENTIST, { path, query: { filter: `name='${SECRET}'` } });
      expect(text).not.toContain('secret');
    }
    const ofProd = await call(SCIENTIST, {
      path: `${NATIVE}/models`,
      query: { catalog_name: 'prod', schema_name: 'ml' },
    });
    expect(ofProd.json()).toEqual({ registered_models: [] });
  });

  it('makes its maker the owner, who may do everything with it, and nobody else', async () => {
    const name = 'dev.ml.owned';
    await server.post(SCIENTIST, `${UC}/registered-models/create`, { name });
    await ready(SCIENTIST, name);
    const shown = await server.done(SCIENTIST, { path: `${NATIVE}/models/${name}` });
    expect(shown).toMatchObject({ owner: SCIENTIST, created_by: SCIENTIST });
    await server.post(SCIENTIST, `${UC}/registered-models/alias`, { name, alias: 'champion', version: '1' });
    expect((await call(NOBODY_SPECIAL, { path: `${NATIVE}/models/${name}` })).status).toBe(404);
    await server.done(SCIENTIST, { method: 'DELETE', path: `${NATIVE}/models/${name}` });
    // Whoever makes one of the same name starts anew.
    await server.post(ADMIN, `${UC}/registered-models/create`, { name });
    expect((await call(SCIENTIST, { path: `${NATIVE}/models/${name}` })).status).toBe(404);
    await server.done(ADMIN, { method: 'DELETE', path: `${NATIVE}/models/${name}` });
  });

  it('does not tell that a name is taken by what the caller does not see', async () => {
    await server.post(ADMIN, `${UC}/registered-models/create`, { name: 'dev.ml.taken' });
    const requests: readonly Request[] = [
      { method: 'POST', path: `${UC}/registered-models/create`, body: { name: 'dev.ml.taken' } },
      {
        method: 'POST',
        path: `${NATIVE}/models`,
        body: { catalog_name: 'dev', schema_name: 'ml', name: 'taken' },
      },
    ];
    for (const request of requests) {
      const refused = await call(SCIENTIST, request);
      expect([refused.status, refused.json().error_code]).toEqual([403, 'PERMISSION_DENIED']);
      expect(refused.text).not.toContain('exist');
    }
  });

  it('lets those who may load a model do that, and change nothing', async () => {
    expect(
      await server.done(READER, { path: `${UC}/registered-models/get`, query: { name: SECRET } }),
    ).toMatchObject({
      registered_model: { name: SECRET, description: 'of prod' },
    });
    const credentials = { name: SECRET, version: '1', operation: 'MODEL_VERSION_OPERATION_READ' };
    expect(
      await server.post(READER, `${UC}/model-versions/generate-temporary-credentials`, credentials),
    ).toMatchObject({
      credentials: { storage_mode: 'DEFAULT_STORAGE' },
    });
    const signed = await server.done<{ signed_uri: string }>(READER, {
      path: `${MLFLOW}/model-versions/get-signed-download-uri`,
      query: { name: SECRET, version: '1', path: 'MLmodel' },
    });
    expect(new URL(signed.signed_uri).searchParams.get('token')).toMatch(/^[\w-]+\.[\w-]+$/);
    for (const request of callsAbout(SECRET)) {
      const reads =
        request.method === undefined || /credentials$|emit-lineage$|comments\/create$/.test(request.path);
      if (reads) continue;
      const { status, text } = await call(READER, request);
      expect(status, `${request.method} ${request.path}: ${text}`).toBe(403);
    }
  });

  it('lets reviewers move aliases and stages, without any right to write the model', async () => {
    await server.post(REVIEWER, `${UC}/registered-models/alias`, {
      name: SECRET,
      alias: 'challenger',
      version: '1',
    });
    await server.done(REVIEWER, { method: 'DELETE', path: `${NATIVE}/models/${SECRET}/aliases/challenger` });
    const stage = `${MLFLOW}/databricks/model-versions/transition-stage`;
    const moved = await server.post(REVIEWER, stage, {
      name: SECRET,
      version: '1',
      stage: 'Staging',
      comment: 'fine',
    });
    expect(moved).toMatchObject({
      model_version_databricks: {
        current_stage: 'Staging',
        permission_level: 'CAN_MANAGE_PRODUCTION_VERSIONS',
      },
    });
    for (const body of [{ description: 'x' }, { new_name: 'y' }]) {
      const refused = await call(REVIEWER, {
        method: 'PATCH',
        path: `${UC}/registered-models/update`,
        body: { name: SECRET, ...body },
      });
      expect(refused.status).toBe(403);
    }
    expect((await post(REVIEWER, `${UC}/model-versions/create`, { name: SECRET, source: '/x' })).status).toBe(
      403,
    );
    const load = { name: SECRET, version: '1', operation: 'MODEL_VERSION_OPERATION_READ' };
    expect((await post(REVIEWER, `${UC}/model-versions/generate-temporary-credentials`, load)).status).toBe(
      403,
    );
  });

  it('leaves a comment to its author and to those who manage the model', async () => {
    const { comment } = await server.post<{ comment: { id: string } }>(READER, `${MLFLOW}/comments/create`, {
      name: SECRET,
      version: '1',
      comment: 'why?',
    });
    const change = (as: As) =>
      call(as, {
        method: 'PATCH',
        path: `${MLFLOW}/comments/update`,
        body: { id: comment.id, comment: 'hm' },
      });
    expect((await change(REVIEWER)).status).toBe(403);
    const [hidden, absent] = [
      await change(SCIENTIST),
      await call(SCIENTIST, {
        method: 'PATCH',
        path: `${MLFLOW}/comments/update`,
        body: { id: comment.id.replace(/./g, '0'), comment: 'hm' },
      }),
    ];
    expect([hidden.status, hidden.text.replaceAll(comment.id, '')]).toEqual([
      404,
      absent.text.replaceAll(comment.id.replace(/./g, '0'), ''),
    ]);
    expect((await change(READER)).status).toBe(200);
    await server.done(ADMIN, {
      method: 'DELETE',
      path: `${MLFLOW}/comments/delete`,
      query: { id: comment.id },
    });
  });

  it('tells nothing of a source that the caller may not read, and leaves its logged model alone', async () => {
    const world = await makeWorld(server, ADMIN, 'hiddensource');
    const name = 'dev.ml.curious';
    await server.post(SCIENTIST, `${UC}/registered-models/create`, { name });
    await server.post(SCIENTIST, `${UC}/model-versions/create`, {
      name,
      source: `mlflow-artifacts:/${world.folder}`,
      model_id: world.modelId,
    });
    const { url } = await server.post<{ url: string }>(SCIENTIST, '/api/2.0/fs/create-upload-url', {
      path: '/Models/dev/ml/curious/1/other.txt',
    });
    const { pathname, search } = new URL(url);
    await call(SCIENTIST, { method: 'PUT', path: pathname + search, body: 'x' });
    const refused = await post(SCIENTIST, `${UC}/model-versions/finalize`, { name, version: '1' });
    expect([refused.status, refused.json().message]).toEqual([
      400,
      expect.stringContaining("'MLmodel' has not arrived"),
    ]);
    expect(refused.text).not.toContain('hiddensource');
    // To read a logged model is no right to write the version into it, over neither protocol.
    await server.done(ADMIN, {
      method: 'PATCH',
      path: `/api/2.0/permissions/experiments/${world.experimentId}`,
      body: { access_control_list: [{ user_name: SCIENTIST, permission_level: 'CAN_READ' }] },
    });
    await server.done(ADMIN, {
      method: 'PUT',
      path: `/api/2.0/mlflow-artifacts/artifacts/${world.experimentId}/models/${world.modelId}/artifacts/MLmodel`,
      body: 'flavors: {}',
    });
    await server.post(SCIENTIST, `${MLFLOW}/model-versions/create`, {
      name,
      source: `models:/${world.modelId}`,
      model_id: world.modelId,
    });
    const model = await server.done(ADMIN, { path: `${MLFLOW}/logged-models/${world.modelId}` });
    expect(JSON.stringify(model)).not.toContain('curious');
  });

  it('refuses experiments whose artifacts would lie among the files of models', async () => {
    const { status, text } = await post(SCIENTIST, `${MLFLOW}/experiments/create`, {
      name: 'thief',
      artifact_location: 'mlflow-artifacts:/registered-models/1/1',
    });
    expect([status, text]).toEqual([400, expect.stringContaining('registered-models')]);
  });
});
