import { createScale, padRange, type Range, type Scale } from '../axes/scale.ts';
import { type Tick, ticksThatFit } from '../axes/ticks.ts';
import type { NumberColumn } from '../data/run-values.ts';
import type { SceneSize } from '../plot/plot-scene.ts';

export interface Bar {
  readonly run: number;
  readonly value: number;
}

export interface BarLayout {
  /** `rows`: names at the left, a bar a row. `profile`: bars side by side without names, for many runs. */
  readonly form: 'rows' | 'profile';
  readonly bars: readonly Bar[];
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  /** Of one bar with the gap behind it. */
  readonly each: number;
}

const ROW = 18;
const NAMES = 110;
const FOOT = 22;
const TOP = 6;
const MOST_ROW = 26;

/** The runs that have a value, greatest first or in the order of the table; NaN and the infinities count as values. */
export function barsOf(column: NumberColumn, order: 'value' | 'runs'): readonly Bar[] {
  const bars: Bar[] = [];
  for (let run = 0; run < column.values.length; run += 1) {
    if (column.known[run] === 1) bars.push({ run, value: column.values[run]! });
  }
  // NaN stands last: it is neither great nor small.
  const rank = (value: number) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value);
  if (order === 'value')
    bars.sort(
      (a, b) =>
        rank(b.value) - rank(a.value) || Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)),
    );
  return bars;
}

export function layOutBars(bars: readonly Bar[], { width, height }: SceneSize): BarLayout {
  const range = rangeOf(bars);
  const form = bars.length * ROW <= height - FOOT - TOP ? 'rows' : 'profile';
  if (form === 'rows') {
    const left = Math.min(NAMES, width / 3);
    const box = {
      left,
      top: TOP,
      width: Math.max(1, width - left - 56),
      height: Math.max(1, height - FOOT - TOP),
    };
    const scale = createScale(range, { size: box.width });
    const each = Math.min(MOST_ROW, box.height / Math.max(1, bars.length));
    return { form, bars, scale, ticks: ticksThatFit({ kind: 'number', range }, box.width, 64), box, each };
  }
  const box = {
    left: 44,
    top: TOP,
    width: Math.max(1, width - 52),
    height: Math.max(1, height - FOOT - TOP),
  };
  const scale = createScale(range, { size: box.height, isUpright: true });
  return {
    form,
    bars,
    scale,
    ticks: ticksThatFit({ kind: 'number', range }, box.height, 34),
    box,
    each: box.width / Math.max(1, bars.length),
  };
}

/** From zero, for the length of a bar is its value. */
function rangeOf(bars: readonly Bar[]): Range {
  let low = 0;
  let high = 0;
  for (const { value } of bars) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === 0 && high === 0) return [0, 1];
  const [from, to] = padRange([low, high]);
  return [low === 0 ? 0 : from, high === 0 ? 0 : to];
}

/** The bar at a place; undefined beside them. */
export function barAt(
  { form, bars, box, each }: BarLayout,
  at: { readonly x: number; readonly y: number },
): Bar | undefined {
  const along = form === 'rows' ? at.y - box.top : at.x - box.left;
  return along < 0 ? undefined : bars[Math.floor(along / each)];
}

/** The middle of a bar by its place. */
export function placeOfBar(
  { form, box, each }: BarLayout,
  place: number,
): { readonly x: number; readonly y: number } {
  const along = each * (place + 0.5);
  return form === 'rows'
    ? { x: box.left + box.width / 2, y: box.top + along }
    : { x: box.left + along, y: box.top + box.height / 3 };
}
