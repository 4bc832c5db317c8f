import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type FilesServer, startFilesServer } from './databricks-files.fixture.ts';

let server: FilesServer;
let jane: { readonly name: string; readonly token: string };
let joe: { readonly name: string; readonly token: string };
let home: string;

beforeAll(async () => {
  server = await startFilesServer();
  jane = await server.newPrincipal('jane');
  joe = await server.newPrincipal('joe');
  home = `/Users/${jane.name}`;
});
afterAll(() => server.close());

const api = '/api/2.0/workspace';
const asJane = (method: string, path: string, body?: string | Buffer) =>
  server.call(method, path, { body, token: jane.token });
const asJoe = (method: string, path: string, body?: string) =>
  server.call(method, path, { body, token: joe.token });
const mkdirs = (path: string) => server.ok('POST', `${api}/mkdirs`, { path }, jane.token);
const importFile = (path: string, body: string, overwrite = false) =>
  asJane(
    'POST',
    `/api/2.0/workspace-files/import-file/${encodeURIComponent(path.slice(1))}?overwrite=${overwrite}`,
    body,
  );
const status = (path: string) =>
  server.ok<{ object_type: string; object_id: number; path: string; language?: string; size?: number }>(
    'GET',
    `${api}/get-status?path=${encodeURIComponent(path)}`,
    undefined,
    jane.token,
  );
const list = async (path: string) =>
  (
    await server.ok<{ objects?: { path: string; object_type: string }[] }>(
      'GET',
      `${api}/list?path=${encodeURIComponent(path)}`,
      undefined,
      jane.token,
    )
  ).objects ?? [];

describe('the workspace', () => {
  it('has a home folder for everybody, and /Shared', async () => {
    expect(await status(home)).toMatchObject({ object_type: 'DIRECTORY', path: home });
    expect((await status(`/Workspace${home}`)).object_id).toBe((await status(home)).object_id);
    expect((await list('/')).map(({ path }) => path)).toEqual(['/Shared', '/Users']);
    expect((await list('/Users')).map(({ path }) => path)).toEqual([home]);
    expect(await list('/Shared')).toEqual([]);
  });

  it('takes files into folders that are there, and says 404 where one is missing', async () => {
    const path = `${home}/.bundle/x/state/resources.json`;
    expect(await codeOf(await importFile(path, '{}'))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    await mkdirs(`${home}/.bundle/x/state`);
    await mkdirs(`${home}/.bundle/x/state`);
    expect((await importFile(path, '{"a":1}')).status).toBe(200);
    expect(await codeOf(await importFile(path, '{}'))).toEqual([409, 'RESOURCE_ALREADY_EXISTS']);
    expect((await importFile(path, '{"a":2}', true)).status).toBe(200);
    expect(await status(path)).toMatchObject({ object_type: 'FILE', size: 7 });
    expect(
      await (await asJane('GET', `/api/2.0/workspace-files/${encodeURIComponent(path.slice(1))}`)).text(),
    ).toBe('{"a":2}');
    expect(await (await asJane('GET', `${api}/export?path=${path}&direct_download=true`)).text()).toBe(
      '{"a":2}',
    );
    expect(await server.ok('GET', `${api}/export?path=${path}`, undefined, jane.token)).toEqual({
      content: Buffer.from('{"a":2}').toString('base64'),
    });
  });

  it('gives a lock to exactly one of many that want it at once', async () => {
    await mkdirs(`${home}/lock`);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => importFile(`${home}/lock/deploy.lock`, JSON.stringify({ ID: i }))),
    );
    const won = answers.flatMap((answer, i) => (answer.status === 200 ? [i] : []));
    expect(won).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 409)).toHaveLength(11);
    const kept = await asJane('GET', `${api}/export?path=${home}/lock/deploy.lock&direct_download=true`);
    expect(await kept.json()).toEqual({ ID: won[0] });
  });

  it('makes notebooks of what says that it is one, without the ending', async () => {
    await mkdirs(`${home}/n`);
    const source = '# Databricks notebook source\nprint(1)\n';
    await importFile(`${home}/n/train.py`, source);
    await importFile(`${home}/n/plain.py`, 'print(1)\n');
    expect(await list(`${home}/n`)).toMatchObject([
      { path: `${home}/n/plain.py`, object_type: 'FILE' },
      { path: `${home}/n/train`, object_type: 'NOTEBOOK', language: 'PYTHON' },
    ]);
    expect(
      await (await asJane('GET', `${api}/export?path=${home}/n/train&direct_download=true`)).text(),
    ).toBe(source);
  });

  it('imports from JSON and from a form, and says 400 where the file is there already', async () => {
    const path = `${home}/f.txt`;
    const body = { path, content: Buffer.from('one').toString('base64'), format: 'AUTO' };
    await server.ok('POST', `${api}/import`, body, jane.token);
    expect(await codeOf(await asJane('POST', `${api}/import`, JSON.stringify(body)))).toEqual([
      400,
      'RESOURCE_ALREADY_EXISTS',
    ]);
    const form = new FormData();
    form.set('path', `/Workspace${path}`);
    form.set('content', new Blob(['two']), 'f.txt');
    form.set('format', 'RAW');
    form.set('overwrite', 'true');
    expect((await server.call('POST', `${api}/import`, { body: form, token: jane.token })).status).toBe(200);
    expect(await (await asJane('GET', `${api}/export?path=${path}&direct_download=true`)).text()).toBe('two');
  });

  it('removes files, and folders with all in them where that is said', async () => {
    await mkdirs(`${home}/d/e`);
    await importFile(`${home}/d/e/x`, '1');
    const remove = (path: string, recursive: boolean) =>
      asJane('POST', `${api}/delete`, JSON.stringify({ path, recursive }));
    expect(await codeOf(await remove(`${home}/d`, false))).toEqual([400, 'DIRECTORY_NOT_EMPTY']);
    expect((await remove(`${home}/d`, true)).status).toBe(200);
    expect(await codeOf(await remove(`${home}/d`, true))).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
    expect((await remove(home, true)).status).toBe(400);
  });

  it('shows experiments at their paths to those who may read them', async () => {
    const { experiment_id: id } = await server.ok<{ experiment_id: string }>(
      'POST',
      '/api/2.0/mlflow/experiments/create',
      { name: `${home}/fraud-detection` },
    );
    const hidden = await asJane('GET', `${api}/get-status?path=${home}/fraud-detection`);
    expect(hidden.status).toBe(404);
    const shown = await server.ok('GET', `${api}/get-status?path=${home}/fraud-detection`);
    expect(shown).toMatchObject({ object_type: 'MLFLOW_EXPERIMENT', object_id: Number(id) });
    const objects = await server.ok<{ objects: { path: string }[] }>('GET', `${api}/list?path=${home}`);
    expect(objects.objects.map(({ path }) => path)).toContain(`${home}/fraud-detection`);
    expect((await list(home)).map(({ path }) => path)).not.toContain(`${home}/fraud-detection`);
  });

  it('keeps everybody out of the homes of others, as if they were not there', async () => {
    await importFile(`${home}/secret`, 'x');
    const here = await asJoe('GET', `${api}/get-status?path=${home}/secret`);
    const nowhere = await asJoe('GET', `${api}/get-status?path=${home}/nothing`);
    expect(here.status).toBe(404);
    expect((await here.text()).replace('secret', '')).toBe((await nowhere.text()).replace('nothing', ''));
    for (const [method, path, body] of [
      ['GET', `${api}/export?path=${home}/secret`],
      ['GET', `${api}/list?path=${home}`],
      ['POST', `${api}/delete`, JSON.stringify({ path: `${home}/secret` })],
      ['POST', `/api/2.0/workspace-files/import-file${home}/evil`, 'x'],
      ['GET', `/api/2.0/workspace-files${home}/secret`],
    ] as const) {
      expect([path, (await asJoe(method, path, body)).status]).toEqual([path, 404]);
    }
    expect((await asJoe('POST', `${api}/mkdirs`, JSON.stringify({ path: `${home}/evil` }))).status).toBe(403);
    expect((await asJoe('POST', `${api}/mkdirs`, '{"path":"/Repos/x"}')).status).toBe(403);
  });
});
