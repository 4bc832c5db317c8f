import { describe, expect, it } from 'vitest';
import { createScale, extentOf, padRange } from './scale.ts';
import { renderStepped, ticksOf } from './ticks.ts';

const labels = (query: Parameters<typeof ticksOf>[0]) => ticksOf(query).map(({ label }) => label);

describe('ticks', () => {
  it('stand at round numbers with the digits that tell them apart', () => {
    expect(labels({ kind: 'number', range: [0.12, 0.41], most: 6 })).toEqual([
      '0.15',
      '0.20',
      '0.25',
      '0.30',
      '0.35',
      '0.40',
    ]);
    expect(labels({ kind: 'number', range: [0, 10_000], most: 5 })).toEqual([
      '0',
      '2,000',
      '4,000',
      '6,000',
      '8,000',
      '10k',
    ]);
    expect(labels({ kind: 'number', range: [-1, 1], most: 2 })).toEqual(['−1', '0', '1']);
  });

  it('keep to few on a range of any size', () => {
    for (const range of [
      [0, 1e-300],
      [1e15, 1e15 + 1],
      [-1e308, 1e308],
      [5, 5],
    ] as const) {
      expect(ticksOf({ kind: 'number', range, most: 5 }).length).toBeLessThan(12);
    }
  });

  it('stand at powers on a log axis, and between them where there is room', () => {
    expect(labels({ kind: 'log', range: [0.00001, 10], most: 8 })).toEqual([
      '1e−5',
      '1e−4',
      '0.001',
      '0.01',
      '0.1',
      '1',
      '10',
    ]);
    expect(labels({ kind: 'log', range: [1, 100], most: 9 })).toEqual([
      '1',
      '2',
      '5',
      '10',
      '20',
      '50',
      '100',
    ]);
  });

  it('stand at round durations', () => {
    expect(labels({ kind: 'duration', range: [0, 125_000], most: 5 })).toEqual([
      '0',
      '30s',
      '60s',
      '90s',
      '120s',
    ]);
    expect(labels({ kind: 'duration', range: [0, 4 * 3_600_000], most: 5 })).toEqual([
      '0',
      '1h',
      '2h',
      '3h',
      '4h',
    ]);
  });

  it('name the day where a new one begins', () => {
    const start = new Date(2026, 10, 21, 20).getTime();
    expect(labels({ kind: 'time', range: [start, start + 8 * 3_600_000], most: 4 })).toEqual([
      '20:00',
      '22:00',
      '11-22',
      '02:00',
      '04:00',
    ]);
  });

  it('write numbers short', () => {
    expect(renderStepped(25_000, 5_000)).toBe('25k');
    expect(renderStepped(3e6, 1e6)).toBe('3M');
    expect(renderStepped(2e-7, 1e-7)).toBe('2e−7');
  });
});

describe('a scale', () => {
  it('goes to pixels and back', () => {
    const upright = createScale([10, 20], { size: 100, isUpright: true });
    expect(upright.toPixel(10)).toBe(100);
    expect(upright.toPixel(20)).toBe(0);
    expect(upright.toValue(25)).toBeCloseTo(17.5);
    const log = createScale([1, 1000], { size: 300, isLog: true });
    expect(log.toPixel(10)).toBeCloseTo(100);
    expect(log.toValue(200)).toBeCloseTo(100);
  });

  it('has no pixel for what it cannot show', () => {
    const log = createScale([1, 10], { size: 10, isLog: true });
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(log.toPixel(value)).toBeNaN();
  });

  it('spans the numbers there are', () => {
    expect(extentOf([[Number.NaN, 3, Number.POSITIVE_INFINITY, -2]])).toEqual([-2, 3]);
    expect(extentOf([[0, -3, 5]], true)).toEqual([5, 5]);
    expect(extentOf([[Number.NaN]])).toBeUndefined();
    expect(padRange([4, 4])).toEqual([3.6, 4.4]);
    expect(padRange([0, 0])).toEqual([-1, 1]);
  });
});
