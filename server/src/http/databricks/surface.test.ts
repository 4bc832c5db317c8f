import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, notFound } from '../../kernel/errors.ts';
import { type ServerFixture, startServer } from '../server.fixture.ts';
import { discoveryRoute } from './discovery.ts';
import { Answer, type DatabricksCall, type DatabricksRoute } from './routes.ts';

const route = (
  method: DatabricksRoute['method'],
  path: string,
  handle: DatabricksRoute['handle'],
): DatabricksRoute => ({ method, path, summary: '', access: 'filtered', handle });

const told = async ({ path, query, queryLists, body }: DatabricksCall) => ({ path, query, queryLists, body });

describe('the codec of Databricks', () => {
  let fixture: ServerFixture;
  beforeAll(async () => {
    fixture = await startServer({
      databricksRoutes: [
        route('GET', '/api/2.0/things/:name', told),
        route('GET', '/api/2.0/files/*', told),
        route('GET', '/api/2.0/models:is-enabled', async () => ({ enabled: true })),
        route('DELETE', '/api/2.0/things/:name', told),
        route('PATCH', '/api/2.0/empty', async () => new Answer(204)),
        route('POST', '/api/2.0/nothing', async () => new Answer(201)),
        route('HEAD', '/api/2.0/head', async () => {
          throw notFound('It is not there.');
        }),
        route('GET', '/api/2.0/catalog', async () => {
          throw notFound("Catalog 'x' does not exist.", { reason: 'CATALOG_DOES_NOT_EXIST' });
        }),
        route('GET', '/api/2.0/taken', async () => {
          throw new AppError('AlreadyExists', 'It exists already.');
        }),
        route('GET', '/api/2.0/broken', async () => {
          throw new Error('the token dapi0123456789abcdef is in here');
        }),
      ],
      rawRoutes: [
        discoveryRoute({ workspaceId: '1000000000007474', metastoreId: 'm', accountId: 'a', createdAtMs: 0 }),
      ],
    });
  });
  afterAll(() => fixture.server.close());

  const fetchJson = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${fixture.url}${path}`, init);
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  };

  it('decodes parameters of the path once, slashes within them too', async () => {
    const { json } = await fetchJson('/api/2.0/things/Volumes%2Fa%20b%2Fx%252Fy');
    expect(json.path).toEqual({ name: 'Volumes/a b/x%2Fy' });
  });

  it.each(['Volumes%2Fc1%2Fml%2Fv%2Fx.py', 'Volumes/c1/ml/v/x.py', 'Volumes/c1%2Fml/v%2Fx.py'])(
    'reads the open end %s as the same path',
    async (end) => {
      expect((await fetchJson(`/api/2.0/files/${end}`)).json.path).toEqual({
        '*': 'Volumes/c1/ml/v/x.py',
      });
    },
  );

  it('takes a colon in the middle of a segment for itself', async () => {
    expect((await fetchJson('/api/2.0/models:is-enabled')).json).toEqual({ enabled: true });
    expect((await fetchJson('/api/2.0/models:is-other')).status).toBe(404);
  });

  it('keeps all of a repeated parameter, and the first by its name', async () => {
    const { json } = await fetchJson('/api/2.0/things/x?a=1&a=2&b=3');
    expect(json).toMatchObject({ query: { a: '1', b: '3' }, queryLists: { a: ['1', '2'], b: ['3'] } });
  });

  it('reads the body of a DELETE', async () => {
    const { json } = await fetchJson('/api/2.0/things/x', { method: 'DELETE', body: '{"name":"a"}' });
    expect(json).toMatchObject({ body: { name: 'a' } });
  });

  it('answers a JSON object wherever there is a body at all', async () => {
    expect(await fetchJson('/api/2.0/nothing', { method: 'POST' })).toEqual({ status: 201, json: {} });
    const empty = await fetch(`${fixture.url}/api/2.0/empty`, { method: 'PATCH', body: '{}' });
    expect([empty.status, await empty.text()]).toEqual([204, '']);
  });

  it('puts the narrower word in the place of the general one', async () => {
    expect((await fetchJson('/api/2.0/catalog')).json).toEqual({
      error_code: 'CATALOG_DOES_NOT_EXIST',
      message: "Catalog 'x' does not exist.",
    });
    expect(await fetchJson('/api/2.0/taken')).toMatchObject({
      status: 409,
      json: { error_code: 'RESOURCE_ALREADY_EXISTS' },
    });
    const head = await fetch(`${fixture.url}/api/2.0/head`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([404, '']);
  });

  it('tells nothing of an error of its own but where to look', async () => {
    const { status, json } = await fetchJson('/api/2.0/broken');
    expect(status).toBe(500);
    expect(JSON.stringify(json)).not.toContain('dapi');
  });

  it('writes neither tokens nor parameters into the log, and of discovery nothing', async () => {
    const headers = { authorization: 'Bearer dapi-of-jane' };
    await fetch(`${fixture.url}/api/2.0/things/logged?token=dapi-in-query`, { headers });
    await fetch(`${fixture.url}/.well-known/databricks-config`, { headers });
    const lines = fixture.log().filter(({ path }) => path !== '/api/2.0/broken');
    expect(lines.some(({ path }) => path === '/api/2.0/things/logged')).toBe(true);
    expect(lines.some(({ path }) => path === '/.well-known/databricks-config')).toBe(false);
    expect(JSON.stringify(lines)).not.toMatch(/dapi-of-jane|dapi-in-query/);
  });
});
