import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Access, fullAccess } from '../governance/access.ts';
import { wrongCredentials } from '../governance/passwords.ts';
import { AppError } from '../kernel/errors.ts';
import type { AuditTrails } from './audit-trail.ts';
import { type Authenticate, callerOf } from './authenticate.ts';
import type { RawRoute } from './routes.ts';
import { type ServerFixture, startServer } from './server.fixture.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Every principal may do everything but this one. */
const denied: Access = {
  ...fullAccess({ id: '8', kind: 'user', name: 'joe', isAdmin: false }),
  decide: () => 'denied',
};
const allowed = fullAccess({ id: '7', kind: 'user', name: 'jane', isAdmin: false });

const authenticate: Authenticate = (request) => {
  const { authorization } = request.headers;
  if (authorization === 'Bearer bad') throw wrongCredentials();
  const caller = callerOf(request, authorization === 'Bearer joe' ? denied : allowed);
  return authorization === 'Bearer late' ? Promise.resolve(caller) : caller;
};

describe('a short way', () => {
  const taken: string[] = [];
  /** The path, the caller and the status of each request, as the audit log hears of it. */
  const recorded: string[] = [];
  const audit: AuditTrails = {
    know: () => undefined,
    open(request) {
      let who = 'nobody';
      return {
        heard(access) {
          who = access.principal.name;
          return access;
        },
        signedIn: () => undefined,
        during: (work) => work(),
        endedAs: () => undefined,
        answered(status) {
          recorded.push(`${request.method} ${request.routeOptions.url} ${who} ${status}`);
          return Promise.resolve();
        },
      };
    },
    start: () => undefined,
    stop: () => undefined,
  };
  let fixture: ServerFixture;
  let listed: ServerFixture;
  let broken = false;

  const target = () => ({
    on: { type: 'endpoint', id: 'e1' } as const,
    missing: () => new AppError('NotFound', 'There is none.'),
  });
  const access = [{ action: 'endpoint.query', target }] as const;
  const route: RawRoute = {
    method: 'POST',
    path: '/things/:name/ask',
    access,
    handle: async (request, reply) => {
      taken.push('router');
      for await (const _ of request.raw);
      return reply.header('content-type', 'application/json').send('{"answer":1}');
    },
    shortWay: {
      pattern: /^\/things\/(?<name>\w+)\/ask$/,
      access,
      answer({ raw, params }) {
        if (params.name === 'unknown') return undefined;
        taken.push('short');
        const headers = { 'x-request-id': broken ? 'a\nb' : 'r1' };
        return new Promise((resolve) => {
          raw.on('end', () =>
            resolve({ status: 200, contentType: 'application/json', body: '{"answer":1}', headers }),
          );
          raw.resume();
        });
      },
    },
  };

  beforeAll(async () => {
    fixture = await startServer({ rawRoutes: [route], authenticate, audit });
    const hostRules = { allowedOrigins: ['https://pages.example'] };
    listed = await startServer({ rawRoutes: [route], authenticate, hostRules });
  });
  afterAll(async () => {
    await fixture.server.close();
    await listed.server.close();
  });

  const ask = (
    { port }: ServerFixture,
    path: string,
    { method = 'POST', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest({ port, host: '127.0.0.1', path, method, headers }, async (answer) => {
        let body = '';
        for await (const piece of answer) body += piece;
        resolve({ status: answer.statusCode!, headers: answer.headers, body });
      });
      sent.on('error', reject);
      sent.end(method === 'POST' ? '{}' : undefined);
    });

  it('gives the answer that the router gives', async () => {
    taken.length = 0;
    const short = await ask(fixture, '/things/a/ask');
    const long = await ask(fixture, '/things/a/ask?');
    expect(taken).toEqual(['short', 'router']);
    expect(short.body).toBe(long.body);
    const told = (of: Answer) => ({ ...of.headers, date: '', 'x-request-id': '' });
    expect(told(short)).toEqual(told(long));
  });

  it.each([
    ['a page of another origin', '/things/a/ask', { origin: 'https://evil.example' }, 403],
    ['a name that is not ours', '/things/a/ask', { host: 'evil.example' }, 403],
    ['bad credentials', '/things/a/ask', { authorization: 'Bearer bad' }, 401],
    ['somebody without the right', '/things/a/ask', { authorization: 'Bearer joe' }, 403],
    ['a path that is none', '/things/a/ask/more', {}, 404],
  ])('refuses %s as the router does', async (_, path, headers, status) => {
    taken.length = 0;
    const answers = [await ask(fixture, path, { headers }), await ask(listed, path, { headers })];
    expect(answers.map((answer) => answer.status)).toEqual([status, status]);
    expect(answers[0]!.body).toBe(answers[1]!.body);
    expect(taken).toEqual([]);
  });

  it.each([
    ['by a proxy', '/things/a/ask', { 'x-forwarded-for': '10.1.2.3' }],
    ['with a cookie', '/things/a/ask', { cookie: 'slipway-session=1' }],
    ['with a password', '/things/a/ask', { authorization: 'Basic YTpi' }],
    ['by whom has to be waited for', '/things/a/ask', { authorization: 'Bearer late' }],
    ['with an escape in its path', '/things/%61/ask', {}],
    ['for what it does not know', '/things/unknown/ask', {}],
  ])('leaves a request %s to the router', async (_, path, headers) => {
    taken.length = 0;
    expect((await ask(fixture, path, { headers })).status).toBe(200);
    expect(taken).toEqual(['router']);
  });

  it('is closed where origins are listed, for their answers say so', async () => {
    taken.length = 0;
    expect((await ask(listed, '/things/a/ask')).headers.vary).toBe('origin');
    expect(taken).toEqual(['router']);
  });

  it('is heard by the audit log once for each request, also for one that the router refuses', async () => {
    recorded.length = 0;
    await ask(fixture, '/things/a/ask');
    await ask(fixture, '/things/a/ask', { headers: { authorization: 'Bearer joe' } });
    expect(recorded).toEqual(['POST /things/:name/ask jane 200', 'POST /things/:name/ask joe 403']);
  });

  it('is counted and logged as the route that it belongs to', async () => {
    await ask(fixture, '/things/a/ask');
    const metrics = await ask(fixture, '/metrics', { method: 'GET' });
    expect(metrics.status).toBe(403);
    expect(fixture.log()).toContainEqual(
      expect.objectContaining({ message: 'request', method: 'POST', path: '/things/a/ask', status: 200 }),
    );
  });

  it('ends the connection of an answer that cannot be sent, and nothing else', async () => {
    broken = true;
    await expect(ask(fixture, '/things/a/ask')).rejects.toThrow('socket hang up');
    broken = false;
    expect((await ask(fixture, '/things/a/ask')).status).toBe(200);
    expect(fixture.log()).toContainEqual(expect.objectContaining({ message: 'an answer could not be sent' }));
  });
});
