import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type Answer, type As, type GovernedServer, startGoverned } from './authorization.fixture.ts';

const UC = '/api/2.1/unity-catalog';
const JANE = 'jane@acme.com';
const BOB = 'bob@acme.com';

interface Assignments {
  readonly privilege_assignments: readonly {
    readonly principal: string;
    readonly privileges: readonly unknown[];
  }[];
}

describe('grants of Unity Catalog', () => {
  let server: GovernedServer;
  beforeAll(async () => {
    server = await startGoverned();
    for (const user of [JANE, BOB]) await server.addUser(user);
    for (const displayName of ['ds', 'reviewers'])
      await server.call(ADMIN, {
        method: 'POST',
        path: '/api/2.0/preview/scim/v2/Groups',
        body: { displayName },
      });
    await server.post(ADMIN, '/api/2.0/mlflow/registered-models/create', { name: 'fraud' });
  });
  afterAll(() => server.close());

  const get = (as: As, path: string): Promise<Answer> => server.call(as, { path: `${UC}/${path}` });
  const change = (as: As, path: string, changes: readonly object[]): Promise<Answer> =>
    server.call(as, { method: 'PATCH', path: `${UC}/permissions/${path}`, body: { changes } });
  const MODEL = 'function/workspace.default.fraud';

  it('grants and revokes as the clients send it, under every spelling of the type', async () => {
    const granted = await change(ADMIN, MODEL, [{ add: ['EXECUTE'], principal: 'account users' }]);
    expect(granted.status, granted.text).toBe(200);
    expect(granted.json()).toEqual({
      privilege_assignments: [{ principal: 'account users', privileges: ['EXECUTE'] }],
    });
    for (const type of ['FUNCTION', 'SecurableType.FUNCTION', 'model', 'registered_model'])
      expect((await get(ADMIN, `permissions/${type}/workspace.default.fraud`)).json()).toEqual(
        granted.json(),
      );
    expect((await get(ADMIN, 'privilege-assignments/function/fraud')).json()).toEqual(granted.json());
    const effective = await get(ADMIN, `effective-permissions/${MODEL}`);
    expect(effective.json()).toMatchObject({
      privilege_assignments: [
        {
          principal: 'account users',
          privileges: expect.arrayContaining([
            { privilege: 'EXECUTE' },
            {
              privilege: 'USE_SCHEMA',
              inherited_from_type: 'SCHEMA',
              inherited_from_name: 'workspace.default',
            },
          ]),
        },
      ],
    });
    const revoked = await change(ADMIN, MODEL, [{ principal: 'account users', remove: ['EXECUTE'] }]);
    expect(revoked.json()).toEqual({ privilege_assignments: [] });
  });

  it('loses no change where many change one grant at once', async () => {
    const privileges = ['EXECUTE', 'APPLY_TAG', 'CREATE_MODEL_VERSION', 'APPROVE', 'MANAGE'];
    await Promise.all(
      privileges.flatMap((privilege) =>
        ['ds', 'reviewers'].map((principal) => change(ADMIN, MODEL, [{ principal, add: [privilege] }])),
      ),
    );
    const { privilege_assignments: all } = (await get(ADMIN, `permissions/${MODEL}`)).json<Assignments>();
    expect(all.map(({ principal }) => principal)).toEqual(['ds', 'reviewers']);
    for (const { privileges: held } of all) expect([...held].sort()).toEqual([...privileges].sort());
    await change(
      ADMIN,
      MODEL,
      ['ds', 'reviewers'].map((principal) => ({ principal, remove: privileges })),
    );
  });

  it('leaves nothing behind of a group that is deleted while it is granted something', async () => {
    const scim = '/api/2.0/preview/scim/v2/Groups';
    for (let i = 0; i < 5; i += 1) {
      const group = { method: 'POST', path: scim, body: { displayName: 'leaving' } };
      const { id } = (await server.call(ADMIN, group)).json<{ id: string }>();
      const [granted, deleted] = await Promise.all([
        change(ADMIN, MODEL, [{ principal: 'leaving', add: ['EXECUTE'] }]),
        server.call(ADMIN, { method: 'DELETE', path: `${scim}/${id}` }),
      ]);
      expect(deleted.status).toBe(204);
      expect([200, 404]).toContain(granted.status);
      expect((await get(ADMIN, `permissions/${MODEL}`)).json()).toEqual({ privilege_assignments: [] });
    }
  });

  it('changes all or nothing, and says what is wrong', async () => {
    const unknown = await change(ADMIN, MODEL, [
      { principal: 'ds', add: ['EXECUTE'] },
      { principal: 'nobody-of-this-name', add: ['EXECUTE'] },
    ]);
    expect(unknown.status).toBe(404);
    expect((await get(ADMIN, `permissions/${MODEL}`)).json()).toEqual({ privilege_assignments: [] });
    for (const privilege of ['OWNER', 'SELECT', 'FLY', ''])
      expect((await change(ADMIN, MODEL, [{ principal: 'ds', add: [privilege] }])).status, privilege).toBe(
        400,
      );
    expect((await change(ADMIN, 'pipeline/x', [])).status).toBe(400);
    expect((await change(ADMIN, 'schema/one', [])).status).toBe(400);
  });

  it('hides what the caller does not see behind the answer for what is not there', async () => {
    const hidden = [
      ['function/workspace.default.fraud', 'function/workspace.default.other'],
      ['function/fraud', 'function/other'],
    ];
    for (const [there, missing] of hidden) {
      for (const of of ['permissions', 'effective-permissions', 'privilege-assignments']) {
        const first = await get(JANE, `${of}/${there}`);
        const second = await get(JANE, `${of}/${missing}`);
        expect(first.status).toBe(404);
        expect(first.text.replaceAll('fraud', 'other')).toBe(second.text);
      }
      const refused = await change(JANE, there!, [{ principal: JANE, add: ['EXECUTE'] }]);
      expect(refused.status).toBe(404);
    }
  });

  it('shows those who manage nothing their own grants alone', async () => {
    await change(ADMIN, MODEL, [
      { principal: JANE, add: ['EXECUTE'] },
      { principal: 'ds', add: ['APPLY_TAG'] },
    ]);
    expect((await get(JANE, `permissions/${MODEL}`)).json()).toEqual({
      privilege_assignments: [{ principal: JANE, privileges: ['EXECUTE'] }],
    });
    expect((await get(JANE, `permissions/${MODEL}?principal=ds`)).status).toBe(403);
    expect((await change(JANE, MODEL, [{ principal: BOB, add: ['EXECUTE'] }])).status).toBe(403);
    await change(ADMIN, MODEL, [{ principal: JANE, add: ['MANAGE'] }]);
    expect((await change(JANE, MODEL, [{ principal: BOB, add: ['EXECUTE'] }])).status).toBe(200);
    expect((await get(JANE, `permissions/${MODEL}?principal=ds`)).json()).toEqual({
      privilege_assignments: [{ principal: 'ds', privileges: ['APPLY_TAG'] }],
    });
  });
});

interface Acl {
  readonly object_id: string;
  readonly object_type: string;
  readonly access_control_list: readonly {
    readonly user_name?: string;
    readonly group_name?: string;
    readonly all_permissions: readonly { readonly permission_level: string; readonly inherited: boolean }[];
  }[];
}

describe('object permissions', () => {
  let server: GovernedServer;
  let experiment: string;
  beforeAll(async () => {
    server = await startGoverned();
    for (const user of [JANE, BOB]) await server.addUser(user);
    await server.call(ADMIN, {
      method: 'POST',
      path: '/api/2.0/preview/scim/v2/Groups',
      body: { displayName: 'reviewers' },
    });
    const made = await server.post<{ experiment_id: string }>(JANE, '/api/2.0/mlflow/experiments/create', {
      name: '/Users/jane@acme.com/fraud-detection',
    });
    experiment = `experiments/${made.experiment_id}`;
  });
  afterAll(() => server.close());

  const call = (as: As, method: string, path: string, list?: readonly object[]): Promise<Answer> =>
    server.call(as, {
      method,
      path: `/api/2.0/permissions/${path}`,
      ...(list !== undefined && { body: { access_control_list: list } }),
    });
  const direct = (answer: Answer): Record<string, string> =>
    Object.fromEntries(
      answer
        .json<Acl>()
        .access_control_list.flatMap(({ user_name, group_name, all_permissions }) =>
          all_permissions
            .filter(({ inherited }) => !inherited)
            .map(({ permission_level }) => [user_name ?? group_name, permission_level]),
        ),
    );

  it('shows the owner, what is granted, and what administrators inherit', async () => {
    const answer = await call(JANE, 'GET', experiment);
    expect(answer.json()).toEqual({
      object_id: `/${experiment}`,
      object_type: 'mlflowExperiment',
      access_control_list: [
        { user_name: JANE, all_permissions: [{ permission_level: 'CAN_MANAGE', inherited: false }] },
        {
          group_name: 'admins',
          all_permissions: [
            { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/'] },
          ],
        },
      ],
    });
    const levels = await call(JANE, 'GET', `${experiment}/permissionLevels`);
    expect(
      levels
        .json<{ permission_levels: { permission_level: string }[] }>()
        .permission_levels.map(({ permission_level: level }) => level),
    ).toEqual(['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE']);
  });

  it('adds by PATCH, gives one level a principal, and takes away by PUT', async () => {
    const read = () =>
      server.call(BOB, {
        path: '/api/2.0/mlflow/experiments/get',
        query: { experiment_id: experiment.split('/')[1]! },
      });
    expect((await read()).status).toBe(404);
    await call(JANE, 'PATCH', experiment, [{ user_name: BOB, permission_level: 'CAN_EDIT' }]);
    expect((await read()).status).toBe(200);
    const patched = await call(JANE, 'PATCH', experiment, [
      { user_name: BOB, permission_level: 'CAN_READ' },
      { group_name: 'users', permission_level: 'CAN_READ' },
    ]);
    expect(direct(patched)).toEqual({ [JANE]: 'CAN_MANAGE', [BOB]: 'CAN_READ', users: 'CAN_READ' });
    const put = await call(JANE, 'PUT', experiment, [
      { group_name: 'reviewers', permission_level: 'CAN_READ' },
    ]);
    expect(direct(put)).toEqual({ [JANE]: 'CAN_MANAGE', reviewers: 'CAN_READ' });
    expect((await read()).status).toBe(404);
  });

  it('shows who only sees a thing their own level alone, as Unity Catalog’s grants do', async () => {
    await server.post(ADMIN, '/api/2.0/mlflow/registered-models/create', { name: 'shown' });
    const ofModel = `${UC}/permissions/function/workspace.default.shown`;
    await server.done(ADMIN, {
      method: 'PATCH',
      path: ofModel,
      body: {
        changes: [
          { principal: JANE, add: ['MANAGE'] },
          { principal: BOB, add: ['EXECUTE'] },
          { principal: 'reviewers', add: ['APPROVE'] },
        ],
      },
    });
    const { registered_model_databricks: shown } = await server.done<{
      registered_model_databricks: { id: string };
    }>(ADMIN, { path: '/api/2.0/mlflow/databricks/registered-models/get', query: { name: 'shown' } });
    const namesOf = async (as: As, path: string) =>
      (await call(as, 'GET', path))
        .json<Acl>()
        .access_control_list.map(({ user_name, group_name }) => user_name ?? group_name);
    const granted = (await server.done<Assignments>(BOB, { path: ofModel })).privilege_assignments;
    const own = new Set(await namesOf(BOB, `registered-models/${shown.id}`));
    expect(granted.map(({ principal }) => principal)).toEqual([BOB]);
    expect(own.has(BOB)).toBe(true);
    for (const name of [JANE, 'reviewers', 'admins']) expect(own.has(name)).toBe(false);
    expect(await namesOf(ADMIN, `registered-models/${shown.id}`)).toEqual(
      expect.arrayContaining([JANE, BOB, 'reviewers', 'admins']),
    );
    await call(JANE, 'PATCH', experiment, [{ user_name: BOB, permission_level: 'CAN_READ' }]);
    expect(await namesOf(BOB, experiment)).toEqual([BOB]);
    expect(await namesOf(JANE, experiment)).toEqual(expect.arrayContaining([JANE, BOB]));
  });

  it('makes of two lists that come together one or the other', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { experiment_id: id } = await server.post<{ experiment_id: string }>(
        JANE,
        '/api/2.0/mlflow/experiments/create',
        { name: `two-lists-${round}` },
      );
      const put = (level: string) =>
        call(ADMIN, 'PUT', `experiments/${id}`, [{ user_name: JANE, permission_level: level }]);
      const answers = await Promise.all([
        put('CAN_READ'),
        put('CAN_MANAGE'),
        put('CAN_READ'),
        put('CAN_MANAGE'),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect(['CAN_MANAGE', 'CAN_READ']).toContain(
        direct(await call(ADMIN, 'GET', `experiments/${id}`))[JANE],
      );
    }
  });

  it('takes an owner that a list does not name off, unless it is the owner who sends it', async () => {
    expect(direct(await call(JANE, 'PUT', experiment, []))).toEqual({ [JANE]: 'CAN_MANAGE' });
    expect(
      direct(await call(ADMIN, 'PUT', experiment, [{ user_name: JANE, permission_level: 'CAN_READ' }])),
    ).toEqual({
      [JANE]: 'CAN_READ',
    });
    expect((await call(JANE, 'PUT', experiment, [])).status).toBe(403);
    expect(
      direct(await call(ADMIN, 'PATCH', experiment, [{ user_name: JANE, permission_level: 'CAN_MANAGE' }])),
    ).toEqual({ [JANE]: 'CAN_MANAGE' });
  });

  it.each([
    ['a level of another type', { user_name: BOB, permission_level: 'CAN_QUERY' }, 400],
    ['a level in lower case', { user_name: BOB, permission_level: 'can_read' }, 400],
    ['nobody', { permission_level: 'CAN_READ' }, 400],
    ['two at once', { user_name: BOB, group_name: 'reviewers', permission_level: 'CAN_READ' }, 400],
    ['a user who is not there', { user_name: 'x@acme.com', permission_level: 'CAN_READ' }, 404],
    ['a group that is a user', { group_name: BOB, permission_level: 'CAN_READ' }, 404],
    ['an owner, where none is named', { user_name: BOB, permission_level: 'IS_OWNER' }, 400],
  ])('refuses %s', async (_what, entry, status) => {
    const before = direct(await call(ADMIN, 'GET', experiment));
    for (const method of ['PATCH', 'PUT'])
      expect((await call(ADMIN, method, experiment, [entry])).status).toBe(status);
    expect(direct(await call(ADMIN, 'GET', experiment))).toEqual(before);
  });

  it('hides an experiment from those who may not read it', async () => {
    const hidden = await call(BOB, 'GET', experiment);
    const missing = await call(BOB, 'GET', 'experiments/987654');
    expect(hidden.status).toBe(404);
    expect(hidden.text.replace(/\d+/, 'N')).toBe(missing.text.replace(/\d+/, 'N'));
    expect(
      (await call(BOB, 'PATCH', experiment, [{ user_name: BOB, permission_level: 'CAN_READ' }])).status,
    ).toBe(404);
  });

  it('makes reviewers of a model those who may move stages and aliases and no more', async () => {
    await server.post(ADMIN, '/api/2.0/mlflow/registered-models/create', { name: 'IrisClassifier' });
    const path = 'registered-models/IrisClassifier';
    const given = await call(ADMIN, 'PATCH', path, [
      { user_name: BOB, permission_level: 'CAN_MANAGE_PRODUCTION_VERSIONS' },
    ]);
    expect(given.json()).toMatchObject({ object_type: 'registered-model' });
    expect(direct(given)).toEqual({ admin: 'CAN_MANAGE', [BOB]: 'CAN_MANAGE_PRODUCTION_VERSIONS' });
    const grants = await server.done<Assignments>(ADMIN, {
      path: `${UC}/permissions/function/workspace.default.IrisClassifier`,
    });
    expect(grants.privilege_assignments).toEqual([{ principal: BOB, privileges: ['EXECUTE', 'APPROVE'] }]);
    const rename = await server.call(BOB, {
      method: 'POST',
      path: '/api/2.0/mlflow/registered-models/set-tag',
      body: { name: 'IrisClassifier', key: 'k', value: 'v' },
    });
    expect(rename.status).toBe(403);
    expect(
      direct(await call(ADMIN, 'PATCH', path, [{ user_name: BOB, permission_level: 'CAN_MANAGE' }])),
    ).toEqual({
      admin: 'CAN_MANAGE',
      [BOB]: 'CAN_MANAGE',
    });
    expect(
      direct(await call(BOB, 'PATCH', path, [{ user_name: JANE, permission_level: 'CAN_EDIT' }])),
    ).toEqual({
      admin: 'CAN_MANAGE',
      [BOB]: 'CAN_MANAGE',
      [JANE]: 'CAN_EDIT',
    });
  });

  it('tells who may ask an endpoint which variables its models have, and their values to who manages it', async () => {
    await server.post(ADMIN, '/api/2.0/mlflow/registered-models/create', { name: 'served' });
    await server.post(ADMIN, '/api/2.0/mlflow/model-versions/create', {
      name: 'served',
      source: 's3://elsewhere/served',
    });
    const endpoints = '/api/2.0/serving-endpoints';
    const entity = {
      ...{ entity_name: 'served', entity_version: '1', workload_size: 'Small', scale_to_zero_enabled: true },
      environment_vars: { API_KEY: 'written out' },
    };
    const { id } = await server.post<{ id: string }>(ADMIN, endpoints, {
      name: 'asked',
      config: { served_entities: [entity] },
    });
    await call(ADMIN, 'PATCH', `serving-endpoints/${id}`, [
      { user_name: BOB, permission_level: 'CAN_QUERY' },
    ]);

    for (const path of [`${endpoints}/asked`, endpoints]) {
      const seen = await server.call(BOB, { path });
      expect(seen.status, seen.text).toBe(200);
      expect(seen.text).toContain('"API_KEY":"********"');
      expect(seen.text).not.toContain('written out');
      expect((await server.call(ADMIN, { path })).text).toContain('"API_KEY":"written out"');
    }
  });

  it('knows the levels of what it keeps none of, and that there is none', async () => {
    for (const path of ['jobs/1', 'serving-endpoints/abc']) {
      const answer = await call(ADMIN, 'GET', path);
      expect([answer.status, answer.json().error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    }
    expect((await call(ADMIN, 'GET', 'clusters/1')).status).toBe(404);
  });

  it('tells that everybody may have tokens, and refuses to change it', async () => {
    const tokens = await call(JANE, 'GET', 'authorization/tokens');
    expect(direct(tokens)).toEqual({ users: 'CAN_USE' });
    expect(tokens.json()).toMatchObject({ object_id: '/authorization/tokens', object_type: 'tokens' });
    expect((await call(ADMIN, 'PATCH', 'authorization/tokens', [])).status).toBe(501);
  });
});
