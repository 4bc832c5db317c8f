import { describe, expect, it } from 'vitest';
import { barAt, barsOf, layOutBars } from './bar-layout.ts';

const column = (...values: (number | undefined)[]) => ({
  kind: 'number' as const,
  values: Float64Array.from(values, (value) => value ?? Number.NaN),
  known: Uint8Array.from(values, (value) => (value === undefined ? 0 : 1)),
});

describe('bars', () => {
  it('stand from great to small, NaN last, and runs without a value not at all', () => {
    const values = barsOf(column(1, Number.NaN, undefined, 3, Number.NEGATIVE_INFINITY), 'value').map(
      ({ run }) => run,
    );
    expect(values).toEqual([3, 0, 4, 1]);
  });

  it('begin at zero', () => {
    expect(layOutBars(barsOf(column(5, 9), 'value'), { width: 400, height: 280 }).scale.range[0]).toBe(0);
    expect(layOutBars(barsOf(column(-5, -9), 'value'), { width: 400, height: 280 }).scale.range[1]).toBe(0);
    expect(layOutBars([], { width: 400, height: 280 }).scale.range).toEqual([0, 1]);
  });

  it('become a profile where rows would not fit, and are still found one by one', () => {
    const many = barsOf(column(...Array.from({ length: 1000 }, (_, i) => i)), 'value');
    const layout = layOutBars(many, { width: 452, height: 280 });
    expect(layout.form).toBe('profile');
    expect(barAt(layout, { x: 44.1, y: 100 })?.value).toBe(999);
    expect(barAt(layout, { x: 443.9, y: 100 })?.value).toBe(0);
    expect(barAt(layout, { x: 20, y: 100 })).toBeUndefined();
  });
});
