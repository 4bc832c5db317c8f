import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../../db/conformance/databases.ts';
import { fullAccess, LOCAL_USER } from '../../governance/access.ts';
import { createRegistry, type Registry, version } from '../../registry/conformance/registry.ts';
import { createRecentModels } from '../../registry/recent-models.ts';
import { createActivity } from '../../tracking/activity.ts';
import { createTracking, type Tracking } from '../../tracking/conformance/tracking.ts';
import { createExperimentOverview } from '../../tracking/experiment-overview.ts';
import { createExperimentTree } from '../../tracking/experiment-tree.ts';
import { createFinder } from '../../tracking/finder.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowCall } from '../mlflow/routes.ts';
import { homeRoutes } from './home.ts';

type Rows = readonly (Readonly<Record<string, unknown>> & { name?: string; run_name?: string })[];
/** What the routes answer, as far as these tests look into it. */
interface Answer {
  readonly experiments: Rows;
  readonly running: Rows;
  readonly finished: Rows;
  readonly models: Rows;
  readonly runs: Rows;
  readonly logged_models: Rows;
  readonly aliases: Rows;
  readonly more_runs?: { readonly total: number; readonly experiment_ids: readonly string[] };
  readonly changes: unknown;
  readonly total: number;
  readonly folders: readonly {
    readonly name: string;
    readonly path: string;
    readonly run_count?: number;
    readonly running_count?: number;
    readonly active_experiments: number;
    readonly only_experiment?: { readonly name: string; readonly run_count: number };
  }[];
}

describe.each(testedDatabases())('what start pages show on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let registry: Registry;

  beforeEach(async () => {
    opened = await database.open();
    tracking = createTracking(opened.db);
    registry = createRegistry(opened.db);
  });
  afterEach(() => opened.remove());

  async function ask(path: string, message: JsonObject = {}): Promise<Answer> {
    const { db } = opened;
    const overview = createExperimentOverview({ db });
    const routes = homeRoutes({
      activity: createActivity({ db }),
      overview,
      tree: createExperimentTree({ db, overview }),
      finder: createFinder({ db }),
      recentModels: createRecentModels({ db }),
    });
    const route = routes.find((one) => one.path === `slipway/v1/${path}`);
    const call = { message, path: {}, caller: { access: fullAccess(LOCAL_USER) } };
    const answer = await route!.handle(call as unknown as MlflowCall);
    return JSON.parse(JSON.stringify(answer)) as Answer;
  }
  const experiment = (name: string, tags: { key: string; value: string }[] = []) =>
    tracking.experiments.create({ name, tags });
  async function run(
    experimentNo: number,
    name: string,
    times: { start: number; end?: number; status?: 'FINISHED' | 'FAILED' | 'KILLED' },
  ): Promise<string> {
    const { run } = await tracking.runs.create({
      experimentNo,
      name,
      userId: 'jane',
      startTimeMs: times.start,
      tags: [],
    });
    if (times.end !== undefined)
      await tracking.runs.update(run.runId, { status: times.status ?? 'FINISHED', endTimeMs: times.end });
    return run.runId;
  }
  const names = (list: Rows) => list.map((one) => one.name ?? one.run_name);

  describe('home', () => {
    it('is empty and says so on a server without anything', async () => {
      expect(await ask('home')).toEqual({ experiments: [], running: [], finished: [], models: [] });
    });

    it('shows the latest runs, those that run with how far they have come', async () => {
      const fraud = await experiment('fraud');
      await run(fraud, 'old', { start: 100, end: 200 });
      await run(fraud, 'broken', { start: 100, end: 900, status: 'FAILED' });
      const live = await run(fraud, 'live', { start: 500 });
      await tracking.runs.logBatch({
        runId: live,
        metrics: [
          { key: 'loss', value: 1, step: 7, timestampMs: 650 },
          { key: 'loss', value: 0.5, step: 8, timestampMs: 700 },
          { key: 'lr', value: 0.1, step: 3, timestampMs: 710 },
        ],
        params: [],
        tags: [],
      });
      const home = await ask('home');
      expect(names(home.finished)).toEqual(['broken', 'old']);
      expect(home.finished[0]).toMatchObject({
        status: 'FAILED',
        experiment_id: String(fraud),
        experiment_name: 'fraud',
        start_time: 100,
        end_time: 900,
        user_id: 'jane',
      });
      expect(home.running).toEqual([
        expect.objectContaining({ run_id: live, status: 'RUNNING', last_step: 8, last_point_time: 710 }),
      ]);
    });

    it('names who ran it by the tag of the client where the server was told of nobody', async () => {
      const experimentNo = await experiment('unsigned');
      await tracking.runs.create({
        experimentNo,
        name: 'by ada',
        userId: '',
        startTimeMs: 1,
        tags: [{ key: 'mlflow.user', value: 'ada' }],
      });
      expect((await ask('home')).running).toEqual([
        expect.objectContaining({ run_name: 'by ada', user_id: 'ada' }),
      ]);
    });

    it('shows the experiments in which something happened last, each with its runs', async () => {
      const late = Date.now() + 1000;
      const [quiet, busy, live] = [
        await experiment('quiet'),
        await experiment('busy'),
        await experiment('live'),
      ];
      await run(quiet, 'q', { start: 1, end: 2 });
      await run(busy, 'b1', { start: 1, end: late });
      await run(busy, 'b2', { start: 1, end: late + 10 });
      await run(live, 'l', { start: late + 20 });
      const home = await ask('home');
      expect(names(home.experiments)).toEqual(['live', 'busy', 'quiet']);
      expect(home.experiments[0]).toMatchObject({ run_count: 1, running_count: 1, last_activity: late + 20 });
      expect(home.experiments[1]).toMatchObject({ run_count: 2, running_count: 0, last_activity: late + 10 });
    });

    it('leaves out what is in the trash', async () => {
      const [kept, gone] = [await experiment('kept'), await experiment('gone')];
      const binned = await run(kept, 'binned', { start: 1, end: 2 });
      await tracking.runs.delete(binned);
      await run(gone, 'with it', { start: 1, end: 2 });
      await tracking.experiments.delete(gone);
      const home = await ask('home');
      expect(names(home.experiments)).toEqual(['kept']);
      expect(names(home.finished)).not.toContain('with it');
    });

    it('shows models with their newest version that is there and their aliases', async () => {
      await registry.models.create({ name: 'churn', description: '', tags: [] });
      await registry.versions.create(version('churn'));
      await registry.versions.create(version('churn'));
      await registry.aliases.set('churn', 'champion', 1);
      await registry.versions.delete('churn', 2);
      await registry.models.create({ name: 'bare', description: '', tags: [] });
      const { models } = await ask('home');
      expect(models).toEqual([
        expect.objectContaining({ name: 'bare', aliases: [] }),
        expect.objectContaining({
          name: 'churn',
          latest_version: '1',
          aliases: [{ alias: 'champion', version: '1' }],
        }),
      ]);
    });

    it('counts what changed since the reader looked', async () => {
      const fraud = await experiment('fraud');
      await run(fraud, 'before', { start: 1, end: 1000 });
      await run(fraud, 'good', { start: 1, end: 3000 });
      await run(fraud, 'bad', { start: 1, end: 3000, status: 'FAILED' });
      const { changes } = await ask('home', { since: 2000 });
      expect(changes).toEqual({
        since: 2000,
        finished: 1,
        failed: 1,
        killed: 0,
        experiments: 1,
        model_versions: 0,
      });
      const later = await ask('home', { since: String(Date.now() + 60_000) });
      expect(later.changes).toMatchObject({ finished: 0, failed: 0, experiments: 0 });
    });
  });

  describe('the overview of experiments', () => {
    const list = async (query: JsonObject) => names((await ask('experiments/overview', query)).experiments);

    it('says what an experiment is, where, and what happens in it', async () => {
      const no = await experiment('team/fraud', [
        { key: 'mlflow.note.content', value: `# Fraud ${'x'.repeat(400)}` },
      ]);
      await run(no, 'r', { start: 5000 });
      const { total, experiments } = await ask('experiments/overview');
      expect(total).toBe(1);
      expect(experiments[0]).toMatchObject({
        experiment_id: String(no),
        name: 'team/fraud',
        folder: 'team',
        lifecycle_stage: 'active',
        run_count: 1,
        running_count: 1,
        last_activity: 5000,
      });
      expect(experiments[0]?.note).toHaveLength(300);
    });

    it('lists one folder, or all below one', async () => {
      for (const name of ['a/x', 'a/b/y', 'ab/z', 'top']) await experiment(name);
      expect(await list({ folder: 'a', order_by: 'name' })).toEqual(['a/x']);
      expect(await list({ folder: '', order_by: 'name' })).toEqual(['top']);
      expect(await list({ within: 'a', order_by: 'name' })).toEqual(['a/b/y', 'a/x']);
    });

    it('finds parts of names in any case, and takes % and _ as they stand', async () => {
      for (const name of ['Fraud 100%', 'fraud_2', 'fraudX2', 'Größe']) await experiment(name);
      expect(await list({ contains: 'FRAUD', order_by: 'name' })).toEqual([
        'Fraud 100%',
        'fraudX2',
        'fraud_2',
      ]);
      expect(await list({ contains: '0%' })).toEqual(['Fraud 100%']);
      expect(await list({ contains: 'd_2' })).toEqual(['fraud_2']);
      expect(await list({ contains: 'Größe' })).toEqual(['Größe']);
    });

    it('orders by the last run unless told otherwise, and gives windows of the list', async () => {
      for (const [name, start] of [
        ['one', 9e12],
        ['two', 8e12],
        ['three', 9.5e12],
      ] as const)
        await run(await experiment(name), 'r', { start });
      expect(await list({})).toEqual(['three', 'one', 'two']);
      expect(await list({ order_by: 'name DESC' })).toEqual(['two', 'three', 'one']);
      const window = await ask('experiments/overview', { offset: 1, limit: 1 });
      expect(window).toMatchObject({ total: 3, offset: 1 });
      expect(names(window.experiments)).toEqual(['one']);
    });

    it('shows the trash when asked', async () => {
      await experiment('kept');
      await tracking.experiments.delete(await experiment('gone'));
      expect(await list({ view_type: 'DELETED_ONLY' })).toEqual(['gone']);
      expect(await list({})).toEqual(['kept']);
      expect(await list({ view_type: 'ALL', order_by: 'name' })).toEqual(['gone', 'kept']);
    });

    it.each([
      { order_by: 'size' },
      { order_by: 'name SIDEWAYS' },
      { limit: 501 },
      { limit: 0 },
      { offset: -1 },
    ])('refuses %j', async (query) => {
      await expect(ask('experiments/overview', query)).rejects.toMatchObject({ code: 'InvalidArgument' });
    });
  });

  describe('the tree of experiments', () => {
    const tree = async (query: JsonObject = {}) =>
      (await ask('experiments/tree', query)).folders.map(
        (folder) =>
          `${folder.name} (${folder.path}): ${folder.only_experiment?.name ?? folder.active_experiments}`,
      );

    it('makes one row of folders that hold one folder each, down to the one experiment', async () => {
      for (const name of [
        'team/fraud/search',
        'many/a/x',
        'many/a/y',
        'wide/a/x',
        'wide/b/x',
        '/Users/jane/z',
        'top',
      ])
        await experiment(name);
      expect(await tree()).toEqual([
        '/Users/jane (/Users/jane): /Users/jane/z',
        'many/a (many/a): 2',
        'team/fraud (team/fraud): team/fraud/search',
        'wide (wide): 2',
      ]);
      expect(await tree({ parent: 'wide' })).toEqual(['a (wide/a): wide/a/x', 'b (wide/b): wide/b/x']);
      expect(await tree({ parent: 'nowhere' })).toEqual([]);
    });

    it('keeps a folder apart that experiments are directly in, and folders whose names begin alike', async () => {
      for (const name of ['a/x', 'a/b/x', 'c/run-1/x', 'c/run-2/x', 'd//e/x', 'd//e/y'])
        await experiment(name);
      expect(await tree()).toEqual(['a (a): 2', 'c (c): 2', 'd//e (d//e): 2']);
      expect(await tree({ parent: 'a' })).toEqual(['b (a/b): a/b/x']);
    });

    it('shows the sum of the runs below a folder, and of those that run', async () => {
      const [x, y] = [await experiment('team/a/x'), await experiment('team/b/y')];
      await run(x, 'one', { start: 1, end: 2 });
      await run(y, 'two', { start: 3 });
      await tracking.runs.delete(await run(y, 'gone', { start: 4, end: 5 }));
      expect((await ask('experiments/tree')).folders).toEqual([
        expect.objectContaining({ name: 'team', run_count: 2, running_count: 1 }),
      ]);
    });

    it('shows of the trash what is in it', async () => {
      await experiment('team/kept/x');
      await tracking.experiments.delete(await experiment('team/gone/x'));
      expect(await tree()).toEqual(['team/kept (team/kept): team/kept/x']);
      const { folders } = await ask('experiments/tree', { view_type: 'DELETED_ONLY' });
      expect(folders.map((folder) => folder.name)).toEqual(['team/gone']);
      expect(folders[0]?.run_count).toBeUndefined();
    });
  });

  describe('find', () => {
    it('finds nothing for nothing', async () => {
      await experiment('fraud');
      expect(await ask('find', { q: ' ' })).toEqual({
        experiments: [],
        runs: [],
        models: [],
        logged_models: [],
        aliases: [],
      });
    });

    it('finds runs by the beginning of their id and by parts of their name, the newest first', async () => {
      const fraud = await experiment('fraud');
      const first = await run(fraud, 'swift-fox-1', { start: 1 });
      await run(fraud, 'Swift-fox-2', { start: 2 });
      const byId = await ask('find', { q: ` ${first.slice(0, 8).toUpperCase()} ` });
      expect(byId.runs).toEqual([
        expect.objectContaining({ run_id: first, run_name: 'swift-fox-1', experiment_name: 'fraud' }),
      ]);
      expect(names((await ask('find', { q: 'FOX' })).runs)).toEqual(['Swift-fox-2', 'swift-fox-1']);
    });

    it('finds the run of exactly that name before newer ones that begin so, and these before others', async () => {
      const fraud = await experiment('fraud');
      for (const name of ['try-205', 'a try-205', 'TRY-2050', 'try-2059'])
        await run(fraud, name, { start: 1 });
      expect(names((await ask('find', { q: 'try-205' })).runs)).toEqual([
        'try-205',
        'try-2059',
        'TRY-2050',
        'a try-205',
      ]);
      expect(names((await ask('find', { q: 'try-2050' })).runs)).toEqual(['TRY-2050']);
    });

    it('finds a run whose whole name is the beginning of an id of others', async () => {
      const fraud = await experiment('fraud');
      const other = await run(fraud, 'other', { start: 1 });
      await run(fraud, other.slice(0, 6), { start: 2 });
      expect(names((await ask('find', { q: other.slice(0, 6) })).runs)).toEqual([other.slice(0, 6), 'other']);
    });

    it('says where all runs of that name are, when there are more than it shows', async () => {
      const [fraud, churn] = [await experiment('fraud'), await experiment('churn')];
      for (let i = 0; i < 8; i++) await run(fraud, `fox-${i}`, { start: i });
      expect((await ask('find', { q: 'fox' })).more_runs).toBeUndefined();
      await run(churn, 'red fox', { start: 9 });
      const { runs, more_runs } = await ask('find', { q: 'fox' });
      expect(runs).toHaveLength(8);
      expect(more_runs).toEqual({ total: 9, experiment_ids: [String(fraud), String(churn)] });
    });

    it('finds the experiment of exactly that name first, also without its folders', async () => {
      for (const name of ['team/fraud', 'fraud-2', 'no fraud']) await experiment(name);
      expect(names((await ask('find', { q: 'FRAUD' })).experiments)).toEqual([
        'team/fraud',
        'fraud-2',
        'no fraud',
      ]);
    });

    it.each(['champion', 'CHAMP', 'fraud@champion', 'models:/fraud@champion', '@champion'])(
      'finds an alias by %s',
      async (q) => {
        for (const name of ['fraud', 'champion-free']) {
          await registry.models.create({ name, description: '', tags: [] });
          await registry.versions.create(version(name));
        }
        await registry.versions.create(version('fraud'));
        await registry.aliases.set('fraud', 'champion', 2);
        await registry.aliases.set('fraud', 'old', 1);
        expect((await ask('find', { q })).aliases).toEqual([
          { name: 'fraud', alias: 'champion', version: '2' },
        ]);
      },
    );

    it('finds the model of exactly that name first', async () => {
      for (const name of ['churn', 'churn-2', 'no churn'])
        await registry.models.create({ name, description: '', tags: [] });
      expect(names((await ask('find', { q: 'churn' })).models)).toEqual(['churn', 'churn-2', 'no churn']);
    });

    it('finds experiments by number before those by name', async () => {
      const one = await experiment('alpha');
      await experiment(`no ${one} in it`);
      expect(names((await ask('find', { q: String(one) })).experiments)).toEqual([
        'alpha',
        `no ${one} in it`,
      ]);
    });

    it('finds registered models by name and logged ones by id', async () => {
      await registry.models.create({ name: 'Churn.v1', description: '', tags: [] });
      const no = await experiment('fraud');
      const model = await tracking.loggedModels.create({
        experimentNo: no,
        name: 'clf',
        modelType: undefined,
        sourceRunId: undefined,
        params: [],
        tags: [],
      });
      expect((await ask('find', { q: 'churn' })).models).toEqual([{ name: 'Churn.v1' }]);
      const id = model.row.model_id;
      expect((await ask('find', { q: id.slice(0, 10) })).logged_models).toEqual([
        { model_id: id, name: 'clf', experiment_id: String(no) },
      ]);
    });

    it('finds what is not in the trash', async () => {
      await tracking.experiments.delete(await experiment('gone'));
      expect((await ask('find', { q: 'gone' })).experiments).toEqual([]);
    });
  });
});

describe('the indexes of start pages', () => {
  const [sqlite] = testedDatabases();
  let opened: OpenedDatabase;
  beforeEach(async () => {
    opened = await sqlite!.open();
  });
  afterEach(() => opened.remove());

  it.each([
    ['runs_running', "SELECT 1 FROM runs r WHERE r.status = 'RUNNING' ORDER BY r.start_time DESC LIMIT 10"],
    ['runs_ended', 'SELECT 1 FROM runs r WHERE r.end_time IS NOT NULL ORDER BY r.end_time DESC LIMIT 10'],
  ])('%s is walked from its start on SQLite', async (index, text) => {
    const plan = await opened.db.read((sql) => sql.all<{ detail: string }>(`EXPLAIN QUERY PLAN ${text}`));
    expect(plan.map((row) => row.detail).join('\n')).toContain(index);
  });
});
