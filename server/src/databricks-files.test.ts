import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type FilesServer, startFilesServer } from './databricks-files.fixture.ts';

let server: FilesServer;
let writer: { readonly name: string; readonly token: string };
let stranger: { readonly name: string; readonly token: string };

beforeAll(async () => {
  server = await startFilesServer();
  writer = await server.newPrincipal('writer');
  stranger = await server.newPrincipal('stranger');
  await server.ok('POST', '/api/2.1/unity-catalog/catalogs', { name: 'lab' });
  await server.ok('POST', '/api/2.1/unity-catalog/schemas', { catalog_name: 'lab', name: 'ml' });
  await server.grant('catalog', 'lab', writer.name, 'USE_CATALOG');
  await server.grant('schema', 'lab.ml', writer.name, 'USE_SCHEMA', 'CREATE_VOLUME', 'CREATE_MODEL');
});
afterAll(() => server.close());

const call: FilesServer['call'] = (...args) => server.call(...args);
const asWriter = (method: string, path: string, body?: string | Buffer) =>
  call(method, path, { body, token: writer.token });
const asStranger = (method: string, path: string, body?: string) =>
  call(method, path, { body, token: stranger.token });

let made = 0;
async function newVolume(): Promise<string> {
  made += 1;
  await server.ok(
    'POST',
    '/api/2.1/unity-catalog/volumes',
    { catalog_name: 'lab', schema_name: 'ml', name: `v${made}`, volume_type: 'MANAGED' },
    writer.token,
  );
  return `/Volumes/lab/ml/v${made}`;
}
const file = (path: string, query = ''): string => `/api/2.0/fs/files${path}${query}`;
const folder = (path: string): string => `/api/2.0/fs/directories${path}`;

describe('the Files API', () => {
  it('stores a file once, replaces it where that is said, and gives it back', async () => {
    const volume = await newVolume();
    expect((await asWriter('PUT', file(`${volume}/a/x.txt`), 'one')).status).toBe(204);
    expect(await codeOf(await asWriter('PUT', file(`${volume}/a/x.txt`), 'two'))).toEqual([
      409,
      'RESOURCE_ALREADY_EXISTS',
    ]);
    expect((await asWriter('PUT', file(`${volume}/a/x.txt`, '?overwrite=true'), 'three')).status).toBe(204);
    const answer = await asWriter('GET', file(`${volume}/a/x.txt`));
    expect(await answer.text()).toBe('three');
    expect(answer.headers.get('content-length')).toBe('5');
    expect(Date.parse(answer.headers.get('last-modified')!)).toBeGreaterThan(0);
    const head = await asWriter('HEAD', file(`${volume}/a/x.txt`));
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '5']);
  });

  it('takes a path that is escaped as a whole for the same file', async () => {
    const volume = await newVolume();
    const escaped = encodeURIComponent(`${volume.slice(1)}/d/x.py`);
    expect((await asWriter('PUT', `/api/2.0/fs/files/${escaped}?overwrite=false`, 'go')).status).toBe(204);
    expect(await (await asWriter('GET', file(`${volume}/d/x.py`))).text()).toBe('go');
  });

  it('takes an empty body that comes in chunks', async () => {
    const volume = await newVolume();
    const status = await new Promise<number>((resolve, reject) => {
      const sent = request(
        server.url + file(`${volume}/empty`),
        {
          method: 'PUT',
          headers: { authorization: `Bearer ${writer.token}`, 'transfer-encoding': 'chunked' },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(204);
    expect((await asWriter('HEAD', file(`${volume}/empty`))).headers.get('content-length')).toBe('0');
  });

  it('knows folders from files, lists them page by page, and removes empty ones alone', async () => {
    const volume = await newVolume();
    expect((await asWriter('HEAD', folder(volume))).status).toBe(200);
    expect((await asWriter('PUT', folder(`${volume}/a/b`))).status).toBe(204);
    expect((await asWriter('PUT', folder(`${volume}/a/b`))).status).toBe(204);
    for (const name of ['1', '2', '3']) await asWriter('PUT', file(`${volume}/a/${name}`), name);
    expect((await asWriter('HEAD', folder(`${volume}/a/`))).status).toBe(200);
    expect((await asWriter('HEAD', folder(`${volume}/a/1`))).status).toBe(404);
    expect((await asWriter('HEAD', folder(`${volume}/none`))).status).toBe(404);
    expect(await codeOf(await asWriter('GET', folder(`${volume}/none`)))).toEqual([404, 'NOT_FOUND']);
    const seen: string[] = [];
    let token = '';
    do {
      const page = await server.ok<{ contents: { name: string; path: string }[]; next_page_token?: string }>(
        'GET',
        `${folder(`${volume}/a`)}?page_size=2&page_token=${encodeURIComponent(token)}`,
        undefined,
        writer.token,
      );
      seen.push(...page.contents.map(({ path }) => path));
      token = page.next_page_token ?? '';
    } while (token !== '');
    expect(seen).toEqual(['1', '2', '3', 'b'].map((name) => `${volume}/a/${name}`));
    expect(await codeOf(await asWriter('DELETE', folder(`${volume}/a`)))).toEqual([
      400,
      'DIRECTORY_NOT_EMPTY',
    ]);
    expect((await asWriter('DELETE', folder(`${volume}/a/b`))).status).toBe(204);
    expect((await asWriter('DELETE', file(`${volume}/a/1`))).status).toBe(204);
    expect(await codeOf(await asWriter('DELETE', file(`${volume}/a/1`)))).toEqual([404, 'NOT_FOUND']);
  });

  it('joins parts that come in any order, and shows nothing of them before', async () => {
    const volume = await newVolume();
    const path = `${volume}/big.bin`;
    const parts = Array.from({ length: 3 }, () => randomBytes(6 * 1024 * 1024));
    const { multipart_upload: upload } = await server.ok<{ multipart_upload: { session_token: string } }>(
      'POST',
      file(path, '?action=initiate-upload&overwrite=true'),
      undefined,
      writer.token,
    );
    const etags: { part_number: number; etag: string }[] = [];
    for (const number of [3, 1, 2]) {
      const { upload_part_urls: urls } = await server.ok<{ upload_part_urls: { url: string }[] }>(
        'POST',
        '/api/2.0/fs/create-upload-part-urls',
        { path, session_token: upload.session_token, start_part_number: number, count: 1 },
        writer.token,
      );
      const sent = await call('PUT', urls[0]!.url, { body: parts[number - 1], token: '' });
      expect(sent.status).toBe(200);
      etags.push({ part_number: number, etag: sent.headers.get('etag')! });
    }
    expect((await asWriter('HEAD', file(path))).status).toBe(404);
    const complete = () =>
      asWriter(
        'POST',
        file(path, `?action=complete-upload&upload_type=multipart&session_token=${upload.session_token}`),
        JSON.stringify({ parts: etags }),
      );
    expect((await complete()).status).toBe(200);
    expect((await complete()).status).toBe(200);
    const bytes = Buffer.from(await (await asWriter('GET', file(path))).arrayBuffer());
    expect(bytes.equals(Buffer.concat(parts))).toBe(true);
  });

  it('lets nobody complete, abort or feed an upload of another file or of another person', async () => {
    const volume = await newVolume();
    const path = `${volume}/mine`;
    const { multipart_upload: upload } = await server.ok<{ multipart_upload: { session_token: string } }>(
      'POST',
      file(path, '?action=initiate-upload'),
      undefined,
      writer.token,
    );
    const session = upload.session_token;
    const part = JSON.stringify({ path, session_token: session, start_part_number: 1, count: 1 });
    expect((await asStranger('POST', '/api/2.0/fs/create-upload-part-urls', part)).status).toBe(404);
    expect(
      (
        await asStranger(
          'POST',
          file(path, `?action=complete-upload&session_token=${session}`),
          '{"parts":[]}',
        )
      ).status,
    ).toBe(404);
    const elsewhere = JSON.stringify({
      path: `${volume}/other`,
      session_token: session,
      start_part_number: 1,
      count: 1,
    });
    expect((await asWriter('POST', '/api/2.0/fs/create-upload-part-urls', elsewhere)).status).toBe(404);
  });
});

describe('signed URLs', () => {
  const sign = async (what: string, path: string, more: object = {}) =>
    (
      await server.ok<{ url: string }>(
        'POST',
        `/api/2.0/fs/create-${what}-url`,
        { path, ...more },
        writer.token,
      )
    ).url;

  it('carry one file in and out without any credential, in parts where that is asked', async () => {
    const path = `${await newVolume()}/m.bin`;
    const upload = await sign('upload', path);
    expect(upload.startsWith(server.url)).toBe(true);
    expect((await call('PUT', upload, { body: '0123456789', token: '' })).status).toBe(200);
    const download = await sign('download', path);
    expect(await (await call('GET', download, { token: '' })).text()).toBe('0123456789');
    const range = await call('GET', download, { token: '', headers: { range: 'bytes=2-4' } });
    expect([range.status, range.headers.get('content-range'), await range.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    const changed = await call('GET', download, {
      token: '',
      headers: { 'if-unmodified-since': new Date(0).toUTCString() },
    });
    expect(changed.status).toBe(412);
    // Parameters in the address, as another client sends them.
    const other = await server.ok<{ url: string }>(
      'POST',
      `/api/2.0/fs/create-download-url?path=${encodeURIComponent(path)}&expire_time=2099-01-01T00:00:00Z`,
      undefined,
      writer.token,
    );
    expect((await call('GET', other.url, { token: '' })).status).toBe(200);
  });

  it('permit nothing but what they were signed for', async () => {
    const volume = await newVolume();
    const upload = await sign('upload', `${volume}/a`);
    await call('PUT', upload, { body: 'x', token: '' });
    const download = await sign('download', `${volume}/a`);
    const refused: readonly (readonly [string, string])[] = [
      ['GET', upload],
      ['PUT', download],
      ['DELETE', download],
      ['DELETE', upload],
      ['GET', `${download}x`],
      ['GET', download.replace(/token=./, 'token=A')],
      ['GET', `${server.url}/api/2.0/fs/signed-files?token=`],
    ];
    for (const [method, url] of refused) {
      const answer = await call(method, url, { token: '', ...(method === 'PUT' && { body: 'y' }) });
      expect([400, 403]).toContain(answer.status);
    }
    expect(await (await call('GET', download, { token: '' })).text()).toBe('x');
  });

  it('end when they say, and are not made for who may not', async () => {
    const volume = await newVolume();
    await call('PUT', await sign('upload', `${volume}/a`), { body: 'x', token: '' });
    const past = await sign('download', `${volume}/a`, {
      expire_time: new Date(Date.now() - 1000).toISOString(),
    });
    expect((await call('GET', past, { token: '' })).status).toBe(403);
    const body = JSON.stringify({ path: `${volume}/a` });
    const hidden = await asStranger('POST', '/api/2.0/fs/create-download-url', body);
    const absent = await asStranger(
      'POST',
      '/api/2.0/fs/create-download-url',
      JSON.stringify({ path: `${volume}0/a` }),
    );
    expect(hidden.status).toBe(404);
    expect((await hidden.text()).replaceAll(volume.slice(16), 'V')).toBe(
      (await absent.text()).replaceAll(`${volume.slice(16)}0`, 'V'),
    );
  });
});

describe('volumes', () => {
  it('are what they were made as, and gone with their files when they are deleted', async () => {
    const volume = await newVolume();
    const name = volume.slice('/Volumes/'.length).replaceAll('/', '.');
    await asWriter('PUT', file(`${volume}/a`), 'old');
    const path = `/api/2.1/unity-catalog/volumes/${name}`;
    expect(await server.ok('GET', path, undefined, writer.token)).toMatchObject({
      full_name: name,
      volume_type: 'MANAGED',
      owner: writer.name,
      storage_location: `dbfs:${volume}`,
    });
    expect(await server.ok('PATCH', path, { comment: 'about' }, writer.token)).toMatchObject({
      comment: 'about',
    });
    expect((await asStranger('GET', path)).status).toBe(404);
    expect((await asWriter('DELETE', path)).status).toBe(200);
    expect(await codeOf(await asWriter('GET', file(`${volume}/a`)))).toEqual([404, 'VOLUME_DOES_NOT_EXIST']);
    await server.ok(
      'POST',
      '/api/2.1/unity-catalog/volumes',
      { catalog_name: 'lab', schema_name: 'ml', name: name.split('.')[2]!, volume_type: 'MANAGED' },
      writer.token,
    );
    expect(await codeOf(await asWriter('GET', file(`${volume}/a`)))).toEqual([404, 'NOT_FOUND']);
  });

  it('are listed to those who see them, and hold their schema', async () => {
    const volume = await newVolume();
    const list = (token: string) =>
      server.call('GET', '/api/2.1/unity-catalog/volumes?catalog_name=lab&schema_name=ml&max_results=0', {
        token,
      });
    const { volumes } = (await (await list(writer.token)).json()) as { volumes: { full_name: string }[] };
    expect(volumes.map((each) => each.full_name)).toContain(
      volume.slice('/Volumes/'.length).replaceAll('/', '.'),
    );
    expect((await list(stranger.token)).status).toBe(404);
    expect((await call('DELETE', '/api/2.1/unity-catalog/schemas/lab.ml')).status).toBe(400);
  });

  it('go with their schema where that is forced, and move with it where it is renamed', async () => {
    const schemas = '/api/2.1/unity-catalog/schemas';
    const inSchema = (schema: string) => ({
      catalog_name: 'lab',
      schema_name: schema,
      name: 'v',
      volume_type: 'MANAGED',
    });
    await server.ok('POST', schemas, { catalog_name: 'lab', name: 'gone' });
    await server.ok('POST', '/api/2.1/unity-catalog/volumes', inSchema('gone'));
    expect((await call('PUT', file('/Volumes/lab/gone/v/a'), { body: 'x' })).status).toBe(204);
    await server.ok('PATCH', `${schemas}/lab.gone`, { new_name: 'moved' });
    expect(await (await call('GET', file('/Volumes/lab/moved/v/a'))).text()).toBe('x');
    expect((await call('GET', file('/Volumes/lab/gone/v/a'))).status).toBe(404);
    await server.ok('DELETE', `${schemas}/lab.moved?force=true`);
    await server.ok('POST', schemas, { catalog_name: 'lab', name: 'moved' });
    await server.ok('POST', '/api/2.1/unity-catalog/volumes', inSchema('moved'));
    expect(await codeOf(await call('GET', file('/Volumes/lab/moved/v/a')))).toEqual([404, 'NOT_FOUND']);
  });

  it('keep their names from those who do not see them, as if these could make none', async () => {
    const hidden = (await newVolume()).split('/').at(-1)!;
    const guesser = await server.newPrincipal('guesser');
    await server.grant('catalog', 'lab', guesser.name, 'USE_CATALOG');
    await server.grant('schema', 'lab.ml', guesser.name, 'USE_SCHEMA', 'CREATE_VOLUME');
    const volumes = '/api/2.1/unity-catalog/volumes';
    const as = (method: string, path: string, body: object) =>
      call(method, path, { token: guesser.token, body: JSON.stringify(body) });
    const create = (name: string) =>
      as('POST', volumes, { catalog_name: 'lab', schema_name: 'ml', name, volume_type: 'MANAGED' });
    const rename = (new_name: string) => as('PATCH', `${volumes}/lab.ml.guess`, { new_name });
    expect((await create('guess')).status).toBe(200);
    const taken = [await create(hidden), await rename(hidden)];
    expect((await create('guess')).status).toBe(409);
    await server.ok('PATCH', '/api/2.1/unity-catalog/permissions/schema/lab.ml', {
      changes: [{ principal: guesser.name, remove: ['CREATE_VOLUME'] }],
    });
    const refused = [await create('another'), await rename('another')];
    for (const [i, answer] of taken.entries()) {
      expect(answer.status).toBe(403);
      expect(await answer.text()).toBe(await refused[i]!.text());
    }
    // Neither is asked for where the name stays.
    expect(
      (await as('PATCH', `${volumes}/lab.ml.guess`, { comment: 'mine', new_name: 'guess' })).status,
    ).toBe(200);
  });

  it('are closed to those without rights on them', async () => {
    const volume = await newVolume();
    await asWriter('PUT', file(`${volume}/a`), 'x');
    for (const [method, path] of [
      ['GET', file(`${volume}/a`)],
      ['PUT', file(`${volume}/b`)],
      ['DELETE', file(`${volume}/a`)],
      ['GET', folder(volume)],
      ['PUT', folder(`${volume}/d`)],
      ['GET', `/api/2.0/dbfs/list?path=${volume}`],
    ] as const) {
      const answer = await asStranger(method, path, path.endsWith('/b') ? 'x' : undefined);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  });
});
