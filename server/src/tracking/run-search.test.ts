import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { matches } from '../filters/evaluate.ts';
import { runGrammar } from '../filters/grammars.ts';
import { parseFilter } from '../filters/parser.ts';
import type { Field } from '../filters/tree.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { MetricPoint } from './metric-rules.ts';

/** What the oracle knows of a run. */
interface Known {
  readonly name: string;
  readonly startTimeMs: number;
  readonly points: Readonly<Record<string, readonly MetricPoint[]>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly datasets: readonly { readonly name: string; readonly context: string }[];
  runId: string;
}

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

const next = random(20_261_121);
const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
const RUNS = 60;

function makeKnown(i: number): Known {
  const points: Record<string, MetricPoint[]> = {};
  for (const key of ['acc', 'loss']) {
    if (next() < 0.25) continue;
    points[key] = Array.from({ length: 1 + Math.floor(next() * 4) }, (_, step) => ({
      step,
      timestampMs: 1000 + step,
      value: next() < 0.12 ? Number.NaN : Math.round(next() * 10) / 10,
    }));
  }
  return {
    name: `${pick(['alpha', 'Beta', 'gamma'])}-${i}`,
    startTimeMs: 1000 + Math.floor(i / 3),
    points,
    params: next() < 0.7 ? { depth: pick(['1', '2', '10']), kind: pick(['rf', 'RF', 'svm']) } : {},
    tags: next() < 0.6 ? { team: pick(['a', 'b', 'ä']) } : {},
    datasets: next() < 0.5 ? [{ name: pick(['iris', 'wine']), context: pick(['train', 'eval']) }] : [],
    runId: '',
  };
}

const known = Array.from({ length: RUNS }, (_, i) => makeKnown(i));

function latest(run: Known, key: string): number | undefined {
  return run.points[key]?.at(-1)?.value;
}

function lookup(run: Known): (field: Field) => readonly (string | number)[] {
  return ({ scope, key, history }) => {
    const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
    if (scope === 'param') return some(run.params[key]);
    if (scope === 'tag') return some(key === 'mlflow.runName' ? run.name : run.tags[key]);
    if (scope === 'dataset')
      return run.datasets.map((dataset) => (key === 'context' ? dataset.context : dataset.name));
    if (scope === 'metric') {
      const points = run.points[key] ?? [];
      const numbers = points.map((point) => point.value).filter((value) => !Number.isNaN(value));
      switch (history?.fn) {
        case undefined:
        case 'last':
          return some(latest(run, key));
        case 'min':
          return numbers.length === 0 ? [] : [Math.min(...numbers)];
        case 'max':
          return numbers.length === 0 ? [] : [Math.max(...numbers)];
        case 'first':
          return some(points[0]?.value);
        case 'count':
          return points.length === 0 ? [] : [points.length];
        case 'at':
          return some(points.find((point) => point.step === Number(history.step))?.value);
      }
    }
    switch (key) {
      case 'run_name':
        return [run.name];
      case 'start_time':
        return [run.startTimeMs];
      case 'status':
        return ['RUNNING'];
      default:
        return key === 'end_time' ? [] : [run.runId];
    }
  };
}

const LEAVES = [
  'metrics.acc > 0.5',
  'metrics.acc <= 0.3',
  'metrics.acc != 0.4',
  'metrics.loss = 0.2',
  'metrics.loss IS NULL',
  'metrics.loss IN (0.1, 0.2, 0.3)',
  'min(metrics.acc) < 0.2',
  'max(metrics.acc) >= 0.9',
  'first(metrics.loss) > 0.5',
  'at(metrics.acc, 1) > 0.2',
  'count(metrics.acc) >= 3',
  "params.depth = '10'",
  "params.kind LIKE 'r%'",
  "params.kind ILIKE 'R_'",
  "params.depth IN ('1', '2')",
  'params.depth IS NOT NULL',
  "tags.team != 'a'",
  "tags.team NOT LIKE 'a%'",
  "tags.team ILIKE 'Ä'",
  "dataset.name = 'iris'",
  "dataset.context != 'train'",
  'dataset.name IS NULL',
  "run_name LIKE '%a-%'",
  'start_time > 1010',
  'start_time IN (1001, 1005)',
  'end_time IS NULL',
  'end_time > 5',
  "status = 'RUNNING'",
];

function makeFilter(depth: number): string {
  const kind = depth === 0 ? 0 : next();
  if (kind < 0.35) return pick(LEAVES);
  if (kind < 0.5) return `NOT (${makeFilter(depth - 1)})`;
  const word = kind < 0.8 ? 'AND' : 'OR';
  return `(${makeFilter(depth - 1)}) ${word} (${makeFilter(depth - 1)})`;
}

const ORDERS: readonly (readonly string[])[] = [
  [],
  ['metrics.acc DESC'],
  ['metrics.acc ASC', 'metrics.loss DESC'],
  ['metrics.loss DESC', 'params.depth ASC'],
  ['params.depth DESC'],
  ['tags.team ASC', 'start_time ASC'],
  ['start_time ASC'],
  ['run_name DESC'],
];

/** Missing last, NaN before missing, in both directions; then the start, newest first; then the id. */
function sorted(runs: readonly Known[], order: readonly string[]): readonly Known[] {
  const terms = order.map((text) => {
    const [name, direction] = text.split(' ') as [string, string];
    const key = name.slice(name.indexOf('.') + 1);
    const value = (run: Known): string | number | undefined => {
      if (name.startsWith('metrics.')) return latest(run, key);
      if (name.startsWith('params.')) return run.params[key];
      if (name.startsWith('tags.')) return run.tags[key];
      return name === 'start_time' ? run.startTimeMs : run.name;
    };
    return { value, sign: direction === 'DESC' ? -1 : 1 };
  });
  const rank = (value: string | number | undefined) =>
    value === undefined ? 2 : Number.isNaN(value) ? 1 : 0;
  const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0);
  return runs.toSorted((a, b) => {
    for (const { value, sign } of terms) {
      const [x, y] = [value(a), value(b)];
      const byRank = rank(x) - rank(y);
      if (byRank !== 0) return byRank;
      const byValue = rank(x) === 0 ? compare(x!, y!) * sign : 0;
      if (byValue !== 0) return byValue;
    }
    const byStart = order.some((text) => text.startsWith('start_time')) ? 0 : b.startTimeMs - a.startTimeMs;
    return byStart || compare(a.runId, b.runId);
  });
}

describe.each(testedDatabases())('searching runs on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let experimentNo: number;

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'searched', tags: [] });
    await Promise.all(
      known.map(async (run) => {
        const { run: created } = await tracking.runs.create({
          experimentNo,
          name: run.name,
          startTimeMs: run.startTimeMs,
          tags: Object.entries(run.tags).map(([key, value]) => ({ key, value })),
        });
        run.runId = created.runId;
        await tracking.runs.logBatch({
          runId: run.runId,
          metrics: Object.entries(run.points).flatMap(([key, points]) =>
            points.map((point) => ({ key, ...point })),
          ),
          params: Object.entries(run.params).map(([key, value]) => ({ key, value })),
          tags: [],
        });
        const datasets = run.datasets.map(({ name, context }) => ({
          name,
          digest: 'd',
          sourceType: 'local',
          source: 's',
          schema: undefined,
          profile: undefined,
          tags: [{ key: 'mlflow.data.context', value: context }],
        }));
        await tracking.inputs.logInputs(run.runId, { datasets, modelIds: [] });
      }),
    );
  });
  afterAll(() => opened.remove());

  async function searchAll(
    filter: string,
    orderBy: readonly string[],
    maxResults: number,
  ): Promise<string[]> {
    const found: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await tracking.searches.search({
        experimentNos: [experimentNo],
        viewType: 'ACTIVE_ONLY',
        filter,
        orderBy,
        maxResults,
        pageToken,
      });
      found.push(...page.items.map(({ run }) => run.name));
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
    return found;
  }

  it.each(LEAVES)('finds what the language means by %s', async (filter) => {
    const tree = parseFilter(filter, runGrammar)!;
    const expected = sorted(
      known.filter((run) => matches(tree, lookup(run))),
      [],
    );
    expect(await searchAll(filter, [], 1000)).toEqual(expected.map((run) => run.name));
  });

  it('finds, orders and pages as the language means it, whatever the plan', async () => {
    for (let i = 0; i < 250; i += 1) {
      const filter = next() < 0.15 ? '' : makeFilter(3);
      const order = pick(ORDERS);
      const tree = parseFilter(filter, runGrammar);
      const expected = sorted(
        known.filter((run) => tree === undefined || matches(tree, lookup(run))),
        order,
      );
      const found = await searchAll(filter, order, pick([3, 7, 1000]));
      expect({ filter, order, found }).toEqual({ filter, order, found: expected.map((run) => run.name) });
    }
  });

  it('starts at the offset of a token that has nothing else', async () => {
    for (const orderBy of [[], ['metrics.acc DESC']]) {
      const whole = await searchAll('', orderBy, 1000);
      const token = Buffer.from(JSON.stringify({ offset: 50 })).toString('base64');
      const page = await tracking.searches.search({
        experimentNos: [experimentNo],
        viewType: 'ALL',
        orderBy,
        maxResults: 1000,
        pageToken: token,
      });
      expect(page.items.map(({ run }) => run.name)).toEqual(whole.slice(50));
    }
  });
});
