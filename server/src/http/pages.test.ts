import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compose, type Program } from '../compose.ts';
import { readConfig } from '../config.ts';

const DOCUMENT = '<!doctype html><title>the page</title>';
const SCRIPT = 'console.log("the script");'.repeat(50);
const NAVIGATION = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const scratch = mkdtempSync(join(tmpdir(), 'slipway-pages-'));
const pages = join(scratch, 'dist');
let program: Program;

beforeAll(async () => {
  mkdirSync(join(pages, 'assets'), { recursive: true });
  writeFileSync(join(pages, 'index.html'), DOCUMENT);
  writeFileSync(join(pages, 'assets/main-a1B2.js'), SCRIPT);
  writeFileSync(join(pages, 'assets/main-a1B2.js.br'), brotliCompressSync(SCRIPT));
  writeFileSync(join(pages, 'assets/main-a1B2.js.gz'), gzipSync(SCRIPT));
  program = await composeWith('--pages', pages);
});

afterAll(async () => {
  await program.close();
  rmSync(scratch, { recursive: true });
});

function composeWith(...flags: string[]): Promise<Program> {
  const home = mkdtempSync(join(scratch, 'home-'));
  return compose(readConfig(['--home', home, '--log-level', 'silent', ...flags], {}));
}

const get = (url: string, headers: Record<string, string> = NAVIGATION, method: 'GET' | 'HEAD' = 'GET') =>
  program.server.inject({ method, url, headers });

it.each([
  '/',
  '/experiments',
  '/experiments/1/runs/ab12/artifacts/plots/curve.png',
  '/models/churn/versions/3',
  '/ml/experiments/1/runs/ab12',
  '/explore/data/models/main/default/churn/version/3',
])('answers a person who opens %s with the page', async (url) => {
  const answer = await get(url);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(answer.body).toBe(DOCUMENT);
});

it('tells its scripts whether the server wants to know who asks, and nobody else', async () => {
  expect((await get('/')).headers['set-cookie']).toBeUndefined();
  const guarded = await composeWith('--pages', pages, '--auth');
  try {
    const answer = await guarded.server.inject({ url: '/models', headers: NAVIGATION });
    expect(answer.headers['set-cookie']).toBe('slipway-identities=yes; Path=/; SameSite=Lax');
  } finally {
    await guarded.close();
  }
});

it.each([
  ['a program that asks for no page', '/experiments', { accept: '*/*' }],
  ['an unknown endpoint, even for a person', '/api/2.0/mlflow/nothing', NAVIGATION],
  ['an unknown endpoint of the pages', '/ajax-api/2.0/mlflow/nothing', NAVIGATION],
  ['an asset that is not there', '/assets/main-old.js', NAVIGATION],
  ['a path out of the assets', '/assets/..%2Findex.html', NAVIGATION],
  ['a hidden file', '/assets/.sources', NAVIGATION],
  ['the folder of assets', '/assets/', NAVIGATION],
])('answers %s in the protocol', async (_who, url, headers) => {
  const answer = await get(url, headers);
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' });
});

it('keeps saying which methods a path answers', async () => {
  const answer = await get('/api/2.0/mlflow/runs/create');
  expect(answer.statusCode).toBe(405);
});

it('answers posts to addresses of pages in the protocol', async () => {
  const answer = await program.server.inject({ method: 'POST', url: '/experiments', headers: NAVIGATION });
  expect(answer.json()).toMatchObject({ error_code: 'ENDPOINT_NOT_FOUND' });
});

it('lets the page load its own files alone and be framed by nobody else', async () => {
  const { headers } = await get('/');
  const policy = String(headers['content-security-policy']);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toMatch(/script-src 'self' 'wasm-unsafe-eval';/);
  expect(policy).toContain("frame-ancestors 'self'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toBe('same-origin');
});

it('asks browsers to check the page and tells them when theirs is the same', async () => {
  const first = await get('/');
  expect(first.headers['cache-control']).toBe('no-cache');
  const etag = String(first.headers.etag);
  const second = await get('/', { ...NAVIGATION, 'if-none-match': `"old", W/${etag}` });
  expect(second.statusCode).toBe(304);
  expect(second.body).toBe('');
  const other = await get('/', { ...NAVIGATION, 'if-none-match': '"old"' });
  expect(other.statusCode).toBe(200);
});

it('sends assets to be kept for ever, in the smallest form that the browser takes', async () => {
  const brotli = await get('/assets/main-a1B2.js', { 'accept-encoding': 'gzip, deflate, br' });
  expect(brotli.headers).toMatchObject({
    'content-encoding': 'br',
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
  });
  expect(brotliDecompressSync(brotli.rawPayload).toString()).toBe(SCRIPT);
  const gzip = await get('/assets/main-a1B2.js', { 'accept-encoding': 'gzip, br;q=0' });
  expect(gzip.headers['content-encoding']).toBe('gzip');
  const plain = await get('/assets/main-a1B2.js', {});
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.body).toBe(SCRIPT);
});

it('answers HEAD with the length and no body', async () => {
  for (const url of ['/', '/models', '/assets/main-a1B2.js']) {
    const full = await get(url);
    const head = await get(url, NAVIGATION, 'HEAD');
    expect(head.statusCode).toBe(200);
    expect(head.headers['content-length']).toBe(full.headers['content-length']);
    expect(head.body).toBe('');
  }
});

it('shows a new build without a new start', async () => {
  const before = await get('/');
  writeFileSync(join(pages, 'index.html'), `${DOCUMENT}<p>new</p>`);
  const after = await get('/');
  writeFileSync(join(pages, 'index.html'), DOCUMENT);
  expect(after.body).toContain('new');
  expect(after.headers.etag).not.toBe(before.headers.etag);
});

it('says that the pages are not built and works on without them', async () => {
  const bare = await composeWith();
  try {
    const page = await bare.server.inject({ url: '/experiments', headers: NAVIGATION });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('npm run build');
    const api = await bare.server.inject({ url: '/api/2.0/mlflow/experiments/get?experiment_id=0' });
    expect(api.statusCode).toBe(200);
  } finally {
    await bare.close();
  }
});
