import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedDatabases } from '../../db/conformance/databases.ts';
import { LOCAL_USER } from '../../governance/access.ts';
import { notFound } from '../../kernel/errors.ts';
import { type GovernedRoutes, startGovernedRoutes } from './governed-routes.fixture.ts';
import { JOBS } from './permission-levels.ts';
import { permissionRoutes } from './permissions.ts';

const JOB = '/api/2.0/permissions/jobs/7';

describe.each(testedDatabases())('permissions of objects that name their owner, on $name', (database) => {
  let routes: GovernedRoutes;
  beforeAll(async () => {
    routes = await startGovernedRoutes(database, (governance) =>
      permissionRoutes(
        {
          kind: JOBS,
          see: 'job.see',
          manage: 'job.manage',
          async find(id) {
            const missing = () => notFound(`Job ${id} does not exist.`);
            if (id !== '7') throw missing();
            return { on: { type: 'job', id }, missing };
          },
        },
        governance,
      ),
    );
    for (const name of ['jane', 'bob']) await routes.governance.principals.create({ kind: 'user', name });
    const { id } = (await routes.governance.principals.findByName('jane'))!;
    await routes.opened.db.write((tx) =>
      routes.governance.ownership.claim(tx, { type: 'job', id: '7' }, { id }),
    );
  });
  afterAll(() => routes.close());

  const put = (as: string, list: readonly object[]) =>
    routes.call(as, 'PUT', JOB, { access_control_list: list });
  const owner = { user_name: 'jane', permission_level: 'IS_OWNER' };
  const direct = (json: Record<string, unknown>) =>
    (
      json.access_control_list as {
        user_name?: string;
        group_name?: string;
        all_permissions: { permission_level: string; inherited: boolean }[];
      }[]
    )
      .filter(({ all_permissions }) => all_permissions.some(({ inherited }) => !inherited))
      .map(({ user_name, group_name, all_permissions }) => [
        user_name ?? group_name,
        all_permissions[0]!.permission_level,
      ]);

  // The body that a bundle sends for its jobs.
  it('sets the list of a bundle', async () => {
    const answer = await put('jane', [{ group_name: 'users', permission_level: 'CAN_VIEW' }, owner]);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({ object_id: '/jobs/7', object_type: 'job' });
    expect(direct(answer.json)).toEqual([
      ['jane', 'IS_OWNER'],
      ['users', 'CAN_VIEW'],
    ]);
    expect((await routes.call('bob', 'GET', JOB)).status).toBe(200);
    expect((await routes.call('bob', 'PUT', JOB, { access_control_list: [owner] })).status).toBe(403);
  });

  it('takes exactly one owner, and no group for one', async () => {
    const refused = [
      [{ user_name: 'bob', permission_level: 'CAN_VIEW' }],
      [owner, { user_name: 'bob', permission_level: 'IS_OWNER' }],
      [{ group_name: 'users', permission_level: 'IS_OWNER' }],
    ];
    for (const list of refused) expect((await put('admin', list)).status).toBe(400);
  });

  it('gives the object to another owner', async () => {
    const answer = await put('jane', [{ user_name: 'bob', permission_level: 'IS_OWNER' }]);
    expect(direct(answer.json)).toEqual([['bob', 'IS_OWNER']]);
    expect((await routes.call('jane', 'GET', JOB)).status).toBe(404);
    const back = await routes.call('bob', 'PATCH', JOB, { access_control_list: [owner] });
    expect(direct(back.json)).toEqual([['jane', 'IS_OWNER']]);
  });

  it('leaves out the one user of a server without identities', async () => {
    const answer = await put('admin', [
      owner,
      { user_name: LOCAL_USER.name, permission_level: 'CAN_MANAGE' },
    ]);
    expect(direct(answer.json)).toEqual([['jane', 'IS_OWNER']]);
  });
});
