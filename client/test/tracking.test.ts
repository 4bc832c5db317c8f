import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../src/index.ts';
import { newName, runningServer } from './running-server.ts';

const server = runningServer();

describe('experiments', () => {
  it('are created, found by id and by name, renamed and tagged', async () => {
    const { experiments } = server.client;
    const name = newName('experiment');
    // A key that would set the prototype where objects are built carelessly.
    const tags = Object.fromEntries([
      ['team', 'a'],
      ['__proto__', 'b'],
    ]);
    const experimentId = await experiments.create({ name, tags });
    const created = await experiments.get(experimentId);
    expect(created).toMatchObject({ experimentId, name, lifecycleStage: 'active' });
    expect(Object.entries(created.tags).sort()).toEqual(Object.entries(tags).sort());
    expect(Math.abs(created.createdAtMs - Date.now())).toBeLessThan(60_000);
    await experiments.update(experimentId, { name: `${name}-renamed` });
    await experiments.setTag(experimentId, 'team', 'c');
    await experiments.deleteTag(experimentId, '__proto__');
    expect(await experiments.getByName(`${name}-renamed`)).toMatchObject({
      experimentId,
      tags: { team: 'c' },
    });
    expect((await experiments.getByName(`${name}-renamed`)).tags).toEqual({ team: 'c' });
  });

  it('go to the trash and come back', async () => {
    const { experiments } = server.client;
    const experimentId = await experiments.create({ name: newName('experiment') });
    await experiments.delete(experimentId);
    expect((await experiments.get(experimentId)).lifecycleStage).toBe('deleted');
    const deleted = await experiments.search({ viewType: 'DELETED_ONLY' }).toArray();
    expect(deleted.map((experiment) => experiment.experimentId)).toContain(experimentId);
    await experiments.restore(experimentId);
    expect((await experiments.get(experimentId)).lifecycleStage).toBe('active');
  });

  it('are searched over all pages, one page, or the first few', async () => {
    const { experiments } = server.client;
    const folder = newName('/folder');
    for (const number of [1, 2, 3, 4, 5]) await experiments.create({ name: `${folder}/${number}` });
    const search = experiments.search({
      filter: `name LIKE '${folder}/%'`,
      orderBy: ['name ASC'],
      pageSize: 2,
    });
    const names = [];
    for await (const { name } of search) names.push(name);
    expect(names).toEqual([1, 2, 3, 4, 5].map((number) => `${folder}/${number}`));
    const sizes = [];
    for await (const { items } of search.pages()) sizes.push(items.length);
    expect(sizes).toEqual([2, 2, 1]);
    const first = await search.page();
    const second = await search.page(first.nextPageToken);
    expect(second.items.map(({ name }) => name)).toEqual([`${folder}/3`, `${folder}/4`]);
    expect(await search.toArray({ limit: 3 })).toHaveLength(3);
    expect(await search.toArray({ limit: 0 })).toEqual([]);
  });

  it('form folders, which are walked, renamed, deleted and restored', async () => {
    const { experiments } = server.client;
    const top = newName('/folders');
    for (const name of ['a', 'x/b', 'x/deep/c', 'y/d', 'z/e'])
      await experiments.create({ name: `${top}/${name}` });
    const folders = experiments.folders(top, { pageSize: 2 });
    const shown = [];
    for await (const { name, path, activeExperiments } of folders)
      shown.push([name, path, activeExperiments]);
    expect(shown).toEqual([
      ['x', `${top}/x`, 2],
      ['y', `${top}/y`, 1],
      ['z', `${top}/z`, 1],
    ]);
    const sizes = [];
    for await (const { items } of folders.pages()) sizes.push(items.length);
    expect(sizes).toEqual([2, 1]);
    expect((await experiments.folders().toArray()).map(({ path }) => path)).toContain(top);
    const directly = async (folder: string) =>
      (await experiments.inFolder(folder, { pageSize: 1 }).toArray()).map(({ name }) => name);
    expect(await directly(top)).toEqual([`${top}/a`]);
    expect(await experiments.renameFolder(`${top}/x`, `${top}/y`)).toBe(2);
    expect(await directly(`${top}/y`)).toEqual([`${top}/y/b`, `${top}/y/d`]);
    await experiments.create({ name: `${top}/z/b` });
    await expect(experiments.renameFolder(`${top}/y`, `${top}/z`)).rejects.toMatchObject({
      errorCode: 'RESOURCE_ALREADY_EXISTS',
      message: expect.stringContaining(`${top}/z/b`),
    });
    const { deletedExperiments, deletedAtMs } = await experiments.deleteFolder(`${top}/y`);
    expect(deletedExperiments).toBe(3);
    expect(await directly(`${top}/y`)).toEqual([]);
    await expect(experiments.restoreFolder(`${top}/y`, { deletedAtMs: 1 })).rejects.toMatchObject({
      errorCode: 'RESOURCE_DOES_NOT_EXIST',
    });
    expect(await experiments.restoreFolder(`${top}/y`, { deletedAtMs })).toBe(3);
    expect(await directly(`${top}/y`)).toHaveLength(2);
  });

  it('lock their finished runs, but for tags that may change', async () => {
    const { experiments, runs } = server.client;
    const experimentId = await experiments.create({ name: newName('experiment') });
    expect(await experiments.getFinishedRunsLock(experimentId)).toEqual({ locked: false, mutableTags: [] });
    await experiments.setFinishedRunsLock(experimentId, { locked: true, mutableTags: ['note'] });
    expect(await experiments.getFinishedRunsLock(experimentId)).toEqual({
      locked: true,
      mutableTags: ['note'],
    });
    const run = await runs.create({ experimentId });
    await run.end();
    await runs.setTag(run.runId, 'note', 'later');
    await expect(runs.logMetric(run.runId, { key: 'loss', value: 1 })).rejects.toMatchObject({
      errorCode: 'INVALID_STATE',
    });
  });
});

describe('runs', () => {
  const create = async () => {
    const experimentId = await server.client.experiments.create({ name: newName('experiment') });
    return { experimentId, run: await server.client.runs.create({ experimentId, name: 'first' }) };
  };

  it('hold what single calls log', async () => {
    const { runs } = server.client;
    const { experimentId, run } = await create();
    const { runId } = run;
    await runs.logMetric(runId, { key: 'loss', value: 0.5, step: 3, timestampMs: 1_700_000_000_000 });
    await runs.logParam(runId, 'depth', 3);
    await runs.setTag(runId, 'team', 'a');
    await runs.setTag(runId, 'gone', 'b');
    await runs.deleteTag(runId, 'gone');
    await runs.logBatch(runId, {
      metrics: [{ key: 'accuracy', value: 0.9 }],
      params: { criterion: 'gini', bootstrap: true },
      tags: { stage: 'x' },
    });
    const read = await runs.get(runId);
    expect(read).toMatchObject({ runId, experimentId, name: 'first', status: 'RUNNING' });
    expect(read.endTimeMs).toBeUndefined();
    expect(read.metrics.loss).toEqual({ key: 'loss', value: 0.5, step: 3, timestampMs: 1_700_000_000_000 });
    expect(read.metrics.accuracy?.value).toBe(0.9);
    expect(read.params).toEqual({ depth: '3', criterion: 'gini', bootstrap: 'true' });
    expect(read.tags).toMatchObject({ team: 'a', stage: 'x' });
    expect(read.tags).not.toHaveProperty('gone');
  });

  it('keep every digit of steps and times, NaN, and infinities as the protocol has them', async () => {
    const { runs, metrics } = server.client;
    const { runId } = (await create()).run;
    const largest = 2n ** 63n - 1n;
    await runs.logMetric(runId, { key: 'loss', value: Number.NaN, step: largest, timestampMs: largest });
    await runs.logMetric(runId, {
      key: 'loss',
      value: Number.POSITIVE_INFINITY,
      step: -(2n ** 63n),
      timestampMs: 5,
    });
    await runs.logMetric(runId, {
      key: 'loss',
      value: Number.NEGATIVE_INFINITY,
      step: 9_007_199_254_740_993n,
      timestampMs: 6,
    });
    const points = await metrics.history(runId, 'loss').toArray();
    expect(points.map(({ step, timestampMs, value }) => [step, timestampMs, value])).toEqual([
      [-(2n ** 63n), 5, Number.MAX_VALUE],
      [9_007_199_254_740_993n, 6, -Number.MAX_VALUE],
      [largest, largest, Number.NaN],
    ]);
    const [series] = await metrics.chart({ runIds: [runId], key: 'loss' });
    expect(series?.steps).toEqual(points.map(({ step }) => step));
    const [found] = await runs.search({ experimentIds: [(await runs.get(runId)).experimentId] }).toArray();
    expect(found?.metrics.loss?.step).toBe(largest);
    expect(() => runs.logMetric(runId, { key: 'loss', value: 1, step: 2 ** 60 })).toThrow(SlipwayError);
    expect(() => runs.logMetric(runId, { key: 'loss', value: 1, step: 0.5 })).toThrow(SlipwayError);
  });

  it('are searched by what they hold', async () => {
    const { runs, experiments } = server.client;
    const experimentId = await experiments.create({ name: newName('experiment') });
    for (const depth of [1, 2, 3, 4]) {
      const run = await runs.create({ experimentId, name: `depth ${depth}` });
      run.logParam('depth', depth);
      run.logMetric('loss', 1 / depth);
      await run.end();
    }
    const found = runs.search({
      experimentIds: [experimentId],
      filter: "metrics.loss < 0.9 AND params.depth != '3'",
      orderBy: ['metrics.loss ASC'],
      pageSize: 1,
    });
    expect((await found.toArray()).map(({ name }) => name)).toEqual(['depth 4', 'depth 2']);
    await expect(
      runs.search({ experimentIds: [experimentId], filter: 'nonsense' }).page(),
    ).rejects.toMatchObject({
      errorCode: 'INVALID_PARAMETER_VALUE',
      status: 400,
    });
  });

  it('are renamed, deleted and restored', async () => {
    const { runs } = server.client;
    const { run } = await create();
    expect(await runs.update(run.runId, { name: 'second', status: 'FAILED', endTimeMs: 12 })).toMatchObject({
      name: 'second',
      status: 'FAILED',
      endTimeMs: 12,
    });
    await runs.delete(run.runId);
    expect((await runs.get(run.runId)).lifecycleStage).toBe('deleted');
    await runs.restore(run.runId);
    expect((await runs.get(run.runId)).lifecycleStage).toBe('active');
  });

  it('are cloned with their params and tags', async () => {
    const { runs } = server.client;
    const { run } = await create();
    await runs.logBatch(run.runId, { params: { depth: 3 }, tags: { team: 'a' } });
    const clone = await runs.clone(run.runId, { name: 'again' });
    expect(clone).toMatchObject({ name: 'again', params: { depth: '3' } });
    expect(clone.tags).toMatchObject({ team: 'a', 'slipway.clonedFrom': run.runId });
    expect(clone.runId).not.toBe(run.runId);
  });

  it('know their datasets and models', async () => {
    const { runs, loggedModels, experiments } = server.client;
    const { experimentId, run } = await create();
    const model = await loggedModels.create({ experimentId, name: 'classifier', sourceRunId: run.runId });
    const dataset = { name: 'iris', digest: 'abc', sourceType: 'local', source: '{"uri":"iris.csv"}' };
    await runs.logInputs(run.runId, {
      datasets: [{ ...dataset, schema: '{}', tags: { 'mlflow.data.context': 'training' } }],
      modelIds: [model.modelId],
    });
    await runs.logOutputs(run.runId, [{ modelId: model.modelId, step: 7 }]);
    const read = await runs.get(run.runId);
    expect(read.datasets).toEqual([
      { ...dataset, schema: '{}', profile: undefined, tags: { 'mlflow.data.context': 'training' } },
    ]);
    expect(read.modelInputs).toEqual([model.modelId]);
    expect(read.modelOutputs).toEqual([{ modelId: model.modelId, step: 7 }]);
    expect(await experiments.searchDatasets([experimentId])).toEqual([
      { experimentId, name: 'iris', digest: 'abc', context: 'training' },
    ]);
  });

  it('say what is wrong with a request', async () => {
    const { runs } = server.client;
    const error = await runs.get('0'.repeat(32)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SlipwayError);
    expect(error).toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST', status: 404 });
    expect((error as SlipwayError).message).toContain('0'.repeat(32));
  });
});

describe('histories of metrics', () => {
  it('are read page by page, as columns for charts, and over several runs', async () => {
    const { runs, metrics, experiments } = server.client;
    const experimentId = await experiments.create({ name: newName('experiment') });
    const run = await runs.create({ experimentId });
    const other = await runs.create({ experimentId });
    for (let step = 0; step < 2500; step += 1) {
      await run.logMetric('loss', step === 1234 ? 99 : Math.sin(step / 100), {
        step,
        timestampMs: 1000 + step,
      });
    }
    await other.logMetric('loss', 5, { step: 1 });
    await Promise.all([run.end(), other.end()]);
    const history = metrics.history(run.runId, 'loss', { pageSize: 1000 });
    expect((await history.toArray()).map(({ step }) => step)).toEqual(
      Array.from({ length: 2500 }, (_, i) => i),
    );
    expect(await metrics.history(run.runId, 'unknown').toArray()).toEqual([]);

    const series = await metrics.chart({ runIds: [run.runId, other.runId], key: 'loss', maxPoints: 100 });
    const thinned = series.find(({ runId }) => runId === run.runId);
    expect(thinned?.count).toBe(2500);
    expect(thinned?.values.length).toBeLessThanOrEqual(100);
    expect(Math.max(...(thinned?.values ?? []))).toBe(99);
    expect(thinned?.timestampsMs).toHaveLength(thinned?.steps.length ?? -1);
    const range = { startStep: 10, endStep: 19 };
    const [part] = await metrics.chart({ runIds: [run.runId], key: 'loss', range });
    expect(part?.steps).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);

    const points = await metrics.interval({
      runIds: [run.runId, other.runId],
      key: 'loss',
      pointsPerRun: 50,
    });
    expect(new Set(points.map(({ runId }) => runId))).toEqual(new Set([run.runId, other.runId]));
    expect(points.at(-1)).toBeDefined();
  });
});

describe('logged models', () => {
  it('are created, finished, searched and deleted', async () => {
    const { loggedModels, experiments, runs } = server.client;
    const experimentId = await experiments.create({ name: newName('experiment') });
    const run = await runs.create({ experimentId });
    const { modelId, ...model } = await loggedModels.create({
      experimentId,
      name: 'classifier',
      modelType: 'tree',
      params: { depth: '3' },
      tags: { team: 'a' },
    });
    expect(model).toMatchObject({
      name: 'classifier',
      status: 'LOGGED_MODEL_PENDING',
      params: { depth: '3' },
    });
    await loggedModels.logParams(modelId, { criterion: 'gini' });
    await loggedModels.setTags(modelId, { team: 'b', 'a/b c': 'd' });
    await loggedModels.deleteTag(modelId, 'a/b c');
    await run.logMetric('accuracy', 0.9, { modelId });
    await run.end();
    const ready = await loggedModels.setStatus(modelId, 'LOGGED_MODEL_READY');
    expect(ready).toMatchObject({ modelId, status: 'LOGGED_MODEL_READY', tags: { team: 'b' } });
    const found = await loggedModels
      .search({
        experimentIds: [experimentId],
        filter: 'metrics.accuracy > 0.5',
        orderBy: [{ field: 'metrics.accuracy', ascending: false }],
      })
      .toArray();
    expect(found).toMatchObject([{ modelId, params: { depth: '3', criterion: 'gini' } }]);
    expect(found[0]?.metrics).toMatchObject([{ key: 'accuracy', value: 0.9, runId: run.runId }]);
    expect((await loggedModels.get(modelId)).tags).toEqual({ team: 'b' });
    await loggedModels.delete(modelId);
    await expect(loggedModels.get(modelId)).rejects.toMatchObject({ errorCode: 'RESOURCE_DOES_NOT_EXIST' });
  });
});

it('tells what the server can do', async () => {
  expect(await server.client.serverInfo()).toEqual({ multipartUploads: false, multipartDownloads: false });
});
