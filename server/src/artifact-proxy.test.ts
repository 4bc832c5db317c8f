import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';

const home = mkdtempSync(join(tmpdir(), 'slipway-artifacts-'));
let program: Program;
let url: string;
let api: string;

beforeAll(async () => {
  program = await compose(readConfig(['--home', home, '--log-level', 'silent'], {}));
  url = await program.server.listen({ host: '127.0.0.1', port: 0 });
  api = `${url}/api/2.0`;
});
afterAll(async () => {
  await program.close();
  rmSync(home, { recursive: true });
});

const JSON_BODY = { 'content-type': 'application/json' };
let roots = 0;
/** A folder of the proxy that no other test uses. */
function newRoot(): string {
  roots += 1;
  return `t${roots}`;
}
const at = (path: string): string => `${api}/mlflow-artifacts/artifacts/${path}`;
const put = (path: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(at(path), { method: 'PUT', body, headers });
const textOf = async (path: string): Promise<string> => (await fetch(at(path))).text();
const codeOf = async (answer: Response) =>
  [answer.status, ((await answer.json()) as { error_code: string }).error_code] as const;
const list = async (path: string, more = '') =>
  (await (
    await fetch(`${api}/mlflow-artifacts/artifacts?path=${encodeURIComponent(path)}${more}`)
  ).json()) as {
    files?: { path: string; is_dir: boolean; file_size?: number }[];
    next_page_token?: string;
  };
const namesIn = async (path: string) => (await list(path)).files?.map((file) => file.path);
async function call<T>(path: string, body: object): Promise<T> {
  const answer = await fetch(`${api}/mlflow/${path}`, {
    method: 'POST',
    headers: JSON_BODY,
    body: JSON.stringify(body),
  });
  return (await answer.json()) as T;
}
async function newRun() {
  const { run } = await call<{ run: { info: { run_id: string; artifact_uri: string } } }>('runs/create', {
    experiment_id: '0',
  });
  return { id: run.info.run_id, root: run.info.artifact_uri.replace('mlflow-artifacts:/', '') };
}
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
/** Files of the store that this process has open, where the system tells. */
function openArtifacts(): string[] {
  const folder = '/proc/self/fd';
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      const file = readlinkSync(join(folder, descriptor));
      return file.startsWith(join(home, 'artifacts')) ? [file] : [];
    } catch {
      // Closed since the folder was read.
      return [];
    }
  });
}
/** Sends bytes as they are, where a decent client would mend them; the answer's head and body. */
function raw(text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (data) => (answer += data.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
const head = (method: string, path: string, more = '') =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${more}\r\n`;

describe('a file at the artifact proxy', () => {
  it('comes back as it went, under both prefixes', async () => {
    const bytes = randomBytes(3_000_000);
    const root = newRoot();
    expect((await put(`${root}/a.bin`, bytes)).status).toBe(200);
    for (const prefix of ['api', 'ajax-api']) {
      const answer = await fetch(at(`${root}/a.bin`).replace('/api/', `/${prefix}/`));
      expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    }
  });

  it('may be empty, and may come in chunks of unknown length', async () => {
    const root = newRoot();
    await put(`${root}/empty`, '');
    const chunks = new ReadableStream({
      start(controller) {
        for (const chunk of ['one', 'two']) controller.enqueue(Buffer.from(chunk));
        controller.close();
      },
    });
    const sent = await fetch(at(`${root}/chunked`), {
      method: 'PUT',
      body: chunks,
      duplex: 'half',
    } as RequestInit);
    expect(sent.status).toBe(200);
    expect((await list(root)).files).toEqual([
      { path: 'chunked', is_dir: false, file_size: 6 },
      { path: 'empty', is_dir: false, file_size: 0 },
    ]);
    expect(await textOf(`${root}/empty`)).toBe('');
    expect(await textOf(`${root}/chunked`)).toBe('onetwo');
  });

  it.each([
    'with space.txt',
    'données-日本.txt',
    'a+b&c=d.txt',
    'semi;colon',
    'a%20b.txt',
    '100%',
    'q?x=1',
    "it's",
  ])('keeps the name %s, decoded once', async (name) => {
    const root = newRoot();
    expect((await put(`${root}/${encodeURIComponent(name)}`, name)).status).toBe(200);
    expect(await namesIn(root)).toEqual([name]);
    const answer = await fetch(at(`${root}/${encodeURIComponent(name)}`));
    expect(await answer.text()).toBe(name);
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="[\x20-\x7e]*"/);
    expect(answer.headers.get('content-disposition')).toContain(
      `filename*=UTF-8''${encodeURIComponent(name).replace("'", '%27')}`,
    );
  });

  it('goes through slashes that are encoded as through plain ones', async () => {
    const root = newRoot();
    await put(`${root}%2Fone%2Ftwo.txt`, 'x');
    expect(await textOf(`${root}/one/two.txt`)).toBe('x');
  });

  it('is replaced at once: readers see the old or the new, never a mixture', async () => {
    const root = newRoot();
    const bodies = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(300_000));
    await put(`${root}/x`, bodies[0]!);
    const answers = await Promise.all([
      ...bodies.map(async (body) => void (await put(`${root}/x`, body))),
      ...Array.from({ length: 12 }, () => textOf(`${root}/x`)),
    ]);
    for (const seen of answers.filter((answer) => answer !== undefined)) expect(bodies).toContain(seen);
    expect(bodies).toContain(await textOf(`${root}/x`));
  });

  it('cannot be where a folder is, nor below a file', async () => {
    const root = newRoot();
    await put(`${root}/dir/a`, 'x');
    expect(await codeOf(await put(`${root}/dir`, 'y'))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(await codeOf(await put(`${root}/dir/a/b/c`, 'y'))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(await codeOf(await put(`${root}/new/`, 'y'))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(await codeOf(await fetch(at(`${root}/dir`)))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    expect(await namesIn(root)).toEqual(['dir']);
  });

  it('is missing with the code that clients know', async () => {
    expect(await codeOf(await fetch(at('nowhere/at/all')))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
  });

  it('is kept once for all paths with the same content', async () => {
    const root = newRoot();
    const before = filesBelow(join(home, 'artifacts')).length;
    const content = randomBytes(1000);
    await Promise.all(Array.from({ length: 8 }, (_, i) => put(`${root}/f${i}`, content)));
    expect(filesBelow(join(home, 'artifacts')).length).toBe(before + 1);
    await fetch(at(`${root}/f0`), { method: 'DELETE' });
    const kept = await fetch(at(`${root}/f1`));
    expect(Buffer.from(await kept.arrayBuffer()).equals(content)).toBe(true);
  });
});

describe('an upload', () => {
  it('that breaks off leaves nothing, and the old file as it was', async () => {
    const root = newRoot();
    await put(`${root}/x`, 'old');
    const before = filesBelow(join(home, 'artifacts')).length;
    const { hostname, port } = new URL(url);
    for (const name of ['x', 'y']) {
      const socket = connect(Number(port), hostname);
      socket.write(
        `PUT /api/2.0/mlflow-artifacts/artifacts/${root}/${name} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000000\r\n\r\n`,
      );
      socket.write(Buffer.alloc(2_000_000));
      await sleep(100);
      socket.destroy();
    }
    await expect.poll(() => filesBelow(join(home, 'artifacts')).length).toBe(before);
    expect(await textOf(`${root}/x`)).toBe('old');
    expect(await namesIn(root)).toEqual(['x']);
  });

  it('is checked against the checksums that came with it', async () => {
    const root = newRoot();
    const sum = (algorithm: string) => createHash(algorithm).update('hello').digest();
    const good: Record<string, string>[] = [
      { 'content-md5': sum('md5').toString('base64') },
      { 'x-checksum-sha256': sum('sha256').toString('hex').toUpperCase() },
      { 'x-checksum-sha256': sum('sha256').toString('base64') },
      { 'content-digest': `sha-512=:AAAA:, sha-256=:${sum('sha256').toString('base64')}:` },
    ];
    for (const headers of good) expect((await put(`${root}/a`, 'hello', headers)).status).toBe(200);
    const before = filesBelow(join(home, 'artifacts')).length;
    const bad: (readonly [string, Record<string, string>])[] = [
      ...good.map((headers) => ['hallo', headers] as const),
      ['hello', { 'content-md5': 'nonsense' }],
      ['hello', { 'x-checksum-sha256': 'abc' }],
    ];
    for (const [body, headers] of bad) {
      expect(await codeOf(await put(`${root}/b`, body, headers))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
    expect(filesBelow(join(home, 'artifacts')).length).toBe(before);
    expect(await namesIn(root)).toEqual(['a']);
  });

  it('goes only over what the sender expects to find', async () => {
    const root = newRoot();
    const first = await put(`${root}/a`, 'one', { 'if-none-match': '*' });
    const etag = first.headers.get('etag')!;
    expect(etag).toBe(`"${createHash('sha256').update('one').digest('hex')}"`);
    expect((await put(`${root}/a`, 'two', { 'if-none-match': '*' })).status).toBe(412);
    expect((await put(`${root}/a`, 'two', { 'if-match': '"other"' })).status).toBe(412);
    expect((await put(`${root}/b`, 'two', { 'if-match': '*' })).status).toBe(412);
    expect(await textOf(`${root}/a`)).toBe('one');
    expect((await put(`${root}/a`, 'two', { 'if-match': etag })).status).toBe(200);
    const racers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => put(`${root}/race`, `body ${i}`, { 'if-none-match': '*' })),
    );
    expect(racers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('that is refused is answered, although its body is long', async () => {
    const root = newRoot();
    await put(`${root}/dir/a`, 'x');
    const answer = await put(`${root}/dir`, randomBytes(20_000_000));
    expect(await codeOf(answer)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    const refused = await put(`${root}/%2e%2e%2fb`, randomBytes(20_000_000));
    expect(await codeOf(refused)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  it('may be larger than any JSON body', async () => {
    const root = newRoot();
    const bytes = Buffer.alloc(80 * 1024 * 1024, 7);
    expect((await put(`${root}/large`, bytes, { 'content-type': 'application/json' })).status).toBe(200);
    expect((await list(root)).files?.[0]?.file_size).toBe(bytes.length);
  });
});

describe('a download', () => {
  const content = Buffer.from('0123456789');
  let path: string;
  beforeAll(async () => {
    path = `${newRoot()}/digits.txt`;
    await put(path, content);
  });
  const get = (headers: Record<string, string>, method = 'GET') => fetch(at(path), { method, headers });

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=7-99', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
  ])('gives the part %s', async (range, expected, contentRange) => {
    const answer = await get({ range });
    expect(answer.status).toBe(206);
    expect(await answer.text()).toBe(expected);
    expect(answer.headers.get('content-range')).toBe(contentRange);
    expect(answer.headers.get('content-length')).toBe(String(expected.length));
  });

  it.each(['bytes=10-', 'bytes=99-100', 'bytes=-0'])('refuses the part %s', async (range) => {
    const answer = await get({ range });
    expect(answer.status).toBe(416);
    expect(answer.headers.get('content-range')).toBe('bytes */10');
  });

  it.each(['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b', 'bytes=-', ''])(
    'is whole where the range %j means nothing',
    async (range) => {
      const answer = await get({ range });
      expect([answer.status, await answer.text()]).toEqual([200, '0123456789']);
    },
  );

  it('of a large file, whole or in part, is what was sent, and a reader that leaves costs nothing', async () => {
    const large = `${newRoot()}/large`;
    const bytes = randomBytes(12_345_678);
    await put(large, bytes);
    const part = async (range?: string) =>
      Buffer.from(
        await (await fetch(at(large), range === undefined ? {} : { headers: { range } })).arrayBuffer(),
      );
    expect((await part()).equals(bytes)).toBe(true);
    expect((await part('bytes=1000001-9000000')).equals(bytes.subarray(1_000_001, 9_000_001))).toBe(true);
    expect((await part('bytes=-2000000')).equals(bytes.subarray(-2_000_000))).toBe(true);
    for (let i = 0; i < 5; i++) {
      const leaving = new AbortController();
      const answer = await fetch(at(large), { signal: leaving.signal });
      await answer.body!.getReader().read();
      leaving.abort();
    }
    await expect.poll(openArtifacts).toEqual([]);
  });

  it('follows the conditions that came with it', async () => {
    const etag = `"${createHash('sha256').update(content).digest('hex')}"`;
    expect((await get({})).headers.get('etag')).toBe(etag);
    expect((await get({ 'if-none-match': etag })).status).toBe(304);
    expect((await get({ 'if-none-match': `"x", W/${etag}` })).status).toBe(304);
    expect((await get({ 'if-none-match': '"x"' })).status).toBe(200);
    expect((await get({ 'if-match': etag })).status).toBe(200);
    expect((await get({ 'if-match': '"x"' })).status).toBe(412);
    expect((await get({ range: 'bytes=0-1', 'if-range': etag })).status).toBe(206);
    expect((await get({ range: 'bytes=0-1', 'if-range': '"x"' })).status).toBe(200);
  });

  it('tells its head without its body', async () => {
    const answer = await get({}, 'HEAD');
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('content-length')).toBe('10');
    expect((await fetch(at('no/such'), { method: 'HEAD' })).status).toBe(404);
  });

  it.each([
    'page.html',
    'image.svg',
    'x.xhtml',
    'x.xml',
    'doc.pdf',
    'script.js',
    'note.ipynb',
    'MLmodel',
    'constructor',
  ])('of %s never runs in our origin', async (name) => {
    const root = newRoot();
    await put(`${root}/${name}`, '<script>alert(1)</script>', { 'content-type': 'text/html' });
    const { headers } = await fetch(at(`${root}/${name}`));
    expect(headers.get('content-type')).toMatch(/^(application\/octet-stream|text\/plain; charset=utf-8)$/);
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-disposition')).toMatch(/^attachment/);
  });
});

describe('a listing', () => {
  it('is empty for what is not there and for what is a file', async () => {
    const root = newRoot();
    await put(`${root}/a`, 'x');
    expect(await list(`${root}/none`)).toEqual({});
    expect(await list(`${root}/a`)).toEqual({});
  });

  it('of many files is whole, and comes in pages for who asks', async () => {
    const run = await newRun();
    const names = Array.from({ length: 2500 }, (_, i) => `f${String(i).padStart(5, '0')}`);
    for (let i = 0; i < names.length; i += 100) {
      await Promise.all(names.slice(i, i + 100).map((name) => put(`${run.root}/many/${name}`, 'x')));
    }
    expect(await namesIn(`${run.root}/many`)).toEqual(names);

    const ofRun = async (more: string) =>
      (await (
        await fetch(`${api}/mlflow/artifacts/list?run_id=${run.id}&path=many${more}`)
      ).json()) as Awaited<ReturnType<typeof list>> & { root_uri: string };
    const all = await ofRun('');
    expect(all.root_uri).toBe(`mlflow-artifacts:/${run.root}`);
    expect(all.files?.map((file) => file.path)).toEqual(names.map((name) => `many/${name}`));
    const paged: string[] = [];
    for (let token = ''; ; ) {
      const page = await ofRun(`&max_results=700&page_token=${encodeURIComponent(token)}`);
      paged.push(...page.files!.map((file) => file.path));
      if (page.next_page_token === undefined) break;
      token = page.next_page_token;
    }
    expect(paged).toEqual(names.map((name) => `many/${name}`));
    const nonsense = await fetch(`${api}/mlflow/artifacts/list?run_id=${run.id}&page_token=nonsense`);
    expect(nonsense.status).toBe(400);
  }, 60_000);
});

describe('deleting', () => {
  it('removes a file or a folder with all in it, and nothing beside', async () => {
    const root = newRoot();
    for (const path of ['a/1', 'a/b/2', 'a-b/3', 'a.b/4', 'a0/5']) await put(`${root}/${path}`, path);
    const remove = async (path: string) => (await fetch(at(path), { method: 'DELETE' })).status;
    expect(await remove(`${root}/a`)).toBe(200);
    expect(await remove(`${root}/a`)).toBe(200);
    expect(await namesIn(root)).toEqual(['a-b', 'a.b', 'a0']);
    expect(await textOf(`${root}/a0/5`)).toBe('a0/5');
    expect((await fetch(at(`${root}/a/b/2`))).status).toBe(404);
    expect(await remove(`${root}/a.b/4`)).toBe(200);
    expect(await list(`${root}/a.b`)).toEqual({});
    await put(`${root}/a`, 'now a file');
    expect(await textOf(`${root}/a`)).toBe('now a file');
  });

  it('does not touch what a registered version needs', async () => {
    const run = await newRun();
    await put(`${run.root}/model/MLmodel`, 'good');
    await put(`${run.root}/other`, 'x');
    await call('registered-models/create', { name: 'guarded' });
    await call('model-versions/create', {
      name: 'guarded',
      source: `mlflow-artifacts:/${run.root}/model`,
      run_id: run.id,
    });
    for (const path of ['model/MLmodel', 'model', '']) {
      const answer = await fetch(at(`${run.root}/${path}`.replace(/\/$/, '')), { method: 'DELETE' });
      expect(await codeOf(answer)).toEqual([409, 'RESOURCE_CONFLICT']);
    }
    expect(await codeOf(await put(`${run.root}/model/MLmodel`, 'evil'))).toEqual([409, 'RESOURCE_CONFLICT']);
    expect((await put(`${run.root}/model/MLmodel`, 'good')).status).toBe(200);
    expect(await codeOf(await put(`${run.root}/model/extra`, 'new'))).toEqual([409, 'RESOURCE_CONFLICT']);
    expect((await put(`${run.root}/model2/extra`, 'new')).status).toBe(200);
    expect(await textOf(`${run.root}/model/MLmodel`)).toBe('good');
    expect((await fetch(at(`${run.root}/other`), { method: 'DELETE' })).status).toBe(200);
    const served = await fetch(`${url}/model-versions/get-artifact?name=guarded&version=1&path=MLmodel`);
    expect(await served.text()).toBe('good');
    await fetch(`${api}/mlflow/model-versions/delete`, {
      method: 'DELETE',
      body: JSON.stringify({ name: 'guarded', version: '1' }),
    });
    expect((await fetch(at(`${run.root}/model`), { method: 'DELETE' })).status).toBe(200);
  });
});

describe('the routes of the web pages', () => {
  it('give and take files of a run', async () => {
    const run = await newRun();
    const sent = await fetch(
      `${url}/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run.id}&path=notes%2Fa.txt`,
      { method: 'POST', body: 'noted' },
    );
    expect(sent.status).toBe(200);
    const got = await fetch(`${url}/get-artifact?run_id=${run.id}&path=notes/a.txt`);
    expect(await got.text()).toBe('noted');
    expect((await fetch(`${url}/get-artifact?path=a`)).status).toBe(400);
    expect((await fetch(`${url}/get-artifact?run_id=${run.id}`)).status).toBe(400);
    expect((await fetch(`${url}/get-artifact?run_id=${'f'.repeat(32)}&path=a`)).status).toBe(404);
  });

  it('show the files of a logged model', async () => {
    const { model } = await call<{ model: { info: { model_id: string; artifact_uri: string } } }>(
      'logged-models',
      { experiment_id: '0', name: 'm' },
    );
    const { model_id: id, artifact_uri: uri } = model.info;
    await put(`${uri.replace('mlflow-artifacts:/', '')}/data/MLmodel`, 'flavors');
    const below = `logged-models/${id}/artifacts`;
    const listed = await fetch(`${api}/mlflow/${below}/directories?artifact_directory_path=data`);
    expect(await listed.json()).toEqual({
      root_uri: uri,
      files: [{ path: 'data/MLmodel', is_dir: false, file_size: 7 }],
    });
    const file = await fetch(`${url}/ajax-api/2.0/mlflow/${below}/files?artifact_file_path=data/MLmodel`);
    expect(await file.text()).toBe('flavors');
    expect((await fetch(`${url}/ajax-api/2.0/mlflow/${below}/files`)).status).toBe(400);
  });

  it('say where files are that the server does not keep', async () => {
    for (const location of ['s3://elsewhere/x', join(home, 'outside')]) {
      const { experiment_id } = await call<{ experiment_id: string }>('experiments/create', {
        name: location,
        artifact_location: location,
      });
      const { run } = await call<{ run: { info: { run_id: string } } }>('runs/create', { experiment_id });
      for (const path of ['/get-artifact?path=a&', '/api/2.0/mlflow/artifacts/list?']) {
        const answer = await fetch(`${url}${path}run_id=${run.info.run_id}`);
        const { error_code, message } = (await answer.json()) as { error_code: string; message: string };
        expect([answer.status, error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
        expect(message).toContain(location);
      }
    }
  });
});

describe('a path that leads out', () => {
  const HOSTILE = [
    '../../etc/passwd',
    'a/../../etc/passwd',
    '/etc/passwd',
    '//proc/self/root/etc/passwd',
    '%2e%2e/x',
    '..%2f..%2fx',
    '%2e%2e%2fx',
    '%252e%252e%252fx',
    '%25252e%25252e%25252fx',
    'a/%2e/b',
    'x%23/../../y',
    'x#/../../y',
    'x%2523y',
    '..%5c..%5cx',
    '..%255cx',
    'a%5cb',
    'x%00y',
    'x%2500y',
    'C:/windows',
    'c%3A%2Fwindows',
    'a//b',
    'a;/../b',
    'a/..;/b',
    '%252525252525252525252525252e%2e',
  ];

  it.each(HOSTILE.flatMap((path) => ['GET', 'PUT', 'DELETE', 'HEAD'].map((method) => [method, path])))(
    'is refused: %s %s',
    async (method, path) => {
      const before = filesBelow(home).filter((file) => !file.includes('slipway.db')).length;
      const body = method === 'PUT' ? 'content-length: 4\r\n' : '';
      const answer = await raw(
        head(method!, `/api/2.0/mlflow-artifacts/artifacts/${path}`, body) + (method === 'PUT' ? 'evil' : ''),
      );
      // `..;` is a plain name here: nobody but the router sees `;`, and it leaves it alone.
      const isPlain = path === 'a/..;/b';
      if (isPlain) expect(answer).toMatch(/^HTTP\/1\.1 (200|404) /);
      else expect(answer).toMatch(/^HTTP\/1\.1 40[04] /);
      expect(answer).not.toContain('root:');
      const after = filesBelow(home).filter((file) => !file.includes('slipway.db')).length;
      expect(after - before).toBeLessThanOrEqual(isPlain ? 1 : 0);
    },
  );

  it.each(['../../etc/passwd', '/etc/passwd', '%2e%2e%2fx', 'a\\..\\..\\x', 'x#y', 'a\0b', 'a/../b'])(
    'is refused in a query: %j',
    async (path) => {
      const run = await newRun();
      const encoded = encodeURIComponent(path);
      await call('registered-models/create', { name: 'hostile' });
      const addresses = [
        `${url}/get-artifact?run_id=${run.id}&path=${encoded}`,
        `${api}/mlflow-artifacts/artifacts?path=${encoded}`,
        `${api}/mlflow/artifacts/list?run_id=${run.id}&path=${encoded}`,
      ];
      for (const address of addresses) {
        expect(await codeOf(await fetch(address))).toEqual([400, 'INVALID_PARAMETER_VALUE']);
      }
      const sent = await fetch(
        `${url}/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run.id}&path=${encoded}`,
        { method: 'POST', body: 'x' },
      );
      expect(await codeOf(sent)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    },
  );

  it.each(['%zz', '%ff', '%c0%ae%c0%ae/x'])('is refused in JSON where it is no text: %s', async (path) => {
    const answer = await raw(head('GET', `/api/2.0/mlflow-artifacts/artifacts/${path}`));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"error_code"');
  });

  it('is refused where it is endless', async () => {
    const long = await fetch(at('a'.repeat(5000)));
    expect(long.status).toBe(400);
    const deep = await put(Array.from({ length: 500 }, () => 'd').join('/'), 'x');
    expect(await codeOf(deep)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  it('is no way to a local file through a version', async () => {
    await call('registered-models/create', { name: 'local' });
    const made = await fetch(`${api}/mlflow/model-versions/create`, {
      method: 'POST',
      headers: JSON_BODY,
      body: JSON.stringify({ name: 'local', source: 'file:///etc' }),
    });
    expect(made.status).toBe(400);
    const got = await fetch(`${url}/model-versions/get-artifact?name=local&version=1&path=passwd`);
    expect(got.status).toBe(404);
  });
});
