import { expect, it } from 'vitest';
import type { RunValues } from '../data/run-values.ts';
import { crossing, layOutParallel, parallelAxes, runNear, runsInBrushes } from './parallel-layout.ts';

const values: RunValues = {
  snapshot: 's',
  total: 3,
  runIds: ['a', 'b', 'c'],
  runNames: ['a', 'b', 'c'],
  columns: new Map([
    ['params.lr', { kind: 'text', values: ['0.0001', '0.1'], codes: Int32Array.of(0, 1, -1) }],
    [
      'metrics.acc',
      { kind: 'number', values: Float64Array.of(0.2, 0.8, 0.5), known: Uint8Array.of(1, 1, 1) },
    ],
  ]),
};
const axes = parallelAxes(values, ['params.lr', 'metrics.acc']);
const layout = layOutParallel(axes, { width: 400, height: 250 });

it('takes a log axis for what spans powers of ten, and only for that', () => {
  expect(axes.map(({ shown }) => shown.isLog)).toEqual([true, false]);
});

it('keeps the runs that lie in all brushes; one without a value lies in none', () => {
  expect(runsInBrushes(axes, {})).toBeUndefined();
  expect(runsInBrushes(axes, { 'metrics.acc': [0.4, 1] })).toEqual([1, 2]);
  expect(runsInBrushes(axes, { 'metrics.acc': [0.4, 1], 'params.lr': [0, 1] })).toEqual([1]);
});

it('lets a run without a value pass below the axis', () => {
  expect(crossing(layout.places[0]!, layout, 2)).toBe(layout.missing);
});

it('finds the line under the pointer', () => {
  const [first, last] = [layout.places[0]!, layout.places[1]!];
  const middle = (crossing(first, layout, 1) + crossing(last, layout, 1)) / 2;
  expect(runNear(layout, { x: 200, y: middle }, { count: 3, reach: 10 })).toBe(1);
  expect(runNear(layout, { x: 0, y: 0 }, { count: 3, reach: 5 })).toBeUndefined();
});
