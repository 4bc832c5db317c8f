import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compose, type Program } from './compose.ts';
import { readConfig } from './config.ts';
import { parseModelAddress } from './serving/model-address.ts';
import { findModel, type TrackingServer } from './serving/model-sources.ts';

const TOKEN = 'admin-token-of-the-model-sources-test-012345';
const never = new AbortController().signal;
let home: string;
let program: Program;
let server: TrackingServer;

async function call(method: string, route: string, body?: object | string): Promise<Record<string, unknown>> {
  const response = await fetch(`${server.url}/api/2.0/${route}`, {
    method,
    headers: { authorization: server.authorization!, 'content-type': 'application/json' },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Record<string, unknown>;
}

const put = (place: string, content: string) => call('PUT', `mlflow-artifacts/artifacts/${place}`, content);
const inProxy = (uri: string) => uri.replace(/^mlflow-artifacts:\/+/, '');

/** A run with a model's folder in its artifacts, as MLflow before 3 logs it. */
async function logInRun(content: string): Promise<string> {
  const { run } = await call('POST', 'mlflow/runs/create', { experiment_id: '0' });
  const { run_id: id, artifact_uri: uri } = (run as { info: { run_id: string; artifact_uri: string } }).info;
  await put(`${inProxy(uri)}/forest/MLmodel`, content);
  await put(`${inProxy(uri)}/forest/data/a%20b.bin`, 'bytes');
  return id;
}

async function contentOf(address: string, from = server): Promise<string> {
  const { source } = await findModel(parseModelAddress(address), from, never);
  expect(source.files.map((file) => file.path).sort()).toContain('MLmodel');
  return text(await source.open('MLmodel'));
}

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'slipway-sources-'));
  program = await compose(
    readConfig(['--home', home, '--auth', '--log-level', 'silent'], { SLIPWAY_ADMIN_TOKEN: TOKEN }),
  );
  await program.server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = program.server.server.address() as AddressInfo;
  server = { url: `http://127.0.0.1:${port}`, authorization: `Bearer ${TOKEN}` };
  await call('POST', 'mlflow/registered-models/create', { name: 'Churn' });
  for (const content of ['first', 'second', 'third']) {
    const run = await logInRun(content);
    await call('POST', 'mlflow/model-versions/create', {
      name: 'Churn',
      source: `runs:/${run}/forest`,
      run_id: run,
    });
  }
  await call('POST', 'mlflow/model-versions/transition-stage', {
    name: 'Churn',
    version: '2',
    stage: 'Production',
    archive_existing_versions: false,
  });
  await call('POST', 'mlflow/registered-models/alias', { name: 'Churn', alias: 'champion', version: '1' });
}, 60_000);
afterAll(async () => {
  await program.close();
  await rm(home, { recursive: true, force: true });
});

describe('models of a running server', () => {
  test.each([
    ['models:/Churn/1', 'first'],
    ['models:/Churn@champion', 'first'],
    ['models:/Churn/Production', 'second'],
    ['models:/Churn/latest', 'third'],
  ])('%s is found', async (address, content) => {
    expect(await contentOf(address)).toBe(content);
  });

  test('all files of a version are listed with their sizes, and can be read', async () => {
    const found = await findModel(parseModelAddress('models:/Churn/Production'), server, never);
    expect(found).toMatchObject({ name: 'Churn', version: '2', source: { what: "version 2 of 'Churn'" } });
    expect(found.source.files).toEqual([
      { path: 'MLmodel', sizeBytes: 6, sha256: null },
      { path: 'data/a b.bin', sizeBytes: 5, sha256: null },
    ]);
    expect(await text(await found.source.open('data/a b.bin'))).toBe('bytes');
  });

  test('a folder of a run, and a model that was logged in it, are found by runs:/', async () => {
    const run = await logInRun('in the run');
    expect(await contentOf(`runs:/${run}/forest`)).toBe('in the run');
    const { model } = await call('POST', 'mlflow/logged-models', {
      experiment_id: '0',
      name: 'boosted',
      source_run_id: run,
    });
    const { model_id: id, artifact_uri: uri } = (model as { info: Record<string, string> }).info;
    await put(`${inProxy(uri!)}/MLmodel`, 'beside the run');
    await call('POST', 'mlflow/runs/outputs', { run_id: run, models: [{ model_id: id, step: 0 }] });
    expect(await contentOf(`runs:/${run}/boosted`)).toBe('beside the run');
    expect(await contentOf(`models:/${id}`)).toBe('beside the run');
  });

  test.each([
    ['models:/Churn/9', 'NotFound', /9/],
    ['models:/Nobody/1', 'NotFound', /Nobody/],
    ['models:/Churn/Staging', 'NotFound', /No version of 'Churn' is in the stage Staging/],
    ['models:/Churn@loser', 'InvalidArgument', /loser/],
    ['runs:/0123456789abcdef0123456789abcdef/x', 'NotFound', /0123456789abcdef/],
  ])('%s is said to be missing', async (address, code, message) => {
    await expect(contentOf(address)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a wrong token, no server and no address of one are told apart', async () => {
    const wrong = { ...server, authorization: 'Bearer wrong' };
    await expect(contentOf('models:/Churn/1', wrong)).rejects.toThrow(/--token/);
    const nobody = { url: 'http://127.0.0.1:9', authorization: undefined };
    await expect(contentOf('models:/Churn/1', nobody)).rejects.toThrow(/No server answers at http:/);
    const none = { url: undefined, authorization: undefined };
    await expect(contentOf('models:/Churn/1', none)).rejects.toThrow(/MLFLOW_TRACKING_URI/);
  });
});

describe('folders', () => {
  test('a folder with a model is one; links in it are no part of it', async () => {
    const folder = path.join(home, 'own');
    await mkdir(path.join(folder, 'code', '__pycache__'), { recursive: true });
    await writeFile(path.join(folder, 'MLmodel'), 'own');
    await writeFile(path.join(folder, 'code', '__pycache__', 'x.pyc'), '');
    await symlink('/etc/passwd', path.join(folder, 'passwd'));
    const { source, name } = await findModel({ kind: 'folder', path: folder }, server, never);
    expect(source.files).toEqual([{ path: 'MLmodel', sizeBytes: 3, sha256: null }]);
    expect(name).toBe('own');
    await expect(source.open('../own/MLmodel')).rejects.toThrow(/Invalid path/);
  });

  test('a folder without MLmodel is no model', async () => {
    await expect(findModel({ kind: 'folder', path: '/etc' }, server, never)).rejects.toThrow(
      'There is no file MLmodel in /etc: it is no model of MLflow.',
    );
    await expect(findModel({ kind: 'folder', path: '/nowhere' }, server, never)).rejects.toThrow(/no folder/);
  });
});

describe('a server that means ill', () => {
  /** Answers what the test says, to whatever is asked. */
  async function withAnswers(
    answers: Readonly<Record<string, object>>,
    use: (url: string) => Promise<void>,
  ): Promise<void> {
    const evil = createServer((request, response) => {
      const route = new URL(request.url!, 'http://x').pathname.replace('/api/2.0/', '');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answers[route] ?? {}));
    });
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(evil.address() as AddressInfo).port}`);
    } finally {
      evil.close();
    }
  }

  const DOWNLOAD = 'mlflow/model-versions/get-download-uri';
  const LIST = 'mlflow-artifacts/artifacts';
  const version = parseModelAddress('models:/Churn/1');

  test.each([
    ['../../.ssh/authorized_keys', /Invalid path/],
    ['/etc/cron.d/x', /Invalid path/],
    ['a\\..\\b', /Invalid path/],
    ['%2e%2e/x', /Invalid path/],
  ])('the file name %j is refused', async (name, message) => {
    const answers = {
      [DOWNLOAD]: { artifact_uri: 'mlflow-artifacts:/1/x' },
      [LIST]: { files: [{ path: name, is_dir: false, file_size: 1 }] },
    };
    await withAnswers(answers, async (url) => {
      await expect(findModel(version, { url, authorization: undefined }, never)).rejects.toThrow(message);
    });
  });

  test.each([
    ['s3://bucket/model', /where only the server itself can read/],
    ['file:///etc', /no model of MLflow/],
    ['models:/Churn/1', /without an end/],
  ])('files at %s are refused', async (uri, message) => {
    await withAnswers({ [DOWNLOAD]: { artifact_uri: uri } }, async (url) => {
      await expect(findModel(version, { url, authorization: undefined }, never)).rejects.toThrow(message);
    });
  });
});
