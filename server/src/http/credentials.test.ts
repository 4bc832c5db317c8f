import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import type { Governance } from '../governance/governance.ts';
import { createProxyTrust } from './caller-address.ts';
import { type Credentials, createCredentials } from './credentials.ts';
import type { DatabricksRoute } from './databricks/routes.ts';
import type { MlflowRoute } from './mlflow/routes.ts';
import type { RawRoute } from './routes.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';
import { accessExplanationRoutes } from './slipway/access-explanation.ts';
import { SESSION_PATH, sessionRoutes } from './slipway/session.ts';

const PASSWORD = 'correct horse battery';
const OPERATOR_TOKEN = 'operator-token-of-this-test';
const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe.each(testedDatabases().slice(0, 1))('the door', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let door: ServerFixture;
  let nowMs = Date.now();
  /** How long the process got no time at all. */
  let pausedMs = 0;
  let token: string;
  let tokenId: string;
  let janeId: string;

  beforeAll(async () => {
    opened = await open();
    governance = await startGovernance(opened.db, {
      nowMs: () => nowMs,
      monotonicMs: () => performance.now() + pausedMs,
    });
    const { id } = await governance.ensureAdministrator({ hasToken: true });
    const { snapshot, passwords, sessions, principals, tokens } = governance;
    const credentials: Credentials = createCredentials({
      snapshot,
      passwords,
      clock: { nowMs: () => nowMs },
      operatorToken: { value: OPERATOR_TOKEN, principalId: id! },
    });
    const whoAmI: MlflowRoute['handle'] = async ({ caller }) => ({
      name: caller.principal,
      admin: caller.access.principal.isAdmin,
    });
    const mlflow = (path: string, access: MlflowRoute['access']): MlflowRoute => ({
      method: 'POST',
      path,
      access,
      handle: whoAmI,
    });
    const raw: RawRoute = {
      method: 'GET',
      path: '/raw',
      access: 'filtered',
      handle: async (_request, reply, caller) => reply.send(caller.principal),
    };
    const databricks: DatabricksRoute = {
      method: 'GET',
      path: '/api/2.0/who',
      summary: 'Who calls',
      access: 'filtered',
      handle: async ({ caller }) => ({ name: caller.principal }),
    };
    door = await startServer({
      authenticate: credentials.authenticate,
      trustsProxy: createProxyTrust(['loopback']),
      mlflowRoutes: [
        mlflow('who', 'filtered'),
        mlflow('admin', 'admin'),
        mlflow('open', 'open'),
        { ...mlflow('who-reads', 'filtered'), method: 'GET' },
        ...accessExplanationRoutes(governance),
      ],
      rawRoutes: [
        raw,
        ...sessionRoutes({
          credentials,
          sessions,
          passwords,
          accessOf: snapshot.accessOf,
          singleSignOn: undefined,
        }),
      ],
      databricksRoutes: [databricks],
    });
    const jane = await principals.create({ kind: 'user', name: 'jane@acme.com' });
    janeId = jane.id;
    await passwords.set(jane.id, PASSWORD);
    const created = await tokens.create({ principalId: jane.id, createdById: jane.id, lifetimeMs: 60_000 });
    token = created.value;
    tokenId = created.info.id;
  });
  afterAll(async () => {
    await door.server.close();
    await governance.stop();
    await opened.remove();
  });

  interface Answer {
    readonly status: number;
    readonly headers: Headers;
    readonly text: string;
    readonly json: Record<string, unknown>;
  }

  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: object,
  ): Promise<Answer> {
    const response = await fetch(door.url + path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    let json: Record<string, unknown> = {};
    try {
      json = JSON.parse(text) as Record<string, unknown>;
    } catch {
      // Some answers are plain text.
    }
    return { status: response.status, headers: response.headers, text, json };
  }
  const who = (headers: Record<string, string>) => ask('POST', '/api/who', headers, {});
  const signIn = (name: string, password: string, headers: Record<string, string> = {}) =>
    ask('POST', SESSION_PATH, headers, { user_name: name, password });

  it('knows its callers at once where the process was paused', async () => {
    for (let i = 0; i < 3; i += 1) {
      expect((await who(bearer(token))).status).toBe(200);
      pausedMs += 60_000;
    }
  });

  const cookieOf = ({ headers }: Answer): string => headers.get('set-cookie')!.split(';', 1)[0]!;

  it('knows a caller by token, by password, by token in place of a password, and by the operator’s token', async () => {
    for (const headers of [
      bearer(token),
      basic('jane@acme.com', PASSWORD),
      basic('token', token),
      basic('Jane@ACME.com', PASSWORD),
    ])
      expect((await who(headers)).json).toEqual({ name: 'jane@acme.com', admin: false });
    expect((await who(bearer(OPERATOR_TOKEN))).json).toEqual({ name: 'admin', admin: true });
    expect((await ask('GET', '/raw', bearer(token))).text).toBe('jane@acme.com');
    expect((await ask('GET', '/api/2.0/who', bearer(token))).json).toEqual({ name: 'jane@acme.com' });
  });

  it('lets nobody in without credentials, and says how to bring them', async () => {
    for (const [method, path] of [
      ['POST', '/api/who'],
      ['POST', '/ajax-api/who'],
      ['GET', '/raw'],
    ] as const) {
      const answer = await ask(method, path, {}, method === 'POST' ? {} : undefined);
      expect([answer.status, answer.json.error_code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
    }
    expect((await ask('GET', '/api/2.0/who')).status).toBe(401);
    expect((await ask('POST', '/api/open', {}, {})).status).toBe(200);
  });

  it('challenges no page of its own: the browser’s dialog would stand before the form', async () => {
    expect(
      (
        await ask('POST', '/api/who', { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, {})
      ).headers.has('www-authenticate'),
    ).toBe(false);
  });

  it('answers all bad credentials alike', async () => {
    const answers = [
      await who(bearer(`dapi${'0'.repeat(32)}`)),
      await who(basic('jane@acme.com', 'not the password')),
      await who(basic('nobody@acme.com', PASSWORD)),
      await who(basic('admin', '')),
      await who(basic('users', PASSWORD)),
      await who({ authorization: 'Basic !!!' }),
      await who({ authorization: 'Negotiate abc' }),
      await who({ authorization: 'Bearer' }),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(401);
      expect(answer.text).toBe(answers[0]!.text);
    }
  });

  it('works as long on a name that does not exist as on a wrong password', async () => {
    /** Of the processor, whatever else the machine does meanwhile. */
    const workOf = async (name: string, i: number): Promise<number> => {
      const before = process.cpuUsage();
      await who({ ...basic(name, `wrong ${i}`), 'x-forwarded-for': `192.0.2.${i}` });
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    let known = 0;
    let unknown = 0;
    for (let i = 0; i < 10; i += 1) {
      known += await workOf('jane@acme.com', i);
      unknown += await workOf('ghost@acme.com', i);
    }
    // Without the decoy it is a tenth.
    expect(unknown / known).toBeGreaterThan(0.5);
    expect(unknown / known).toBeLessThan(2);
  });

  it('keeps what is for administrators from everybody else', async () => {
    expect((await ask('POST', '/api/admin', bearer(OPERATOR_TOKEN), {})).status).toBe(200);
    expect((await ask('POST', '/api/admin', bearer(token), {})).json).toMatchObject({
      error_code: 'PERMISSION_DENIED',
    });
  });

  it('believes no header that names a user or a workspace', async () => {
    for (const header of [
      'x-forwarded-user',
      'x-remote-user',
      'x-databricks-org-id',
      'x-mlflow-workspace',
      'x-mlflow-user',
    ])
      expect((await who({ [header]: 'admin' })).status).toBe(401);
    expect((await who({ ...bearer(token), 'x-forwarded-user': 'admin' })).json.name).toBe('jane@acme.com');
  });

  it('takes a token until it ends, and not a moment longer', async () => {
    nowMs += 59_999;
    expect((await who(bearer(token))).status).toBe(200);
    nowMs += 1;
    expect((await who(bearer(token))).status).toBe(401);
    nowMs -= 60_000;
    // Where the clock goes back, so does the token: it ends at a time, not after a use.
    expect((await who(bearer(token))).status).toBe(200);
  });

  it('takes no token that was revoked', async () => {
    const { value, info } = await governance.tokens.create({ principalId: janeId, createdById: janeId });
    expect((await who(bearer(value))).status).toBe(200);
    await governance.tokens.revoke(info.id);
    expect((await who(bearer(value))).status).toBe(401);
    // Its id is no credential either.
    expect((await who(bearer(tokenId))).status).toBe(401);
  });

  it('lets nobody in who is inactive, whatever the credential', async () => {
    const joe = await governance.principals.create({ kind: 'user', name: 'joe@acme.com' });
    await governance.passwords.set(joe.id, PASSWORD);
    const { value } = await governance.tokens.create({ principalId: joe.id, createdById: joe.id });
    const session = cookieOf(await signIn('joe@acme.com', PASSWORD));
    await governance.principals.update(joe.id, { active: false });
    for (const headers of [bearer(value), basic('joe@acme.com', PASSWORD)])
      expect((await who(headers)).status).toBe(401);
    expect((await ask('GET', '/api/who-reads', { cookie: session })).status).toBe(401);
    expect((await signIn('joe@acme.com', PASSWORD)).status).toBe(401);
  });

  describe('sessions', () => {
    it('begin with a name and a password, and end', async () => {
      const signed = await signIn('jane@acme.com', PASSWORD);
      expect(signed.json).toMatchObject({ user: { name: 'jane@acme.com', is_admin: false } });
      const [secret, sign] = signed.headers.getSetCookie();
      expect(secret).toMatch(/^slipway-session=\w.*; HttpOnly; Path=\/; SameSite=Lax$/);
      // To be read by our pages, which then know that asking who signed in has an answer.
      expect(sign).toMatch(/^slipway-signed-in=yes; Max-Age=\d+; Path=\/; SameSite=Lax$/);
      const cookie = cookieOf(signed);
      const csrf = signed.json.csrf_token as string;
      expect((await ask('GET', '/api/who-reads', { cookie })).json.name).toBe('jane@acme.com');
      expect((await ask('GET', SESSION_PATH, { cookie })).json).toMatchObject({
        authentication: 'on',
        user: { name: 'jane@acme.com' },
        csrf_token: csrf,
      });
      const left = await ask('DELETE', SESSION_PATH, { cookie, 'x-slipway-csrf': csrf });
      expect(left.status).toBe(200);
      for (const taken of left.headers.getSetCookie()) expect(taken).toMatch(/=; Max-Age=0;/);
      expect(left.headers.getSetCookie()).toHaveLength(2);
      expect((await ask('GET', '/api/who-reads', { cookie })).status).toBe(401);
      expect((await ask('GET', SESSION_PATH, { cookie })).json).toMatchObject({ user: null });
    });

    it('change nothing without the token that only our pages know', async () => {
      const signed = await signIn('jane@acme.com', PASSWORD);
      const other = await signIn('jane@acme.com', PASSWORD);
      const cookie = cookieOf(signed);
      const wrong: Record<string, string>[] = [
        {},
        { 'x-slipway-csrf': 'guess' },
        { 'x-slipway-csrf': other.json.csrf_token as string },
      ];
      for (const headers of wrong)
        expect((await ask('POST', '/api/who', { cookie, ...headers }, {})).status).toBe(403);
      const csrf = signed.json.csrf_token as string;
      expect((await ask('POST', '/api/who', { cookie, 'x-slipway-csrf': csrf }, {})).status).toBe(200);
    });

    it('over TLS have a cookie that no other host can plant', async () => {
      const signed = await signIn('jane@acme.com', PASSWORD, { 'x-forwarded-proto': 'https' });
      const cookie = cookieOf(signed);
      expect(signed.headers.getSetCookie()[0]).toMatch(/^__Host-slipway-session=.*; Secure$/);
      const planted = cookie.replace('__Host-', '');
      expect(
        (await ask('GET', '/api/who-reads', { cookie: planted, 'x-forwarded-proto': 'https' })).status,
      ).toBe(401);
      expect((await ask('GET', '/api/who-reads', { cookie, 'x-forwarded-proto': 'https' })).status).toBe(200);
    });

    it('are not looked at where a header says who calls', async () => {
      const cookie = cookieOf(await signIn('jane@acme.com', PASSWORD));
      expect((await ask('GET', '/api/who-reads', { cookie, ...bearer('dapi0') })).status).toBe(401);
    });

    it('are new with every sign-in: one that was planted before ends', async () => {
      const planted = await signIn('jane@acme.com', PASSWORD);
      const cookie = cookieOf(planted);
      const signed = await signIn('jane@acme.com', PASSWORD, { cookie });
      expect(cookieOf(signed)).not.toBe(cookie);
      expect((await ask('GET', '/api/who-reads', { cookie })).status).toBe(401);
    });

    it('end by themselves after twelve hours', async () => {
      const cookie = cookieOf(await signIn('jane@acme.com', PASSWORD));
      nowMs += 12 * 3_600_000;
      expect((await ask('GET', '/api/who-reads', { cookie })).status).toBe(401);
      nowMs -= 12 * 3_600_000;
    });

    it('of somebody with a one-time password may choose another, and nothing else', async () => {
      const { id } = await governance.principals.create({ kind: 'user', name: 'once@acme.com' });
      await governance.passwords.set(id, PASSWORD, { mustChange: true });
      expect((await who(basic('once@acme.com', PASSWORD))).json).toMatchObject({
        error_code: 'PERMISSION_DENIED',
      });
      const signed = await signIn('once@acme.com', PASSWORD);
      expect(signed.json).toMatchObject({ user: { must_change_password: true } });
      const headers = { cookie: cookieOf(signed), 'x-slipway-csrf': signed.json.csrf_token as string };
      expect((await ask('GET', '/api/who-reads', headers)).status).toBe(403);
      const change = (new_password: string) =>
        ask('POST', `${SESSION_PATH}/password`, headers, { old_password: PASSWORD, new_password });
      expect((await change(PASSWORD)).status).toBe(400);
      expect((await change('x')).status).toBe(400);
      const changed = await change('another horse battery');
      expect(changed.status).toBe(200);
      expect((await ask('GET', '/api/who-reads', headers)).status).toBe(401);
      expect((await ask('GET', '/api/who-reads', { cookie: cookieOf(changed) })).json.name).toBe(
        'once@acme.com',
      );
    });
  });

  describe('attacks', () => {
    it('26: no account is made by a form, nor by any content type without signing in', async () => {
      for (const type of [
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'text/plain',
      ]) {
        const response = await fetch(`${door.url}${SESSION_PATH}`, {
          method: 'POST',
          headers: { 'content-type': type },
          body: 'user_name=eve&password=correct+horse+battery',
        });
        expect(response.status).toBe(400);
      }
      expect(await governance.principals.findByName('eve')).toBeUndefined();
    });

    it('27: a page of another origin signs nobody in, and changes nothing by somebody’s session', async () => {
      const foreign = { origin: 'https://evil.example' };
      expect((await signIn('jane@acme.com', PASSWORD, foreign)).status).toBe(403);
      const signed = await signIn('jane@acme.com', PASSWORD);
      const headers = {
        ...foreign,
        cookie: cookieOf(signed),
        'x-slipway-csrf': signed.json.csrf_token as string,
      };
      expect((await ask('POST', '/api/who', headers, {})).status).toBe(403);
      expect((await who({ ...foreign, ...basic('jane@acme.com', PASSWORD) })).status).toBe(403);
    });

    it('28: nobody has an empty, a short or a known password', async () => {
      const { id } = await governance.principals.create({ kind: 'user', name: 'eve@acme.com' });
      for (const password of ['', 'password1234', 'admin', 'password']) {
        expect((await who(basic('eve@acme.com', password))).status).toBe(401);
        expect((await who(basic('admin', password))).status).toBe(401);
      }
      await expect(governance.passwords.set(id, '')).rejects.toMatchObject({ code: 'InvalidArgument' });
      await expect(governance.passwords.set(id, 'password')).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    });

    it('38: guessing is stopped, and the log tells no secret', async () => {
      const statuses = new Set<number>();
      for (let i = 0; i < 14; i += 1)
        statuses.add(
          (await who({ ...basic('victim@acme.com', `guess ${i}`), 'x-forwarded-for': '198.51.100.7' }))
            .status,
        );
      expect([...statuses]).toEqual([401, 429]);
      await ask('GET', `/api/who-reads?token=${token}`, bearer(token));
      const log = JSON.stringify(door.log());
      expect(log).toContain('/api/who-reads');
      for (const secret of [token, token.slice(4), PASSWORD, OPERATOR_TOKEN])
        expect(log).not.toContain(secret);
    });

    it('38: nobody is shut out by one who writes another’s address into a header', async () => {
      const { id } = await governance.principals.create({ kind: 'user', name: 'kim@acme.com' });
      await governance.passwords.set(id, PASSWORD);
      /** A neighbour on the network, and what it says of itself. */
      const from = (remoteAddress: string, password: string, claimed?: string) =>
        door.server.inject({
          method: 'POST',
          url: '/api/who',
          remoteAddress,
          headers: {
            ...basic('kim@acme.com', password),
            ...(claimed !== undefined && { 'x-forwarded-for': claimed }),
          },
        });
      const guesses = await Promise.all(
        Array.from({ length: 14 }, (_, i) => from('10.0.0.66', `guess ${i}`, '10.0.0.23')),
      );
      expect(new Set(guesses.map(({ statusCode }) => statusCode))).toEqual(new Set([401, 429]));
      expect((await from('10.0.0.23', PASSWORD)).statusCode).toBe(200);
      // Another address a guess is the same neighbour all the same.
      expect((await from('10.0.0.66', 'guess 15', '10.0.0.99')).statusCode).toBe(429);
      // The proxy of this machine is believed.
      expect((await from('127.0.0.1', 'guess 16', '10.0.0.66')).statusCode).toBe(429);
      expect((await from('127.0.0.1', 'guess 17', '10.0.0.24')).statusCode).toBe(401);
    });

    it('38: an error repeats no password', async () => {
      const answer = await ask(
        'POST',
        SESSION_PATH,
        {},
        { user_name: 'jane@acme.com', password: ['hunter2hunter2'] },
      );
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain('hunter2');
    });
  });

  describe('why somebody may do something', () => {
    const explain = (headers: Record<string, string>, query: Record<string, string>) =>
      ask('GET', `/api/slipway/v1/access/explain?${new URLSearchParams(query)}`, headers);

    it('is told to everybody about themselves, the same whether or not the thing exists', async () => {
      await governance.catalogs.create({ name: 'secret' }, LOCAL_USER);
      const about = async (name: string) => {
        const { status, text } = await explain(bearer(token), {
          action: 'model.read-files',
          securable: name,
        });
        return { status, text: text.replaceAll(name.slice(0, 6), 'CATALOG') };
      };
      expect(await about('secret.default.m')).toEqual(await about('absent.default.m'));
      const answer = await explain(bearer(token), {
        action: 'model.read-files',
        securable: 'secret.default.m',
      });
      expect(answer.json).toMatchObject({ principal: 'jane@acme.com', allowed: false, grants: [] });
    });

    it('is told about others to who manages the thing, and to nobody else', async () => {
      const query = { action: 'model.read-files', securable: 'secret.default.m', principal: 'jane@acme.com' };
      await governance.grants.change(
        { type: 'catalog', catalog: 'secret' },
        [{ principal: 'users', add: ['USE_CATALOG', 'USE_SCHEMA', 'EXECUTE'], remove: [] }],
        fullAccess(LOCAL_USER),
      );
      expect((await explain(bearer(OPERATOR_TOKEN), query)).json).toMatchObject({
        allowed: true,
        grants: [
          { privilege: 'USE_CATALOG', holder: 'users', on: { type: 'catalog', name: 'secret' } },
          { privilege: 'USE_SCHEMA', holder: 'users' },
          { privilege: 'EXECUTE', holder: 'users' },
        ],
        missing: [],
      });
      expect((await explain(bearer(token), { ...query, principal: 'admin' })).status).toBe(403);
    });
  });
});
