import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type Answer, type As, type GovernedServer, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const MLFLOW = '/api/2.0/mlflow';
const NATIVE = '/api/2.1/unity-catalog';
const SCIM = '/api/2.0/preview/scim/v2/Users';
const JANE = 'jane@acme.com';

describe.each(testedDatabases())('whoever gets a name that was somebody else’s, on $name', (database) => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned(database);
  });
  afterAll(() => server.close());

  const call = (as: As, method: string, path: string, body?: object): Promise<Answer> =>
    server.call(as, { method, path, ...(body !== undefined && { body }) });
  async function idOf(name: string): Promise<string> {
    const { Resources } = await server.done<{ Resources: { id: string }[] }>(ADMIN, {
      path: SCIM,
      query: { filter: `userName eq "${name}"` },
    });
    return Resources[0]!.id;
  }
  async function replace(name: string): Promise<void> {
    expect((await call(ADMIN, 'DELETE', `${SCIM}/${await idOf(name)}`)).status).toBe(204);
    await server.addUser(name);
  }
  async function rename(from: string, to: string): Promise<void> {
    const { status } = await call(ADMIN, 'PATCH', `${SCIM}/${await idOf(from)}`, {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'userName', value: to }],
    });
    expect(status).toBe(204);
  }

  describe('of a home', () => {
    const list = async (as: As, path: string): Promise<readonly string[]> => {
      const answer = await server.done<{ objects?: { path: string }[] }>(as, {
        path: '/api/2.0/workspace/list',
        query: { path },
      });
      return (answer.objects ?? []).map((object) => object.path);
    };
    const put = async (as: As, path: string): Promise<void> => {
      const answer = await server.call(as, {
        method: 'POST',
        path: `/api/2.0/workspace-files/import-file${path}`,
        body: 'x',
      });
      expect(answer.status, answer.text).toBe(200);
    };

    it('begins with an empty one, and the other stays for administrators', async () => {
      await server.addUser(JANE);
      await put(JANE, `/Users/${JANE}/notes 😀.txt`);
      await call(JANE, 'POST', '/api/2.0/workspace/mkdirs', { path: `/Users/${JANE}/deep/er` });
      await put(JANE, `/Users/${JANE}/deep/er/x`);
      const before = await server.done<{ object_id: number }>(ADMIN, {
        path: '/api/2.0/workspace/get-status',
        query: { path: `/Users/${JANE}` },
      });
      await replace(JANE);
      const acl = (as: As) => call(as, 'GET', `/api/2.0/permissions/directories/${before.object_id}`);
      expect((await acl(ADMIN)).text).not.toContain(JANE);
      expect(await list(JANE, `/Users/${JANE}`)).toEqual([]);
      expect(await list(JANE, '/Users')).toEqual([`/Users/${JANE}`]);
      const hidden = await call(JANE, 'GET', `/api/2.0/workspace/export?path=/Users/${JANE}/deep/er/x`);
      expect(hidden.status).toBe(404);
      expect((await acl(JANE)).status).toBe(404);
      const former = `/Users/${JANE} (former ${before.object_id})`;
      expect(await list(ADMIN, former)).toEqual([`${former}/deep`, `${former}/notes 😀.txt`]);
      expect(await list(ADMIN, `${former}/deep/er`)).toEqual([`${former}/deep/er/x`]);
    });

    it('takes the own one along to another name', async () => {
      const [old, now] = ['ann@acme.com', 'ann.lee@acme.com'];
      await server.addUser(old);
      await put(old, `/Users/${old}/kept.txt`);
      await rename(old, now);
      await server.addUser(old);
      expect(await list(old, `/Users/${old}`)).toEqual([]);
      await put(old, `/Users/${old}/mine.txt`);
      expect(await list(now, `/Users/${now}`)).toEqual([`/Users/${now}/kept.txt`]);
      expect(await list(old, `/Users/${old}`)).toEqual([`/Users/${old}/mine.txt`]);
      expect(await list(now, '/Users')).toEqual([`/Users/${now}`]);
    });

    it('finds what administrators put there before they came', async () => {
      const [there, later] = ['there@acme.com', 'later@acme.com'];
      await server.addUser(there);
      for (const name of [there, later]) {
        await call(ADMIN, 'POST', '/api/2.0/workspace/mkdirs', { path: `/Users/${name}/welcome` });
      }
      await replace(there);
      await server.addUser(later);
      expect(await list(later, `/Users/${later}`)).toEqual([`/Users/${later}/welcome`]);
      // This was meant for the one who was there then.
      expect(await list(there, `/Users/${there}`)).toEqual([]);
    });
  });

  it('has neither the comments nor the views of the other', async () => {
    const name = 'bob@acme.com';
    await server.addUser(name);
    await server.post(ADMIN, `${MLFLOW}/registered-models/create`, { name: 'talked-of' });
    await server.post(ADMIN, `${MLFLOW}/model-versions/create`, { name: 'talked-of', source: 's3://b/m' });
    await server.done(ADMIN, {
      method: 'PATCH',
      path: `${NATIVE}/permissions/function/workspace.default.talked-of`,
      body: { changes: [{ principal: 'users', add: ['EXECUTE'] }] },
    });
    const { comment } = await server.post<{ comment: { id: string } }>(name, `${MLFLOW}/comments/create`, {
      name: 'talked-of',
      version: '1',
      comment: 'mine',
    });
    const update = () =>
      call(name, 'PATCH', `${MLFLOW}/comments/update`, { id: comment.id, comment: 'changed' });
    const actions = async () => {
      const { comments } = await server.done<{ comments: { available_actions: string[] }[] }>(name, {
        path: `${MLFLOW}/comments/list`,
        query: { name: 'talked-of', version: '1' },
      });
      return comments[0]!.available_actions;
    };
    const { view } = await server.post<{ view: { view_id: string } }>(name, '/api/slipway/v1/views', {
      scope: 'models',
      name: 'of-bob',
      state: {},
    });
    const views = async () =>
      (await server.done<{ views: object[] }>(name, { path: '/api/slipway/v1/views?scope=models' })).views;
    expect((await update()).status).toBe(200);
    expect(await actions()).toHaveLength(2);
    expect(await views()).toHaveLength(1);
    await replace(name);
    expect((await update()).status).toBe(403);
    expect((await call(name, 'DELETE', `${MLFLOW}/comments/delete`, { id: comment.id })).status).toBe(403);
    expect(await actions()).toEqual([]);
    expect(await views()).toEqual([]);
    expect((await call(name, 'DELETE', `/api/slipway/v1/views/${view.view_id}`)).status).toBe(404);
  });

  describe('of a model', () => {
    interface Shown {
      readonly at: number;
      readonly principal: string;
      readonly details: string;
    }
    const read = async (as: As, securable: string): Promise<readonly Shown[]> =>
      (await server.done<{ records: Shown[] }>(as, { path: '/api/slipway/v1/audit', query: { securable } }))
        .records;
    const create = (as: As, name: string) => server.post(as, `${MLFLOW}/registered-models/create`, { name });
    const tag = (as: As, name: string) =>
      server.post(as, `${MLFLOW}/registered-models/set-tag`, { name, key: 'k', value: 'v' });
    const look = (as: As, name: string) =>
      server.done(as, { path: `${MLFLOW}/registered-models/get`, query: { name } });
    const remove = (as: As, name: string) =>
      server.done(as, { method: 'DELETE', path: `${MLFLOW}/registered-models/delete`, body: { name } });

    beforeAll(async () => {
      for (const user of ['former', 'present']) await server.addUser(user);
    });

    it('reads of the present one alone in the audit log', async () => {
      const key = 'model:workspace.default.fraud';
      await create('former', 'fraud');
      await tag('former', 'fraud');
      // Counted, and the count is recorded when the other has the name.
      for (let i = 0; i < 3; i += 1) await look('former', 'fraud');
      await remove('former', 'fraud');
      await create('present', 'fraud');
      await tag('present', 'fraud');
      const own = await read('present', key);
      expect(own.map(({ principal }) => principal)).toContain('present');
      expect(own.filter(({ principal }) => principal === 'former')).toEqual([]);
      const formerId = await idOf('former');
      expect(own.filter(({ details }) => details.includes(`"principal":${formerId}`))).toEqual([]);
      const all = await read(ADMIN, key);
      expect(all.map(({ principal }) => principal)).toContain('former');
      const past = { action: 'model.see', securable: key, at: String(all.at(-1)!.at) };
      const before = await server.call('present', { path: '/api/slipway/v1/access/who-could', query: past });
      expect(before.status, before.text).toBe(403);
      expect(
        (await server.call(ADMIN, { path: '/api/slipway/v1/access/who-could', query: past })).status,
      ).toBe(200);
      const now = await server.call('present', {
        path: '/api/slipway/v1/access/who-could',
        query: { action: past.action, securable: past.securable },
      });
      expect(now.text).toContain('present');
    });

    it('reads of it since it has the name, where an older one was renamed to it', async () => {
      await create('present', 'older');
      await create('former', 'wanted');
      await tag('former', 'wanted');
      await remove('former', 'wanted');
      await server.post('present', `${MLFLOW}/registered-models/rename`, {
        name: 'older',
        new_name: 'wanted',
      });
      await tag('present', 'wanted');
      const own = await read('present', 'model:workspace.default.wanted');
      expect(new Set(own.map(({ principal }) => principal))).toEqual(new Set(['present', '']));
      expect(own.map(({ principal }) => principal)).toContain('present');
    });

    it('reads nothing of what had the name of its catalog', async () => {
      const inCatalog = async () => {
        await server.post(ADMIN, `${NATIVE}/catalogs`, { name: 'cat' });
        await server.post(ADMIN, `${NATIVE}/schemas`, { catalog_name: 'cat', name: 'ml' });
        await create(ADMIN, 'cat.ml.m');
        await tag(ADMIN, 'cat.ml.m');
      };
      await inCatalog();
      await server.done(ADMIN, {
        method: 'PATCH',
        path: `${NATIVE}/catalogs/cat`,
        body: { new_name: 'former-cat' },
      });
      const renamedAt = Date.now();
      await inCatalog();
      for (const [type, name, add] of [
        ['catalog', 'cat', ['USE_CATALOG']],
        ['schema', 'cat.ml', ['USE_SCHEMA']],
        ['function', 'cat.ml.m', ['MANAGE']],
      ] as const)
        await server.done(ADMIN, {
          method: 'PATCH',
          path: `${NATIVE}/permissions/${type}/${name}`,
          body: { changes: [{ principal: 'present', add }] },
        });
      const own = await read('present', 'model:cat.ml.m');
      expect(own.length).toBeGreaterThan(0);
      for (const { at } of own) expect(at).toBeGreaterThanOrEqual(renamedAt);
    });
  });
});
