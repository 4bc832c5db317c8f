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
  call(method, path, {
    body,
    token: writer.token,
    headers: path.includes('/mlflow/') ? { 'content-type': 'application/json' } : {},
  });
const asStranger = (method: string, path: string, body?: string) =>
  call(method, path, { body, token: stranger.token });

const file = (path: string, query = ''): string => `/api/2.0/fs/files${path}${query}`;
const folder = (path: string): string => `/api/2.0/fs/directories${path}`;

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

  it('is nobody’s to take by an experiment that is kept there', async () => {
    for (const location of ['dbfs:/etc', 'dbfs:/tmp/mine', 'dbfs:/mlflow-artifacts/registered-models/1']) {
      const answer = await asWriter(
        'POST',
        '/api/2.0/mlflow/experiments/create',
        JSON.stringify({ name: `taking ${location}`, artifact_location: location }),
      );
      expect([location, ...(await codeOf(answer))]).toEqual([location, 400, 'INVALID_PARAMETER_VALUE']);
    }
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
      expect(sent.status).toBe(200);
      return fields;
    };
    // A file that is half there is not left out in silence.
    const fields = await startHalf();
    await expect(finalize(name, '1')).rejects.toThrow('INVALID_STATE');
    const { abort_upload_url: abort } = await server.ok<{ abort_upload_url: { url: string } }>(
      'POST',
      '/api/2.0/fs/create-abort-upload-url',
      fields,
      writer.token,
    );
    expect((await call('DELETE', abort.url, { token: '' })).status).toBe(200);
    await finalize(name, '1');
    for (const refused of [
      await asWriter('PUT', file(`${path}/new`), 'x'),
      await asWriter('PUT', file(`${path}/MLmodel`, '?overwrite=true'), 'third'),
      await call('PUT', file(`${path}/admin`), { body: 'x' }),
      await call('PUT', late, { body: 'x', token: '' }),
      await asWriter('POST', file(`${path}/half`, '?action=initiate-upload')),
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
