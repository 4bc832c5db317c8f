import { createScale, type Scale } from '../axes/scale.ts';
import { type Tick, ticksThatFit } from '../axes/ticks.ts';
import type { RunValues } from '../data/run-values.ts';
import type { SceneSize } from '../plot/plot-scene.ts';
import { axisValues, keyOf, type ShownAxis, shownAxis } from '../values/axis-values.ts';

export interface ParallelAxis {
  readonly column: string;
  readonly label: string;
  readonly values: Float64Array;
  readonly shown: ShownAxis;
}

/** A part of an axis that runs must lie in, in its values. */
export type Brush = readonly [low: number, high: number];
export type Brushes = Readonly<Record<string, Brush>>;

export function parallelAxes(values: RunValues, columns: readonly string[]): readonly ParallelAxis[] {
  return [...new Set(columns)].map((column) => {
    const axis = axisValues(values.columns.get(column), column, values.runIds.length);
    return { column, label: keyOf(column), values: axis.values, shown: shownAxis(axis, isWide(axis.values)) };
  });
}

/** Learning rates and the like: positive, over more than two powers of ten. */
function isWide(values: Float64Array): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value <= 0) return false;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high / low > 100;
}

const TOP = 26;
const FOOT = 24;
const SIDE = 46;

export interface AxisPlace {
  readonly axis: ParallelAxis;
  readonly x: number;
  readonly scale: Scale;
  readonly ticks: readonly Tick[];
}

export interface ParallelLayout {
  readonly places: readonly AxisPlace[];
  readonly top: number;
  readonly foot: number;
  /** Where runs pass that have no value (or none that is finite) on an axis. */
  readonly missing: number;
}

export function layOutParallel(axes: readonly ParallelAxis[], { width, height }: SceneSize): ParallelLayout {
  const foot = Math.max(TOP + 20, height - FOOT);
  const size = foot - TOP;
  const each = axes.length < 2 ? 0 : (width - 2 * SIDE) / (axes.length - 1);
  const places = axes.map((axis, i) => ({
    axis,
    x: axes.length < 2 ? width / 2 : SIDE + i * each,
    scale: createScale(axis.shown.range, { size, isLog: axis.shown.isLog, isUpright: true }),
    ticks: ticksThatFit(axis.shown, size, axis.shown.kind === 'category' ? 16 : 36),
  }));
  return { places, top: TOP, foot, missing: foot + 12 };
}

/** The height at which a run crosses an axis. */
export function crossing({ axis, scale }: AxisPlace, { top, missing }: ParallelLayout, run: number): number {
  const y = scale.toPixel(axis.values[run]!);
  return Number.isNaN(y) ? missing : top + y;
}

/** The runs that lie in all brushes; undefined where nothing is brushed. */
export function runsInBrushes(
  axes: readonly ParallelAxis[],
  brushes: Brushes,
): readonly number[] | undefined {
  const active = axes.filter(({ column }) => brushes[column] !== undefined);
  if (active.length === 0) return undefined;
  const runs: number[] = [];
  for (let run = 0; run < active[0]!.values.length; run += 1) {
    const isInside = active.every(({ column, values }) => {
      const [low, high] = brushes[column]!;
      return values[run]! >= low && values[run]! <= high;
    });
    if (isInside) runs.push(run);
  }
  return runs;
}

/** The axis nearest to a place. */
export function axisNear({ places }: ParallelLayout, x: number): AxisPlace | undefined {
  return places.reduce<AxisPlace | undefined>(
    (best, place) => (best === undefined || Math.abs(place.x - x) < Math.abs(best.x - x) ? place : best),
    undefined,
  );
}

/** The run whose line passes nearest to a place, within reach. */
export function runNear(
  layout: ParallelLayout,
  at: { readonly x: number; readonly y: number },
  { count, reach }: { readonly count: number; readonly reach: number },
): number | undefined {
  const { places } = layout;
  const right = places.findIndex(({ x }) => x >= at.x);
  const [a, b] = right <= 0 ? [places[0], places[0]] : [places[right - 1], places[right]];
  if (a === undefined || b === undefined || Math.abs(at.x - (a.x + b.x) / 2) > (b.x - a.x) / 2 + reach)
    return undefined;
  const share = b.x === a.x ? 0 : (at.x - a.x) / (b.x - a.x);
  let best: number | undefined;
  let least = reach;
  for (let run = 0; run < count; run += 1) {
    const y = crossing(a, layout, run) * (1 - share) + crossing(b, layout, run) * share;
    if (Math.abs(y - at.y) < least) {
      least = Math.abs(y - at.y);
      best = run;
    }
  }
  return best;
}
