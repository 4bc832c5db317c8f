import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openForeignSqlite } from '../db/sqlite/foreign-sqlite.ts';
import { startCommand } from './command.fixture.ts';
import { type MlflowStore, makeMlflowStore } from './mlflow-store.fixture.ts';

const RUNS = 400;
let store: MlflowStore;

beforeAll(async () => {
  store = await makeMlflowStore('sqlite', RUNS);
}, 240_000);
afterAll(() => store.remove());

const start = (...args: string[]) => startCommand(args, store.folder);
const run = (...args: string[]) => start(...args).ended;
const home = (name: string) => ['--home', join(store.folder, name)];

async function count(homeName: string, table: string): Promise<number> {
  const database = openForeignSqlite(join(store.folder, homeName, 'slipway.db'));
  try {
    const row = await database.sql.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
    return row!.n;
  } finally {
    await database.close();
  }
}

describe('slipway import mlflow', () => {
  it('brings a database with its artifacts, prints that all is equal, and does nothing the second time', async () => {
    const args = ['import', 'mlflow', '--from', 'sqlite:///mlflow.db', ...home('whole')];
    const first = await run(...args);
    expect(first.text).toContain('Everything in the source is here, and equal.');
    expect(first.text).toMatch(/Copied now: 3 files of artifacts, 100032 bytes/);
    expect(first.code).toBe(0);
    const second = await run(...args);
    expect(second.text).toContain('Written now: 0 experiments, 0 runs with 0 points');
    expect(second.text).toContain('Copied now: 0 files');
    expect(second.code).toBe(0);
  }, 60_000);

  it('leaves a file behind whose name cannot be kept, names it, and brings all others', async () => {
    const artifacts = join(store.folder, 'artifacts');
    const [known] = readdirSync(artifacts, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    const odd = join(known!.parentPath, 'back\\slash.txt');
    writeFileSync(odd, 'odd');
    try {
      const args = ['import', 'mlflow', '--from', 'sqlite:///mlflow.db', ...home('odd')];
      const { text, code } = await run(...args);
      expect(text).toContain('Copied now: 3 files of artifacts, 100032 bytes');
      expect(text).toMatch(
        /Left behind: ".*back\\\\slash\.txt" of run [0-9a-f]{32}\. Invalid path: it holds a backslash/,
      );
      expect(text).toMatch(/artifact files +4 +3 .* 1 differ/);
      expect(code).toBe(1);
      const again = await run(...args);
      expect(again.text).toContain('Left behind');
      rmSync(odd);
      const clean = await run(...args);
      expect(clean.text).toContain('Everything in the source is here, and equal.');
    } finally {
      rmSync(odd, { force: true });
    }
  }, 60_000);

  it('leaves the artifacts of a run that lie at an unreachable place, names it, and brings all others', async () => {
    const database = new Sqlite(join(store.folder, 'mlflow.db'));
    const owner = database
      .prepare<[], { run_uuid: string; artifact_uri: string }>(
        "SELECT run_uuid, artifact_uri FROM runs WHERE artifact_uri LIKE '%/artifacts' ORDER BY run_uuid LIMIT 1",
      )
      .get()!;
    const move = database.prepare('UPDATE runs SET artifact_uri = ? WHERE run_uuid = ?');
    move.run('s3://elsewhere/1/artifacts', owner.run_uuid);
    try {
      const { text, code } = await run('import', 'mlflow', '--from', 'sqlite:///mlflow.db', ...home('far'));
      expect(text).toMatch(/Copied now: [123] files of artifacts/);
      expect(text).toContain(
        `Left behind: the artifacts of run ${owner.run_uuid}. The artifacts of run ${owner.run_uuid} are at s3://elsewhere/1/artifacts`,
      );
      expect(text).toMatch(/artifact files .* 1 differ/);
      expect(code).toBe(1);
    } finally {
      move.run(owner.artifact_uri, owner.run_uuid);
      database.close();
    }
  }, 60_000);

  it('is killed in the middle, and goes on', async () => {
    const args = ['import', 'mlflow', '--from', store.path, '--artifacts', 'none', ...home('killed')];
    const first = start(...args);
    let pagesSeen = 0;
    while (pagesSeen === 0 && first.child.exitCode === null) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      pagesSeen = await count('killed', 'runs').catch(() => 0);
    }
    first.child.kill('SIGKILL');
    expect((await first.ended).signal).toBe('SIGKILL');
    expect(pagesSeen).toBeLessThan(RUNS + 5);
    const second = await run(...args);
    expect(second.text).toContain('Everything in the source is here, and equal.');
    expect(second.code).toBe(0);
    expect(await count('killed', 'runs')).toBe(RUNS + 5);
  }, 60_000);

  it.each([
    [['--from', 'mysql://u:secret@h/db'], 'databases of mysql cannot be read directly'],
    [['--from', './nothing'], 'there is nothing at'],
    [[], '--from is missing'],
    [['--from', 'sqlite:///mlflow.db', '--artifacts', 'some'], 'expected copy, reference, none'],
    [['--from', 'artifacts'], 'is no store of MLflow'],
  ])('refuses %s', async (flags, words) => {
    const ended = await run('import', 'mlflow', ...flags, ...home('refused'));
    expect(ended.code).toBe(1);
    expect(ended.text).toContain(words);
    expect(ended.text).not.toContain('secret');
  });
});
