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
  readonly email_verified?: boolean;
  readonly groups: readonly string[];
}

describe.each(testedDatabases().slice(0, 1))('single sign-on with a real identity provider', ({ open }) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let door: ServerFixture;
  let provider: Server;
  let nowMs = Date.now();
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
          },
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
      claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups'] },
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
  beforeEach(() => accounts.clear());

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

    return {
      request,
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
      expect((await browser.signIn(login)).status).toBe(403);
      expect((await browser.whoAmI()).user).toBeNull();
    }
    accounts.set('1006', { email: 'alice@acme.com', email_verified: true, groups: [] });
    expect((await createBrowser().signIn('1006')).status).toBe(403);
  });

  it('takes no address that nobody has verified, and nobody who is inactive here', async () => {
    accounts.set('1007', { email: 'dave@acme.com', email_verified: false, groups: [] });
    expect((await createBrowser().signIn('1007')).status).toBe(403);
    const erin = await governance.principals.create({ kind: 'user', name: 'erin@acme.com', active: false });
    accounts.set('1008', { email: 'erin@acme.com', email_verified: true, groups: [] });
    expect((await createBrowser().signIn('1008')).status).toBe(403);
    await governance.principals.update(erin.id, { active: true });
    // Prepared for the provider's users: only for one whose address the provider vouches for.
    accounts.set('1012', { email: 'erin@acme.com', groups: [] });
    expect((await createBrowser().signIn('1012')).status).toBe(403);
    expect((await createBrowser().signIn('1008')).status).toBe(302);
  });

  it('takes an answer only in the browser that asked, once, and in time', async () => {
    accounts.set('1009', { email: 'fay@acme.com', email_verified: true, groups: [] });
    const [attacker, victim] = [createBrowser(), createBrowser()];
    const answer = await attacker.signInAtProvider('1009');
    expect((await victim.request(answer)).status).toBe(401);
    // Begun by the victim as well, but not with this answer.
    await victim.request(`${door.url}${SINGLE_SIGN_ON_PATH}`);
    expect((await victim.request(answer)).status).toBe(401);
    expect((await victim.whoAmI()).user).toBeNull();
    expect((await attacker.request(answer)).status).toBe(302);
    expect((await attacker.request(answer)).status).toBe(401);
    const late = createBrowser();
    const lateAnswer = await late.signInAtProvider('1009');
    nowMs += 11 * 60_000;
    expect((await late.request(lateAnswer)).status).toBe(401);
    nowMs -= 11 * 60_000;
  });

  it('takes no answer whose code, or whose state, was changed', async () => {
    accounts.set('1010', { email: 'gus@acme.com', email_verified: true, groups: [] });
    for (const part of ['code', 'state']) {
      const browser = createBrowser();
      const answer = new URL(await browser.signInAtProvider('1010'));
      answer.searchParams.set(part, `${answer.searchParams.get(part)}x`);
      expect((await browser.request(answer.href)).status).toBe(401);
      expect((await browser.whoAmI()).user).toBeNull();
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
