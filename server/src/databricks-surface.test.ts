import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type GovernedServer, NOBODY, startGoverned } from './authorization.fixture.ts';

describe('the Databricks surface', () => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned();
    await server.addUser('jane@acme.com');
  });
  afterAll(() => server.close());

  it('tells its workspace to whoever asks, without credentials and without a line in the log', async () => {
    const answer = await server.call(NOBODY, { path: '/.well-known/databricks-config' });
    expect(answer.status).toBe(200);
    const config = answer.json<{ workspace_id: string; oidc_endpoint: string; cloud: string }>();
    expect(config.cloud).toBe('AWS');
    expect(config.oidc_endpoint).toMatch(/^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/oidc$/);
    expect(config.workspace_id).toMatch(/^[1-9]\d{15}$/);
    expect(Number.isSafeInteger(Number(config.workspace_id))).toBe(true);
    expect(answer.headers['x-databricks-org-id']).toBe(config.workspace_id);
  });

  it.each([
    ['an answer of MLflow', '/api/2.0/mlflow/experiments/search?max_results=1'],
    ['a page that is not there', '/nowhere'],
    ['an error of Databricks', '/api/2.0/nothing/here'],
    ['a refusal', '/api/2.0/preview/scim/v2/Me'],
    ['a probe', '/health'],
  ])('names the workspace in %s', async (_what, path) => {
    const answer = await server.call(NOBODY, { path });
    expect(answer.headers['x-databricks-org-id']).toMatch(/^\d{16}$/);
  });

  it('answers unknown paths with a JSON 404, those of MLflow as MLflow does', async () => {
    const unknown = await server.call(ADMIN, { path: '/api/2.1/unity-catalog/online-things' });
    expect(unknown.status).toBe(404);
    expect(unknown.json()).toEqual({
      error_code: 'ENDPOINT_NOT_FOUND',
      message: "No API found for 'GET /api/2.1/unity-catalog/online-things'.",
    });
    const ofMlflow = await server.call(ADMIN, { path: '/api/2.0/mlflow/unknown' });
    expect(ofMlflow.status).toBe(404);
    expect(ofMlflow.json<{ message: string }>().message).toMatch(/^No endpoint /);
  });

  it('speaks SCIM where a SCIM path goes wrong', async () => {
    const missing = await server.call(ADMIN, { path: '/api/2.0/preview/scim/v2/Users/123456' });
    expect(missing.status).toBe(404);
    expect(missing.json()).toEqual({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      detail: 'User with id 123456 does not exist.',
      status: '404',
    });
    const refused = await server.call(NOBODY, { path: '/api/2.0/preview/scim/v2/Me' });
    expect(refused.status).toBe(401);
    expect(refused.json()).toMatchObject({ status: '401' });
  });

  it('answers HEAD with a status alone', async () => {
    const answer = await server.call(ADMIN, { method: 'HEAD', path: '/api/2.0/nothing/here' });
    expect(answer.status).toBe(404);
    expect(answer.text).toBe('');
  });

  it.each([
    ['text/json', 'text/json'],
    ['an empty type', ''],
    ['no type that is one', 'json'],
    ['a form', 'application/x-www-form-urlencoded'],
  ])('reads JSON under %s', async (_what, type) => {
    const answer = await server.call(ADMIN, {
      method: 'POST',
      path: '/telemetry-ext',
      headers: { 'content-type': type },
      body: '{"protoLogs":["a","b"]}',
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ errors: [], numProtoSuccess: 2 });
  });

  it('reads a body that was encoded twice', async () => {
    const answer = await server.call(ADMIN, {
      method: 'POST',
      path: '/telemetry-ext/',
      body: JSON.stringify('{"protoLogs":["a"]}'),
    });
    expect(answer.json()).toEqual({ errors: [], numProtoSuccess: 1 });
  });

  it('refuses a PATCH without a body, and a body that is no object', async () => {
    const path = '/api/2.1/unity-catalog/permissions/schema/workspace.default';
    const empty = await server.call(ADMIN, { method: 'PATCH', path });
    expect([empty.status, empty.json().error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    const list = await server.call(ADMIN, { method: 'PATCH', path, body: '[1]' });
    expect(list.status).toBe(400);
    const broken = await server.call(ADMIN, { method: 'PATCH', path, body: '{"changes":' });
    expect(broken.status).toBe(400);
  });

  it('takes %2F within a parameter for a slash, and a trailing slash for none', async () => {
    const escaped = await server.call(ADMIN, { path: '/api/2.1/unity-catalog/metastores/a%2Fb' });
    expect(escaped.json()).toMatchObject({
      error_code: 'METASTORE_DOES_NOT_EXIST',
      message: "Metastore 'a/b' does not exist.",
    });
    const trailing = await server.call(ADMIN, {
      path: '/api/2.1/unity-catalog/current-metastore-assignment/',
    });
    expect(trailing.status).toBe(200);
    expect(trailing.json()).toMatchObject({ default_catalog_name: 'workspace' });
  });

  it('knows its metastore under every address', async () => {
    const { metastore_id: id, workspace_id: workspaceId } = await server.done<{
      metastore_id: string;
      workspace_id: number;
    }>('jane@acme.com', { path: '/api/2.1/unity-catalog/current-metastore-assignment' });
    expect(Number.isSafeInteger(workspaceId)).toBe(true);
    const UC = '/api/2.1/unity-catalog';
    expect(await server.done(ADMIN, { path: `${UC}/metastore_summary` })).toMatchObject({ metastore_id: id });
    expect(await server.done(ADMIN, { path: `${UC}/metastores/${id}` })).toMatchObject({ metastore_id: id });
    expect(await server.done(ADMIN, { path: `${UC}/metastores` })).toMatchObject({
      metastores: [{ metastore_id: id }],
    });
  });
});
