import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type As,
  type GovernedServer,
  makeWorld,
  startGoverned,
  uniqueMarker,
  type World,
} from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';
const UNITY = '/api/2.1/unity-catalog';

interface Told {
  readonly kind: string;
  readonly user_id?: string;
  readonly from?: string;
  readonly to?: string;
}

describe.each(testedDatabases())('the activity of a model among many people on $name', (database) => {
  let server: GovernedServer;
  let world: World;

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['owner', 'reader', 'stranger']) await server.addUser(name);
    world = await makeWorld(server, 'owner', uniqueMarker('activity'));
    await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/grant', {
      username: 'reader',
      resource_type: 'registered_model',
      resource_id: world.name,
      permission: 'READ',
    });
  });
  afterAll(() => server.close());

  const ask = (as: As, name: string) =>
    server.call(as, { method: 'POST', path: '/api/slipway/v1/registered-models/activity', body: { name } });
  const told = async (as: As, name: string) =>
    (await ask(as, name)).json<{ readonly changes: readonly Told[] }>().changes;

  it('tells who made each change, and nothing of the run behind a version', async () => {
    await server.post('owner', `${API}/registered-models/alias`, {
      name: world.name,
      alias: 'champion',
      version: '1',
    });
    const { status, text } = await ask('reader', world.name);
    expect(status, text).toBe(200);
    expect(text).not.toContain(world.runId);
    expect(text).not.toContain(world.experimentId);
    const changes = await told('reader', world.name);
    expect(changes.map(({ kind }) => kind)).toEqual(['alias', 'alias', 'registered', 'created']);
    expect(new Set(changes.map((change) => change.user_id))).toEqual(new Set(['owner']));
  });

  it('is that of no model to who does not see it', async () => {
    const hidden = await ask('stranger', world.name);
    const none = await ask('stranger', `${world.name}-none`);
    expect(hidden.status).toBe(404);
    expect(hidden.text.replace(world.name, '')).toBe(none.text.replace(`${world.name}-none`, ''));
    expect((await ask({ nobody: true }, world.name)).status).toBe(401);
  });

  it('tells a name of before, and with it a catalog, to those who see that catalog', async () => {
    const { marker } = world;
    for (const name of [`hidden_${marker}`, `open_${marker}`]) {
      await server.post(ADMIN, `${UNITY}/catalogs`, { name });
      await server.post(ADMIN, `${UNITY}/schemas`, { catalog_name: name, name: 'ml' });
    }
    const names = [
      `hidden_${marker}.ml.a`,
      `hidden_${marker}.ml.b`,
      `open_${marker}.ml.c`,
      `open_${marker}.ml.d`,
    ] as const;
    await server.post(ADMIN, `${API}/registered-models/create`, { name: names[0] });
    for (const [i, name] of names.slice(0, -1).entries())
      await server.post(ADMIN, `${API}/registered-models/rename`, { name, new_name: names[i + 1]! });
    const access = { principal: 'reader', add: ['USE_CATALOG', 'USE_SCHEMA', 'EXECUTE'] };
    await server.done(ADMIN, {
      method: 'PATCH',
      path: `${UNITY}/permissions/catalog/open_${marker}`,
      body: { changes: [access] },
    });
    const renames = async (as: As) =>
      (await told(as, names[3])).filter(({ kind }) => kind === 'renamed').map(({ from, to }) => [from, to]);
    expect(await renames(ADMIN)).toEqual([
      [names[2], names[3]],
      [names[1], names[2]],
      [names[0], names[1]],
    ]);
    expect(await renames('reader')).toEqual([
      [names[2], names[3]],
      [undefined, names[2]],
      [undefined, undefined],
    ]);
  });
});
