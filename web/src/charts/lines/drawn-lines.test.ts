import { describe, expect, it } from 'vitest';
import type { Line } from '../data/line-data.ts';
import { areaOf, ticksOfY, yInPlot } from '../plot/plot-options.ts';
import { countUnshown, drawLines, type LineLook, lineRanges, lineSpec } from './drawn-lines.ts';
import { nearestLine } from './nearest-line.ts';
import { dashesOf } from './paint-lines.ts';

const LOOK: LineLook = { x: 'step', xLog: false, yLog: false, smoothing: 0 };

function line(runId: string, x: number[], y: number[]): Line {
  const summary = {
    last: 0,
    lastStep: 0,
    lastTimeMs: 0,
    firstTimeMs: 0,
    min: 0,
    max: 0,
    minStep: 0,
    maxStep: 0,
  };
  return { runId, key: 'loss', count: x.length, x: Float64Array.from(x), y: Float64Array.from(y), summary };
}

describe('the configuration of a line chart', () => {
  it('fits y to what is seen of the lines', () => {
    const lines = drawLines([line('a', [0, 1, 2, 3], [100, 1, 2, 3])], LOOK);
    const spec = lineSpec(lines, LOOK);
    expect(lineRanges(lines, spec, undefined).x).toEqual([0, 3]);
    const { y } = lineRanges(lines, spec, { x: [1, 3] });
    expect(y[0]).toBeCloseTo(0.9);
    expect(y[1]).toBeCloseTo(3.1);
  });

  it('takes a log axis only where there is something positive, and counts what it cannot show', () => {
    const look = { ...LOOK, yLog: true };
    const none = drawLines([line('a', [0, 1], [-1, 0])], look);
    expect(lineSpec(none, look).y.kind).toBe('number');
    const some = drawLines([line('a', [0, 1, 2], [-1, 10, Number.NaN])], look);
    const spec = lineSpec(some, look);
    expect(spec.y.kind).toBe('log');
    expect(countUnshown(some, spec)).toEqual({ odd: 1, notPositive: 1, largest: undefined });
  });

  it('has places for labels on values of any size, and tells how far the finite ones go', () => {
    const lines = drawLines([line('a', [0, 1, 2], [-1, 1e308, Number.POSITIVE_INFINITY])], LOOK);
    const spec = lineSpec(lines, LOOK);
    const { y } = lineRanges(lines, spec, undefined);
    expect(y.every(Number.isFinite)).toBe(true);
    expect(Math.abs(yInPlot(spec.y, y)(y[1]))).toBeLessThan(10);
    expect(ticksOfY(spec, y, 200).length).toBeGreaterThan(2);
    expect(countUnshown(lines, spec).largest).toBe(1e308);
  });

  it('never makes time logarithmic', () => {
    const look = { ...LOOK, x: 'time' as const, xLog: true };
    expect(lineSpec(drawLines([line('a', [1, 2], [1, 2])], look), look).x.kind).toBe('time');
  });

  it('has a frame for lines without points, with one point and without a finite value', () => {
    for (const lines of [[], [line('a', [], [])], [line('a', [5], [0.5])], [line('a', [5], [Number.NaN])]]) {
      const drawn = drawLines(lines, LOOK);
      const { x, y } = lineRanges(drawn, lineSpec(drawn, LOOK), undefined);
      expect(x[1]).toBeGreaterThan(x[0]);
      expect(y[1]).toBeGreaterThan(y[0]);
    }
  });

  it('finds single points between gaps, which a line would lose', () => {
    const nan = Number.NaN;
    const [drawn] = drawLines([line('a', [0, 1, 2, 3, 4], [1, nan, 2, nan, 3])], LOOK);
    expect(drawn!.lonely).toEqual([0, 2, 4]);
    expect(drawn!.odd).toEqual([1, 3]);
  });
});

describe('the line under the pointer', () => {
  const lines = drawLines([line('flat', [0, 10], [1, 1]), line('steep', [0, 10], [0, 10])], LOOK);
  const area = areaOf(lineSpec(lines, LOOK), { x: [0, 10], y: [0, 10] }, { width: 100, height: 100 });

  it('is the nearest one, also between its points', () => {
    expect(nearestLine(lines, area, { at: { x: 52, y: 52 }, reach: 20 })?.line.line.runId).toBe('steep');
    expect(nearestLine(lines, area, { at: { x: 52, y: 88 }, reach: 20 })?.line.line.runId).toBe('flat');
  });

  it('is none where all are far', () => {
    expect(nearestLine(lines, area, { at: { x: 90, y: 60 }, reach: 20 })).toBeUndefined();
  });
});

it('tells lines of one colour apart by dashes', () => {
  const [a, b, c] = drawLines([line('a', [0], [1]), line('b', [0], [1]), line('c', [0], [1])], LOOK);
  const dashes = dashesOf([a!, b!, c!], ({ line: { runId } }) => (runId === 'c' ? 4 : 2));
  expect(dashes.get(a!)).toEqual([]);
  expect(dashes.get(b!)).not.toEqual([]);
  expect(dashes.get(c!)).toEqual([]);
});
