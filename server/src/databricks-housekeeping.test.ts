import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type As, type GovernedServer, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const API = '/api/2.0/mlflow';
const RUNS = `${API}/databricks/runs`;

describe.each(testedDatabases())('runs changed by their age on $name', (database) => {
  let server: GovernedServer;
  let experimentId: string;
  let runIds: readonly string[];

  beforeAll(async () => {
    server = await startGoverned(database);
    for (const name of ['owner', 'editor', 'stranger']) await server.addUser(name);
    const made = await server.post<{ experiment_id: string }>('owner', `${API}/experiments/create`, {
      name: 'aging',
    });
    experimentId = made.experiment_id;
    await server.post('owner', '/api/3.0/mlflow/users/permissions/grant', {
      username: 'editor',
      resource_type: 'experiment',
      resource_id: experimentId,
      permission: 'EDIT',
    });
    const created: string[] = [];
    for (const start_time of [1000, 2000, 3000, 4000]) {
      const { run } = await server.post<{ run: { info: { run_id: string } } }>(
        'owner',
        `${API}/runs/create`,
        {
          experiment_id: experimentId,
          start_time,
        },
      );
      created.push(run.info.run_id);
    }
    runIds = created;
  });
  afterAll(() => server.close());

  const active = async (): Promise<readonly string[]> => {
    const { runs = [] } = await server.post<{ runs?: { info: { run_id: string } }[] }>(
      'owner',
      `${API}/runs/search`,
      { experiment_ids: [experimentId], order_by: ['start_time ASC'] },
    );
    return runs.map(({ info }) => info.run_id);
  };
  const change = (as: As, path: string, body: object) =>
    server.call(as, {
      method: 'POST',
      path: `${RUNS}/${path}`,
      body: { experiment_id: experimentId, ...body },
    });

  it('go to the trash from the oldest on, and come back', async () => {
    const one = await change('owner', 'delete-runs', { max_timestamp_millis: 3000, max_runs: 1 });
    expect(one.json()).toEqual({ runs_deleted: 1 });
    expect(await active()).toEqual(runIds.slice(1));
    // Numbers below 2^53 also come as text.
    const rest = await change('owner', 'delete-runs', { max_timestamp_millis: '3000' });
    expect(rest.json()).toEqual({ runs_deleted: 2 });
    expect(await active()).toEqual(runIds.slice(3));
    const future = await change('owner', 'restore-runs', { min_timestamp_millis: 9e12 });
    expect(future.json()).toEqual({ runs_restored: 0 });
    const restored = await change('owner', 'restore-runs', { min_timestamp_millis: 0, max_runs: 2 });
    expect(restored.json()).toEqual({ runs_restored: 2 });
    expect((await change('owner', 'restore-runs', { min_timestamp_millis: 0 })).json()).toEqual({
      runs_restored: 1,
    });
    expect(await active()).toEqual(runIds);
  });

  it('are for those who may delete one run, and to others as if they were not there', async () => {
    const body = { max_timestamp_millis: 9e12 };
    expect((await change('editor', 'delete-runs', body)).status).toBe(403);
    const hidden = await change('stranger', 'delete-runs', body);
    const absent = await change('stranger', 'delete-runs', { ...body, experiment_id: '987654321' });
    expect([hidden.status, hidden.text.replace(experimentId, '#')]).toEqual([
      absent.status,
      absent.text.replace('987654321', '#'),
    ]);
    expect(await active()).toEqual(runIds);
  });

  it('need a moment and a number of runs that can be', async () => {
    for (const body of [
      {},
      { max_timestamp_millis: 1, max_runs: 0 },
      { max_timestamp_millis: 1, max_runs: 10_001 },
    ]) {
      const { status, text } = await change('owner', 'delete-runs', body);
      expect([status, text.includes('INVALID_PARAMETER_VALUE')], text).toEqual([400, true]);
    }
  });
});

describe('what the SDK asks besides', () => {
  let server: GovernedServer;

  beforeAll(async () => {
    server = await startGoverned();
    for (const name of ['jane@acme.com', 'bob@acme.com']) await server.addUser(name);
  });
  afterAll(() => server.close());

  it('changes the comment of a token of the caller, and nothing else of it', async () => {
    interface Created {
      readonly token_info: { readonly token_id: string };
    }
    const { token_info: info } = await server.post<Created>('jane@acme.com', '/api/2.0/token/create', {
      comment: 'first',
    });
    const patch = (as: As, path: string, body: object) => server.call(as, { method: 'PATCH', path, body });
    const own = `/api/2.0/token/${info.token_id}`;
    const body = { token: { comment: 'second' }, update_mask: 'comment' };
    expect((await patch('jane@acme.com', own, body)).status).toBe(200);
    const listed = await server.done<{ token_infos: { comment: string }[] }>('jane@acme.com', {
      path: '/api/2.0/token/list',
    });
    expect(listed.token_infos.map(({ comment }) => comment)).toEqual(['second']);
    const foreign = await patch('bob@acme.com', own, body);
    const absent = await patch('bob@acme.com', `/api/2.0/token/${'0'.repeat(64)}`, body);
    expect(foreign.status).toBe(404);
    expect(foreign.text.replace(info.token_id, '#')).toBe(absent.text.replace('0'.repeat(64), '#'));
    expect((await patch('jane@acme.com', own, { ...body, update_mask: 'lifetime_seconds' })).status).toBe(
      400,
    );
    const long = { ...body, token: { comment: 'x'.repeat(1025) } };
    expect((await patch('jane@acme.com', own, long)).status).toBe(400);

    const managed = `/api/2.0/token-management/tokens/${info.token_id}`;
    const third = { token: { comment: 'third' }, update_mask: 'comment' };
    expect((await patch('jane@acme.com', managed, third)).status).toBe(403);
    const described = await patch(ADMIN, managed, third);
    expect([described.status, described.json().comment]).toEqual([200, 'third']);
  });

  it('tells programs that provision identities what of SCIM there is', async () => {
    const config = await server.done('jane@acme.com', {
      path: '/api/2.0/preview/scim/v2/ServiceProviderConfig',
    });
    expect(config).toMatchObject({ patch: { supported: true }, bulk: { supported: false } });
  });

  it('tells who may use a folder or a file of the workspace, and keeps it so', async () => {
    const jane = 'jane@acme.com';
    const path = `/Users/${jane}/job`;
    await server.post(jane, '/api/2.0/workspace/mkdirs', { path });
    const { object_id: id } = await server.done<{ object_id: number }>(jane, {
      path: '/api/2.0/workspace/get-status',
      query: { path },
    });
    const full = `/api/2.0/permissions/directories/${id}`;
    expect(await server.done(jane, { path: full })).toEqual({
      object_id: `/directories/${id}`,
      object_type: 'directory',
      access_control_list: [
        {
          user_name: jane,
          all_permissions: [
            { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: [`/Users/${jane}`] },
          ],
        },
        {
          group_name: 'admins',
          all_permissions: [
            { permission_level: 'CAN_MANAGE', inherited: true, inherited_from_object: ['/'] },
          ],
        },
      ],
    });
    expect(await server.done(jane, { path: `${full}/permissionLevels` })).toMatchObject({
      permission_levels: [{ permission_level: 'CAN_READ' }, { permission_level: 'CAN_MANAGE' }],
    });
    const hidden = await server.call('bob@acme.com', { path: full });
    const absent = await server.call('bob@acme.com', { path: '/api/2.0/permissions/directories/987654321' });
    expect(hidden.status).toBe(404);
    expect(hidden.text.replace(String(id), '#')).toBe(absent.text.replace('987654321', '#'));
    expect((await server.call(jane, { path: `/api/2.0/permissions/notebooks/${id}` })).status).toBe(404);
    const body = { access_control_list: [{ user_name: 'bob@acme.com', permission_level: 'CAN_MANAGE' }] };
    expect((await server.call(jane, { method: 'PATCH', path: full, body })).status).toBe(403);
    expect((await server.call(ADMIN, { method: 'PUT', path: full, body })).status).toBe(501);
  });
});
