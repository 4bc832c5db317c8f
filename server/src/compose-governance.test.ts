import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { composeGovernance, type GovernanceParts } from './compose-governance.ts';
import { readConfig } from './config.ts';
import { type OpenedDatabase, testedDatabases } from './db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from './governance/access.ts';
import { createAskers } from './governance/askers.ts';
import { type ServerFixture, startServer } from './http/server.fixture.ts';
import { systemClock } from './kernel/clock.ts';
import { notFound } from './kernel/errors.ts';
import { createSealer } from './secrets/sealer.ts';

const OPERATOR_TOKEN = 'a-token-of-the-operator-0123456789';

describe.each(testedDatabases())('a server with identities on $name', ({ name: engine, open }) => {
  let opened: OpenedDatabase | undefined;
  afterEach(async () => {
    await opened?.remove();
    opened = undefined;
  });

  interface Process {
    readonly parts: GovernanceParts;
    readonly door: ServerFixture;
    /** What whoever started it was told. */
    readonly told: string;
    ask(path: string, headers?: Record<string, string>): Promise<number>;
  }

  /** One more process on the same database. */
  async function start(args: readonly string[], environment: Record<string, string> = {}): Promise<Process> {
    const isFirst = opened === undefined;
    opened ??= await open();
    const db = isFirst ? opened.db : opened.reopen();
    let told = '';
    const parts = await composeGovernance({
      db,
      clock: systemClock,
      config: readConfig(args, environment),
      sealer: createSealer(Buffer.alloc(32, 3)),
      contents: [],
      askers: createAskers(),
      guardCatalogName: async () => undefined,
      tellOperator: (text) => {
        told += text;
      },
      onError: () => undefined,
    });
    const door = await startServer({
      authenticate: parts.authenticate,
      rawRoutes: parts.rawRoutes,
      mlflowRoutes: [
        ...parts.mlflowRoutes,
        {
          method: 'GET',
          path: 'who',
          access: 'filtered',
          handle: async ({ caller }) => ({ name: caller.principal }),
        },
        {
          method: 'GET',
          path: 'experiment',
          access: [
            {
              action: 'experiment.read',
              target: () => ({
                on: { type: 'experiment', experimentNo: 5 },
                missing: () => notFound('No such experiment.'),
              }),
            },
          ],
          handle: async () => ({}),
        },
      ],
    });
    onTestFinished(async () => {
      await door.server.close();
      await parts.stop();
    });
    return {
      parts,
      door,
      told,
      ask: async (path, headers = {}) => (await fetch(door.url + path, { headers })).status,
    };
  }

  const basic = (name: string, password: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  it('tells a password for one use at the first start, and the log never', async () => {
    const first = await start(['--auth']);
    const password = /password (\S+)/.exec(first.told)?.[1] ?? '';
    expect(password).toMatch(/^[\w-]{24}$/);
    const answer = await fetch(`${first.door.url}/api/slipway/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_name: 'admin', password }),
    });
    expect(await answer.json()).toMatchObject({ user: { is_admin: true, must_change_password: true } });
    expect(await first.ask('/api/who', basic('admin', password))).toBe(403);
    expect((await start(['--auth'])).told).toBe('');
    expect(JSON.stringify(first.door.log())).not.toContain(password);
  });

  it('tells one password where two processes start at once', async () => {
    const first = await start(['--auth', 'false']);
    const told = (await Promise.all([start(['--auth']), start(['--auth'])])).map((each) => each.told);
    expect(told.filter((text) => text.includes('password'))).toHaveLength(1);
    expect(first.told).toBe('');
  });

  it('tells no password where the operator has a token, which is the administrator’s', async () => {
    const server = await start(['--auth'], { SLIPWAY_ADMIN_TOKEN: OPERATOR_TOKEN });
    expect(server.told).toBe('');
    expect(await server.ask('/api/who', bearer(OPERATOR_TOKEN))).toBe(200);
    expect(await server.ask('/api/who')).toBe(401);
    // The token is the environment's: it ends with it.
    const later = await start(['--auth']);
    expect(await later.ask('/api/who', bearer(OPERATOR_TOKEN))).toBe(401);
  });

  it('refuses a token of the operator that is short enough to guess', () => {
    expect(() => readConfig(['--auth'], { SLIPWAY_ADMIN_TOKEN: 'admin' })).toThrow('SLIPWAY_ADMIN_TOKEN');
  });

  it('warns loudly where it listens to others without identities', async () => {
    expect((await start(['--host', '0.0.0.0'])).told).toContain('WARNING');
    expect((await start(['--host', '127.0.0.1'])).told).toBe('');
    expect((await start(['--host', '0.0.0.0', '--auth'], { SLIPWAY_ADMIN_TOKEN: OPERATOR_TOKEN })).told).toBe(
      '',
    );
  });

  it('lets everybody in who needs no identity, with any credential or none', async () => {
    const server = await start([]);
    for (const headers of [{}, bearer('anything'), basic('any', 'body')])
      expect(await server.ask('/api/who', headers)).toBe(200);
  });

  it('lets in at once, through every process, who was made and given a right through another', async () => {
    const here = await start(['--auth']);
    // On SQLite there is one process.
    const there = engine === 'sqlite' ? here : await start(['--auth']);
    const { principals, tokens, passwords, grants, sessions } = here.parts;
    const { id, name } = await principals.create({ kind: 'user', name: 'jane@acme.com' });
    await passwords.set(id, 'correct horse battery');
    expect(await there.ask('/api/who', basic(name, 'correct horse battery'))).toBe(200);
    await passwords.set(id, 'battery staple horse');
    expect(await there.ask('/api/who', basic(name, 'battery staple horse'))).toBe(200);
    const { value } = await tokens.create({ principalId: id, createdById: id });
    expect(await there.ask('/api/experiment', bearer(value))).toBe(404);
    await grants.change(
      { type: 'experiment', experimentNo: 5 },
      [{ principal: name, add: ['CAN_READ'], remove: [] }],
      fullAccess(LOCAL_USER),
    );
    expect(await there.ask('/api/experiment', bearer(value))).toBe(200);
    const { secret } = await sessions.start(id);
    expect(await there.ask('/api/who', { cookie: `slipway-session=${secret}` })).toBe(200);
  });

  it('stops a revoked token and a revoked grant within a second, on every process', async () => {
    const [here, there] = [await start(['--auth']), await start(['--auth'])];
    const { principals, tokens, grants } = here.parts;
    const { id, name } = await principals.create({ kind: 'user', name: 'jane@acme.com' });
    const { value, info } = await tokens.create({ principalId: id, createdById: id });
    const change = (how: 'add' | 'remove') =>
      grants.change(
        { type: 'experiment', experimentNo: 5 },
        [{ principal: name, add: [], remove: [], [how]: ['CAN_READ'] }],
        fullAccess(LOCAL_USER),
      );
    /** Until both processes answer so, for a second at the longest. */
    async function bothAnswer(path: string, status: number): Promise<void> {
      const until = performance.now() + 1000;
      let answers: readonly number[];
      do {
        await sleep(20);
        answers = [await here.ask(path, bearer(value)), await there.ask(path, bearer(value))];
      } while (answers.some((answer) => answer !== status) && performance.now() < until);
      expect(answers).toEqual([status, status]);
    }
    await change('add');
    await bothAnswer('/api/experiment', 200);
    await change('remove');
    expect(await here.ask('/api/experiment', bearer(value))).not.toBe(200);
    await bothAnswer('/api/experiment', 404);
    await bothAnswer('/api/who', 200);
    await tokens.revoke(info.id);
    expect(await here.ask('/api/who', bearer(value))).toBe(401);
    await bothAnswer('/api/who', 401);
  });
});
