import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, type GovernedServer, type Request, startGoverned } from './authorization.fixture.ts';
import { testedDatabases } from './db/conformance/databases.ts';

const MLFLOW = '/api/2.0/mlflow';
const NATIVE = '/api/2.1/unity-catalog';
const PROXY = '/api/2.0/mlflow-artifacts/artifacts';
const MODEL = 'workspace.default.closed';

describe.each(testedDatabases())(
  'the files of a version that was registered over http, on $name',
  (database) => {
    let server: GovernedServer;
    let root: string;
    let runId: string;
    let loggedModel: string;

    const post = (path: string, body: object): Request => ({ method: 'POST', path, body });
    const contents = Buffer.from('evil').toString('base64');

    beforeAll(async () => {
      server = await startGoverned(database);
      for (const name of ['editor', 'maker']) await server.addUser(name);
      const { experiment_id: experimentId } = await server.post<{ experiment_id: string }>(
        'editor',
        `${MLFLOW}/experiments/create`,
        { name: 'closing' },
      );
      const { run } = await server.post<{ run: { info: { run_id: string } } }>(
        'editor',
        `${MLFLOW}/runs/create`,
        {
          experiment_id: experimentId,
        },
      );
      runId = run.info.run_id;
      root = `${experimentId}/${runId}/artifacts`;
      const { model } = await server.post<{ model: { info: { model_id: string } } }>(
        'editor',
        `${MLFLOW}/logged-models`,
        { experiment_id: experimentId, name: 'logged', source_run_id: runId },
      );
      loggedModel = model.info.model_id;
      await server.post(ADMIN, `${MLFLOW}/registered-models/create`, { name: 'closed' });
      for (const folder of [`${root}/model`, `${experimentId}/models/${loggedModel}/artifacts`])
        await server.done('editor', {
          method: 'PUT',
          path: `${PROXY}/${folder}/MLmodel`,
          body: 'flavors: {}',
        });
      await server.post(ADMIN, `${MLFLOW}/model-versions/create`, {
        name: 'closed',
        source: `mlflow-artifacts:/${root}/model`,
        run_id: runId,
      });
      await server.post(ADMIN, `${MLFLOW}/model-versions/create`, {
        name: 'closed',
        source: `models:/${loggedModel}`,
        model_id: loggedModel,
      });
      await server.done(ADMIN, {
        method: 'PATCH',
        path: `${NATIVE}/permissions/function/${MODEL}`,
        body: { changes: [{ principal: 'maker', add: ['CREATE_MODEL_VERSION', 'EXECUTE'] }] },
      });
    });
    afterAll(() => server.close());

    /** Every way in which a new file comes to a folder of a run, but for uploads in parts. */
    async function ways(folder: string): Promise<readonly Request[]> {
      const [experiment, ...below] = folder.split('/');
      const inRun = folder.slice(root.length + 1);
      const filesApi = ['/WorkspaceInternal/Mlflow/Artifacts', experiment, 'Runs', ...below].join('/');
      const dbfs = `dbfs:/mlflow-artifacts/${folder}`;
      const { credential_infos } = await server.post<{ credential_infos: { signed_uri: string }[] }>(
        'editor',
        `${MLFLOW}/artifacts/credentials-for-write`,
        { run_id: runId, path: [`${inRun}/signed.py`] },
      );
      const { pathname, search } = new URL(credential_infos[0]!.signed_uri);
      const { handle } = await server.post<{ handle: number }>('editor', '/api/2.0/dbfs/create', {
        path: `${dbfs}/handle.py`,
      });
      await server.post('editor', '/api/2.0/dbfs/put', {
        path: 'dbfs:/tmp/brought/yaml.py',
        contents,
        overwrite: true,
      });
      return [
        { method: 'PUT', path: `${PROXY}/${folder}/code/yaml.py`, body: 'evil' },
        post(`/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=${inRun}/up.py`, {}),
        { method: 'PUT', path: `/api/2.0/fs/files${filesApi}/api.py`, body: 'evil' },
        { method: 'PUT', path: `/api/2.0/fs/directories${filesApi}/code` },
        { method: 'PUT', path: pathname + search, body: 'evil' },
        post('/api/2.0/dbfs/put', { path: `${dbfs}/put.py`, contents }),
        { method: 'POST', path: `/dbfs/mlflow-artifacts/${folder}/raw.py`, body: 'evil' },
        post('/api/2.0/dbfs/mkdirs', { path: `${dbfs}/made` }),
        post('/api/2.0/dbfs/close', { handle }),
        post('/api/2.0/dbfs/move', { source_path: 'dbfs:/tmp/brought', destination_path: `${dbfs}/moved` }),
      ];
    }

    async function uploadInParts(path: string): Promise<number> {
      const { upload_id, upload_credential_infos } = await server.post<{
        upload_id: string;
        upload_credential_infos: { signed_uri: string }[];
      }>('editor', `${MLFLOW}/artifacts/create-multipart-upload`, { run_id: runId, path, num_parts: 1 });
      const { pathname, search } = new URL(upload_credential_infos[0]!.signed_uri);
      const sent = await server.call('editor', { method: 'PUT', path: pathname + search, body: 'part' });
      const etag = String(sent.headers.etag);
      const completed = await server.call(
        'editor',
        post(`${MLFLOW}/artifacts/complete-multipart-upload`, {
          run_id: runId,
          path,
          upload_id,
          part_etags: [{ part_number: 1, etag }],
        }),
      );
      return completed.status;
    }

    const listed = async (folder: string): Promise<readonly string[]> => {
      const { files = [] } = await server.done<{ files?: { path: string }[] }>(ADMIN, {
        path: PROXY,
        query: { path: folder },
      });
      return files.map(({ path }) => path);
    };

    it('take no new one in any way, while beside them all ways stay open', async () => {
      for (const request of await ways(`${root}/model`)) {
        const { status, text } = await server.call('editor', request);
        expect([status, text], request.path).toEqual([
          409,
          expect.stringMatching(/do not change any more|needs these files/),
        ]);
        expect(text).not.toContain('closed');
      }
      expect(await uploadInParts('model/part.py')).toBe(409);
      expect(await listed(`${root}/model`)).toEqual(['MLmodel']);
      for (const request of await ways(`${root}/beside`)) {
        const { status, text } = await server.call('editor', request);
        expect([200, 204], `${request.path}: ${text}`).toContain(status);
      }
      expect(await uploadInParts('beside/part.py')).toBe(200);
      expect(await listed(`${root}/beside`)).toHaveLength(10);
    });

    it('take none by the logged model that it was registered from', async () => {
      const { credentials } = await server.post<{
        credentials: { credential_info: { signed_uri: string } }[];
      }>('editor', `${MLFLOW}/logged-models/${loggedModel}/artifacts/credentials-for-upload`, {
        paths: ['new.py'],
      });
      const { pathname, search } = new URL(credentials[0]!.credential_info.signed_uri);
      const sent = await server.call('editor', { method: 'PUT', path: pathname + search, body: 'evil' });
      expect(sent.status, sent.text).toBe(409);
    });

    it('take none by who may make versions of the model', async () => {
      const file = `/Models/${MODEL.replaceAll('.', '/')}/1/code/yaml.py`;
      for (const request of [
        { method: 'PUT', path: `/api/2.0/fs/files${file}`, body: 'evil' },
        { method: 'PUT', path: `/api/2.0/fs/directories${file}` },
        post(`/api/2.0/fs/files${file}?action=initiate-upload&overwrite=true`, {}),
        post('/api/2.0/fs/create-upload-url', { path: file }),
      ]) {
        const { status, text } = await server.call('maker', request);
        expect([status, text], request.path).toEqual([
          409,
          expect.stringContaining('do not change any more'),
        ]);
      }
      expect(await listed(`${root}/model`)).toEqual(['MLmodel']);
      const read = await server.call('maker', {
        path: `/api/2.0/fs/files${file.replace('code/yaml.py', 'MLmodel')}`,
      });
      expect([read.status, read.text]).toEqual([200, 'flavors: {}']);
    });

    it('are not closed by who only reads the run, before there is a model', async () => {
      await server.addUser('reader');
      await server.post(ADMIN, '/api/3.0/mlflow/users/permissions/grant', {
        username: 'reader',
        resource_type: 'experiment',
        resource_id: root.split('/')[0],
        permission: 'READ',
      });
      await server.post('reader', `${MLFLOW}/registered-models/create`, { name: 'of-reader' });
      const register = (source: string) =>
        server.call(
          'reader',
          post(`${MLFLOW}/model-versions/create`, { name: 'of-reader', source, run_id: runId }),
        );
      const put = (file: string) =>
        server.call('editor', { method: 'PUT', path: `${PROXY}/${root}/${file}`, body: 'x' });
      for (const source of [`runs:/${runId}/later`, `mlflow-artifacts:/${root}/later`, `runs:/${runId}`]) {
        const { status, text } = await register(source);
        expect([status, text], source).toEqual([400, expect.stringContaining('MLmodel')]);
      }
      expect((await put('later/MLmodel')).status).toBe(200);
      expect((await put('later/data')).status).toBe(200);
      expect((await register(`runs:/${runId}/later`)).status).toBe(200);
      expect((await put('later/more')).status).toBe(409);
    });

    it('take what comes before the version does', async () => {
      const put = (body: string) =>
        server.call('editor', { method: 'PUT', path: `${PROXY}/${root}/next/MLmodel`, body });
      expect((await put('first')).status).toBe(200);
      expect((await put('second')).status).toBe(200);
      await server.post(ADMIN, `${MLFLOW}/model-versions/create`, {
        name: 'closed',
        source: `runs:/${runId}/next`,
        run_id: runId,
      });
      expect((await put('third')).status).toBe(409);
      // A sender that lost the answer sends the same again.
      expect((await put('second')).status).toBe(200);
    });
  },
);
