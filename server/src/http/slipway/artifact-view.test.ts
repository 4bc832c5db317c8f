import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compose, type Program } from '../../compose.ts';
import { readConfig } from '../../config.ts';

const home = mkdtempSync(join(tmpdir(), 'slipway-view-'));
let program: Program;
let url: string;

beforeAll(async () => {
  program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
  url = await program.server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await program.close();
  rmSync(home, { recursive: true });
});

async function post<Answer>(path: string, body: object): Promise<{ status: number; answer: Answer }> {
  const response = await fetch(`${url}/ajax-api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, answer: (await response.json()) as Answer };
}

async function newRun(files: Record<string, string> = {}): Promise<string> {
  const { answer } = await post<{ run: { info: { run_id: string; artifact_uri: string } } }>(
    '2.0/mlflow/runs/create',
    { experiment_id: '0' },
  );
  const { run_id: runId, artifact_uri: uri } = answer.run.info;
  for (const [path, body] of Object.entries(files)) {
    const place = [uri.replace('mlflow-artifacts:/', ''), ...path.split('/').map(encodeURIComponent)];
    await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${place.join('/')}`, { method: 'PUT', body });
  }
  return runId;
}

const view = (query: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${url}/ajax-api/slipway/v1/artifacts/view?${new URLSearchParams(query)}`, { headers });

it('shows active files under a policy without origin, connections and forms', async () => {
  const runId = await newRun({ 'a.html': '<script>1</script>', 'a.svg': '<svg/>', 'a.HTM': 'x' });
  for (const [path, type] of [
    ['a.html', 'text/html; charset=utf-8'],
    ['a.svg', 'image/svg+xml'],
    ['a.HTM', 'text/html; charset=utf-8'],
  ] as const) {
    const { headers } = await view({ run_id: runId, path }, { 'sec-fetch-dest': 'iframe' });
    const policy = headers.get('content-security-policy')!.split('; ');
    expect(headers.get('content-type')).toBe(type);
    expect(policy[0]).toBe('sandbox allow-scripts');
    expect(policy).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "connect-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
      ]),
    );
    expect(policy.join()).not.toMatch(/https?:|\*|'self' |same-origin/);
    expect(headers.get('content-disposition')).toBe('inline');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

it('gives scripts, XML and unknown files as bytes that no browser runs', async () => {
  const names = ['a.js', 'a.mjs', 'a.xml', 'a.xhtml', 'a.html.bin', 'html', 'a.svgz', '__proto__', 'a.py'];
  const runId = await newRun(Object.fromEntries(names.map((name) => [name, '<script>1</script>'])));
  for (const path of names) {
    const { status, headers } = await view({ run_id: runId, path });
    expect([path, status]).toEqual([path, 200]);
    // A name without a dot is its own ending.
    if (path !== 'html') expect(headers.get('content-type')).toBe('application/octet-stream');
    expect(headers.get('content-security-policy')).toMatch(/^sandbox/);
  }
});

it('saves what somebody opens as a page of its own', async () => {
  const runId = await newRun({ 'a.html': 'x' });
  const { headers } = await view({ run_id: runId, path: 'a.html' }, { 'sec-fetch-dest': 'document' });
  expect(headers.get('content-disposition')).toMatch(/^attachment/);
});

it('answers ranges and conditions, for films and tables', async () => {
  const runId = await newRun({ 'a.mp4': '0123456789' });
  const part = await view({ run_id: runId, path: 'a.mp4' }, { range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  const etag = part.headers.get('etag')!;
  expect((await view({ run_id: runId, path: 'a.mp4' }, { 'if-none-match': etag })).status).toBe(304);
});

it.each([
  '../secret.key',
  'a/../../secret.key',
  '/etc/passwd',
  '..%2f..%2fsecret.key',
  'a\\..\\b',
  'a%00b',
  'a\0b',
  'x#/../y',
])('refuses the path %j', async (path) => {
  const runId = await newRun({ a: 'x' });
  expect((await view({ run_id: runId, path })).status).toBeGreaterThanOrEqual(400);
});

it('wants to know whose file it is, once', async () => {
  expect((await view({ path: 'a' })).status).toBe(400);
  expect((await view({ path: 'a', run_id: 'r', model_id: 'm' })).status).toBe(400);
  expect((await view({ path: 'a', run_id: 'none' })).status).toBe(404);
});

it('packs a folder with all that is in it as an archive of known length', async () => {
  const files = { 'plots/a b.txt': 'one', 'plots/deep/ünï.txt': 'two'.repeat(1000), 'other.txt': 'no' };
  const runId = await newRun(files);
  const answer = await fetch(
    `${url}/ajax-api/slipway/v1/artifacts/folder.zip?${new URLSearchParams({ run_id: runId, path: 'plots' })}`,
  );
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(answer.headers.get('content-disposition')).toContain('filename="plots.zip"');
  expect(Number(answer.headers.get('content-length'))).toBe(bytes.length);
  const place = join(home, 'unpacked');
  mkdirSync(place);
  writeFileSync(join(place, 'plots.zip'), bytes);
  // Another program's reader, which checks every checksum.
  execFileSync('python3', ['-m', 'zipfile', '-e', join(place, 'plots.zip'), place]);
  expect(readFileSync(join(place, 'plots/a b.txt'), 'utf8')).toBe('one');
  expect(readFileSync(join(place, 'plots/deep/ünï.txt'), 'utf8')).toBe('two'.repeat(1000));
});

it('has no archive of a folder that is not there', async () => {
  const runId = await newRun();
  const query = new URLSearchParams({ run_id: runId, path: 'nothing' });
  expect((await fetch(`${url}/ajax-api/slipway/v1/artifacts/folder.zip?${query}`)).status).toBe(404);
});

it('lets nobody replace a tag that somebody else changed meanwhile', async () => {
  const runId = await newRun();
  const edit = (body: object) => post<{ error_code?: string }>('slipway/v1/runs/edit-tag', body);
  const tag = { run_id: runId, key: 'owner' };
  expect((await edit({ ...tag, value: 'ada' })).status).toBe(200);
  expect((await edit({ ...tag, value: 'grace', seen: 'ada' })).status).toBe(200);
  const late = await edit({ ...tag, value: 'edsger', seen: 'ada' });
  expect([late.status, late.answer.error_code]).toEqual([409, 'RESOURCE_CONFLICT']);
  expect((await edit({ ...tag, value: 'new' })).status).toBe(409);
  expect((await edit({ ...tag, seen: 'ada' })).status).toBe(409);
  expect((await edit({ ...tag, value: 'grace', seen: 'ada' })).status).toBe(200);
  expect((await edit({ ...tag, seen: 'grace' })).status).toBe(200);
  expect((await edit({ ...tag, value: 'x'.repeat(8001) })).status).toBe(400);
  expect((await edit({ run_id: runId, key: 'mlflow.runName', value: 'x' })).status).toBe(400);
});
