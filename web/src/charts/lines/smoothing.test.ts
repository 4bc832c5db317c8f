import { describe, expect, it } from 'vitest';
import { envelope, smooth } from './smoothing.ts';

const ramp = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));

describe('smoothing', () => {
  it('leaves a level line as it is, from its first point on', () => {
    const { y } = smooth(
      ramp(50, (i) => i),
      ramp(50, () => 3),
      { strength: 0.9 },
    );
    for (const value of y) expect(value).toBeCloseTo(3);
  });

  it('is the exponential average without bias on evenly spaced points', () => {
    const { y } = smooth(
      ramp(3, (i) => i),
      Float64Array.of(1, 2, 4),
      { strength: 0.5 },
    );
    // (1·½)/(½), (1·¼ + 2·½)/(¾), (1·⅛ + 2·¼ + 4·½)/(⅞)
    expect(y[0]).toBeCloseTo(1);
    expect(y[1]).toBeCloseTo(5 / 3);
    expect(y[2]).toBeCloseTo(2.625 / 0.875);
  });

  it('gives nearly the same line for a history and for every fifth point of it', () => {
    const wave = (i: number) => Math.sin(i / 300);
    const whole = smooth(
      ramp(5000, (i) => i),
      ramp(5000, wave),
      { strength: 0.9 },
    );
    const thinned = smooth(
      ramp(1000, (i) => i * 5),
      ramp(1000, (i) => wave(i * 5)),
      { strength: 0.9 },
    );
    expect(whole.y[4000]! - thinned.y[800]!).toBeCloseTo(0, 1);
  });

  it('goes through the means of what was thinned, not through the middle of its extremes', () => {
    // Mostly 0 and now and then 1: of every hundred points the lowest and the highest are here.
    const x = Float64Array.from({ length: 200 }, (_, i) => Math.floor(i / 2) * 100 + (i % 2) * 50);
    const extremes = ramp(200, (i) => i % 2);
    const mean = { x: ramp(100, (i) => i * 100 + 49.5), y: ramp(100, () => 0.01) };
    const { y, high } = smooth(x, extremes, { strength: 0.8, mean });
    for (const value of y) expect(value).toBeCloseTo(0.01);
    expect(Math.max(...high)).toBe(1);
    expect(smooth(x, extremes, { strength: 0.8 }).y.at(-1)).toBeGreaterThan(0.3);
  });

  it('leaves what is no number where it is beside means too', () => {
    const { y } = smooth(Float64Array.of(0, 1, 2), Float64Array.of(1, Number.NaN, 3), {
      strength: 0.5,
      mean: { x: Float64Array.of(0.5, 1.5), y: Float64Array.of(2, 2) },
    });
    expect([...y]).toEqual([2, Number.NaN, 2]);
  });

  it('lets what is no number stand and count for nothing', () => {
    const { y, high } = smooth(
      ramp(4, (i) => i),
      Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1),
      { strength: 0.5 },
    );
    expect([...y]).toEqual([1, Number.NaN, Number.POSITIVE_INFINITY, 1]);
    expect(high[3]).toBe(1);
  });
});

it('finds the extremes within reach, and never loses one', () => {
  const x = ramp(200, (i) => i * i);
  const y = ramp(200, (i) => (i * 7919) % 101);
  const { low, high } = envelope(x, y, 500);
  for (let i = 0; i < x.length; i += 1) {
    const near = [...y].filter((_, j) => Math.abs(x[j]! - x[i]!) <= 500);
    expect(low[i]).toBe(Math.min(...near));
    expect(high[i]).toBe(Math.max(...near));
  }
});
