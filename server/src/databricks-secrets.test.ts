import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type Answer, type As, type GovernedServer, startGoverned } from './authorization.fixture.ts';

const SECRETS = '/api/2.0/secrets';
const JANE = 'jane@acme.com';
const BOB = 'bob@acme.com';
const VALUE = 'a-value-that-nobody-may-read';

describe('secrets', () => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned();
    for (const user of [JANE, BOB]) await server.addUser(user);
  });
  afterAll(() => server.close());

  const post = (as: As, path: string, body: object): Promise<Answer> =>
    server.call(as, { method: 'POST', path: `${SECRETS}/${path}`, body });
  const get = (as: As, path: string): Promise<Answer> => server.call(as, { path: `${SECRETS}/${path}` });
  const decoded = (answer: Answer): string =>
    Buffer.from(answer.json<{ value: string }>().value, 'base64').toString();

  it('keeps what the clients send, and tells it as base64', async () => {
    expect(
      (await post(ADMIN, 'scopes/create', { scope: 'ml', scope_backend_type: 'DATABRICKS' })).json(),
    ).toEqual({});
    expect((await post(ADMIN, 'put', { key: 'k', scope: 'ml', string_value: VALUE })).json()).toEqual({});
    const answer = await get(ADMIN, 'get?key=k&scope=ml');
    expect(answer.json()).toMatchObject({ key: 'k' });
    expect(decoded(answer)).toBe(VALUE);
    expect((await get(ADMIN, 'scopes/list')).json()).toEqual({
      scopes: [{ name: 'ml', backend_type: 'DATABRICKS' }],
    });
    expect((await get(ADMIN, 'list?scope=ml')).json()).toEqual({
      secrets: [{ key: 'k', last_updated_timestamp: expect.any(Number) }],
    });
  });

  it('keeps bytes as they are', async () => {
    const bytes = Buffer.from([0, 255, 128, 10]).toString('base64');
    await post(ADMIN, 'put', { key: 'bytes', scope: 'ml', bytes_value: bytes });
    expect((await get(ADMIN, 'get?key=bytes&scope=ml')).json()).toEqual({ key: 'bytes', value: bytes });
    await post(ADMIN, 'delete', { key: 'bytes', scope: 'ml' });
    expect((await get(ADMIN, 'get?key=bytes&scope=ml')).status).toBe(404);
  });

  it('finds scopes in any case, and refuses a second of the name', async () => {
    const again = await post(ADMIN, 'scopes/create', { scope: 'ML' });
    expect([again.status, again.json().error_code]).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
    expect((await get(ADMIN, 'get?key=k&scope=Ml')).status).toBe(200);
  });

  it('lets nobody create a scope to whom it could tell that there is another', async () => {
    const refusals = await Promise.all(
      ['ml', 'other'].map((scope) => post(JANE, 'scopes/create', { scope })),
    );
    for (const answer of refusals) expect(answer.status).toBe(403);
    expect(refusals[0]!.text).toBe(refusals[1]!.text);
  });

  it('tells nothing of them to who may read all experiments', async () => {
    const { experiment_id } = await server.post<{ experiment_id: string }>(
      ADMIN,
      '/api/2.0/mlflow/experiments/create',
      { name: 'of-the-administrator' },
    );
    await server.addUser('viewer');
    await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/grant', {
      username: 'viewer',
      resource_type: 'experiment',
      resource_id: '*',
      permission: 'READ',
    });
    const experiment = await server.call('viewer', {
      path: `/api/2.0/mlflow/experiments/get?experiment_id=${experiment_id}`,
    });
    expect(experiment.status).toBe(200);
    expect((await get('viewer', 'scopes/list')).json()).toEqual({ scopes: [] });
    for (const path of ['get?key=k&scope=', 'list?scope=', 'acls/list?scope=']) {
      const [hidden, absent] = [await get('viewer', `${path}ml`), await get('viewer', `${path}none`)];
      expect([hidden.status, hidden.text]).toEqual([404, absent.text.replaceAll('none', 'ml')]);
    }
  });

  it('lets those create scopes who may manage the workspace', async () => {
    const me = await server.call(ADMIN, { path: '/api/2.0/preview/scim/v2/Me' });
    const path = `/api/2.0/permissions/workspace/${me.headers['x-databricks-org-id']}`;
    const given = {
      method: 'PATCH',
      path,
      body: { access_control_list: [{ user_name: BOB, permission_level: 'CAN_MANAGE' }] },
    };
    expect((await server.call(BOB, given)).status).toBe(403);
    expect((await server.call(ADMIN, given)).status).toBe(200);
    expect((await post(BOB, 'scopes/create', { scope: 'of-bob' })).status).toBe(200);
    // Who may create scopes sees all, and may not give the right away.
    expect((await get(BOB, 'scopes/list')).json()).toMatchObject({
      scopes: [{ name: 'ml' }, { name: 'of-bob' }],
    });
    expect((await server.call(BOB, given)).status).toBe(403);
    const taken = {
      ...given,
      body: { access_control_list: [{ user_name: BOB, permission_level: 'CAN_EDIT' }] },
    };
    expect((await server.call(ADMIN, taken)).status).toBe(200);
    expect((await post(BOB, 'scopes/create', { scope: 'more' })).status).toBe(403);
    await post(ADMIN, 'scopes/delete', { scope: 'of-bob' });
  });

  it('hides a scope from those without a permission on it', async () => {
    expect((await get(JANE, 'scopes/list')).json()).toEqual({ scopes: [] });
    for (const path of ['get?key=k&', 'list?', 'acls/list?']) {
      const hidden = await get(JANE, `${path}scope=ml`);
      const missing = await get(JANE, `${path}scope=no`);
      expect(hidden.status).toBe(404);
      expect(hidden.text.replace('ml', 'no')).toBe(missing.text);
    }
    expect((await post(JANE, 'put', { scope: 'ml', key: 'x', string_value: 'y' })).status).toBe(404);
  });

  it('gives READ, WRITE and MANAGE as the ACLs say, and takes them back', async () => {
    const acl = (permission: string) => post(ADMIN, 'acls/put', { scope: 'ml', principal: JANE, permission });
    await acl('READ');
    expect(decoded(await get(JANE, 'get?key=k&scope=ml'))).toBe(VALUE);
    expect((await post(JANE, 'put', { scope: 'ml', key: 'x', string_value: 'y' })).status).toBe(403);
    await acl('WRITE');
    expect((await post(JANE, 'put', { scope: 'ml', key: 'x', string_value: 'y' })).status).toBe(200);
    expect((await post(JANE, 'acls/put', { scope: 'ml', principal: BOB, permission: 'READ' })).status).toBe(
      403,
    );
    await acl('MANAGE');
    expect((await post(JANE, 'acls/put', { scope: 'ml', principal: BOB, permission: 'READ' })).status).toBe(
      200,
    );
    expect((await get(JANE, 'acls/list?scope=ml')).json()).toEqual({
      items: expect.arrayContaining([
        { principal: JANE, permission: 'MANAGE' },
        { principal: BOB, permission: 'READ' },
      ]),
    });
    expect((await get(JANE, `acls/get?scope=ml&principal=${BOB}`)).json()).toEqual({
      principal: BOB,
      permission: 'READ',
    });
    await post(ADMIN, 'acls/delete', { scope: 'ml', principal: JANE });
    expect((await get(JANE, 'list?scope=ml')).status).toBe(404);
    expect((await post(ADMIN, 'acls/delete', { scope: 'ml', principal: JANE })).status).toBe(404);
  });

  it('starts anew where a scope was deleted and made again', async () => {
    await post(ADMIN, 'scopes/create', { scope: 'short' });
    await post(ADMIN, 'acls/put', { scope: 'short', principal: BOB, permission: 'READ' });
    await post(ADMIN, 'put', { scope: 'short', key: 'k', string_value: VALUE });
    expect((await get(BOB, 'get?scope=short&key=k')).status).toBe(200);
    await post(ADMIN, 'scopes/delete', { scope: 'short' });
    await post(ADMIN, 'scopes/create', { scope: 'short' });
    expect((await get(BOB, 'list?scope=short')).status).toBe(404);
    expect((await get(ADMIN, 'list?scope=short')).json()).toEqual({ secrets: [] });
  });

  it.each([
    ['a value that is no text', { string_value: 4242424242 }],
    ['no value', {}],
    ['two values', { string_value: '4242424242', bytes_value: 'NDI=' }],
    ['bytes that are not base64', { bytes_value: '4242424242!' }],
    ['a value that is too large', { string_value: '4242424242'.repeat(14_000) }],
    ['a bad key', { key: 'a b', string_value: '4242424242' }],
  ])('refuses %s without repeating it', async (_what, body) => {
    const answer = await post(ADMIN, 'put', { scope: 'ml', key: 'bad', ...body });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('4242424242');
    expect((await get(ADMIN, 'get?key=bad&scope=ml')).status).toBe(404);
  });

  it('keeps no value readable in the database', async () => {
    const { db } = server.program;
    const rows = await db.read((sql) => sql.all<{ sealed: string }>('SELECT sealed FROM secrets'));
    expect(rows.length).toBeGreaterThan(0);
    const encoded = Buffer.from(VALUE).toString('base64');
    for (const { sealed } of rows) {
      expect(sealed).not.toContain(VALUE);
      expect(sealed).not.toContain(encoded);
    }
  });
});
