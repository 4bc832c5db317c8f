import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN, type Answer, type GovernedServer, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const NATIVE = '/api/2.1/unity-catalog';
const MLFLOW = '/api/2.0/mlflow';
const SCIM = '/api/2.0/preview/scim/v2';

/** Longer than a call is taken to be judged by what held at its beginning. */
const LONG_MS = 600;

describe.each(testedDatabases())('what was begun before a right was taken away, on $name', (database) => {
  let server: GovernedServer;
  let writer: string;
  let token: string;
  let volume: string;
  let count = 0;

  beforeAll(async () => {
    server = await startGoverned(database);
    await server.post(ADMIN, `${NATIVE}/catalogs`, { name: 'lab' });
    await server.post(ADMIN, `${NATIVE}/schemas`, { catalog_name: 'lab', name: 'ml' });
  });
  afterAll(() => server.close());

  /** Somebody new with a token, who may write a volume of their own. */
  beforeEach(async () => {
    count += 1;
    writer = `writer-${count}@acme.com`;
    await server.addUser(writer);
    const made = await server.post<{ token_value: string }>(writer, '/api/2.0/token/create', {});
    token = made.token_value;
    await server.post(ADMIN, `${NATIVE}/volumes`, {
      catalog_name: 'lab',
      schema_name: 'ml',
      name: `v${count}`,
      volume_type: 'MANAGED',
    });
    volume = `/Volumes/lab/ml/v${count}`;
    for (const [type, name, add] of [
      ['catalog', 'lab', ['USE_CATALOG']],
      ['schema', 'lab.ml', ['USE_SCHEMA']],
      ['volume', `lab.ml.v${count}`, ['READ_VOLUME', 'WRITE_VOLUME']],
    ] as const)
      await change(type, name, { add });
    await server.done(ADMIN, { method: 'POST', path: `/dbfs${volume}/x`, body: 'old' });
  });

  const change = (type: string, name: string, what: object) =>
    server.done(ADMIN, {
      method: 'PATCH',
      path: `${NATIVE}/permissions/${type}/${name}`,
      body: { changes: [{ principal: writer, ...what }] },
    });
  const loseVolume = () => change('volume', `lab.ml.v${count}`, { remove: ['READ_VOLUME', 'WRITE_VOLUME'] });
  const loseWriting = () => change('volume', `lab.ml.v${count}`, { remove: ['WRITE_VOLUME'] });
  async function loseToken(): Promise<void> {
    const { token_infos } = await server.done<{
      token_infos: { token_id: string; created_by_username: string }[];
    }>(ADMIN, { path: '/api/2.0/token-management/tokens' });
    const { token_id } = token_infos.find((each) => each.created_by_username === writer)!;
    await server.done(ADMIN, { method: 'DELETE', path: `/api/2.0/token-management/tokens/${token_id}` });
  }
  async function loseAccount(): Promise<void> {
    const { Resources } = await server.done<{ Resources: { id: string }[] }>(ADMIN, {
      path: `${SCIM}/Users`,
      query: { filter: `userName eq "${writer}"` },
    });
    const { status } = await server.call(ADMIN, {
      method: 'PATCH',
      path: `${SCIM}/Users/${Resources[0]!.id}`,
      body: {
        schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations: [{ op: 'replace', path: 'active', value: false }],
      },
    });
    expect(status).toBe(204);
  }

  const contents = async (path: string): Promise<Answer> => server.call(ADMIN, { path: `/dbfs${path}` });
  const textOf = async (path: string): Promise<string> => (await contents(path)).text;
  /** By the URL alone, which some clients take elsewhere. */
  async function bySignedUrl(url: string, method: string, body?: string): Promise<number> {
    const { pathname, search } = new URL(url);
    const answer = await fetch(server.url + pathname + search, {
      method,
      ...(body !== undefined && { body }),
    });
    await answer.text();
    return answer.status;
  }
  const signed = async (what: 'upload' | 'download', path: string): Promise<string> =>
    (await server.post<{ url: string }>(writer, `/api/2.0/fs/create-${what}-url`, { path })).url;

  describe('a handle of DBFS', () => {
    const open = async (path: string): Promise<number> => {
      const { handle } = await server.post<{ handle: number }>(writer, '/api/2.0/dbfs/create', {
        path,
        overwrite: true,
      });
      const data = Buffer.from('new').toString('base64');
      await server.post(writer, '/api/2.0/dbfs/add-block', { handle, data });
      return handle;
    };
    const close = (handle: number) =>
      server.call(writer, { method: 'POST', path: '/api/2.0/dbfs/close', body: { handle } });

    it('is closed by who may still write there, and by nobody else', async () => {
      const handle = await open(`${volume}/x`);
      await loseWriting();
      expect((await close(handle)).status).toBe(403);
      expect(await textOf(`${volume}/x`)).toBe('old');
      await change('volume', `lab.ml.v${count}`, { add: ['WRITE_VOLUME'] });
      expect((await close(handle)).status).toBe(200);
      expect(await textOf(`${volume}/x`)).toBe('new');
    });

    it('says of a volume that is hidden now what it says of one that is gone', async () => {
      const handles = [await open(`${volume}/x`), await open(`${volume}/y`)];
      await loseVolume();
      const hidden = await close(handles[0]!);
      await server.done(ADMIN, { method: 'DELETE', path: `${NATIVE}/volumes/lab.ml.v${count}` });
      const gone = await close(handles[1]!);
      expect([hidden.status, hidden.text]).toEqual([404, gone.text]);
    });

    it('goes with the experiment in which it writes', async () => {
      const { experiment_id: id } = await server.post<{ experiment_id: string }>(
        ADMIN,
        `${MLFLOW}/experiments/create`,
        { name: `handles-${count}` },
      );
      const right = { username: writer, resource_type: 'experiment', resource_id: id, permission: 'EDIT' };
      await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/grant', right);
      const handle = await open(`dbfs:/mlflow-artifacts/${id}/run/x`);
      await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/revoke', right);
      expect((await close(handle)).status).toBe(404);
      expect((await contents(`/mlflow-artifacts/${id}/run/x`)).status).toBe(404);
    });
  });

  describe('an upload that is half there', () => {
    /** Sends half of a body, and the rest after `between`; the status of the answer. */
    async function upload(path: string, method: string, between: () => Promise<unknown>): Promise<number> {
      const sending: ClientRequest = httpRequest(server.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          'content-length': '8',
          'content-type': 'application/octet-stream',
        },
      });
      const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
      sending.write('new ');
      await new Promise((resolve) => setTimeout(resolve, LONG_MS));
      await between();
      sending.end('file');
      const [answer] = await answered;
      answer.resume();
      return answer.statusCode!;
    }

    it.each([
      ['as bytes of DBFS', 'POST', (path: string) => `/dbfs${path}`, 200],
      ['by the Files API', 'PUT', (path: string) => `/api/2.0/fs/files${path}?overwrite=true`, 204],
    ] as const)('stores nothing %s', async (_, method, at, stored) => {
      expect(await upload(at(`${volume}/kept`), method, async () => {})).toBe(stored);
      expect(await textOf(`${volume}/kept`)).toBe('new file');
      expect(await upload(at(`${volume}/x`), method, loseWriting)).toBe(403);
      await change('volume', `lab.ml.v${count}`, { add: ['WRITE_VOLUME'] });
      expect(await upload(at(`${volume}/x`), method, loseToken)).toBe(401);
      expect(await textOf(`${volume}/x`)).toBe('old');
    });

    it('stores nothing by the proxy of artifacts', async () => {
      const { experiment_id: id } = await server.post<{ experiment_id: string }>(
        writer,
        `${MLFLOW}/experiments/create`,
        { name: `uploads-${count}` },
      );
      const path = `/api/2.0/mlflow-artifacts/artifacts/${id}/run/artifacts`;
      expect(await upload(`${path}/kept`, 'PUT', async () => {})).toBe(200);
      expect(await upload(`${path}/late`, 'PUT', loseAccount)).toBe(401);
      expect((await server.call(ADMIN, { path: `${path}/late` })).status).toBe(404);
    });

    it('stores nothing in the workspace', async () => {
      const path = `/api/2.0/workspace-files/import-file/Users/${writer}`;
      expect(await upload(`${path}/kept.txt`, 'POST', async () => {})).toBe(200);
      expect(await upload(`${path}/late.txt`, 'POST', loseToken)).toBe(401);
      const listed = await server.call(ADMIN, {
        path: '/api/2.0/workspace/list',
        query: { path: `/Users/${writer}` },
      });
      expect(listed.text).toContain('kept.txt');
      expect(listed.text).not.toContain('late.txt');
    });

    it('stores nothing by a signed URL', async () => {
      const bySigned = async (between: () => Promise<unknown>) => {
        const { pathname, search } = new URL(await signed('upload', `${volume}/x`));
        return upload(pathname + search, 'PUT', between);
      };
      expect(await bySigned(loseWriting)).toBe(403);
      expect(await textOf(`${volume}/x`)).toBe('old');
    });
  });

  describe('a signed URL', () => {
    it('reads and writes for who may still do it', async () => {
      const [upload, download] = [
        await signed('upload', `${volume}/x`),
        await signed('download', `${volume}/x`),
      ];
      expect(await bySignedUrl(upload, 'PUT', 'new')).toBe(200);
      await loseWriting();
      expect(await bySignedUrl(upload, 'PUT', 'newer')).toBe(403);
      expect(await bySignedUrl(download, 'GET')).toBe(200);
      await loseVolume();
      expect([await bySignedUrl(upload, 'PUT', 'newer'), await bySignedUrl(download, 'GET')]).toEqual([
        404, 404,
      ]);
      expect(await textOf(`${volume}/x`)).toBe('new');
    });

    it('is worth nothing when its holder may not sign in', async () => {
      const { experiment_id } = await server.post<{ experiment_id: string }>(
        writer,
        `${MLFLOW}/experiments/create`,
        { name: `signing-${count}` },
      );
      const { run } = await server.post<{ run: { info: { run_id: string } } }>(
        writer,
        `${MLFLOW}/runs/create`,
        {
          experiment_id,
        },
      );
      const { credential_infos } = await server.post<{ credential_infos: { signed_uri: string }[] }>(
        writer,
        `${MLFLOW}/artifacts/credentials-for-write`,
        { run_id: run.info.run_id, path: ['a'] },
      );
      const ofRun = credential_infos[0]!.signed_uri;
      expect(await bySignedUrl(ofRun, 'PUT', 'x')).toBe(200);
      const urls = [ofRun, await signed('upload', `${volume}/x`)];
      const download = await signed('download', `${volume}/x`);
      await loseAccount();
      for (const url of urls) expect(await bySignedUrl(url, 'PUT', 'evil')).toBe(403);
      expect(await bySignedUrl(download, 'GET')).toBe(403);
      expect(await textOf(`${volume}/x`)).toBe('old');
    });

    it('follows its volume to another name, and not to another volume of the name', async () => {
      const upload = await signed('upload', `${volume}/x`);
      await server.done(ADMIN, {
        method: 'PATCH',
        path: `${NATIVE}/volumes/lab.ml.v${count}`,
        body: { new_name: `moved-${count}` },
      });
      expect(await bySignedUrl(upload, 'PUT', 'moved')).toBe(200);
      expect(await textOf(`/Volumes/lab/ml/moved-${count}/x`)).toBe('moved');
      await server.done(ADMIN, { method: 'DELETE', path: `${NATIVE}/volumes/lab.ml.moved-${count}` });
      expect(await bySignedUrl(upload, 'PUT', 'again')).toBe(404);
    });

    it('reads the files of a version for who may execute the model alone', async () => {
      const name = `loaded-${count}`;
      const { experiment_id } = await server.post<{ experiment_id: string }>(
        ADMIN,
        `${MLFLOW}/experiments/create`,
        { name },
      );
      const { run } = await server.post<{ run: { info: { run_id: string } } }>(
        ADMIN,
        `${MLFLOW}/runs/create`,
        {
          experiment_id,
        },
      );
      const { run_id } = run.info;
      const folder = `${experiment_id}/${run_id}/artifacts/model`;
      await server.done(ADMIN, {
        method: 'PUT',
        path: `/api/2.0/mlflow-artifacts/artifacts/${folder}/MLmodel`,
        body: 'flavors: {}',
      });
      await server.post(ADMIN, `${MLFLOW}/registered-models/create`, { name });
      await server.post(ADMIN, `${MLFLOW}/model-versions/create`, {
        name,
        source: `mlflow-artifacts:/${folder}`,
        run_id,
      });
      const model = `workspace.default.${name}`;
      await change('function', model, { add: ['EXECUTE'] });
      const download = await signed('download', `/Models/workspace/default/${name}/1/MLmodel`);
      expect(await bySignedUrl(download, 'GET')).toBe(200);
      await change('function', model, { remove: ['EXECUTE'] });
      expect(await bySignedUrl(download, 'GET')).toBe(404);
    });

    it('gives the result of a statement to who may still sign in', async () => {
      const answer = await server.post<{ result: { external_links: { external_link: string }[] } }>(
        writer,
        '/api/2.0/sql/statements',
        { statement: 'SHOW CATALOGS', disposition: 'EXTERNAL_LINKS', wait_timeout: '30s' },
      );
      const link = answer.result.external_links[0]!.external_link;
      expect(await bySignedUrl(link, 'GET')).toBe(200);
      await loseAccount();
      expect(await bySignedUrl(link, 'GET')).toBe(403);
    });
  });

  it.each([
    ['token', loseToken],
    ['account', loseAccount],
  ])('a stream of events ends with the %s that opened it', async (_, lose) => {
    const aborting = new AbortController();
    const answer = await fetch(`${server.url}/api/2.0/slipway/events`, {
      headers: { authorization: `Bearer ${token}` },
      signal: aborting.signal,
    });
    const reader = answer.body!.getReader();
    const first = await reader.read();
    expect(Buffer.from(first.value!).toString()).toContain('retry:');
    await lose();
    // Ends by itself, or the test does not.
    while (!(await reader.read()).done);
    aborting.abort();
  });
});
