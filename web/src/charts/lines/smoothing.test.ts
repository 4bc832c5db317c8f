import { describe, expect, it } from 'vitest';
import { envelope, smooth } from './smoothing.ts';

const ramp = (length: number, of: (i: number) => number) => Float64Array.from({ length }, (_, i) => of(i));

describe('smoothing', () => {
  it('leaves a level line as it is, from its first point on', () => {
    const { y } = smooth(
      ramp(50, (i) => i),
      ramp(50, () => 3),
      0.9,
    );
    for (const value of y) expect(value).toBeCloseTo(3);
  });

  it('is the exponential average without bias on evenly spaced points', () => {
    const { y } = smooth(
      ramp(3, (i) => i),
      Float64Array.of(1, 2, 4),
      0.5,
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
      0.9,
    );
    const thinned = smooth(
      ramp(1000, (i) => i * 5),
      ramp(1000, (i) => wave(i * 5)),
      0.9,
    );
    expect(whole.y[4000]! - thinned.y[800]!).toBeCloseTo(0, 1);
  });

  it('lets what is no number stand and count for nothing', () => {
    const { y, high } = smooth(
      ramp(4, (i) => i),
      Float64Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 1),
      0.5,
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
