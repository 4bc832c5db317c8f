import { mkdtempSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from '../compose.ts';
import { readConfig } from '../config.ts';
import { createOriginCheck } from './cors.ts';

const PAGE = 'https://pages.example';
const STRANGER = 'https://stranger.example';

interface Started {
  readonly program: Program;
  readonly url: string;
  readonly home: string;
}

async function start(origins: string): Promise<Started> {
  const home = mkdtempSync(join(tmpdir(), 'slipway-cors-'));
  const flags = ['--home', home, '--log-level', 'silent'];
  const program = await compose(readConfig(flags, { MLFLOW_SERVER_CORS_ALLOWED_ORIGINS: origins }));
  await program.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = program.server.server.address() as AddressInfo;
  return { program, url: `http://127.0.0.1:${port}`, home };
}

async function stop({ program, home }: Started): Promise<void> {
  await program.close();
  rmSync(home, { recursive: true });
}

const preflight = (url: string, origin: string, method = 'PUT', headers = 'authorization,content-type') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
  });
const from = (origin: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { ...init.headers, origin },
});
const json = { 'content-type': 'application/json' };

function expectReadable(answer: Response): void {
  expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
  expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
  expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
}

describe('a server that lets the pages of one origin in', () => {
  let started: Started;
  let api: string;
  beforeAll(async () => {
    started = await start(`${PAGE}, https://*.team.example`);
    api = `${started.url}/api/2.0`;
  });
  afterAll(() => stop(started));

  it.each([
    ['POST', 'authorization,content-type', '/mlflow/runs/create'],
    ['PATCH', 'content-type', '/mlflow/registered-models/update'],
    ['PUT', 'if-match,x-checksum-sha256,content-type', '/mlflow-artifacts/artifacts/a/b.txt'],
    ['DELETE', 'authorization', '/mlflow-artifacts/artifacts/a/b.txt'],
    ['GET', 'authorization,last-event-id,range', '/slipway/events'],
  ])('allows a browser %s with %s', async (method, headers, path) => {
    const answer = await preflight(api + path, PAGE, method, headers);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('access-control-allow-methods')!.split(', ')).toContain(method);
    expect(answer.headers.get('access-control-allow-headers')).toBe(headers);
    expect(answer.headers.get('vary')).toContain('origin');
    expect(Number(answer.headers.get('access-control-max-age'))).toBeGreaterThan(0);
  });

  it('allows others nothing', async () => {
    const answer = await preflight(`${api}/mlflow/runs/create`, STRANGER, 'POST');
    expect(answer.ok).toBe(false);
    for (const [name] of answer.headers) expect(name).not.toMatch(/^access-control-/);
  });

  it('lets the page read answers and errors of every kind', async () => {
    const created = await fetch(
      `${api}/mlflow/experiments/create`,
      from(PAGE, { method: 'POST', headers: json, body: '{"name":"from a page"}' }),
    );
    expect(created.status).toBe(200);
    expectReadable(created);
    const missing = await fetch(`${api}/mlflow/runs/get?run_id=${'0'.repeat(32)}`, from(PAGE));
    expect(missing.status).toBe(404);
    expectReadable(missing);
    const unknown = await fetch(`${api}/nothing`, from(PAGE));
    expect(unknown.status).toBe(404);
    expectReadable(unknown);
    const broken = await fetch(`${api}/mlflow-artifacts/artifacts/%zz`, from(PAGE));
    expect(broken.status).toBe(400);
    expectReadable(broken);
    expectReadable(await fetch(`${started.url}/`, from(PAGE)));
  });

  it('lets the page read streams', async () => {
    const path = `${api}/mlflow-artifacts/artifacts/0/large.bin`;
    const body = new Uint8Array(3 * 1024 * 1024).fill(7);
    expectReadable(await fetch(path, from(PAGE, { method: 'PUT', body })));
    const answer = await fetch(path, from(PAGE));
    expectReadable(answer);
    expect((await answer.arrayBuffer()).byteLength).toBe(body.length);
    const events = await fetch(`${api}/slipway/events`, from(PAGE));
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    expectReadable(events);
    await events.body!.cancel();
  });

  it('tells caches that answers differ by origin, also those which ask from none', async () => {
    const answer = await fetch(`${api}/mlflow/experiments/get?experiment_id=0`);
    expect(answer.headers.get('vary')).toBe('origin');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('refuses a %s of other origins', async (method) => {
    for (const origin of [STRANGER, 'null', `${PAGE}.evil.example`, 'http://pages.example']) {
      const path = method === 'POST' ? '/mlflow/experiments/create' : '/mlflow-artifacts/artifacts/x.txt';
      const answer = await fetch(
        api + path,
        from(origin, { method, headers: json, body: '{"name":"stranger"}' }),
      );
      expect(answer.status).toBe(403);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    const found = await fetch(`${api}/mlflow/experiments/get-by-name?experiment_name=stranger`);
    expect(found.status).toBe(404);
  });

  it('does not let a page of another origin read what it may ask', async () => {
    const answer = await fetch(`${api}/mlflow/experiments/get?experiment_id=0`, from(STRANGER));
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('refuses a foreign name before it answers a browser’s question', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { host: 'rebound.example', origin: PAGE, 'access-control-request-method': 'POST' };
      plainRequest(`${api}/mlflow/runs/create`, { method: 'OPTIONS', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });
});

it('lets every page in, but none with credentials, where every origin is allowed', async () => {
  const started = await start('*');
  const url = `${started.url}/api/2.0/mlflow/experiments/create`;
  const asked = await preflight(url, STRANGER, 'POST');
  expect(asked.status).toBe(204);
  const answer = await fetch(url, from(STRANGER, { method: 'POST', headers: json, body: '{"name":"any"}' }));
  expect(answer.status).toBe(200);
  for (const { headers } of [asked, answer]) {
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  }
  await stop(started);
});

it('says nothing of origins where none is allowed', async () => {
  const started = await start('');
  const answer = await fetch(`${started.url}/api/2.0/mlflow/experiments/get?experiment_id=0`, from(PAGE));
  expect(answer.status).toBe(200);
  for (const [name] of answer.headers) expect(name).not.toMatch(/^(access-control-|vary)/);
  expect((await preflight(`${started.url}/api/2.0/mlflow/runs/create`, PAGE)).ok).toBe(false);
  await stop(started);
});

it('matches open parts of a name within the name alone', () => {
  const isAllowed = createOriginCheck(['https://*.team.example', 'http://localhost:*']);
  expect(isAllowed('https://a.b.team.example')).toBe(true);
  expect(isAllowed('HTTPS://A.Team.Example')).toBe(true);
  expect(isAllowed('https://team.example')).toBe(false);
  expect(isAllowed('https://evil.example/.team.example')).toBe(false);
  expect(isAllowed('https://a-team.example')).toBe(false);
  expect(isAllowed('http://localhost:5173')).toBe(true);
  expect(isAllowed('http://localhost:5173@evil.example')).toBe(false);
  expect(isAllowed('null')).toBe(false);
});

it.each(['pages.example', 'https://pages.example/path', 'null', 'https://'])(
  'does not start with the origin %s, which no page has',
  (origin) => {
    expect(() => readConfig(['--cors-allowed-origins', origin], {})).toThrow('cors-allowed-origins');
  },
);
