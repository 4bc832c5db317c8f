import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type As, type GovernedServer, type Request, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';
const postgres = testedDatabases().find(({ name }) => name === 'postgres');

/** A client behind a balancer meets one process now and the other by its next call. */
describe.skipIf(postgres === undefined)('two servers on one database', () => {
  let server: GovernedServer;
  let beside: string;
  beforeAll(async () => {
    server = await startGoverned(postgres);
    beside = await server.startBeside();
    for (const name of ['jane', 'bob']) await server.addUser(name);
  });
  afterAll(() => server.close());

  const there = (as: As, request: Request) => server.call(as, { ...request, at: beside });
  const make = (name: string) =>
    server.post<{ experiment_id: string }>('jane', `${API}/experiments/create`, { name });

  it('know at once of what their caller made by the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `made-${round}`;
      const { experiment_id } = await make(name);
      const byName = { path: `${API}/experiments/get-by-name`, query: { experiment_name: name } };
      expect((await there('jane', byName)).status).toBe(200);
      await make(`${name}-too`);
      const found = { path: `${API}/experiments/get-by-name`, query: { experiment_name: `${name}-too` } };
      const [first, second] = await Promise.all([there('jane', found), there('jane', found)]);
      expect([first.status, second.status]).toEqual([200, 200]);
      const run = await there('jane', {
        method: 'POST',
        path: `${API}/runs/create`,
        body: { experiment_id },
      });
      expect(run.status, run.text).toBe(200);
    }
  });

  it('list at once what was made by the other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { experiment_id } = await make(`listed-${round}`);
      const search = { method: 'POST', path: `${API}/experiments/search`, body: { max_results: 1000 } };
      expect((await there('jane', search)).text).toContain(`"${experiment_id}"`);
      const catalogs = '/api/2.1/unity-catalog/catalogs';
      await server.post(ADMIN, catalogs, { name: `listed_${round}` });
      expect((await there(ADMIN, { path: catalogs })).text).toContain(`"listed_${round}"`);
    }
  });

  it('let their caller write into it at once', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { experiment_id } = await make(`written-${round}`);
      const run = await there('jane', {
        method: 'POST',
        path: `${API}/runs/create`,
        body: { experiment_id },
      });
      expect(run.status, run.text).toBe(200);
    }
  });

  it('take at once whom the other let in, and who was given a token or rights there', async () => {
    const { experiment_id } = await make('shared');
    for (let round = 0; round < 5; round += 1) {
      await server.addUser(`new-${round}`);
      const me = { path: '/api/2.0/preview/scim/v2/Me' };
      expect((await there(`new-${round}`, me)).status).toBe(200);
      await server.post('jane', '/api/3.0/mlflow/users/permissions/grant', {
        username: `new-${round}`,
        resource_type: 'experiment',
        resource_id: experiment_id,
        permission: 'READ',
      });
      const get = { path: `${API}/experiments/get`, query: { experiment_id } };
      expect((await there(`new-${round}`, get)).status).toBe(200);
      const { token_value } = await server.post<{ token_value: string }>('bob', '/api/2.0/token/create', {});
      const byToken = { ...me, headers: { authorization: `Bearer ${token_value}` } };
      expect((await there({ nobody: true }, byToken)).status).toBe(200);
    }
  });

  it('judge a model by the name that its catalog has been given by the other', async () => {
    const UC = '/api/2.1/unity-catalog';
    await server.call(ADMIN, {
      method: 'PATCH',
      path: `${UC}/permissions/schema/workspace.default`,
      body: { changes: [{ principal: 'bob', add: ['ALL_PRIVILEGES', 'MANAGE'] }] },
    });
    await server.call(ADMIN, {
      method: 'PATCH',
      path: `${UC}/permissions/catalog/workspace`,
      body: { changes: [{ principal: 'bob', add: ['USE_CATALOG'] }] },
    });
    await server.post(ADMIN, `${UC}/catalogs`, { name: 'first_0' });
    const model = { catalog_name: 'first_0', schema_name: 'default', name: 'fraud' };
    await server.post(ADMIN, `${UC}/models`, model);
    for (let round = 0; round < 10; round += 1) {
      const [from, to] = [`first_${round}`, `first_${round + 1}`];
      await server.call(ADMIN, { method: 'PATCH', path: `${UC}/catalogs/${from}`, body: { new_name: to } });
      const full = `${to}.default.fraud`;
      const refused = await there('bob', { method: 'DELETE', path: `${UC}/models/${full}` });
      expect([round, refused.status, refused.text]).toEqual([
        round,
        404,
        expect.stringContaining('not found'),
      ]);
      expect((await there('bob', { path: `${UC}/models/${full}` })).status).toBe(404);
      expect((await server.call(ADMIN, { path: `${UC}/models/${full}` })).status).toBe(200);
    }
  });

  it('refuse as before what nobody made and nobody gave', async () => {
    const { experiment_id } = await make('hidden');
    const get = (id: string) => ({ path: `${API}/experiments/get`, query: { experiment_id: id } });
    const hidden = await there('bob', get(experiment_id));
    const absent = await there('bob', get('99999999'));
    expect([hidden.status, absent.status]).toEqual([404, 404]);
    expect(hidden.text.replaceAll(experiment_id, 'N')).toBe(absent.text.replaceAll('99999999', 'N'));
    expect((await there(ADMIN, get(experiment_id))).status).toBe(200);
    const bad = { path: `${API}/experiments/search`, headers: { authorization: 'Bearer dapi00' } };
    expect((await there({ nobody: true }, bad)).status).toBe(401);
  });
});
