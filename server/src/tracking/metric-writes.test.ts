import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';
import type { MetricPoint } from './metric-rules.ts';
import { findSeries, type Series } from './metrics-repository.ts';

/** A repeatable sequence of numbers below `bound`. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * bound);
  };
}

const byStep = (a: MetricPoint, b: MetricPoint): number =>
  Number(a.step) - Number(b.step) ||
  Number(a.timestampMs) - Number(b.timestampMs) ||
  (a.value || 0) - (b.value || 0);

describe.each(testedDatabases())('writing histories on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;
  let experimentNo: number;

  beforeAll(async () => {
    opened = await open();
    tracking = createTracking(opened.db);
    experimentNo = await tracking.experiments.create({ name: 'histories', tags: [] });
  });
  afterAll(() => opened.remove());

  async function log(batches: readonly (readonly MetricPoint[])[]): Promise<Series> {
    const { run } = await tracking.runs.create({ experimentNo, startTimeMs: 1, tags: [] });
    for (const batch of batches) {
      const metrics = batch.map((point) => ({ key: 'loss', ...point }));
      await tracking.runs.logBatch({ runId: run.runId, metrics, params: [], tags: [] });
    }
    const rows = await opened.db.read((sql) =>
      sql.all<{ run_no: number }>('SELECT run_no FROM runs WHERE run_id = ?', [run.runId]),
    );
    const [series] = await opened.db.read((sql) => findSeries(sql, [[Number(rows[0]!.run_no), 'loss']]));
    return series!;
  }

  const point = (step: number, timestampMs = 1000 + step, value = step / 2): MetricPoint => ({
    step,
    timestampMs,
    value,
  });

  it('knows a history whose batches arrive in any order as one in order', async () => {
    const batch = (from: number) => Array.from({ length: 60 }, (_, i) => point(from + i));
    const { summary } = await log([batch(120), batch(0), batch(180), batch(60)]);
    expect(summary).toMatchObject({ count: 240, inOrder: true, min: 0, max: 239 / 2, latest: point(239) });
  });

  it('counts a batch that is sent again once, alone or with new points', async () => {
    const batch = Array.from({ length: 70 }, (_, i) => point(i));
    const { summary } = await log([
      batch,
      batch,
      [...batch, point(70)],
      [point(3), point(3), point(3, 1003, 9)],
    ]);
    expect(summary).toMatchObject({ count: 72, inOrder: true, max: 35, latest: point(70) });
  });

  it.each([
    ['before it in step', [point(10), point(20), point(5, 5000)]],
    ['after it in step', [point(10), point(20), point(15, 2)]],
    ['at the end', [point(10), point(20), point(30, 1)]],
  ])('knows a point whose time is out of order %s', async (_, points) => {
    expect((await log(points.map((one) => [one]))).summary.inOrder).toBe(false);
    expect((await log([points])).summary.inOrder).toBe(false);
  });

  it('counts, bounds and orders as the points themselves say, whatever arrives', async () => {
    const next = numbers(7);
    for (let round = 0; round < 40; round += 1) {
      const drawn = Array.from({ length: 1 + next(8) }, () =>
        Array.from({ length: 1 + next(70) }, () => {
          const step = next(60);
          return point(
            step,
            next(4) === 0 ? 1000 + next(60) : 1000 + step,
            next(10) === 0 ? Number.NaN : next(3),
          );
        }),
      );
      const { summary } = await log(drawn);
      const distinct = [
        ...new Map(drawn.flat().map((one) => [`${one.step}/${one.timestampMs}/${one.value}`, one])).values(),
      ].sort(byStep);
      const values = distinct.map((one) => one.value).filter((value) => !Number.isNaN(value));
      expect(summary.count).toBe(distinct.length);
      expect(summary.min).toBe(values.length === 0 ? null : Math.min(...values));
      expect(summary.max).toBe(values.length === 0 ? null : Math.max(...values));
      const { step, timestampMs } = distinct.at(-1)!;
      expect(summary.latest).toMatchObject({ step, timestampMs });
      const isOrdered = distinct.every(
        (one, i) => i === 0 || distinct[i - 1]!.timestampMs <= one.timestampMs,
      );
      expect(summary.inOrder).toBe(isOrdered);
    }
  });
});
