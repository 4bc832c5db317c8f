import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import { createFederatedIdentities } from '../governance/federated-identities.ts';
import type { Governance } from '../governance/governance.ts';
import { createSealer } from '../secrets/sealer.ts';
import { createCredentials } from './credentials.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';
import { placeOfOurs, SINGLE_SIGN_ON_PATH, singleSignOnRoutes } from './single-sign-on.ts';
import { SESSION_PATH, sessionRoutes } from './slipway/session.ts';

interface Account {
  readonly email: string;
  readonly email_verified?: boolean | string;
  readonly groups?: readonly string[];
  /** Where to ask for claims that are left out. */
  readonly _claim_names?: object;
}

describe.each(testedDatabases().slice(0, 1))('single sign-on with a real identity provider', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let door: ServerFixture;
  let provider: Server;
  let nowMs = Date.now();
  /** Of the provider, as the operator set it; read at each sign-in. */
  const settings = { emailsVerified: false };
  const faults: unknown[] = [];
  /** What the provider knows of who signs in there. */
  const accounts = new Map<string, Account>();

  beforeAll(async () => {
    provider = createServer();
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
    opened = await open();
    governance = await startGovernance(opened.db);
    await governance.ensureAdministrator({ hasToken: true });
    const { snapshot, passwords, sessions } = governance;
    const clock = { nowMs: () => nowMs };
    const credentials = createCredentials({ snapshot, passwords, clock, operatorToken: undefined });
    const services = { sessions, accessOf: snapshot.accessOf };
    door = await startServer({
      authenticate: credentials.authenticate,
      rawRoutes: [
        ...sessionRoutes({
          ...services,
          credentials,
          passwords,
          singleSignOn: { label: 'Acme', path: SINGLE_SIGN_ON_PATH },
        }),
        ...singleSignOnRoutes({
          ...services,
          clock,
          sealer: createSealer(Buffer.alloc(32, 7)),
          identities: createFederatedIdentities({
            clock,
            write: governance.write,
            groups: new Map([
              ['ml-team', 'ML Engineers'],
              ['platform', 'admins'],
            ]),
          }),
          provider: {
            issuer,
            clientId: 'slipway',
            clientSecret: 'a secret of thirty-two characters',
            scopes: 'openid email groups',
            nameClaim: 'email',
            groupsClaim: 'groups',
            get emailsVerified() {
              return settings.emailsVerified;
            },
          },
          onError: (error) => faults.push(error),
        }),
      ],
    });
    const idp = new Provider(issuer, {
      clients: [
        {
          client_id: 'slipway',
          client_secret: 'a secret of thirty-two characters',
          redirect_uris: [`${door.url}${SINGLE_SIGN_ON_PATH}/callback`],
        },
      ],
      pkce: { required: () => true },
      scopes: ['openid', 'email', 'groups'],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups', '_claim_names'] },
      cookies: { keys: ['a key of the provider in this test'] },
      features: { devInteractions: { enabled: true } },
      findAccount: (_context, id) => ({
        accountId: id,
        claims: () => ({ sub: id, ...accounts.get(id) }),
      }),
    });
    provider.on('request', idp.callback());
    await governance.principals.create({ kind: 'group', name: 'ML Engineers' });
  });
  afterAll(async () => {
    await door.server.close();
    provider.closeAllConnections();
    await new Promise((resolve) => provider.close(resolve));
    await governance.stop();
    await opened.remove();
  });
  beforeEach(() => {
    accounts.clear();
    settings.emailsVerified = false;
    faults.length = 0;
  });

  /** Goes where it is sent, keeps cookies by site and path, and fills in the provider's forms. */
  function createBrowser() {
    const cookies: { origin: string; path: string; name: string; value: string }[] = [];

    async function request(address: string, form?: Record<string, string>): Promise<Response> {
      const url = new URL(address);
      const sent = cookies.filter(
        ({ origin, path }) => origin === url.origin && url.pathname.startsWith(path),
      );
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { cookie: sent.map(({ name, value }) => `${name}=${value}`).join('; ') },
        ...(form !== undefined && { method: 'POST', body: new URLSearchParams(form) }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        const path = /path=([^;]+)/i.exec(line)?.[1] ?? '/';
        const i = cookies.findIndex(
          (known) => known.name === name && known.path === path && known.origin === url.origin,
        );
        if (i >= 0) cookies.splice(i, 1);
        if (value !== '') cookies.push({ origin: url.origin, path, name, value });
      }
      return response;
    }

    /** Up to the provider's answer, which is not followed: the address that it sends the browser to. */
    async function signInAtProvider(login: string, returnTo = '/experiments'): Promise<string> {
      let address = `${door.url}${SINGLE_SIGN_ON_PATH}?return_to=${encodeURIComponent(returnTo)}`;
      let form: Record<string, string> | undefined;
      for (let step = 0; step < 15; step += 1) {
        const response = await request(address, form);
        form = undefined;
        const location = response.headers.get('location');
        if (location !== null) {
          address = new URL(location, address).href;
          if (address.startsWith(`${door.url}${SINGLE_SIGN_ON_PATH}/callback`)) return address;
          continue;
        }
        const page = await response.text();
        const action = /action="([^"]+)"/.exec(page)?.[1];
        if (action === undefined) throw new Error(`No form: ${response.status} ${page.slice(0, 300)}`);
        address = new URL(action, address).href;
        form = page.includes('name="login"')
          ? { prompt: 'login', login, password: 'any' }
          : { prompt: 'consent' };
      }
      throw new Error('The provider never answered.');
    }

    /** Comes back signed in to nothing: where it is sent, and what the page there is told. */
    async function refusalOf(answer: Response | Promise<Response>): Promise<readonly (string | null)[]> {
      const response = await answer;
      const [, problem = null] =
        /slipway-sign-in-problem=(\w*)/.exec(response.headers.getSetCookie().join('\n')) ?? [];
      expect([response.status, await response.text()]).toEqual([302, '']);
      return [response.headers.get('location'), problem];
    }

    return {
      request,
      refusalOf,
      signInAtProvider,
      signIn: async (login: string, returnTo?: string) => request(await signInAtProvider(login, returnTo)),
      whoAmI: async () =>
        (await (await request(door.url + SESSION_PATH)).json()) as {
          user: { name: string; is_admin: boolean } | null;
        },
    };
  }

  it('signs a new user in, and comes back to where the user was', async () => {
    accounts.set('1001', { email: 'alice@acme.com', email_verified: true, groups: ['ml-team', 'unknown'] });
    const browser = createBrowser();
    const answer = await browser.signIn('1001', '/experiments?tab=runs#top');
    expect([answer.status, answer.headers.get('location')]).toEqual([302, '/experiments?tab=runs#top']);
    expect(await browser.whoAmI()).toMatchObject({ user: { name: 'alice@acme.com', is_admin: false } });
    const alice = (await governance.principals.findByName('alice@acme.com'))!;
    expect((await governance.principals.groupsOf(alice.id)).map(({ name }) => name)).toEqual([
      'ML Engineers',
    ]);
  });

  it('knows a user again by the provider’s subject, and follows its groups alone', async () => {
    accounts.set('1002', { email: 'bob@acme.com', email_verified: true, groups: ['ml-team', 'platform'] });
    await createBrowser().signIn('1002');
    const bob = (await governance.principals.findByName('bob@acme.com'))!;
    expect(governance.snapshot.accessOf(bob.id)?.principal.isAdmin).toBe(true);
    const local = await governance.principals.create({ kind: 'group', name: 'Of this place' });
    await governance.principals.addMembers(local.id, [bob.id]);
    accounts.set('1002', { email: 'robert@acme.com', email_verified: true, groups: [] });
    const browser = createBrowser();
    await browser.signIn('1002');
    expect(await browser.whoAmI()).toMatchObject({ user: { name: 'bob@acme.com', is_admin: false } });
    expect((await governance.principals.groupsOf(bob.id)).map(({ name }) => name)).toEqual(['Of this place']);
  });

  it('gives nobody the account of another by a name that the provider lets them choose', async () => {
    const { id } = await governance.principals.create({ kind: 'user', name: 'carol@acme.com' });
    await governance.passwords.set(id, 'correct horse battery');
    for (const [login, email] of [
      ['1003', 'carol@acme.com'],
      ['1004', 'admin'],
      ['1005', 'Admins'],
    ] as const) {
      accounts.set(login, { email, email_verified: true, groups: [] });
      const browser = createBrowser();
      expect(await browser.refusalOf(browser.signIn(login, '/models?q=x'))).toEqual(['/models?q=x', 'taken']);
      expect((await browser.whoAmI()).user).toBeNull();
    }
    accounts.set('1006', { email: 'alice@acme.com', email_verified: true, groups: [] });
    const second = createBrowser();
    expect(await second.refusalOf(second.signIn('1006'))).toEqual(['/experiments', 'taken']);
    expect((await second.whoAmI()).user).toBeNull();
  });

  it('takes no address that nobody has verified, and nobody who is inactive here', async () => {
    const problemOf = async (login: string) => {
      const browser = createBrowser();
      return (await browser.refusalOf(browser.signIn(login)))[1];
    };
    for (const verified of [undefined, false, 'false', 'yes'] as const) {
      accounts.set('1007', {
        email: 'dave@acme.com',
        groups: [],
        ...(verified !== undefined && { email_verified: verified }),
      });
      expect([verified, await problemOf('1007')]).toEqual([verified, 'unverified']);
    }
    expect(await governance.principals.findByName('dave@acme.com')).toBeUndefined();
    const erin = await governance.principals.create({ kind: 'user', name: 'erin@acme.com', active: false });
    accounts.set('1008', { email: 'erin@acme.com', email_verified: true, groups: [] });
    expect(await problemOf('1008')).toBe('inactive');
    await governance.principals.update(erin.id, { active: true });
    // Prepared for the provider's users: only for one whose address the provider vouches for.
    accounts.set('1012', { email: 'erin@acme.com', groups: [] });
    expect(await problemOf('1012')).toBe('unverified');
    const browser = createBrowser();
    await browser.signIn('1008');
    expect((await browser.whoAmI()).user?.name).toBe('erin@acme.com');
  });

  it('takes an address of which the provider says nothing where the operator vouches for all, but none that it denies', async () => {
    settings.emailsVerified = true;
    accounts.set('1013', { email: 'ida@acme.com', groups: [] });
    const browser = createBrowser();
    await browser.signIn('1013');
    expect((await browser.whoAmI()).user?.name).toBe('ida@acme.com');
    for (const verified of [false, 'false'] as const) {
      accounts.set('1014', { email: 'joe@acme.com', email_verified: verified, groups: [] });
      const other = createBrowser();
      expect((await other.refusalOf(other.signIn('1014')))[1]).toBe('unverified');
    }
    expect(await governance.principals.findByName('joe@acme.com')).toBeUndefined();
  });

  it('leaves groups alone that the provider says it does not tell, and takes none for none', async () => {
    const groupsOf = async (name: string) => {
      const { id } = (await governance.principals.findByName(name))!;
      return (await governance.principals.groupsOf(id)).map((group) => group.name);
    };
    const account = { email: 'lea@acme.com', email_verified: true };
    accounts.set('1015', { ...account, groups: ['ml-team'] });
    await createBrowser().signIn('1015');
    accounts.set('1015', { ...account, _claim_names: { groups: 'src1' } });
    await createBrowser().signIn('1015');
    expect(await groupsOf('lea@acme.com')).toEqual(['ML Engineers']);
    accounts.set('1015', account);
    await createBrowser().signIn('1015');
    expect(await groupsOf('lea@acme.com')).toEqual([]);
  });

  it('takes the last administrator away from nobody', async () => {
    const admin = (await governance.principals.findByName('admin'))!;
    accounts.set('1016', { email: 'max@acme.com', email_verified: true, groups: ['platform'] });
    await createBrowser().signIn('1016');
    await governance.principals.update(admin.id, { active: false });
    accounts.set('1016', { email: 'max@acme.com', email_verified: true, groups: [] });
    const browser = createBrowser();
    await browser.signIn('1016');
    expect((await browser.whoAmI()).user).toMatchObject({ name: 'max@acme.com', is_admin: true });
    await governance.principals.update(admin.id, { active: true });
    const later = createBrowser();
    await later.signIn('1016');
    expect((await later.whoAmI()).user).toMatchObject({ name: 'max@acme.com', is_admin: false });
  });

  it('takes an answer only in the browser that asked, once, and in time', async () => {
    accounts.set('1009', { email: 'fay@acme.com', email_verified: true, groups: [] });
    const [attacker, victim] = [createBrowser(), createBrowser()];
    const answer = await attacker.signInAtProvider('1009');
    expect(await victim.refusalOf(victim.request(answer))).toEqual(['/', 'expired']);
    // Begun by the victim as well, but not with this answer.
    await victim.request(`${door.url}${SINGLE_SIGN_ON_PATH}?return_to=/models`);
    expect(await victim.refusalOf(victim.request(answer))).toEqual(['/models', 'expired']);
    expect((await victim.whoAmI()).user).toBeNull();
    await attacker.request(answer);
    expect((await attacker.whoAmI()).user?.name).toBe('fay@acme.com');
    expect(await attacker.refusalOf(attacker.request(answer))).toEqual(['/', 'expired']);
    const late = createBrowser();
    const lateAnswer = await late.signInAtProvider('1009');
    nowMs += 11 * 60_000;
    expect(await late.refusalOf(late.request(lateAnswer))).toEqual(['/', 'expired']);
    expect((await late.whoAmI()).user).toBeNull();
    nowMs -= 11 * 60_000;
  });

  it('takes no answer whose code, or whose state, was changed', async () => {
    accounts.set('1010', { email: 'gus@acme.com', email_verified: true, groups: [] });
    for (const part of ['code', 'state']) {
      const browser = createBrowser();
      const answer = new URL(await browser.signInAtProvider('1010'));
      answer.searchParams.set(part, `${answer.searchParams.get(part)}x`);
      expect((await browser.refusalOf(browser.request(answer.href)))[1]).toBe(
        part === 'code' ? 'invalid' : 'expired',
      );
      expect((await browser.whoAmI()).user).toBeNull();
    }
    // The operator may have to mend the first; anybody makes the second.
    expect(faults).toHaveLength(1);
  });

  it('says on the page that the provider refused, and repeats nothing of what it says', async () => {
    const browser = createBrowser();
    const begun = await browser.request(`${door.url}${SINGLE_SIGN_ON_PATH}?return_to=/models`);
    const state = new URL(begun.headers.get('location')!).searchParams.get('state')!;
    const query = new URLSearchParams({
      state,
      error: '<script>',
      error_description: 'https://evil.example',
    });
    const answer = await browser.request(`${door.url}${SINGLE_SIGN_ON_PATH}/callback?${query}`);
    expect([...answer.headers].join()).not.toMatch(/script|evil/);
    expect(await browser.refusalOf(answer)).toEqual(['/models', 'declined']);
  });

  it('says on the page that the provider does not answer', async () => {
    const { sessions, snapshot } = governance;
    const away = await startServer({
      rawRoutes: singleSignOnRoutes({
        sessions,
        accessOf: snapshot.accessOf,
        clock: { nowMs: () => nowMs },
        sealer: createSealer(Buffer.alloc(32, 7)),
        identities: { signIn: () => Promise.reject(new Error('nobody signs in')) },
        provider: {
          issuer: 'http://127.0.0.1:1',
          clientId: 'slipway',
          clientSecret: undefined,
          scopes: 'openid',
          nameClaim: 'email',
          groupsClaim: 'groups',
          emailsVerified: false,
        },
        onError: (error) => faults.push(error),
      }),
    });
    try {
      const browser = createBrowser();
      const begun = browser.request(`${away.url}${SINGLE_SIGN_ON_PATH}?return_to=/models`);
      expect(await browser.refusalOf(begun)).toEqual(['/models', 'unavailable']);
      expect(faults).toMatchObject([{ code: 'Unavailable' }]);
    } finally {
      await away.server.close();
    }
  });

  it('45: sends the browser to pages of ours alone', async () => {
    accounts.set('1011', { email: 'hal@acme.com', email_verified: true, groups: [] });
    const answer = await createBrowser().signIn('1011', 'https://evil.example/');
    expect(answer.headers.get('location')).toBe('/');
  });
});

it.each([
  '',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/%0d%0aset-cookie:x'.replace('%0d%0a', '\r\n'),
  '/\t/evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  'javascript:alert(1)',
  undefined,
  ['/experiments'],
])('45: takes %j for no page of ours', (text) => {
  expect(placeOfOurs(text)).toBe('/');
});

it.each(['/', '/experiments/1?tab=runs', '/models/prod.ml.x#files', '/a//b'])(
  '45: goes back to %s',
  (text) => {
    expect(placeOfOurs(text)).toBe(text);
  },
);
