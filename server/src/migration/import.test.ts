import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { openForeignSqlite } from '../db/sqlite/foreign-sqlite.ts';
import { readModels } from '../registry/transfer.ts';
import { readExperiments, readHistories, readLoggedModels, readRuns } from '../tracking/transfer.ts';
import { type ImportResult, importTracker } from './import.ts';
import type { ArtifactMode } from './location-map.ts';
import { type MlflowStore, makeMlflowStore } from './mlflow-store.fixture.ts';
import type { TrackerSource } from './source.ts';
import { openFileStore } from './sources/file-store.ts';
import { openSqlSource } from './sources/sql-source.ts';

const RUNS = 230;
let database: MlflowStore;
let folder: MlflowStore;

beforeAll(async () => {
  database = await makeMlflowStore('sqlite', RUNS);
  folder = await makeMlflowStore('folder', RUNS);
}, 240_000);
afterAll(() => {
  database.remove();
  folder.remove();
});

const openDatabase = () => openSqlSource(openForeignSqlite(database.path), `sqlite:${database.path}`);
const openFolder = () => openFileStore(folder.path);

async function runImport(db: Database, source: TrackerSource, artifacts: ArtifactMode = 'none') {
  try {
    return await importTracker(
      {
        db,
        clock: { nowMs: () => 1_800_000_000_000 },
        defaultArtifactLocation: (experimentNo) => `mlflow-artifacts:/${experimentNo}`,
      },
      { source, artifacts },
    );
  } finally {
    await source.close();
  }
}

const faults = (result: ImportResult) =>
  result.verification
    .filter(({ differences }) => differences > 0)
    .map(({ kind, examples }) => ({ kind, examples }));
const counts = (result: ImportResult) =>
  Object.fromEntries(result.verification.map((tally) => [tally.kind, tally.targetCount]));

const TABLES = [
  'experiments',
  'experiment_tags',
  'runs',
  'run_tags',
  'params',
  'metric_series',
  'metric_points',
  'datasets',
  'run_datasets',
  'run_dataset_tags',
  'logged_models',
  'logged_model_params',
  'logged_model_tags',
  'logged_model_metrics',
  'run_models',
  'registered_models',
  'registered_model_tags',
  'model_versions',
  'model_version_tags',
  'registered_model_aliases',
  'imports',
  'imported_entities',
];

/** Every row of every table that an import writes. */
async function contents(db: Database): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await db.read((sql) => sql.rows(`SELECT * FROM ${table}`));
    const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
    all[table] = rows.map((row) => JSON.stringify(row, text)).sort();
  }
  return all;
}

async function allOf<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/** A source that fails like a process that dies, after so many of its pages of runs. */
function breaking(
  source: TrackerSource,
  { pages, points }: { pages: number; points: number },
): TrackerSource {
  return {
    ...source,
    async *runs() {
      let seen = 0;
      for await (const page of source.runs()) {
        seen += 1;
        yield {
          ...page,
          async *histories(runIds) {
            let left = points;
            for await (const stretch of page.histories(runIds)) {
              if (seen > pages && left <= 0) throw new Error('killed');
              left -= stretch.points.length;
              yield stretch;
            }
          },
        };
      }
    },
  };
}

describe.each(testedDatabases())('import into $name', ({ open }) => {
  let target: OpenedDatabase;
  beforeEach(async () => {
    target = await open();
  });
  afterEach(() => target.remove());

  it('carries over a database with its ids, and finds it equal', async () => {
    const result = await runImport(target.db, await openDatabase());
    expect(faults(result)).toEqual([]);
    expect(result.written).toMatchObject({
      experiments: 4,
      runs: RUNS + 5,
      loggedModels: 3,
      registeredModels: 2,
    });
    expect(counts(result)).toMatchObject({
      experiments: 4,
      'experiment tags': 3,
      runs: RUNS + 5,
      'metric points': RUNS * 10 + 65 + 45_001,
      'datasets of runs': 3,
      'models of runs': 2,
      'logged models': 3,
      'logged model metrics': 1,
      'model versions': 4,
      aliases: 2,
    });
    const experiments = await allOf(readExperiments(target.db));
    expect(experiments.map(({ experimentId, name, stage }) => [experimentId, name, stage])).toEqual([
      ['0', 'Default', 'active'],
      ['1', 'forests', 'active'],
      ['2', 'trees', 'active'],
      ['3', 'gone', 'deleted'],
    ]);
    expect(experiments[1]!.tags).toContainEqual({ key: 'note', value: 'Grüße, 世界 🌳\nsecond line' });
  });

  it('carries over a folder; its experiments of 18 digits get numbers of ours', async () => {
    const result = await runImport(target.db, await openFolder());
    expect(faults(result)).toEqual([]);
    expect(counts(result)).toMatchObject({
      experiments: 4,
      runs: RUNS + 5,
      'logged models': 2,
      'model versions': 4,
    });
    expect(result.renumbered.map(({ name }) => name).sort()).toEqual(['forests', 'gone', 'trees']);
    // PostgreSQL may have passed over a number; three in a row they are all the same.
    const [first, ...others] = result.renumbered.map(({ to }) => to).sort((a, b) => a - b);
    expect(first).toBeLessThan(10);
    expect(others).toEqual([first! + 1, first! + 2]);
  });

  it('keeps NaN, infinities, 64-bit steps and steps against time', async () => {
    const source = await openFolder();
    await runImport(target.db, source);
    const parent = await findRun(target.db, (run) => run.name === `run-${RUNS}`);
    const points: Record<string, (number | bigint)[][]> = {};
    for await (const stretch of readHistories(target.db, [parent.runId])) {
      points[stretch.key] = stretch.points.map(({ step, value }) => [step, value]);
    }
    expect(points.odd).toEqual([
      [-4, 0.1 + 0.2],
      [1, Number.NaN],
      [2, Number.POSITIVE_INFINITY],
      [3, Number.NEGATIVE_INFINITY],
    ]);
    expect(points['nested/key']).toEqual([[2n ** 53n + 1n, 5e-324]]);
    const rows = await target.db.read((sql) =>
      sql.all<{ key: string; in_order: number; point_count: number; min_value: number | null }>(
        `SELECT m.key, m.in_order, m.point_count, m.min_value FROM metric_series m JOIN runs r ON r.run_no = m.run_no
         WHERE r.run_id = ? ORDER BY m.key`,
        [parent.runId],
      ),
    );
    expect(rows).toContainEqual({ key: 'backwards', in_order: 0, point_count: 50, min_value: 0 });
    expect(rows).toContainEqual({ key: 'same step', in_order: 1, point_count: 9, min_value: 0 });
    expect(rows).toContainEqual({ key: 'only nan', in_order: 1, point_count: 1, min_value: null });
  });

  it('keeps datasets, models of runs, stages and the trash', async () => {
    await runImport(target.db, await openDatabase());
    const child = await findRun(target.db, (run) => run.name === `run-${RUNS + 1}`);
    expect(child.tags).toContainEqual({
      key: 'mlflow.parentRunId',
      value: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    expect(child.datasets.map(({ name, digest }) => [name, digest])).toEqual([['train', 'digest-train']]);
    const [link] = child.models;
    expect(link).toMatchObject({ direction: 'output', step: 4 });
    const [model] = await target.db.read((sql) => readLoggedModels(sql, [link!.modelId]));
    expect(model).toMatchObject({
      name: 'forest',
      status: 'READY',
      modelType: 'tree',
      sourceRunId: child.runId,
    });
    expect(model!.metrics).toMatchObject([{ key: 'accuracy', value: 0.75, datasetName: 'train' }]);
    const [forest] = await target.db.read((sql) => readModels(sql, ['Forest']));
    expect(forest!.versions.map(({ version, stage }) => [version, stage])).toEqual([
      [1, 'Archived'],
      [2, 'Production'],
      [3, 'None'],
      [4, 'Deleted_Internal'],
    ]);
    expect(forest!.aliases).toEqual([
      { alias: 'challenger', version: 3 },
      { alias: 'champion', version: 2 },
    ]);
    const trashed = await target.db.read((sql) =>
      sql.all<{ n: number }>('SELECT count(*) AS n FROM runs WHERE deleted_at = 1800000000000'),
    );
    expect(Number(trashed[0]!.n)).toBe(Math.floor(RUNS / 10) + 3);
  });

  it('gives the next experiment and version numbers behind the imported ones', async () => {
    await runImport(target.db, await openDatabase());
    const next = await target.db.write((tx) =>
      tx.get<{ experiment_no: number }>(
        `INSERT INTO experiments (name, name_key, artifact_location, creation_time, last_update_time)
         VALUES ('next', 'next', '', 0, 0) RETURNING experiment_no`,
      ),
    );
    expect(next).toEqual({ experiment_no: 4 });
    const forest = await target.db.read((sql) =>
      sql.get(`SELECT last_version FROM registered_models WHERE name = 'Forest'`),
    );
    expect(forest).toEqual({ last_version: 4 });
  });

  it.each([
    ['database', openDatabase],
    ['folder', openFolder],
  ])('changes nothing when a %s is imported again', async (_, openSource) => {
    await runImport(target.db, await openSource());
    const before = await contents(target.db);
    const again = await runImport(target.db, await openSource());
    expect(again.written).toEqual({
      experiments: 0,
      runs: 0,
      points: 0,
      loggedModels: 0,
      registeredModels: 0,
    });
    expect(faults(again)).toEqual([]);
    expect(await contents(target.db)).toEqual(before);
  });

  it.each([
    { pages: 0, points: 0 },
    { pages: 0, points: 30_000 },
    { pages: 1, points: 10 },
  ])('goes on where it was stopped: after $pages pages and $points points', async (place) => {
    const whole = await open();
    try {
      await runImport(whole.db, await openDatabase());
      await expect(runImport(target.db, breaking(await openDatabase(), place))).rejects.toThrow('killed');
      const resumed = await runImport(target.db, await openDatabase());
      expect(faults(resumed)).toEqual([]);
      const [wanted, found] = [await contents(whole.db), await contents(target.db)];
      expect(found.metric_points!.length).toBe(wanted.metric_points!.length);
      expect(counts(resumed)['metric points']).toBe(found.metric_points!.length);
      expect(found.imported_entities).toEqual(wanted.imported_entities);
      // Row numbers and the moment of the import may differ.
      const told = (rows: string[]) => rows.map((row) => JSON.stringify(JSON.parse(row).slice(1, -1))).sort();
      expect(told(found.runs!)).toEqual(told(wanted.runs!));
    } finally {
      await whole.remove();
    }
  });

  it('brings what is new in the source', async () => {
    const source = await openDatabase();
    const firstPage = {
      ...source,
      async *runs() {
        for await (const page of source.runs()) {
          yield page;
          return;
        }
      },
    };
    const partly = await runImport(target.db, firstPage);
    expect(partly.written.runs).toBe(200);
    const rest = await runImport(target.db, await openDatabase());
    expect(rest.written).toMatchObject({ runs: RUNS + 5 - 200, loggedModels: 0 });
    expect(faults(rest)).toEqual([]);
  });

  it('refuses before it writes when ids or names belong to something else here', async () => {
    await target.db.write((tx) =>
      tx.run(
        `INSERT INTO experiments (experiment_no, name, name_key, artifact_location, creation_time, last_update_time)
         VALUES (7, 'trees', 'trees', '', 0, 0)`,
      ),
    );
    const before = await contents(target.db);
    await expect(runImport(target.db, await openDatabase())).rejects.toMatchObject({
      code: 'AlreadyExists',
      message: expect.stringContaining("experiment 2 'trees' (its name is taken)"),
    });
    expect(await contents(target.db)).toEqual(before);
  });

  it('refuses a second source with the same runs', async () => {
    await runImport(target.db, await openDatabase());
    const source = await openDatabase();
    const before = await contents(target.db);
    await expect(runImport(target.db, { ...source, identity: 'elsewhere' })).rejects.toMatchObject({
      code: 'AlreadyExists',
    });
    expect(await contents(target.db)).toEqual(before);
  });

  it('names what differs when something here was changed', async () => {
    await runImport(target.db, await openDatabase());
    const child = await findRun(target.db, (run) => run.name === `run-${RUNS + 1}`);
    await target.db.write(async (tx) => {
      await tx.run(`UPDATE params SET value = 'y' WHERE key = 'empty'`);
      await tx.run('UPDATE metric_points SET value = 2 WHERE step = 777');
      await tx.run('UPDATE metric_series SET max_value = 3 WHERE max_value = 1 AND point_count = 45000');
      await tx.run(`UPDATE registered_model_aliases SET version = 1 WHERE alias = 'champion'`);
    });
    const again = await runImport(target.db, await openDatabase());
    expect(faults(again)).toEqual([
      { kind: 'params', examples: [`run ${child.runId}`] },
      { kind: 'metrics', examples: [`run ${child.runId}`] },
      { kind: 'metric points', examples: [`metric 'long' of run ${child.runId}`] },
      { kind: 'aliases', examples: ['registered model Forest'] },
    ]);
  });

  it('adds the runs of experiment 0 to one that has runs already', async () => {
    await target.db.write(async (tx) => {
      await tx.run(
        `INSERT INTO experiments (experiment_no, name, name_key, artifact_location, creation_time, last_update_time)
         VALUES (0, 'Default', 'Default', 'mlflow-artifacts:/0', 5, 5)`,
      );
      await tx.run(
        `INSERT INTO runs (run_id, experiment_no, name, status, start_time) VALUES ('mine', 0, 'mine', 'RUNNING', 0)`,
      );
    });
    const result = await runImport(target.db, await openDatabase());
    expect(faults(result)).toEqual([]);
    const [first] = await allOf(readExperiments(target.db));
    expect(first).toMatchObject({ experimentId: '0', name: 'Default', creationTimeMs: 5 });
    expect(faults(await runImport(target.db, await openDatabase()))).toEqual([]);
    await expect(runImport(target.db, await openDatabase(), 'reference')).rejects.toMatchObject({
      code: 'InvalidState',
    });
  });

  it('leaves locations as they are by reference, and maps them otherwise', async () => {
    expect(faults(await runImport(target.db, await openDatabase(), 'reference'))).toEqual([]);
    const [, forests] = await allOf(readExperiments(target.db));
    expect(forests!.artifactLocation).toBe(`file://${database.folder}/artifacts/1`);
    const mapped = await open();
    try {
      await runImport(mapped.db, await openDatabase(), 'none');
      const parent = await findRun(mapped.db, (run) => run.name === `run-${RUNS}`);
      expect(parent.artifactLocation).toBe(`mlflow-artifacts:/1/${parent.runId}/artifacts`);
      const [forest] = await mapped.db.read((sql) => readModels(sql, ['Forest']));
      expect(forest!.versions[0]!.source).toBe(`mlflow-artifacts:/1/${parent.runId}/artifacts/model`);
    } finally {
      await mapped.remove();
    }
  });
});

async function findRun(db: Database, wanted: (run: Awaited<ReturnType<typeof readRuns>>[number]) => boolean) {
  const ids = await db.read((sql) => sql.rows<[string]>('SELECT run_id FROM runs'));
  const runs = await db.read((sql) => readRuns(sql, ids.flat()));
  const run = runs.find(wanted);
  if (run === undefined) throw new Error('no such run');
  return run;
}
