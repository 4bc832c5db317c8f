import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type Answer,
  type As,
  type GovernedServer,
  NOBODY,
  startGoverned,
} from './authorization.fixture.ts';

const SCIM = '/api/2.0/preview/scim/v2';

interface Resource {
  readonly id: string;
  readonly [attribute: string]: unknown;
}

interface Listed {
  readonly totalResults: number;
  readonly startIndex: number;
  readonly itemsPerPage: number;
  readonly Resources: readonly Resource[];
}

describe('identities by SCIM', () => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned();
    await server.addUser('jane@acme.com');
  });
  afterAll(() => server.close());

  const scim = (method: string, path: string, body?: object, as: As = ADMIN): Promise<Answer> =>
    server.call(as, { method, path: `${SCIM}/${path}`, ...(body !== undefined && { body }) });
  const list = async (path: string, as: As = ADMIN): Promise<Listed> =>
    (await scim('GET', path, undefined, as)).json();
  const create = async (path: string, body: object): Promise<Resource> => {
    const answer = await scim('POST', path, body);
    expect(answer.status, answer.text).toBe(201);
    return answer.json();
  };
  const patch = async (path: string, Operations: readonly object[]): Promise<Answer> =>
    scim('PATCH', path, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations });
  const members = async (id: string): Promise<readonly string[]> =>
    (
      ((await scim('GET', `Groups/${id}`)).json<Resource>().members as { value: string }[] | undefined) ?? []
    ).map(({ value }) => value);

  // The bodies are those of the recorded calls of databricks-sdk 0.156.0 and of Terraform's provider 1.122.0.
  it('creates users, groups and service principals as the clients send them, and reads them back', async () => {
    const bob = await create('Users', { displayName: 'Bob', userName: 'bob@acme.com' });
    expect(bob).toMatchObject({
      userName: 'bob@acme.com',
      displayName: 'Bob',
      active: true,
      emails: [{ value: 'bob@acme.com', primary: true }],
    });
    const group = await create('Groups', { displayName: 'ml-engineers' });
    expect(group).toMatchObject({ displayName: 'ml-engineers' });
    const ci = await create('ServicePrincipals', { displayName: 'ci' });
    expect(ci.applicationId).toMatch(/^[0-9a-f-]{36}$/);
    expect((await scim('GET', `ServicePrincipals/${ci.id}`)).json()).toEqual(ci);
    const found = await list("Groups?filter=displayName%20eq%20'ml-engineers'&startIndex=1&count=10000");
    expect(found).toMatchObject({ totalResults: 1, startIndex: 1, itemsPerPage: 1 });
    expect(found.Resources[0]!.id).toBe(group.id);
  });

  it('drops the empty entitlement that comes with every group of Terraform', async () => {
    const group = await create('Groups', {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'],
      displayName: 'terraformed',
      entitlements: [{}],
    });
    expect(group).not.toHaveProperty('entitlements');
    const read = (
      await scim('GET', `Groups/${group.id}?attributes=displayName,externalId,entitlements`)
    ).json();
    expect(read).toEqual({ schemas: expect.any(Array), id: group.id, displayName: 'terraformed' });
    await patch(`Groups/${group.id}`, [
      { op: 'add', path: 'entitlements', value: [{ value: 'allow-cluster-create' }] },
    ]);
    expect((await scim('GET', `Groups/${group.id}`)).json()).toMatchObject({
      entitlements: [{ value: 'allow-cluster-create' }],
    });
  });

  it('changes members by every form of a patch', async () => {
    const people = [];
    for (const name of ['a', 'b', 'c'])
      people.push((await create('Users', { userName: `${name}@members` })).id);
    const [a, b, c] = people as [string, string, string];
    const { id } = await create('Groups', { displayName: 'patched', members: [{ value: a }] });
    expect(await members(id)).toEqual([a]);
    const added = await patch(`Groups/${id}`, [{ op: 'add', value: { members: [{ value: b }] } }]);
    expect([added.status, added.text]).toEqual([204, '']);
    await patch(`Groups/${id}`, [{ op: 'Add', path: 'members', value: [{ value: c }, { value: c }] }]);
    expect(await members(id)).toEqual([a, b, c]);
    await patch(`Groups/${id}`, [{ op: 'remove', path: `members[value eq "${a}"]` }]);
    await patch(`Groups/${id}`, [{ op: 'remove', path: 'members', value: [{ value: b }] }]);
    expect(await members(id)).toEqual([c]);
    await patch(`Groups/${id}`, [{ op: 'replace', path: 'members', value: [{ value: a }, { value: b }] }]);
    expect(await members(id)).toEqual([a, b]);
    await patch(`Groups/${id}`, [
      { op: 'replace', value: { displayName: 'renamed' } },
      { op: 'remove', path: 'members' },
    ]);
    expect(await members(id)).toEqual([]);
    expect((await scim('GET', `Groups/${id}`)).json()).toMatchObject({ displayName: 'renamed' });
    expect(
      (await patch(`Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value: '999999' }] }])).status,
    ).toBe(400);
  });

  it('loses no member when two add at once', async () => {
    const { id } = await create('Groups', { displayName: 'crowd' });
    const ids = [];
    for (let i = 0; i < 8; i += 1) ids.push((await create('Users', { userName: `crowd-${i}` })).id);
    await Promise.all(
      ids.map((value) => patch(`Groups/${id}`, [{ op: 'add', path: 'members', value: [{ value }] }])),
    );
    expect([...(await members(id))].sort()).toEqual([...ids].sort());
  });

  it('leaves inactive whom one makes so while others change something else', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { id } = await create('Users', { userName: `leaver-${round}@acme.com` });
      const rename = (i: number) =>
        patch(`Users/${id}`, [{ op: 'replace', path: 'displayName', value: `Leaver ${i}` }]);
      const answers = await Promise.all([
        rename(1),
        rename(2),
        patch(`Users/${id}`, [{ op: 'replace', path: 'active', value: false }]),
        rename(3),
        rename(4),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204, 204]);
      expect((await scim('GET', `Users/${id}`)).json()).toMatchObject({
        active: false,
        displayName: expect.stringMatching(/^Leaver \d$/),
      });
    }
  });

  it('changes users by patch and replaces them by put', async () => {
    const { id } = await create('Users', { userName: 'carol@acme.com', name: { givenName: 'Carol' } });
    await patch(`Users/${id}`, [
      { op: 'replace', path: 'name.familyName', value: 'Ng' },
      { op: 'replace', path: 'active', value: 'False' },
      { op: 'replace', path: 'emails[type eq "work"].value', value: 'c.ng@acme.com' },
      { op: 'add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:externalId', value: 'x-1' },
    ]);
    expect((await scim('GET', `Users/${id}`)).json()).toMatchObject({
      name: { givenName: 'Carol', familyName: 'Ng' },
      active: false,
      emails: [{ type: 'work', value: 'c.ng@acme.com' }],
      externalId: 'x-1',
    });
    const put = await scim('PUT', `Users/${id}`, { userName: 'carol@acme.com', displayName: 'C' });
    expect(put.status).toBe(200);
    expect(put.json()).toMatchObject({ displayName: 'C', active: true });
    expect(put.json()).not.toHaveProperty('externalId');
    expect(put.json()).not.toHaveProperty('name');
  });

  it.each([
    ['a password', { op: 'replace', path: 'password', value: 'hunter2-hunter2' }],
    ['the groups of a user', { op: 'add', path: 'groups', value: [{ value: '1' }] }],
    ['no operation', {}],
    ['an operation that is none', { op: 'move', path: 'active', value: true }],
    ['a path that is none', { op: 'replace', path: 'emails[', value: 'x' }],
    ['the name of nobody', { op: 'remove', path: 'userName' }],
  ])('refuses a patch of %s', async (_what, operation) => {
    const { Resources } = await list('Users?filter=userName%20eq%20jane@acme.com');
    const answer = await patch(`Users/${Resources[0]!.id}`, [operation]);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ scimType: 'invalidValue' });
    expect(answer.text).not.toContain('hunter2');
  });

  it('pages from 1 to an empty page, and counts all', async () => {
    for (let i = 0; i < 5; i += 1) await create('Groups', { displayName: `page-${i}` });
    const query = (start: number) =>
      `Groups?filter=displayName%20sw%20%22page-%22&startIndex=${start}&count=2&attributes=id`;
    const seen: string[] = [];
    for (let start = 1; ; ) {
      const page = await list(query(start));
      expect(page).toMatchObject({ totalResults: 5, startIndex: start, itemsPerPage: page.Resources.length });
      if (page.Resources.length === 0) break;
      seen.push(...page.Resources.map(({ id }) => id));
      start += page.Resources.length;
    }
    expect(new Set(seen).size).toBe(5);
    expect((await list('Groups?count=0')).Resources).toEqual([]);
  });

  it.each([
    ['joined comparisons', "displayName co 'age-' and displayName sw page-1", 1],
    ['any case', 'displayName EQ "PAGE-1"', 1],
    ['a quote within quotes', "displayName eq 'a''b'", undefined],
    ['an operator that is not answered', 'displayName ne "x"', undefined],
    ['an attribute that is not answered', 'members eq "x"', undefined],
    ['no value', 'displayName eq', undefined],
    ['a text that never ends', `displayName eq "${'\\"'.repeat(1500)}`, undefined],
  ])('answers a filter with %s', async (_what, filter, total) => {
    const answer = await server.call(ADMIN, { path: `${SCIM}/Groups`, query: { filter } });
    if (total === undefined) {
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ scimType: 'invalidFilter' });
    } else expect(answer.json<Listed>().totalResults).toBe(total);
  });

  it('says that a name is taken with 409', async () => {
    await create('Groups', { displayName: 'taken' });
    for (const displayName of ['taken', 'TAKEN', 'account users']) {
      const again = await scim('POST', 'Groups', { displayName });
      expect([again.status, again.json().scimType]).toEqual([409, 'uniqueness']);
    }
  });

  it('makes no group whose members cannot be', async () => {
    const answer = await scim('POST', 'Groups', { displayName: 'half', members: [{ value: '424242' }] });
    expect(answer.status).toBe(400);
    expect((await list("Groups?filter=displayName%20eq%20'half'")).totalResults).toBe(0);
  });

  it('shows others by name alone to who is no administrator, and each all of themselves', async () => {
    await create('Users', {
      userName: 'private@acme.com',
      displayName: 'P',
      externalId: 'secret-id',
      entitlements: [{ value: 'databricks-sql-access' }],
    });
    const seen = await list('Users?filter=userName%20eq%20private@acme.com', 'jane@acme.com');
    expect(seen.Resources).toEqual([
      {
        schemas: expect.any(Array),
        id: expect.any(String),
        userName: 'private@acme.com',
        displayName: 'P',
        active: true,
      },
    ]);
    const byOutsideId = await server.call('jane@acme.com', {
      path: `${SCIM}/Users`,
      query: { filter: 'externalId sw "s"' },
    });
    expect(byOutsideId.status).toBe(403);
    const me = (await scim('GET', 'Me', undefined, 'jane@acme.com')).json<Resource>();
    expect(me).toMatchObject({ userName: 'jane@acme.com', emails: [{ value: 'jane@acme.com' }] });
    expect(
      (await scim('GET', 'Me?excludedAttributes=emails', undefined, 'jane@acme.com')).json(),
    ).not.toHaveProperty('emails');
    expect((await scim('GET', `Users/${me.id}`, undefined, 'jane@acme.com')).json()).toEqual(me);
  });

  it.each([
    ['POST', 'Groups', { displayName: 'mine' }],
    ['PATCH', 'Groups/1', { Operations: [{ op: 'replace', path: 'displayName', value: 'x' }] }],
    ['PUT', 'Users/1', { userName: 'x' }],
    ['DELETE', 'Users/1', undefined],
  ])('lets only administrators %s %s', async (method, path, body) => {
    expect((await scim(method, path, body, 'jane@acme.com')).status).toBe(403);
    expect((await scim(method, path, body, NOBODY)).status).toBe(401);
  });
});

describe('tokens', () => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned();
    await server.addUser('jane@acme.com');
    await server.addUser('mallory@acme.com');
  });
  afterAll(() => server.close());

  const withToken = (token: string): Promise<Answer> =>
    server.call(NOBODY, { path: `${SCIM}/Me`, headers: { authorization: `Bearer ${token}` } });

  interface Created {
    readonly token_value: string;
    readonly token_info: {
      readonly token_id: string;
      readonly expiry_time: number;
      readonly creation_time: number;
    };
  }

  it('makes a token that works, lists it without its value, and revokes it for good', async () => {
    const made = await server.post<Created>('jane@acme.com', '/api/2.0/token/create', {
      comment: 'ci',
      lifetime_seconds: 3600,
    });
    const { token_value: value, token_info: info } = made;
    expect(info).toMatchObject({ comment: 'ci' });
    expect(info.expiry_time - info.creation_time).toBe(3_600_000);
    expect((await withToken(value)).json()).toMatchObject({ userName: 'jane@acme.com' });
    const listed = await server.call('jane@acme.com', { path: '/api/2.0/token/list' });
    expect(listed.json()).toEqual({ token_infos: [info] });
    expect(listed.text).not.toContain(value);
    const foreign = await server.call('mallory@acme.com', {
      method: 'POST',
      path: '/api/2.0/token/delete',
      body: { token_id: info.token_id },
    });
    expect(foreign.status).toBe(404);
    expect((await withToken(value)).status).toBe(200);
    await server.post('jane@acme.com', '/api/2.0/token/delete', { token_id: info.token_id });
    expect((await withToken(value)).status).toBe(401);
  });

  it('lets administrators see and revoke those of everybody, and make some for service principals', async () => {
    const made = await server.post<Created>('jane@acme.com', '/api/2.0/token/create', {});
    expect(made.token_info.expiry_time).toBe(-1);
    const all = await server.done<{ token_infos: readonly object[] }>(ADMIN, {
      path: '/api/2.0/token-management/tokens',
      query: { created_by_username: 'jane@acme.com' },
    });
    expect(all.token_infos).toEqual([expect.objectContaining({ created_by_username: 'jane@acme.com' })]);
    const refused = await server.call('jane@acme.com', { path: '/api/2.0/token-management/tokens' });
    expect(refused.status).toBe(403);
    await server.done(ADMIN, {
      method: 'DELETE',
      path: `/api/2.0/token-management/tokens/${made.token_info.token_id}`,
    });
    expect((await withToken(made.token_value)).status).toBe(401);

    const principal = await server.call(ADMIN, {
      method: 'POST',
      path: `${SCIM}/ServicePrincipals`,
      body: { displayName: 'ci' },
    });
    const applicationId = principal.json<{ applicationId: string }>().applicationId;
    const onBehalf = await server.post<Created>(ADMIN, '/api/2.0/token-management/on-behalf-of/tokens', {
      application_id: applicationId,
      comment: 'deploys',
      lifetime_seconds: 60,
    });
    expect((await withToken(onBehalf.token_value)).json()).toMatchObject({
      displayName: 'ci',
      userName: applicationId,
    });
  });

  it('tells nobody a token in an error', async () => {
    const answer = await withToken('dapi0123456789abcdef0123456789abcdef');
    expect(answer.status).toBe(401);
    expect(answer.text).not.toContain('0123456789abcdef');
  });
});
