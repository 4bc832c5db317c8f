import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import { createRunLists } from './run-lists.ts';
import { createRunTable, type RunTable, type WindowQuery } from './run-table.ts';

/** A small generator with a seed, so that a failure can be seen again (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const next = random(4_711);
const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
const LONG = 'x'.repeat(130);

const LEAVES = [
  'metrics.acc > 0.5',
  'metrics.acc <= 0.3',
  'metrics.acc != 0.4',
  'metrics.loss IS NULL',
  'metrics.loss IS NOT NULL',
  'metrics.loss IN (0.1, 0.2, 0.3)',
  'min(metrics.acc) < 0.2',
  'count(metrics.acc) >= 2',
  "params.depth = '10'",
  `params.depth = '${LONG}b'`,
  "params.depth LIKE '%b'",
  "params.depth ILIKE 'X%A'",
  "params.depth IN ('1', '2')",
  'params.depth IS NULL',
  "tags.team != 'a'",
  "tags.team NOT LIKE 'a%'",
  "run_name LIKE '%a-%'",
  "status = 'RUNNING'",
  'end_time IS NULL',
  "run_id != 'x'",
  "artifact_uri LIKE '%/artifacts'",
  'start_time > 1010',
  "dataset.name = 'iris'",
];

const ORDERS: readonly (readonly string[])[] = [
  [],
  ['metrics.acc DESC'],
  ['metrics.acc ASC', 'metrics.loss DESC'],
  ['params.depth DESC', 'metrics.acc ASC'],
  ['tags.team ASC', 'start_time ASC'],
  ['start_time ASC'],
  ['start_time DESC'],
  ['start_time DESC', 'run_name ASC'],
  ['end_time DESC'],
  ['run_name DESC'],
  ['run_id DESC'],
];

function makeFilter(depth: number): string {
  const kind = depth === 0 ? 0 : next();
  if (kind < 0.35) return pick(LEAVES);
  if (kind < 0.5) return `NOT (${makeFilter(depth - 1)})`;
  const word = kind < 0.8 ? 'AND' : 'OR';
  return `(${makeFilter(depth - 1)}) ${word} (${makeFilter(depth - 1)})`;
}

describe.each(testedDatabases())('the runs table on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  /** Reads everything along indexes, as it does with many runs. */
  let byIndex: RunTable;
  let first: number;
  let second: number;
  let nested: number;

  async function createRun(
    experimentNo: number,
    name: string,
    more: {
      readonly startTimeMs?: number;
      readonly tags?: Readonly<Record<string, string>>;
      readonly params?: Readonly<Record<string, string>>;
      readonly metrics?: Readonly<Record<string, readonly number[]>>;
    } = {},
  ): Promise<string> {
    const { run } = await tracking.runs.create({
      experimentNo,
      name,
      startTimeMs: more.startTimeMs ?? 0,
      tags: Object.entries(more.tags ?? {}).map(([key, value]) => ({ key, value })),
    });
    await tracking.runs.logBatch({
      runId: run.runId,
      metrics: Object.entries(more.metrics ?? {}).flatMap(([key, values]) =>
        values.map((value, step) => ({ key, value, step, timestampMs: 1000 + step })),
      ),
      params: Object.entries(more.params ?? {}).map(([key, value]) => ({ key, value })),
      tags: [],
    });
    return run.runId;
  }

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    byIndex = createRunTable({ db: opened.db, lists: createRunLists({ db: opened.db, oneByOne: 0 }) });
    first = await tracking.experiments.create({ name: 'first', tags: [] });
    second = await tracking.experiments.create({ name: 'second', tags: [] });
    nested = await tracking.experiments.create({ name: 'nested', tags: [] });
    for (let i = 0; i < 80; i += 1) {
      const number = () => (next() < 0.12 ? Number.NaN : Math.round(next() * 10) / 10);
      const values = () => Array.from({ length: 1 + Math.floor(next() * 3) }, number);
      const runId = await createRun(
        i % 4 === 3 ? second : first,
        `${pick(['alpha', 'Beta', 'gamma'])}-${i}`,
        {
          startTimeMs: 1000 + Math.floor(i / 3),
          tags: next() < 0.6 ? { team: pick(['a', 'b', 'ä', '\u{1F600}', '\uFF5E']) } : {},
          params: next() < 0.7 ? { depth: pick(['1', '2', '10', `${LONG}a`, `${LONG}b`]) } : {},
          metrics: {
            ...(next() < 0.75 && { acc: values() }),
            ...(next() < 0.75 && { loss: values() }),
            ...(i === 5 && { edge: [Number.POSITIVE_INFINITY] }),
            ...(i === 9 && { edge: [Number.NEGATIVE_INFINITY] }),
          },
        },
      );
      if (i % 7 === 0) await tracking.runs.update(runId, { status: 'FINISHED', endTimeMs: 5000 - i });
      if (i % 5 === 0) await tracking.runs.delete(runId);
    }
  }, 60_000);
  afterAll(() => opened.remove());

  const ask = (more: Partial<WindowQuery>): WindowQuery => ({
    experimentNos: [first, second],
    orderBy: [],
    viewType: 'ACTIVE_ONLY',
    columns: [],
    expanded: [],
    offset: 0,
    limit: 500,
    ...more,
  });

  async function names(table: RunTable, more: Partial<WindowQuery>): Promise<readonly (string | null)[]> {
    return (await table.window(ask(more))).rows.names;
  }

  it('lists what a search finds, in its order, by index and run by run', async () => {
    for (let i = 0; i < 150; i += 1) {
      const query = {
        experimentNos: pick([[first], [second], [first, second]]),
        filter: next() < 0.1 ? '' : makeFilter(3),
        orderBy: pick(ORDERS),
        viewType: pick(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const),
      };
      const page = await tracking.searches.search({ ...query, maxResults: 1000 });
      const expected = { query, names: page.items.map(({ run }) => run.name) };
      expect({ query, names: await names(byIndex, query) }).toEqual(expected);
      expect({ query, names: await names(tracking.table, query) }).toEqual(expected);
    }
  });

  it('counts what matches and all that there is', async () => {
    const window = await tracking.table.window(ask({ filter: 'metrics.acc > 0.5', limit: 3 }));
    const found = await tracking.searches.search({
      experimentNos: [first, second],
      orderBy: [],
      viewType: 'ACTIVE_ONLY',
      filter: 'metrics.acc > 0.5',
      maxResults: 1000,
    });
    expect(window).toMatchObject({ total: found.items.length, matching: found.items.length, all: 64 });
    expect(window.rows.names).toHaveLength(3);
  });

  it('goes on in the same list while runs come and go, and looks anew without its name', async () => {
    const experimentNo = await tracking.experiments.create({ name: 'moving', tags: [] });
    const ids = [];
    for (let i = 0; i < 6; i += 1) ids.push(await createRun(experimentNo, `m${i}`, { startTimeMs: i }));
    const query = { experimentNos: [experimentNo], limit: 3 };
    const begun = await tracking.table.window(ask(query));
    expect(begun.rows.names).toEqual(['m5', 'm4', 'm3']);
    await createRun(experimentNo, 'm6', { startTimeMs: 6 });
    await tracking.runs.delete(ids[1]!);
    const { snapshot } = begun;
    const more = await tracking.table.window(ask({ ...query, snapshot, offset: 3 }));
    expect(more).toMatchObject({ snapshot, total: 6 });
    expect(more.rows.names).toEqual(['m2', 'm1', 'm0']);
    expect(more.rows.stages).toEqual(['active', 'deleted', 'active']);
    const fresh = await tracking.table.window(ask(query));
    expect(fresh.snapshot).not.toBe(snapshot);
    expect(fresh.rows.names).toEqual(['m6', 'm5', 'm4']);
  });

  it('answers anew, and says so, to a name that is unknown or of another query', async () => {
    const { snapshot } = await tracking.table.window(ask({ filter: 'metrics.acc > 0.5' }));
    const all = await tracking.table.window(ask({}));
    for (const name of [snapshot, 'nonsense']) {
      expect(await tracking.table.window(ask({ snapshot: name }))).toMatchObject({
        snapshot: all.snapshot,
        total: 64,
      });
    }
  });

  it('forgets the lists that were not asked for the longest when memory runs out', async () => {
    const lists = createRunLists({ db: opened.db, maxBytes: 3000 });
    const query = (filter: string) => ({
      experimentNos: [first],
      orderBy: [],
      viewType: 'ACTIVE_ONLY' as const,
      filter,
    });
    const kept = await lists.find(query("run_name LIKE 'alpha%'"));
    for (let i = 0; i < 10; i += 1) {
      await lists.find(query(`metrics.acc > 0.${i}`));
      expect(lists.stats().bytes).toBeLessThanOrEqual(3000);
    }
    const { made } = lists.stats();
    await lists.find(query("run_name LIKE 'alpha%'"), kept.name);
    expect(lists.stats().made).toBe(made + 1);
  });

  it('gives the values of columns as they are, and null where there are none', async () => {
    const { rows, columns } = await tracking.table.window(
      ask({
        filter: 'metrics.edge IS NOT NULL OR run_name LIKE "%-7"'.replaceAll('"', "'"),
        columns: [
          'metrics.edge',
          'metrics.none',
          'tags.mlflow.runName',
          'attributes.experiment_name',
          'attributes.duration',
        ],
      }),
    );
    const cells = Object.fromEntries(columns.map(({ column, cells }) => [column.name, cells]));
    expect(cells['metrics.edge']).toEqual([Number.NEGATIVE_INFINITY, null]);
    expect(cells['metrics.none']).toEqual([null, null]);
    expect(cells['tags.mlflow.runName']).toEqual(rows.names);
    expect(cells['attributes.experiment_name']).toEqual(['first', 'second']);
    expect(cells['attributes.duration']).toEqual([null, 4993 - 1002]);
  });

  it('stands runs under parents that are in the list, however they point at each other', async () => {
    const root = await createRun(nested, 'root', { startTimeMs: 100 });
    const under = (parent: string) => ({ 'mlflow.parentRunId': parent });
    const child = await createRun(nested, 'child', { startTimeMs: 101, tags: under(root) });
    await createRun(nested, 'grandchild', { startTimeMs: 102, tags: under(child) });
    await createRun(nested, 'orphan', { startTimeMs: 103, tags: under('f'.repeat(32)) });
    const one = await createRun(nested, 'one', { startTimeMs: 104 });
    const two = await createRun(nested, 'two', { startTimeMs: 105, tags: under(one) });
    await tracking.runs.logBatch({
      runId: one,
      metrics: [],
      params: [],
      tags: [{ key: 'mlflow.parentRunId', value: two }],
    });
    const shown = async (expanded: readonly string[], filter?: string) => {
      const { rows, total, matching } = await byIndex.window(
        ask({ experimentNos: [nested], nested: true, expanded, filter }),
      );
      const lines = rows.names.map(
        (name, i) => `${'>'.repeat(rows.depths[i]!)}${name}:${rows.childCounts[i]}`,
      );
      return { lines, total, matching };
    };
    expect(await shown([])).toEqual({ lines: ['two:1', 'orphan:0', 'root:1'], total: 3, matching: 6 });
    expect((await shown([root])).lines).toEqual(['two:1', 'orphan:0', 'root:1', '>child:1']);
    expect(await shown(['*'])).toEqual({
      lines: ['two:1', '>one:0', 'orphan:0', 'root:1', '>child:1', '>>grandchild:0'],
      total: 6,
      matching: 6,
    });
    expect((await shown(['*'], "run_name != 'root'")).lines.slice(-2)).toEqual(['child:1', '>grandchild:0']);
    const locate = (runId: string, expanded: readonly string[]) =>
      byIndex.locate({ ...ask({ experimentNos: [nested], nested: true }), expanded, runId });
    expect(await locate(child, [root])).toBe(3);
    expect(await locate(child, [])).toBeUndefined();
    expect(await locate('unknown', ['*'])).toBeUndefined();
  });

  it('names what is wrong with a request', async () => {
    const refused = async (more: Partial<WindowQuery>) =>
      tracking.table.window(ask(more)).catch((error: unknown) => error);
    expect(await refused({ columns: ['metrics.a', 'metric.b'] })).toMatchObject({ field: 'columns[1]' });
    expect(await refused({ columns: ['attributes.colour'] })).toMatchObject({ field: 'columns[0]' });
    expect(await refused({ offset: -1 })).toMatchObject({ field: 'offset' });
    expect(await refused({ limit: 501 })).toMatchObject({ field: 'limit' });
    expect(await refused({ experimentNos: [] })).toMatchObject({ field: 'experiment_ids' });
    expect(await refused({ filter: 'metrics.a >' })).toMatchObject({
      field: 'filter',
      message: expect.stringContaining('at position 11 of the filter'),
    });
  });

  it('shows and orders by what functions over the history of a metric give', async () => {
    const experimentNo = await tracking.experiments.create({ name: 'histories', tags: [] });
    await createRun(experimentNo, 'a', { metrics: { loss: [3, 1, 2] } });
    await createRun(experimentNo, 'b', { metrics: { loss: [Number.NaN, 0.5] } });
    await createRun(experimentNo, 'c', { metrics: { loss: [Number.NaN] } });
    await createRun(experimentNo, 'd');
    const columns = ['min', 'max', 'first', 'count', 'at.1'].map((fn) => `history.${fn}.loss`);
    for (const table of [tracking.table, byIndex]) {
      const query = { experimentNos: [experimentNo], columns, orderBy: ['min(metrics.loss) ASC'] };
      const window = await table.window(ask(query));
      expect(window.rows.names).toEqual(['b', 'a', 'c', 'd']);
      expect(window.columns.map(({ column, cells }) => [column.name, cells])).toEqual([
        ['history.min.loss', [0.5, 1, Number.NaN, null]],
        ['history.max.loss', [0.5, 3, Number.NaN, null]],
        ['history.first.loss', [Number.NaN, 3, Number.NaN, null]],
        ['history.count.loss', [2, 3, 1, null]],
        ['history.at.1.loss', [0.5, 1, null, null]],
      ]);
      expect(await names(table, { ...query, orderBy: ['max(metrics.loss) DESC'] })).toEqual([
        'a',
        'b',
        'c',
        'd',
      ]);
      expect(await names(table, { ...query, orderBy: ['count(metrics.loss) DESC', 'run_name ASC'] })).toEqual(
        ['a', 'b', 'c', 'd'],
      );
      expect(await names(table, { ...query, filter: 'min(metrics.loss) < 0.9' })).toEqual(['b']);
    }
    await expect(tracking.table.window(ask({ columns: ['history.mean.loss'] }))).rejects.toThrow(
      /a history is history\.min/,
    );
  });

  it('finds the keys of experiments and tells which vary', async () => {
    const experimentNo = await tracking.experiments.create({ name: 'keys', tags: [] });
    const other = await tracking.experiments.create({ name: 'other keys', tags: [] });
    const metrics = (same: number, nan: number) => ({
      same: [0.5],
      loss: [same],
      nan: [nan],
      'Val/acc': [same],
    });
    await createRun(experimentNo, 'a', {
      metrics: metrics(1, Number.NaN),
      params: { fixed: 'x', long: `${LONG}a`, longSame: LONG, z: '1' },
    });
    await createRun(experimentNo, 'b', {
      metrics: metrics(2, 0),
      params: { fixed: 'x', long: `${LONG}b`, longSame: LONG },
    });
    await createRun(other, 'c', { params: { z: '2' } });
    const list = async (more: object) =>
      Object.fromEntries(
        await tracking.keys.list({ experimentNos: [experimentNo], kinds: ['metrics'], limit: 100, ...more }),
      );
    const varying = (...keys: string[]) => keys.map((key) => ({ key, varies: true }));
    const fixed = (values: Readonly<Record<string, string>>) =>
      Object.entries(values).map(([key, value]) => ({ key, varies: false, value }));
    expect(await list({})).toEqual({
      metrics: { keys: [...varying('Val/acc', 'loss', 'nan'), { key: 'same', varies: false }], total: 4 },
    });
    expect(await list({ contains: 'VAL', limit: 1 })).toEqual({
      metrics: { keys: varying('Val/acc'), total: 1 },
    });
    expect(await list({ kinds: ['params'] })).toEqual({
      params: {
        // Of two runs one has `z`: what it says is not so in all.
        keys: [
          ...varying('long'),
          ...fixed({ fixed: 'x', longSame: `${LONG.slice(0, 120)}…` }),
          { key: 'z', varies: false, value: '1', runs: 1 },
        ],
        total: 4,
      },
    });
    expect(await list({ kinds: ['params'], experimentNos: [experimentNo, other], contains: 'z' })).toEqual({
      params: { keys: varying('z'), total: 1 },
    });
  });
});
