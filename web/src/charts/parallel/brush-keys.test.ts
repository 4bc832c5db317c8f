import { describe, expect, it } from 'vitest';
import type { RunValues } from '../data/run-values.ts';
import { type BrushState, brushByKey } from './brush-keys.ts';
import { parallelAxes, runsInBrushes } from './parallel-layout.ts';

const values: RunValues = {
  snapshot: 's',
  total: 3,
  runIds: ['a', 'b', 'c'],
  runNames: ['a', 'b', 'c'],
  columns: new Map([
    ['params.model', { kind: 'text', values: ['net', 'svm', 'tree'], codes: Int32Array.of(0, 1, 2) }],
    ['metrics.acc', { kind: 'number', values: Float64Array.of(0, 0.5, 1), known: Uint8Array.of(1, 1, 1) }],
  ]),
};
const axes = parallelAxes(values, ['params.model', 'metrics.acc']);
const press = (state: BrushState, ...keys: readonly string[]): BrushState =>
  keys.reduce((now, written) => {
    const parts = written.split('+');
    const pressed = { key: parts.at(-1)!, shiftKey: parts[0] === 'Shift', altKey: parts[0] === 'Alt' };
    return brushByKey(pressed, axes, now) ?? now;
  }, state);
const start: BrushState = { axis: undefined, brushes: {} };

describe('brushing by keys', () => {
  it('goes from axis to axis and stays at the ends', () => {
    expect(press(start, 'Shift+ArrowRight').axis).toBe(0);
    expect(press(start, 'Shift+ArrowLeft').axis).toBe(1);
    expect(press(start, 'Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight').axis).toBe(1);
  });

  it('leaves keys that mean something else', () => {
    expect(brushByKey({ key: 'ArrowUp', shiftKey: true, altKey: false }, axes, start)).toBeUndefined();
    const chosen = press(start, 'Shift+ArrowRight');
    expect(brushByKey({ key: 'ArrowUp', shiftKey: false, altKey: false }, axes, chosen)).toBeUndefined();
  });

  it('takes words away one by one from either end', () => {
    const without = press(start, 'Shift+ArrowRight', 'Shift+ArrowUp');
    expect(runsInBrushes(axes, without.brushes)).toEqual([1, 2]);
    expect(runsInBrushes(axes, press(without, 'Shift+ArrowDown').brushes)).toEqual([1]);
  });

  it('moves in by parts of an axis of numbers, and out again until nothing is brushed', () => {
    const brushed = press(start, 'Shift+ArrowLeft', 'Shift+ArrowDown', 'Shift+ArrowDown');
    expect(runsInBrushes(axes, brushed.brushes)).toEqual([0, 1]);
    expect(press(brushed, 'Alt+ArrowUp', 'Alt+ArrowUp').brushes).toEqual({});
    expect(press(brushed, 'Delete').brushes).toEqual({});
  });

  it('never turns a brush inside out', () => {
    const all = press(start, 'Shift+ArrowLeft', ...Array.from({ length: 30 }, () => 'Shift+ArrowDown'));
    const [low, high] = all.brushes['metrics.acc']!;
    expect(low).toBeLessThanOrEqual(high);
  });
});
