import { expect, it } from 'vitest';
import { contourAt, interpolate } from './contour-field.ts';

it('passes through its samples and stays within their range', () => {
  const samples = [
    { x: 0.05, y: 0.05, value: 1 },
    { x: 0.95, y: 0.95, value: 3 },
    { x: 0.05, y: 0.95, value: 2 },
  ];
  const { values } = interpolate(samples, 10, 10);
  expect(values[0]).toBe(1);
  expect(values[99]).toBe(3);
  expect(values[90]).toBe(2);
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(1);
    expect(value).toBeLessThanOrEqual(3);
  }
});

it('draws a level where the field crosses it', () => {
  // A slope along x: the level lies upright.
  const values = Float64Array.from({ length: 16 }, (_, i) => i % 4);
  const { xs, ys } = contourAt({ columns: 4, rows: 4, values }, 1.5);
  const places = xs.filter((x) => !Number.isNaN(x));
  expect(places.length).toBe(6);
  for (const x of places) expect(x).toBeCloseTo(0.5);
  expect(ys.length).toBe(xs.length);
});

it('has nothing to say without samples', () => {
  expect(interpolate([], 2, 2).values.every(Number.isNaN)).toBe(true);
});
