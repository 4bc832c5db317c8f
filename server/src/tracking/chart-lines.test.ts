import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import type { ChartLine, LinesQuery } from './charts.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { MetricPoint } from './metric-rules.ts';

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

const next = random(20_261_122);
const START = 1_700_000_000_000;
const HUGE = 2n ** 60n;

const value = (i: number) => (next() < 0.02 ? Number.NaN : Math.sin(i / 300) * 10 + next());
const history = (length: number, at: (i: number) => readonly [step: Int64, time: Int64]): MetricPoint[] =>
  Array.from({ length }, (_, i) => ({ step: at(i)[0], timestampMs: at(i)[1], value: value(i) }));

const histories: Readonly<Record<string, readonly MetricPoint[]>> = {
  short: history(700, (i) => [i, START + i * 10]),
  even: history(9000, (i) => [i * 2, START + i * 1000]),
  'with bursts': history(7000, (i) => [i < 6000 ? i : i * 1000, START + (i < 3000 ? i : i * 500)]),
  'out of order': history(6000, (i) => [i, START + ((i * 7919) % 6000) * 10]),
  'several at a step': history(5000, (i) => [Math.floor(i / 700), START + i]),
  'huge steps': history(5000, (i) => [int64(HUGE + BigInt(i)), START + i]),
  'without numbers': Array.from({ length: 5000 }, (_, i) => ({
    step: i,
    timestampMs: START + i,
    value: Number.NaN,
  })),
  infinite: history(5000, (i) => [i, START + i]).map((point) =>
    point.step === 4000 ? { ...point, value: Number.POSITIVE_INFINITY } : point,
  ),
};

describe.each(testedDatabases())('lines on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let runId: string;

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    const experimentNo = await tracking.experiments.create({ name: 'lines', tags: [] });
    const { run } = await tracking.runs.create({ experimentNo, startTimeMs: 1, tags: [] });
    runId = run.runId;
    for (const [key, points] of Object.entries(histories)) await log(key, points);
  }, 60_000);
  afterAll(() => opened.remove());

  async function log(key: string, points: readonly MetricPoint[]): Promise<void> {
    for (let i = 0; i < points.length; i += 1000) {
      const metrics = points.slice(i, i + 1000).map((point) => ({ key, ...point }));
      await tracking.runs.logBatch({ runId, metrics, params: [], tags: [] });
    }
  }

  async function lines(query: Partial<LinesQuery>): Promise<ChartLine[]> {
    const found: ChartLine[] = [];
    const asked = { runIds: [runId], keys: ['even'], x: 'step', maxPoints: 100, ...query } as const;
    for await (const line of (await tracking.charts.lines(asked)).lines) found.push(line);
    return found;
  }

  /** What a line is made of, by x. */
  function along(key: string, x: LinesQuery['x']): { x: Int64; point: MetricPoint }[] {
    const points = histories[key]!;
    const at = (point: MetricPoint): Int64 => {
      if (x === 'step') return point.step;
      return x === 'time' ? point.timestampMs : Number(point.timestampMs) - Number(points[0]!.timestampMs);
    };
    const compare = (a: Int64, b: Int64) => (a < b ? -1 : a > b ? 1 : 0);
    return points
      .map((point) => ({ x: at(point), point }))
      .toSorted(
        (a, b) =>
          compare(a.x, b.x) ||
          compare(a.point.step, b.point.step) ||
          compare(a.point.timestampMs, b.point.timestampMs) ||
          (x === 'step' ? (a.point.value || 0) - (b.point.value || 0) : 0),
      );
  }

  const extremes = (values: readonly number[]) => {
    const numbers = values.filter((one) => !Number.isNaN(one));
    return [Math.min(...numbers), Math.max(...numbers)];
  };

  it('are counted and left out where each has one point, for those who then have no use for them', async () => {
    await log('once', [{ step: 1, timestampMs: 1, value: 2 }]);
    const asked = { runIds: [runId], x: 'step', maxPoints: 100, unlessSingle: true } as const;
    const once = await tracking.charts.lines({ ...asked, keys: ['once'] });
    expect([once.singles, (await once.lines.next()).done]).toEqual([1, true]);
    const both = await tracking.charts.lines({ ...asked, keys: ['once', 'even'] });
    expect([both.singles, (await both.lines.next()).value?.key]).toEqual([undefined, 'once']);
    await both.lines.return(undefined);
    const none = await tracking.charts.lines({ ...asked, keys: ['nothing'] });
    expect(none.singles).toBeUndefined();
  });

  it.each(Object.keys(histories))('are made of real points and lose no extreme: %s', async (key) => {
    for (const x of ['step', 'time', 'relative'] as const) {
      const all = along(key, x);
      const known = new Set(all.map((one) => `${one.x} ${one.point.step} ${one.point.value}`));
      for (let i = 0; i < 12; i += 1) {
        const maxPoints = [4, 11, 64, 400, 2000][i % 5]!;
        const [a, b] = [Math.floor(next() * all.length), Math.floor(next() * all.length)];
        const isWhole = i < 3;
        const from = isWhole ? undefined : all[Math.min(a, b)]!.x;
        const to = isWhole ? undefined : all[Math.max(a, b)]!.x;
        const [line] = await lines({ keys: [key], x, maxPoints, from, to });
        const part = all.filter(
          (one) => (from === undefined || one.x >= from) && (to === undefined || one.x <= to),
        );
        const places = line!.x
          .map((_, j) => j)
          .filter(
            (j) => (from === undefined || line!.x[j]! >= from) && (to === undefined || line!.x[j]! <= to),
          );
        const what = { key, x, maxPoints, from, to };
        expect({ ...what, count: line!.summary.count }).toEqual({ ...what, count: all.length });
        expect(line!.x.length).toBeLessThanOrEqual(maxPoints);
        const strange = line!.x.filter(
          (one, j) =>
            !known.has(`${one} ${line!.steps[j]} ${line!.values[j]}`) || (j > 0 && one < line!.x[j - 1]!),
        );
        expect(strange).toEqual([]);
        const shown = places.map((j) => line!.values[j]!);
        expect({ ...what, extremes: extremes(shown) }).toEqual({
          ...what,
          extremes: extremes(part.map((one) => one.point.value)),
        });
        if (part.length <= maxPoints - 2) {
          expect({ ...what, shown }).toEqual({ ...what, shown: part.map((one) => one.point.value) });
        }
      }
    }
  });

  it('have at least half as many groups as points were asked for, with the exact extremes of each', async () => {
    const [line] = await lines({ keys: ['even'], maxPoints: 500 });
    expect(line!.x.length).toBeGreaterThan(450);
    // As thin as 500 points allow: two for each group, and both ends.
    const groups = Map.groupBy(histories.even!, ({ step }) =>
      Math.min(248, Math.floor((Number(step) / 17_998) * 249)),
    );
    expect(groups.size).toBe(249);
    const shown = new Set(line!.values);
    for (const points of groups.values()) {
      for (const extreme of extremes(points.map((point) => point.value))) expect(shown).toContain(extreme);
    }
  });

  it.each([8, 100])(
    'have the means of all neighbours where they are asked for, of %i points',
    async (maxPoints) => {
      const [line] = await lines({ keys: ['even'], maxPoints, withMeans: true });
      const finite = histories.even!.filter(({ value }) => Number.isFinite(value));
      const groups = [
        ...Map.groupBy(finite, ({ step }) =>
          Math.min(maxPoints / 2 - 1, Math.floor((Number(step) / 17_998) * (maxPoints / 2))),
        ).values(),
      ];
      const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
      expect(line!.means!.x).toHaveLength(groups.length);
      groups.forEach((points, i) => {
        expect(line!.means!.x[i]).toBeCloseTo(mean(points.map(({ step }) => Number(step))));
        expect(line!.means!.y[i]).toBeCloseTo(mean(points.map(({ value }) => value)));
      });
    },
  );

  it.each([
    ['step', 7],
    ['time', 1234],
    ['relative', 0],
  ] as const)('of one point have it, by %s', async (x, at) => {
    const key = `once by ${x}`;
    await log(key, [{ step: 7, timestampMs: 1234, value: Number.NaN }]);
    const [line] = await lines({ keys: [key], x, from: 100, to: 200 });
    expect(line).toMatchObject({ x: [at], steps: [7], values: [Number.NaN], firstTimeMs: 1234 });
    expect(line!.minStep).toBeUndefined();
    expect(line!.summary).toMatchObject({ count: 1, min: null });
  });

  it('have no means beside all of their points', async () => {
    const [line] = await lines({ from: 1001, to: 1005, withMeans: true });
    expect(line!.means).toBeUndefined();
  });

  it('go on to the nearest points outside of the part', async () => {
    const [line] = await lines({ from: 1001, to: 1005 });
    expect(line!.x).toEqual([1000, 1002, 1004, 1006]);
    const [between] = await lines({ from: 1001, to: 1001 });
    expect(between!.x).toEqual([1000, 1002]);
    const [beyond] = await lines({ from: 1_000_000 });
    expect(beyond!.x).toEqual([17_998]);
  });

  it('tell of the whole history, whatever part is asked for', async () => {
    const points = histories.even!;
    const [low, high] = extremes(points.map((point) => point.value));
    const [line] = await lines({ from: 0, to: 10 });
    expect(line).toMatchObject({
      firstTimeMs: START,
      minStep: points.find((point) => point.value === low)!.step,
      maxStep: points.find((point) => point.value === high)!.step,
    });
    expect(line!.summary).toMatchObject({ min: low, max: high, count: 9000, latest: points.at(-1) });
  });

  it('see every point at once, also late ones among what is packed', async () => {
    await log(
      'growing',
      history(6000, (i) => [i * 10, START + i]),
    );
    await lines({ keys: ['growing'] });
    await log('growing', [{ step: 12_345, timestampMs: START + 1, value: 777 }]);
    const zoomed = { keys: ['growing'], from: 12_340, to: 12_350 };
    expect((await lines(zoomed))[0]!.steps).toContain(12_345);
    expect((await lines({ keys: ['growing'] }))[0]!.values).toContain(777);
    await log(
      'growing',
      history(3000, (i) => [60_000 + i * 10, START + 6000 + i]),
    );
    const [line] = await lines({ keys: ['growing'] });
    expect(line!.x.at(-1)).toBe(89_990);
    expect(line!.summary.count).toBe(9001);
  });

  it('come in the order of the runs and the keys, without those that do not exist', async () => {
    const found = await lines({ runIds: ['0'.repeat(32), runId], keys: ['short', 'none', 'even'] });
    expect(found.map((line) => [line.runId, line.key])).toEqual([
      [runId, 'short'],
      [runId, 'even'],
    ]);
  });

  it.each([
    ['run_ids', { runIds: [] }],
    ['keys', { keys: [] }],
    ['keys', { keys: Array.from({ length: 21 }, (_, i) => `k${i}`) }],
    ['max_points', { maxPoints: 3 }],
    ['max_points', { maxPoints: 20_001 }],
  ])('refuse a bad %s by name', async (field, query) => {
    await expect(lines(query)).rejects.toMatchObject({ field });
  });
});
