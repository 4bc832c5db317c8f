import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCommand } from './command.fixture.ts';
import { type MlflowServer, startMlflowServer } from './mlflow-server.fixture.ts';
import { type MlflowStore, makeMlflowStore } from './mlflow-store.fixture.ts';

let store: MlflowStore;
let server: MlflowServer;

beforeAll(async () => {
  store = await makeMlflowStore('sqlite', 12);
  server = await startMlflowServer(store.folder);
}, 300_000);
afterAll(async () => {
  await server?.stop();
  store?.remove();
});

const start = (...args: string[]) => startCommand(args, store.folder);
const run = (...args: string[]) => start(...args).ended;
const home = (name: string) => ['--home', join(store.folder, name)];

it('exports to a running mlflow server whole, also in two goes, and imports it from there again', async () => {
  const imported = await run('import', 'mlflow', '--from', store.path, ...home('here'));
  expect(imported.code, imported.text).toBe(0);

  const args = ['export', 'mlflow', '--to', server.url, ...home('here')];
  const stopped = start(...args);
  while (!stopped.text().includes('Filling') && stopped.child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  stopped.child.kill('SIGKILL');
  expect((await stopped.ended).signal).toBe('SIGKILL');
  const exported = await run(...args);
  expect(exported.text).toContain('Everything is there, and equal.');
  const again = await run(...args);
  expect(again.text).toContain('Written now: 0 runs, 0 logged models, 0 model versions, 0 files');
  expect(again.code).toBe(0);

  const back = ['import', 'mlflow', '--from', server.url, ...home('back')];
  const first = await run(...back);
  expect(first.text).toContain('Everything in the source is here, and equal.');
  expect(first.text).toMatch(/Copied now: 3 files of artifacts, 100032 bytes/);
  const second = await run(...back);
  expect(second.text).toContain('Written now: 0 experiments, 0 runs with 0 points');
  expect(second.code).toBe(0);
}, 400_000);
