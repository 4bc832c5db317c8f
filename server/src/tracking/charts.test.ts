import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { MetricPoint } from './metric-rules.ts';
import { noPoints, packPoints, unpackPoints } from './point-blocks.ts';
import { thin } from './thinning.ts';

describe.each(testedDatabases())('charts on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let experimentNo: number;

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'charts', tags: [] });
  });
  afterAll(() => opened.remove());

  async function logged(points: readonly MetricPoint[]): Promise<string> {
    const { run } = await tracking.runs.create({ experimentNo, startTimeMs: 1, tags: [] });
    await append(run.runId, points);
    return run.runId;
  }

  async function append(runId: string, points: readonly MetricPoint[]): Promise<void> {
    for (let i = 0; i < points.length; i += 1000) {
      const metrics = points.slice(i, i + 1000).map((point) => ({ key: 'loss', ...point }));
      await tracking.runs.logBatch({ runId, metrics, params: [], tags: [] });
    }
  }

  async function chart(runId: string, maxPoints: number, range?: readonly [number, number]) {
    const [series] = await tracking.charts.series({
      runIds: [runId],
      key: 'loss',
      maxPoints,
      startStep: range?.[0],
      endStep: range?.[1],
    });
    return series!;
  }

  const wave = (length: number, from = 0): MetricPoint[] =>
    Array.from({ length }, (_, i) => ({
      step: from + i,
      timestampMs: 1000 + from + i,
      value: Math.sin((from + i) / 50),
    }));

  it('sends a short history whole', async () => {
    const points = wave(300);
    const runId = await logged(points);
    expect((await chart(runId, 1000)).points).toEqual(points);
  });

  it('keeps the extremes of a long history and stays within the asked number of points', async () => {
    const points = wave(20_000).map((point) => {
      if (point.step === 7777) return { ...point, value: 99 };
      return point.step === 13_131 ? { ...point, value: -99 } : point;
    });
    const runId = await logged(points);
    const { points: thinned, count } = await chart(runId, 40);
    expect(count).toBe(20_000);
    expect(thinned.length).toBeLessThanOrEqual(40);
    expect(thinned).toContainEqual(points[7777]);
    expect(thinned).toContainEqual(points[13_131]);
    expect(thinned.map((point) => Number(point.step))).toEqual(
      thinned.map((point) => Number(point.step)).toSorted((a, b) => a - b),
    );
  });

  it('shows every point of a narrow range, and the extremes of a wide one, as reading all points would', async () => {
    const points = wave(12_000);
    const runId = await logged(points);
    expect((await chart(runId, 100, [5000, 5050])).points).toEqual(points.slice(5000, 5051));
    const { points: wide } = await chart(runId, 60, [700, 9300]);
    const inRange = points.slice(700, 9301).map((point) => point.value);
    expect(Math.max(...wide.map((point) => point.value))).toBe(Math.max(...inRange));
    expect(Math.min(...wide.map((point) => point.value))).toBe(Math.min(...inRange));
    expect(wide.every(({ step }) => step >= 700 && step <= 9300)).toBe(true);
  });

  it('sees points that came in late among those it has summarised', async () => {
    const runId = await logged(wave(10_000));
    await chart(runId, 50);
    await append(runId, [{ step: 1234, timestampMs: 1, value: 500 }]);
    const { points: thinned, count } = await chart(runId, 50);
    expect(count).toBe(10_001);
    expect(thinned).toContainEqual({ step: 1234, timestampMs: 1, value: 500 });
    await append(runId, wave(3000, 10_000));
    const after = await chart(runId, 50);
    expect(after.count).toBe(13_001);
    expect(after.points.at(-1)!.step).toBeGreaterThan(12_000);
  });

  it('leaves out what is not a number', async () => {
    const runId = await logged(
      wave(6000).map((point) => ({ ...point, value: point.step === 10 ? Number.NaN : point.value })),
    );
    const { points: thinned } = await chart(runId, 20);
    expect(thinned.some((point) => Number.isNaN(point.value))).toBe(false);
  });
});

describe('thin', () => {
  const line = (values: readonly number[], x: readonly number[] = values.map((_, i) => i)) =>
    [Float64Array.from(x), values] as const;

  it('keeps every point where there are few enough', () => {
    expect([...thin(...line([3, 1, 2, Number.NaN]), 4)]).toEqual([0, 1, 2, 3]);
  });

  it('keeps the lowest and the highest of each group, and both ends', () => {
    const [x, values] = line([0, 5, 1, -9, 2, 0, 7, 0, 3, 0]);
    expect([...thin(x, values, 6)]).toEqual([0, 1, 3, 5, 6, 9]);
    expect([...thin(x, values, 2)]).toEqual([3, 6]);
  });

  it('loses neither the dense part of a line nor the thin one', () => {
    const x = [...Array.from({ length: 1000 }, (_, i) => i), 100_000, 200_000, 300_000, 400_000];
    const values = x.map((_, i) => (i === 500 ? 50 : i === 700 ? -50 : i % 7));
    const kept = [...thin(...line(values, x), 40)];
    expect(kept.length).toBeLessThanOrEqual(40);
    expect(kept).toEqual(expect.arrayContaining([500, 700, 1000, 1001, 1002, 1003]));
    expect(kept.filter((place) => place < 1000).length).toBeGreaterThan(15);
  });

  it('leaves a gap where no point is a number', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i >= 40 && i < 60 ? Number.NaN : i));
    const kept = [...thin(...line(values), 20)];
    expect(kept.some((place) => Number.isNaN(values[place]!))).toBe(true);
  });

  it('groups by number where all points share one x', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i === 333 ? 9 : Math.sin(i)));
    const kept = [...thin(new Float64Array(1000), values, 20)];
    expect(kept).toContain(333);
    expect(kept.length).toBeGreaterThan(9);
    expect(kept.length).toBeLessThanOrEqual(20);
  });
});

describe('a block of points', () => {
  const huge = 2n ** 62n;
  it.each<readonly [string, readonly MetricPoint[]]>([
    ['one point', [{ step: -3, timestampMs: 0, value: -0 }]],
    [
      'even steps',
      Array.from({ length: 512 }, (_, i) => ({
        step: i * 10,
        timestampMs: 1.7e12 + i * 31 + (i % 5),
        value: i / 7,
      })),
    ],
    [
      'odd values',
      [Number.NaN, Infinity, -Infinity, 5e-324].map((value, i) => ({ step: i * i, timestampMs: 5, value })),
    ],
    ['steps beyond doubles', [1n, 2n, 3n].map((i) => ({ step: huge + i, timestampMs: 1, value: 1 }))],
    [
      'steps far apart',
      [-huge, 0, huge].map((step, i) => ({ step, timestampMs: [9, 1, 2 ** 50][i]!, value: i })),
    ],
    [
      'extreme steps',
      [
        { step: -(2n ** 63n), timestampMs: 1, value: 1 },
        { step: 2n ** 63n - 1n, timestampMs: 1, value: 2 },
      ],
    ],
  ])('gives back what was packed: %s', (_, points) => {
    const columns = noPoints();
    unpackPoints(packPoints(points), columns);
    expect(columns).toEqual({
      steps: points.map(({ step }) => step),
      timesMs: points.map(({ timestampMs }) => timestampMs),
      values: points.map(({ value }) => value),
    });
  });
});
