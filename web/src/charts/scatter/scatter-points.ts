import type { ChartColors } from '../chart-colors.ts';
import type { RunValues } from '../data/run-values.ts';
import type { Painter } from '../painting/painter.ts';
import type { PlotArea, PlotRanges, PlotSpec } from '../plot/plot-options.ts';
import { type AxisValues, axisValues, keyOf, shownAxis } from '../values/axis-values.ts';
import type { RunPaint } from '../values/run-paint.ts';
import type { ScatterConfig } from '../workbench/chart-config.ts';

/** Points of runs between two axes. */
export interface ScatterModel {
  readonly x: AxisValues;
  readonly y: AxisValues;
  readonly spec: PlotSpec;
  readonly ranges: PlotRanges;
  /** Runs that have no place here: without one of the values, or not finite, or not positive on a log axis. */
  readonly without: number;
}

export function scatterModel(
  values: RunValues,
  config: Pick<ScatterConfig, 'x' | 'y' | 'xLog' | 'yLog'>,
): ScatterModel {
  const size = values.runIds.length;
  const x = axisValues(values.columns.get(config.x), config.x, size);
  const y = axisValues(values.columns.get(config.y), config.y, size);
  const xAxis = shownAxis(x, config.xLog);
  const yAxis = shownAxis(y, config.yLog);
  let without = 0;
  for (let run = 0; run < size; run += 1) {
    const [at, up] = [x.values[run]!, y.values[run]!];
    const isShown =
      Number.isFinite(at) && Number.isFinite(up) && (!xAxis.isLog || at > 0) && (!yAxis.isLog || up > 0);
    if (!isShown) without += 1;
  }
  return {
    x,
    y,
    spec: {
      x: { kind: xAxis.kind, label: keyOf(config.x), categories: xAxis.categories },
      y: { kind: yAxis.kind, label: keyOf(config.y), categories: yAxis.categories },
    },
    ranges: { x: xAxis.range, y: yAxis.range },
    without,
  };
}

/** On an axis of words, runs stand beside each other and not on one spot: by so much of a place, fixed by the run. */
const SPREAD = 0.5;
const spread = (run: number) => (((run * 2_654_435_761) >>> 8) % 1000) / 1000 - 0.5;

export function pixelsOfRuns(
  { x, y }: ScatterModel,
  area: PlotArea,
): { readonly xs: Float32Array; readonly ys: Float32Array } {
  const offset = (axis: AxisValues, run: number) => (axis.kind === 'category' ? spread(run) * SPREAD : 0);
  const xs = Float32Array.from(x.values, (value, run) => area.x.toPixel(value + offset(x, run)));
  const ys = Float32Array.from(y.values, (value, run) => area.y.toPixel(value + offset(y, run + 7)));
  return { xs, ys };
}

interface ScatterLayer {
  readonly paint: RunPaint;
  readonly colors: ChartColors;
  readonly isForemost: ((run: number) => boolean) | undefined;
}

export function paintScatter(
  painter: Painter,
  area: PlotArea,
  model: ScatterModel,
  layer: ScatterLayer,
): void {
  const { xs, ys } = pixelsOfRuns(model, area);
  const radius = xs.length > 5000 ? 1.5 : xs.length > 500 ? 2.5 : 3.5;
  const alpha = xs.length > 5000 ? 0.5 : xs.length > 500 ? 0.65 : 0.85;
  for (const isBefore of layer.isForemost === undefined ? [true] : [false, true]) {
    const groups = groupByColor(
      xs,
      ys,
      layer.paint,
      (run) => layer.isForemost === undefined || layer.isForemost(run) === isBefore,
    );
    for (const [place, { gx, gy }] of groups) {
      const color = place < 0 ? layer.colors.dim : layer.paint.colors[place]!;
      painter.dots(gx, gy, { color, radius, alpha: isBefore ? alpha : 0.12 });
    }
  }
}

/** Points by colour; of those that would cover the same pixel in the same colour one is enough. */
function groupByColor(
  xs: Float32Array,
  ys: Float32Array,
  { places }: RunPaint,
  isWanted: (run: number) => boolean,
): Map<number, { gx: number[]; gy: number[] }> {
  const groups = new Map<number, { gx: number[]; gy: number[] }>();
  const isMany = xs.length > 20_000;
  const taken = new Set<number>();
  for (let run = 0; run < xs.length; run += 1) {
    const [x, y] = [xs[run]!, ys[run]!];
    if (Number.isNaN(x) || Number.isNaN(y) || !isWanted(run)) continue;
    const place = places[run]!;
    if (isMany) {
      const pixel = ((Math.round(x) & 0x3fff) * 0x4000 + (Math.round(y) & 0x3fff)) * 64 + place + 1;
      if (taken.has(pixel)) continue;
      taken.add(pixel);
    }
    const group = groups.get(place) ?? { gx: [], gy: [] };
    if (group.gx.length === 0) groups.set(place, group);
    group.gx.push(x);
    group.gy.push(y);
  }
  return groups;
}

/** The run nearest to a place within so many pixels; −1 where there is none. */
export function nearestRun(
  { xs, ys }: { readonly xs: ArrayLike<number>; readonly ys: ArrayLike<number> },
  at: { readonly x: number; readonly y: number },
  reach: number,
): number {
  let best = -1;
  let least = reach * reach;
  for (let run = 0; run < xs.length; run += 1) {
    const distance = (xs[run]! - at.x) ** 2 + (ys[run]! - at.y) ** 2;
    if (distance < least) {
      least = distance;
      best = run;
    }
  }
  return best;
}

/** The runs that have a place, from left to right. */
export function runsAlongX({ x, y }: ScatterModel): readonly number[] {
  return Array.from(x.values.keys())
    .filter((run) => Number.isFinite(x.values[run]!) && Number.isFinite(y.values[run]!))
    .sort((a, b) => x.values[a]! - x.values[b]! || y.values[a]! - y.values[b]!);
}
