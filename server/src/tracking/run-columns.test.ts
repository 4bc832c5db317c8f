import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { BulkAction } from './run-bulk.ts';
import { type ColumnsQuery, createRunColumns } from './run-columns.ts';
import { describe as describeNumbers } from './run-groups.ts';
import { createRunLists } from './run-lists.ts';

const HARD = `it's "a\\b" \`c\`, é`;

interface Made {
  readonly params?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly startTimeMs?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly experimentNo?: number;
}

describe.each(testedDatabases())('all matching runs on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let experimentNo: number;
  const ids: string[] = [];

  async function createRun(name: string, more: Made): Promise<string> {
    const pairs = (of: Readonly<Record<string, string>> = {}) =>
      Object.entries(of).map(([key, value]) => ({ key, value }));
    const { run } = await tracking.runs.create({
      experimentNo: more.experimentNo ?? experimentNo,
      name,
      userId: 'ann',
      startTimeMs: more.startTimeMs ?? 0,
      tags: pairs(more.tags),
    });
    await tracking.runs.logBatch({
      runId: run.runId,
      metrics: Object.entries(more.metrics ?? {}).map(([key, value]) => ({
        key,
        value,
        step: 0,
        timestampMs: 1,
      })),
      params: pairs(more.params),
      tags: [],
    });
    return run.runId;
  }

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'columns', tags: [] });
    const runs: readonly Made[] = [
      { params: { model: 'rf', note: HARD }, metrics: { acc: 0.5, loss: Number.NaN } },
      { params: { model: 'rf' }, metrics: { acc: 0.7 }, tags: { team: '=1+1' } },
      { params: { model: 'svm', note: HARD }, metrics: { acc: Number.POSITIVE_INFINITY } },
      { metrics: { loss: 2 }, tags: { team: '-5' } },
    ];
    for (const [i, run] of runs.entries())
      ids.push(await createRun(`r${i}`, { ...run, startTimeMs: 1000 * i }));
    await tracking.runs.update(ids[0]!, { status: 'FINISHED', endTimeMs: 2500 });
  });
  afterAll(() => opened.remove());

  const query = { orderBy: ['start_time ASC'], viewType: 'ACTIVE_ONLY' as const };

  async function values(more: Partial<ColumnsQuery>, columns = tracking.columns) {
    const found = await columns.read({
      ...query,
      experimentNos: [experimentNo],
      columns: ['metrics.acc', 'metrics.loss', 'params.model', 'attributes.duration', 'attributes.status'],
      withIds: false,
      ...more,
    });
    const read = [];
    for await (const column of found.columns) {
      read.push('codes' in column ? { ...column, codes: [...column.codes] } : column);
    }
    return { ...found, columns: read };
  }

  it('are read by column, by index and run by run', async () => {
    const byIndex = createRunColumns({
      db: opened.db,
      lists: createRunLists({ db: opened.db, oneByOne: 0 }),
    });
    for (const columns of [tracking.columns, byIndex]) {
      const found = await values({ withIds: true }, columns);
      expect(found).toMatchObject({ total: 4, runIds: ids, names: ['r0', 'r1', 'r2', 'r3'] });
      expect(found.columns).toEqual([
        { name: 'metrics.acc', numbers: [0.5, 0.7, Number.POSITIVE_INFINITY, null] },
        { name: 'metrics.loss', numbers: [Number.NaN, null, null, 2] },
        { name: 'params.model', values: ['rf', 'svm'], codes: [0, 0, 1, -1] },
        { name: 'attributes.duration', numbers: [2500, null, null, null] },
        { name: 'attributes.status', values: ['FINISHED', 'RUNNING'], codes: [0, 1, 1, 1] },
      ]);
    }
    expect(await values({ filter: 'metrics.acc > 0.6' })).toMatchObject({ total: 2, runIds: undefined });
    await expect(values({ columns: ['metrics.a', 'attributes.models'] })).rejects.toMatchObject({
      field: 'columns[1]',
    });
  });

  it('fall into groups, each found by its own condition', async () => {
    const groupQuery = {
      experimentNos: [experimentNo],
      viewType: 'ACTIVE_ONLY' as const,
      groupBy: ['params.model', 'params.note', 'attributes.status'],
      metrics: ['acc', 'loss'],
      offset: 0,
      limit: 10,
    };
    const { total, groups } = await tracking.groups.list(groupQuery);
    expect(total).toBe(4);
    expect(groups.map(({ values: of, runs }) => [...of, runs])).toEqual([
      [null, null, 'RUNNING', 1],
      ['svm', HARD, 'RUNNING', 1],
      ['rf', null, 'RUNNING', 1],
      ['rf', HARD, 'FINISHED', 1],
    ]);
    for (const [i, { filter }] of groups.entries()) {
      const found = await tracking.searches.search({
        ...query,
        experimentNos: [experimentNo],
        filter,
        maxResults: 10,
      });
      expect(found.items.map(({ run }) => run.runId)).toEqual([ids[3 - i]]);
    }
    const byModel = await tracking.groups.list({
      ...groupQuery,
      groupBy: ['params.model'],
      offset: 2,
      limit: 1,
    });
    expect(byModel.total).toBe(3);
    expect(byModel.groups).toHaveLength(1);
    const [rf] = byModel.groups;
    expect(rf).toMatchObject({
      values: ['rf'],
      runs: 2,
      latestStartTimeMs: 1000,
      filter: "params.model = 'rf'",
    });
    expect([...rf!.metrics.keys()]).toEqual(['acc']);
    expect(rf!.metrics.get('acc')).toMatchObject({ min: 0.5, max: 0.7, runs: 2 });
    expect(rf!.metrics.get('acc')!.mean).toBeCloseTo(0.6, 12);
    expect(rf!.metrics.get('acc')!.stddev).toBeCloseTo(Math.SQRT2 / 10, 12);
    for (const [field, more] of [
      ['group_by', { groupBy: [] }],
      ['group_by[0]', { groupBy: ['metrics.acc'] }],
      ['limit', { limit: 501 }],
    ] as const) {
      await expect(tracking.groups.list({ ...groupQuery, ...more })).rejects.toMatchObject({ field });
    }
  });

  it('are written as a table that no spreadsheet takes for formulas', async () => {
    const text = async (columns: readonly string[]) => {
      const pieces = [];
      const asked = { ...query, experimentNos: [experimentNo], columns };
      for await (const piece of await tracking.exports.csv(asked)) pieces.push(piece);
      return pieces.join('').split('\r\n');
    };
    expect(await text(['params.note', 'tags.team', 'metrics.acc', 'attributes.end_time'])).toEqual([
      'attributes.run_id,attributes.run_name,params.note,tags.team,metrics.acc,attributes.end_time',
      `${ids[0]},r0,"${HARD.replaceAll('"', '""')}",,0.5,1970-01-01T00:00:02.500Z`,
      `${ids[1]},r1,,'=1+1,0.7,`,
      `${ids[2]},r2,"${HARD.replaceAll('"', '""')}",,Infinity,`,
      `${ids[3]},r3,,-5,,`,
      '',
    ]);
    const [head] = await text([]);
    expect(head!.split(',').slice(2).toSorted()).toEqual(
      [
        'attributes.end_time',
        'attributes.experiment_id',
        'attributes.start_time',
        'attributes.status',
        'attributes.user_id',
        'metrics.acc',
        'metrics.loss',
        'params.model',
        'params.note',
        'tags.team',
      ].toSorted(),
    );
  });

  it('are changed together, and it is told which were, for undoing', async () => {
    const bulkNo = await tracking.experiments.create({ name: 'bulk', tags: [] });
    const runIds: string[] = [];
    for (let i = 0; i < 130; i += 1) {
      runIds.push(await createRun(`b${i}`, { experimentNo: bulkNo, tags: i === 0 ? { stage: 'old' } : {} }));
    }
    const sorted = (list: readonly string[]) => [...list].sort();
    const change = (action: BulkAction, some: readonly string[] = runIds) =>
      tracking.bulk.change({ runIds: some }, action);
    const [one, two] = runIds as [string, string];
    expect(await change({ kind: 'set-tag', key: 'stage', value: 'new' }, [one, two])).toEqual({
      runIds: [one, two],
      previous: ['old', null],
      refused: [],
    });
    const deleted = await tracking.bulk.change(
      { query: { ...query, experimentNos: [bulkNo], filter: "run_name LIKE 'b%'" } },
      { kind: 'delete' },
    );
    expect(sorted(deleted.runIds)).toEqual(sorted(runIds));
    expect(await change({ kind: 'delete' })).toEqual({ runIds: [], previous: undefined, refused: [] });
    const refused = await change({ kind: 'set-tag', key: 'stage', value: 'newer' }, [one]);
    expect(refused).toMatchObject({ runIds: [], refused: [{ runId: one }] });
    expect((await change({ kind: 'restore' })).runIds).toHaveLength(130);
    expect(await change({ kind: 'delete-tag', key: 'stage' }, runIds.slice(0, 3))).toEqual({
      runIds: [one, two],
      previous: ['new', 'new'],
      refused: [],
    });
    await expect(change({ kind: 'delete' }, [one, 'f'.repeat(32)])).rejects.toMatchObject({
      code: 'NotFound',
    });
    expect((await tracking.runs.get(one)).run.stage).toBe('active');
    await expect(change({ kind: 'delete' }, [])).rejects.toMatchObject({ field: 'run_ids' });
    await expect(change({ kind: 'set-tag', key: '', value: 'x' })).rejects.toMatchObject({ field: 'key' });
  });
});

describe('the numbers of a group', () => {
  it('keep their spread where they are large and alike', () => {
    const found = describeNumbers([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(found).toMatchObject({ mean: 1e9 + 10, stddev: Math.sqrt(30) });
    expect(describeNumbers([0.1, 0.1, 0.1])).toMatchObject({ mean: 0.1, stddev: 0 });
    expect(describeNumbers([])).toBeUndefined();
  });
});
