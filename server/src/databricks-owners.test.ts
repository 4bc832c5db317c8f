import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type GovernedServer, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const UC = '/api/2.1/unity-catalog';
const JANE = 'jane@acme.com';

describe.each(testedDatabases())('a change of the owner with other fields, on $name', (database) => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned(database);
    await server.addUser(JANE);
    await server.post(ADMIN, `${UC}/catalogs`, { name: 'lab', comment: 'as it was' });
    const inLab = { catalog_name: 'lab', comment: 'as it was' };
    await server.post(ADMIN, `${UC}/schemas`, { ...inLab, name: 'ml' });
    await server.post(ADMIN, `${UC}/models`, { ...inLab, schema_name: 'ml', name: 'fraud' });
    await server.post(ADMIN, `${UC}/volumes`, {
      ...inLab,
      schema_name: 'ml',
      name: 'files',
      volume_type: 'MANAGED',
    });
  });
  afterAll(() => server.close());

  const get = (path: string) => server.call(ADMIN, { path: `${UC}/${path}` });
  const patch = (path: string, body: object) =>
    server.call(ADMIN, { method: 'PATCH', path: `${UC}/${path}`, body });

  // What lies in others comes first: their names change.
  it.each([
    ['models', 'lab.ml.fraud', 'lab.ml.renamed'],
    ['volumes', 'lab.ml.files', 'lab.ml.renamed'],
    ['schemas', 'lab.ml', 'lab.renamed'],
    ['catalogs', 'lab', 'renamed'],
  ])('of %s happens with all of them, or not at all', async (kind, from, to) => {
    const before = await get(`${kind}/${from}`);
    const change = { comment: 'another', new_name: to.split('.').at(-1) };
    const refused = await patch(`${kind}/${from}`, { ...change, owner: 'nobody@acme.com' });
    expect(refused.status, refused.text).toBe(404);
    expect((await get(`${kind}/${from}`)).json()).toEqual(before.json());
    expect((await get(`${kind}/${to}`)).status).toBe(404);
    const taken = await patch(`${kind}/${from}`, { comment: 'another', new_name: 'a.b/c', owner: JANE });
    expect(taken.status, taken.text).toBe(400);
    expect((await get(`${kind}/${from}`)).json()).toEqual(before.json());
    const done = await patch(`${kind}/${from}`, { ...change, owner: JANE });
    expect(done.status, done.text).toBe(200);
    const after = (await get(`${kind}/${to}`)).json();
    expect(after).toMatchObject({ comment: 'another', owner: JANE, name: change.new_name });
    expect(done.json()).toMatchObject({ comment: 'another', owner: JANE, name: change.new_name });
    // Another owner alone, and back.
    expect((await patch(`${kind}/${to}`, { owner: 'admin' })).json()).toMatchObject({
      owner: 'admin',
      comment: 'another',
    });
    expect((await patch(`${kind}/${to}`, { comment: 'as it was' })).json()).toMatchObject({
      owner: 'admin',
      comment: 'as it was',
    });
  });
});
