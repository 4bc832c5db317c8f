import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { MetricPoint } from './metric-rules.ts';

describe.each(testedDatabases())('runs on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let experimentNo: number;

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'runs', tags: [] });
  });
  afterAll(() => opened.remove());

  const nothing = { metrics: [], params: [], tags: [] } as const;
  const create = async (input: object = {}) =>
    (await tracking.runs.create({ experimentNo, startTimeMs: 1, tags: [], ...input })).run.runId;
  const log = (runId: string, key: string, point: MetricPoint) =>
    tracking.runs.logBatch({ ...nothing, runId, metrics: [{ key, ...point }] });
  const valuesOf = async (runId: string, key: string) => {
    const points: MetricPoint[] = [];
    for await (const chunk of tracking.metrics.history(runId, key)) points.push(...chunk);
    return points;
  };

  it('takes the point of the greatest step, time and value as the latest, whatever the order of arrival', async () => {
    const runId = await create();
    await log(runId, 'm', { step: 5, timestampMs: 10, value: 1 });
    await log(runId, 'm', { step: 3, timestampMs: 99, value: 9 });
    await log(runId, 'm', { step: 5, timestampMs: 10, value: 0.5 });
    await log(runId, 'm', { step: 5, timestampMs: 10, value: Number.NaN });
    const [metric] = (await tracking.runs.get(runId)).metrics;
    expect(metric).toMatchObject({ step: 5, timestampMs: 10, value: 1 });
  });

  it('returns a history by time, then step, also where steps and times disagree', async () => {
    const runId = await create();
    const points = [
      { step: 2, timestampMs: 10, value: 1 },
      { step: 1, timestampMs: 20, value: 2 },
      { step: 3, timestampMs: 5, value: 3 },
    ];
    for (const point of points) await log(runId, 'm', point);
    expect((await valuesOf(runId, 'm')).map((point) => point.value)).toEqual([3, 1, 2]);
  });

  it('drops a repeated point and does not count it twice', async () => {
    const runId = await create();
    const point = { step: 1, timestampMs: 1, value: 0.5 };
    await log(runId, 'm', point);
    await log(runId, 'm', point);
    expect(await valuesOf(runId, 'm')).toEqual([point]);
    const counted = await tracking.searches.search({
      experimentNos: [experimentNo],
      viewType: 'ALL',
      filter: `count(metrics.m) = 1 AND run_id = '${runId}'`,
      orderBy: [],
      maxResults: 5,
    });
    expect(counted.items).toHaveLength(1);
  });

  it('keeps every digit of 64-bit steps and times', async () => {
    const runId = await create();
    const big = 9223372036854775807n;
    await log(runId, 'm', { step: big, timestampMs: 9007199254740993n, value: 1 });
    await log(runId, 'm', { step: -big, timestampMs: 9007199254740995n, value: 2 });
    expect(await valuesOf(runId, 'm')).toEqual([
      { step: big, timestampMs: 9007199254740993n, value: 1 },
      { step: -big, timestampMs: 9007199254740995n, value: 2 },
    ]);
  });

  it('writes nothing of a batch in which one param changes', async () => {
    const runId = await create();
    await tracking.runs.logBatch({ ...nothing, runId, params: [{ key: 'a', value: '1' }] });
    const bad = tracking.runs.logBatch({
      runId,
      metrics: [{ key: 'm', step: 0, timestampMs: 0, value: 1 }],
      params: [
        { key: 'b', value: '2' },
        { key: 'a', value: '2' },
      ],
      tags: [{ key: 't', value: 'x' }],
    });
    await expect(bad).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringMatching(/Changing param values is not allowed/),
    });
    const run = await tracking.runs.get(runId);
    expect([run.metrics, run.params, run.tags.map((tag) => tag.key)]).toEqual([
      [],
      [{ key: 'a', value: '1' }],
      ['mlflow.runName'],
    ]);
  });

  it('lets one of two equal keys win when many requests log different values at once', async () => {
    const runId = await create();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        tracking.runs.logBatch({ ...nothing, runId, params: [{ key: 'raced', value: String(i) }] }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
  });

  it('fails a write to an unknown run alone among the writes of others', async () => {
    const runId = await create();
    const outcomes = await Promise.allSettled([
      log(runId, 'a', { step: 0, timestampMs: 0, value: 1 }),
      log('0'.repeat(32), 'a', { step: 0, timestampMs: 0, value: 1 }),
      log(runId, 'b', { step: 0, timestampMs: 0, value: 2 }),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await tracking.runs.get(runId)).metrics.map((metric) => metric.key).sort()).toEqual(['a', 'b']);
  });

  it('cuts long values silently, by characters and not by code units', async () => {
    const runId = await create();
    await tracking.runs.logBatch({ ...nothing, runId, params: [{ key: 'long', value: '😀'.repeat(6001) }] });
    const [param] = (await tracking.runs.get(runId)).params;
    expect(Array.from(param!.value)).toHaveLength(6000);
  });

  it('keeps finished runs of a locked experiment as they are, but for tags marked mutable', async () => {
    const locked = await tracking.experiments.create({ name: 'locked', tags: [] });
    await tracking.experiments.setFinishedRunsLock(locked, {
      locked: true,
      mutableTags: ['review.*', 'owner'],
    });
    const runId = await create({ experimentNo: locked });
    await log(runId, 'm', { step: 0, timestampMs: 0, value: 1 });
    await tracking.runs.update(runId, { status: 'FINISHED', endTimeMs: 5 });
    const refused = { code: 'InvalidState', message: expect.stringMatching(/locks finished runs/) };
    await expect(log(runId, 'm', { step: 1, timestampMs: 1, value: 2 })).rejects.toMatchObject(refused);
    await expect(tracking.runs.update(runId, { status: 'RUNNING' })).rejects.toMatchObject(refused);
    await expect(tracking.runs.deleteTag(runId, 'mlflow.runName')).rejects.toMatchObject(refused);
    await expect(tracking.inputs.logOutputs(runId, [{ modelId: 'm-1', step: 0 }])).rejects.toMatchObject(
      refused,
    );
    await tracking.runs.logBatch({
      ...nothing,
      runId,
      tags: [
        { key: 'review.by', value: 'jane' },
        { key: 'owner', value: 'x' },
      ],
    });
    await expect(
      tracking.runs.logBatch({
        ...nothing,
        runId,
        tags: [
          { key: 'owner', value: 'y' },
          { key: 'other', value: 'y' },
        ],
      }),
    ).rejects.toMatchObject(refused);
    expect((await tracking.runs.get(runId)).tags).toContainEqual({ key: 'owner', value: 'x' });
  });

  it('clones params and tags into a new run that names its origin', async () => {
    const runId = await create({
      name: 'first',
      tags: [{ key: 'mlflow.project.entryPoint', value: 'main' }],
    });
    await tracking.runs.logBatch({
      runId,
      params: [{ key: 'depth', value: '5' }],
      metrics: [{ key: 'm', step: 0, timestampMs: 0, value: 1 }],
      tags: [],
    });
    const clone = await tracking.runs.clone(runId, {});
    expect(clone.run).toMatchObject({ name: 'first (copy)', status: 'RUNNING' });
    expect(clone.params).toEqual([{ key: 'depth', value: '5' }]);
    expect(clone.metrics).toEqual([]);
    expect(Object.fromEntries(clone.tags.map((tag) => [tag.key, tag.value]))).toEqual({
      'mlflow.project.entryPoint': 'main',
      'mlflow.runName': 'first (copy)',
      'slipway.clonedFrom': runId,
    });
  });

  it('gives a create that is sent again, after its answer was lost, the run that it made, once', async () => {
    const input = { experimentNo, name: 'resent', startTimeMs: 77, tags: [] };
    const first = (await tracking.runs.create(input)).run.runId;
    tracking.pendingCreates.answered(first, false);
    const second = (await tracking.runs.create(input)).run.runId;
    const third = (await tracking.runs.create(input)).run.runId;
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('makes two runs of two equal creates whose answers arrive, or are both on their way', async () => {
    const input = { experimentNo, name: 'equal', startTimeMs: 78, tags: [] };
    const [a, b] = await Promise.all([tracking.runs.create(input), tracking.runs.create(input)]);
    tracking.pendingCreates.answered(a.run.runId, true);
    const c = await tracking.runs.create(input);
    expect(new Set([a.run.runId, b.run.runId, c.run.runId]).size).toBe(3);
  });

  it('gives a resent create to the process that comes after one that died before it answered', async () => {
    const input = { experimentNo, name: 'after the crash', startTimeMs: 79, tags: [] };
    const before = createTracking(opened.reopen());
    const first = (await before.runs.create(input)).run.runId;
    const after = createTracking(opened.reopen());
    await after.pendingCreates.start();
    expect((await after.runs.create(input)).run.runId).toBe(first);
  });
});
