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

describe('DBFS', () => {
  const dbfs = <T = Record<string, unknown>>(
    method: 'GET' | 'POST',
    what: string,
    fields: Record<string, unknown>,
  ) =>
    method === 'GET'
      ? server.ok<T>(
          'GET',
          `/api/2.0/dbfs/${what}?${new URLSearchParams(fields as Record<string, string>)}`,
          undefined,
          writer.token,
        )
      : server.ok<T>('POST', `/api/2.0/dbfs/${what}`, fields, writer.token);
  const base64 = (text: string): string => Buffer.from(text).toString('base64');

  it('takes files whole, block by block and as bytes, and lists, moves and removes them', async () => {
    await dbfs('POST', 'put', { path: '/tmp/t1/a.txt', contents: base64('hello'), overwrite: true });
    const { handle } = await dbfs<{ handle: number }>('POST', 'create', {
      path: 'dbfs:/tmp/t1/b.txt',
      overwrite: false,
    });
    for (const block of ['one ', 'two']) await dbfs('POST', 'add-block', { handle, data: base64(block) });
    await expect(dbfs('GET', 'get-status', { path: '/tmp/t1/b.txt' })).rejects.toThrow('404');
    await dbfs('POST', 'close', { handle });
    expect((await asWriter('POST', '/dbfs/tmp/t1/c/d.bin', Buffer.from('raw'))).status).toBe(200);
    expect(await (await asWriter('GET', '/dbfs/tmp/t1/c/d.bin')).text()).toBe('raw');
    expect(await dbfs('GET', 'list', { path: '/tmp/t1/' })).toMatchObject({
      files: [
        { path: '/tmp/t1/a.txt', is_dir: false, file_size: 5 },
        { path: '/tmp/t1/b.txt', is_dir: false, file_size: 7 },
        { path: '/tmp/t1/c', is_dir: true },
      ],
    });
    expect(await dbfs('GET', 'read', { path: '/tmp/t1/b.txt', offset: '4', length: '2' })).toEqual({
      bytes_read: 2,
      data: base64('tw'),
    });
    await dbfs('POST', 'move', { source_path: '/tmp/t1/c', destination_path: '/tmp/t1/e/f' });
    expect(await dbfs('GET', 'list', { path: '/tmp/t1/e/f' })).toMatchObject({
      files: [{ path: '/tmp/t1/e/f/d.bin', file_size: 3 }],
    });
    await expect(dbfs('POST', 'delete', { path: '/tmp/t1' })).rejects.toThrow('IO_ERROR');
    await dbfs('POST', 'delete', { path: '/tmp/t1', recursive: true });
    expect(await codeOf(await asWriter('GET', '/api/2.0/dbfs/list?path=/tmp/t1'))).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ]);
  });

  it('keeps a handle to whoever opened it', async () => {
    const { handle } = await dbfs<{ handle: number }>('POST', 'create', { path: '/tmp/t2', overwrite: true });
    const block = JSON.stringify({ handle, data: base64('evil') });
    expect((await asStranger('POST', '/api/2.0/dbfs/add-block', block)).status).toBe(404);
    expect((await asStranger('POST', '/api/2.0/dbfs/close', JSON.stringify({ handle }))).status).toBe(404);
    await dbfs('POST', 'close', { handle });
    expect(await dbfs('GET', 'get-status', { path: '/tmp/t2' })).toMatchObject({ file_size: 0 });
  });

  it('is everybody’s below /tmp and /FileStore, and for administrators elsewhere', async () => {
    expect((await asWriter('POST', '/dbfs/etc/passwd', Buffer.from('x'))).status).toBe(403);
    expect((await call('POST', '/dbfs/etc/passwd', { body: 'x' })).status).toBe(200);
    expect((await asWriter('GET', '/dbfs/etc/passwd')).status).toBe(404);
    expect((await asWriter('GET', '/dbfs/etc/nothing')).status).toBe(404);
    expect((await asWriter('POST', '/api/2.0/dbfs/delete', '{"path":"/tmp","recursive":true}')).status).toBe(
      403,
    );
  });
});

describe('files of runs', () => {
  const mlflow = { 'user-agent': 'mlflow-python-client/3.17.2', 'content-type': 'application/json' };
  let artifacts: { readonly dbfs: string; readonly runId: string; readonly experimentId: string };

  beforeAll(async () => {
    const { experiment_id: experimentId } = await server.ok<{ experiment_id: string }>(
      'POST',
      '/api/2.0/mlflow/experiments/create',
      { name: '/Users/somebody/of-files' },
    );
    const { run } = await server.ok<{ run: { info: { run_id: string; artifact_uri: string } } }>(
      'POST',
      '/api/2.0/mlflow/runs/create',
      { experiment_id: experimentId },
    );
    artifacts = { dbfs: run.info.artifact_uri, runId: run.info.run_id, experimentId };
  });

  it('are the same from both kinds of client, each shown the location that it can use', async () => {
    const { dbfs, runId, experimentId } = artifacts;
    expect(dbfs).toBe(`dbfs:/mlflow-artifacts/${experimentId}/${runId}/artifacts`);
    const get = await call('GET', `/api/2.0/mlflow/runs/get?run_id=${runId}`, { headers: mlflow });
    const { run } = (await get.json()) as { run: { info: { artifact_uri: string } } };
    expect(run.info.artifact_uri).toBe(`mlflow-artifacts:/${experimentId}/${runId}/artifacts`);
    const proxy = `/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts`;
    expect((await call('POST', `/dbfs${dbfs.slice('dbfs:'.length)}/n/a b.txt`, { body: 'up' })).status).toBe(
      200,
    );
    expect(await (await call('GET', `${proxy}/n/a b.txt`, { headers: mlflow })).text()).toBe('up');
    await call('PUT', `${proxy}/h.txt`, { body: 'http', headers: mlflow });
    expect(await (await call('GET', `/dbfs${dbfs.slice('dbfs:'.length)}/h.txt`)).text()).toBe('http');
    expect(
      await (
        await call(
          'GET',
          file(`/WorkspaceInternal/Mlflow/Artifacts/${experimentId}/Runs/${runId}/artifacts/h.txt`),
        )
      ).text(),
    ).toBe('http');
  });

  it('are found by the location that was shown', async () => {
    const { dbfs, runId, experimentId } = artifacts;
    const search = (filter: string) =>
      server.ok<{ runs?: { info: { run_id: string; artifact_uri: string } }[] }>(
        'POST',
        '/api/2.0/mlflow/runs/search',
        {
          experiment_ids: [experimentId],
          filter,
        },
      );
    for (const filter of [
      `artifact_uri = '${dbfs}'`,
      "attributes.artifact_uri LIKE 'dbfs:/mlflow-artifacts/%'",
    ]) {
      const { runs } = await search(filter);
      expect(runs?.map(({ info }) => [info.run_id, info.artifact_uri])).toEqual([[runId, dbfs]]);
    }
    expect((await search(`artifact_uri != '${dbfs}'`)).runs ?? []).toEqual([]);
  });

  it('come and go by signed URLs where the Files API is closed to a client', async () => {
    const { runId } = artifacts;
    const { credential_infos: put } = await server.ok<{
      credential_infos: { signed_uri: string; type: string }[];
    }>('POST', '/api/2.0/mlflow/artifacts/credentials-for-write', {
      run_id: runId,
      path: ['s/one', 's/two'],
    });
    expect(put.map(({ type }) => type)).toEqual(['AWS_PRESIGNED_URL', 'AWS_PRESIGNED_URL']);
    await call('PUT', put[1]!.signed_uri, { body: 'second', token: '' });
    const { credential_infos: get } = await server.ok<{ credential_infos: { signed_uri: string }[] }>(
      'POST',
      '/api/2.0/mlflow/artifacts/credentials-for-read',
      { run_id: runId, path: ['s/two'] },
    );
    expect(await (await call('GET', get[0]!.signed_uri, { token: '' })).text()).toBe('second');
    const upload = await server.ok<{ upload_id: string; upload_credential_infos: { signed_uri: string }[] }>(
      'POST',
      '/api/2.0/mlflow/artifacts/create-multipart-upload',
      { run_id: runId, path: 's/three', num_parts: 2 },
    );
    const etags = [];
    for (const [i, { signed_uri: url }] of upload.upload_credential_infos.entries()) {
      const sent = await call('PUT', url, { body: Buffer.alloc(6 * 1024 * 1024, i), token: '' });
      etags.push({ part_number: i + 1, etag: sent.headers.get('etag') });
    }
    await server.ok('POST', '/api/2.0/mlflow/artifacts/complete-multipart-upload', {
      run_id: runId,
      path: 's/three',
      upload_id: upload.upload_id,
      part_etags: etags,
    });
    const whole = await call('GET', `/dbfs${artifacts.dbfs.slice('dbfs:'.length)}/s/three`);
    expect(whole.headers.get('content-length')).toBe(String(12 * 1024 * 1024));
    await whole.arrayBuffer();
  });

  it('are there for nobody who may not read the experiment', async () => {
    const { dbfs, runId, experimentId } = artifacts;
    const inDbfs = dbfs.slice('dbfs:'.length);
    const tracking = `/WorkspaceInternal/Mlflow/Artifacts/${experimentId}/Runs/${runId}/artifacts`;
    for (const [method, path, body] of [
      ['GET', `/dbfs${inDbfs}/h.txt`],
      ['POST', `/dbfs${inDbfs}/evil`, 'x'],
      ['GET', `/api/2.0/dbfs/list?path=${inDbfs}`],
      ['POST', '/api/2.0/dbfs/delete', JSON.stringify({ path: inDbfs, recursive: true })],
      ['POST', '/api/2.0/dbfs/move', JSON.stringify({ source_path: inDbfs, destination_path: '/tmp/loot' })],
      ['GET', file(`${tracking}/h.txt`)],
      ['GET', folder(tracking)],
      [
        'POST',
        '/api/2.0/mlflow/artifacts/credentials-for-read',
        JSON.stringify({ run_id: runId, path: ['h.txt'] }),
      ],
      [
        'POST',
        '/api/2.0/mlflow/artifacts/create-multipart-upload',
        JSON.stringify({ run_id: runId, path: 'a', num_parts: 1 }),
      ],
    ] as const) {
      const answer = await asWriter(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
    }
  });

  const ATTACKS = [
    '/dbfs/mlflow-artifacts/%2e%2e/%2e%2e/etc/passwd',
    '/dbfs/mlflow-artifacts/0/%252e%252e/x',
    '/dbfs/mlflow-artifacts/0/..%2f..%2fx',
    '/dbfs/mlflow-artifacts/0/a%5c..%5cb',
    '/dbfs/%2fetc/passwd',
    '/dbfs/tmp/a%23/../b',
    '/dbfs/tmp/%00',
    '/api/2.0/fs/files/Volumes/lab/ml/v1/%2e%2e/%2e%2e/x',
    '/api/2.0/fs/files/Volumes%2Flab%2Fml%2Fv1%2F..%2Fx',
    '/api/2.0/fs/files/proc/self/root/etc/passwd',
    '/api/2.0/fs/files/%23volumes/1/x',
    '/api/2.0/dbfs/read?path=/tmp/../etc/passwd',
    '/api/2.0/dbfs/read?path=//proc/self/root/etc/passwd',
    '/api/2.0/dbfs/list?path=/tmp/%252e%252e/x',
    '/api/2.0/workspace/export?path=/Shared/../../etc/passwd',
    '/api/2.0/workspace-files/Workspace/Shared/%252e%252e/x',
  ];
  it.each(ATTACKS)('refuse %s', async (path) => {
    const answer = await new Promise<number>((resolve, reject) => {
      // A decent client would mend the path before it sends it.
      const sent = request(
        {
          host: '127.0.0.1',
          port: new URL(server.url).port,
          path,
          headers: { authorization: 'Bearer dapi-of-the-administrator-of-this-test-0001' },
        },
        (got) => {
          got.resume();
          resolve(got.statusCode!);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
    expect([400, 404]).toContain(answer);
    if (!path.includes('/../')) expect(answer).toBe(400);
  });
});

describe('files of model versions', () => {
  const registry = '/api/2.0/mlflow/unity-catalog';

  async function newVersion(name: string): Promise<string> {
    const { model_version: version } = await server.ok<{ model_version: { version: string } }>(
      'POST',
      `${registry}/model-versions/create`,
      { name, source: 'dbfs:/somewhere' },
      writer.token,
    );
    return `/Models/${name.replaceAll('.', '/')}/${version.version}`;
  }
  const finalize = (name: string, version: string) =>
    server.ok('POST', `${registry}/model-versions/finalize`, { name, version }, writer.token);

  it('come until the version is READY, and do not change after', async () => {
    const name = 'lab.ml.kept';
    await server.ok('POST', `${registry}/registered-models/create`, { name }, writer.token);
    const path = await newVersion(name);
    expect((await asWriter('PUT', file(`${path}/MLmodel`), 'first')).status).toBe(204);
    expect((await asWriter('PUT', file(`${path}/MLmodel`, '?overwrite=true'), 'second')).status).toBe(204);
    const { url: late } = await server.ok<{ url: string }>(
      'POST',
      '/api/2.0/fs/create-upload-url',
      { path: `${path}/late` },
      writer.token,
    );
    const startHalf = async () => {
      const { multipart_upload: upload } = await server.ok<{ multipart_upload: { session_token: string } }>(
        'POST',
        file(`${path}/half`, '?action=initiate-upload'),
        undefined,
        writer.token,
      );
      const fields = { path: `${path}/half`, session_token: upload.session_token };
      const { upload_part_urls: parts } = await server.ok<{ upload_part_urls: { url: string }[] }>(
        'POST',
        '/api/2.0/fs/create-upload-part-urls',
        { ...fields, start_part_number: 1, count: 1 },
        writer.token,
      );
      const sent = await call('PUT', parts[0]!.url, { body: 'half', token: '' });
      return { fields, etag: sent.headers.get('etag') };
    };
    // A file that is half there is not left out in silence.
    const { fields } = await startHalf();
    await expect(finalize(name, '1')).rejects.toThrow('INVALID_STATE');
    const { abort_upload_url: abort } = await server.ok<{ abort_upload_url: { url: string } }>(
      'POST',
      '/api/2.0/fs/create-abort-upload-url',
      fields,
      writer.token,
    );
    expect((await call('DELETE', abort.url, { token: '' })).status).toBe(200);
    await finalize(name, '1');
    const again = await startHalf();
    for (const refused of [
      await asWriter('PUT', file(`${path}/new`), 'x'),
      await asWriter('PUT', file(`${path}/MLmodel`, '?overwrite=true'), 'third'),
      await call('PUT', file(`${path}/admin`), { body: 'x' }),
      await call('PUT', late, { body: 'x', token: '' }),
      await asWriter(
        'POST',
        file(`${path}/half`, `?action=complete-upload&session_token=${again.fields.session_token}`),
        JSON.stringify({ parts: [{ part_number: 1, etag: again.etag }] }),
      ),
      await asWriter('DELETE', file(`${path}/MLmodel`)),
    ]) {
      expect(refused.status).toBe(409);
    }
    expect(await (await asWriter('GET', file(`${path}/MLmodel`))).text()).toBe('second');
    const { contents } = await server.ok<{ contents: { name: string }[] }>(
      'GET',
      folder(path),
      undefined,
      writer.token,
    );
    expect(contents.map((each) => each.name)).toEqual(['MLmodel']);
  });

  it('are there for those alone who may execute the model', async () => {
    const name = 'lab.ml.guarded';
    await server.ok('POST', `${registry}/registered-models/create`, { name }, writer.token);
    const path = await newVersion(name);
    await asWriter('PUT', file(`${path}/MLmodel`), 'x');
    await finalize(name, '1');
    const hidden = await asStranger('GET', file(`${path}/MLmodel`));
    const absent = await asStranger('GET', file(`${path.replace('guarded', 'nothing')}/MLmodel`));
    expect(hidden.status).toBe(404);
    expect((await hidden.text()).replaceAll('guarded', 'M')).toBe(
      (await absent.text()).replaceAll('nothing', 'M'),
    );
    const reader = await server.newPrincipal('reader');
    await server.grant('catalog', 'lab', reader.name, 'USE_CATALOG');
    await server.grant('schema', 'lab.ml', reader.name, 'USE_SCHEMA');
    await server.grant('function', name, reader.name, 'EXECUTE');
    expect((await call('GET', file(`${path}/MLmodel`), { token: reader.token })).status).toBe(200);
    expect((await call('PUT', file(`${path}/b`), { token: reader.token, body: 'x' })).status).toBe(403);
    // The same files by their path among all artifacts.
    expect(
      (await asStranger('GET', '/api/2.0/dbfs/list?path=/mlflow-artifacts/registered-models')).status,
    ).toBe(404);
    expect((await asStranger('GET', '/dbfs/mlflow-artifacts/registered-models/1/1/MLmodel')).status).toBe(
      404,
    );
  });
});
