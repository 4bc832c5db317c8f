import { renderNumber } from '../../ui/numbers.ts';
import type { ChartColors } from '../chart-colors.ts';
import type { FillStyle, Painter, StrokeStyle } from '../painting/painter.ts';
import { AXIS_FONT_SIZE, type PlotArea } from '../plot/plot-options.ts';
import { type DrawnLine, MOST_BANDS } from './drawn-lines.ts';
import { nearestPlace } from './nearest-line.ts';
import { DENSE, type QuantileBand } from './quantile-bands.ts';

export interface LineLayer {
  readonly lines: readonly DrawnLine[];
  readonly colorOf: (line: DrawnLine, colors: ChartColors) => string;
  /** Tells a run's metrics apart. */
  readonly dashOf: (line: DrawnLine) => readonly number[];
  readonly colors: ChartColors;
  /** In the foreground; undefined where no line is before others. */
  readonly isForemost: ((line: DrawnLine) => boolean) | undefined;
  /** Of metrics with so many lines that their bands stand for them. */
  readonly bands: readonly QuantileBand[];
}

/** Marks of single points among few points. */
const MOST_MARKED_POINTS = 40;
const MOST_MARKED_LINES = 30;
/** Marks of what is no number, a line at most. */
const MOST_ODD = 100;

export function paintLines(painter: Painter, area: PlotArea, layer: LineLayer): void {
  const { lines, colors, colorOf, dashOf, isForemost, bands } = layer;
  const width = lines.length > DENSE ? 1 : 1.25;
  const alpha = lines.length > DENSE ? Math.max(0.15, Math.min(0.9, 6 / Math.sqrt(lines.length))) : 0.95;
  const crowded = new Set(bands.map(({ key }) => key));
  const isCrowded = ({ line }: DrawnLine) => crowded.has(line.key);
  const inCrowd =
    isForemost === undefined
      ? lines.filter(isCrowded)
      : lines.filter((line) => isCrowded(line) && !isForemost(line));
  paintCrowd(painter, area, { lines: inCrowd, color: colors.dim });
  for (const [i, band] of bands.entries()) {
    const color = bands.length === 1 ? colors.accent : colors.series[i % colors.series.length]!;
    paintQuantiles(painter, area, { band, color, isBehind: isForemost !== undefined });
  }
  if (lines.length <= MOST_BANDS) {
    for (const line of lines) paintBand(painter, area, { line, color: colorOf(line, colors) });
  }
  const withMarks = lines.length <= MOST_MARKED_LINES;
  for (const isBefore of isForemost === undefined ? [true] : [false, true]) {
    for (const line of lines) {
      if (isForemost !== undefined && isForemost(line) !== isBefore) continue;
      if (isCrowded(line) && !(isForemost !== undefined && isBefore)) continue;
      const style = {
        color: colorOf(line, colors),
        dash: dashOf(line),
        width: isForemost !== undefined && isBefore ? 1.75 : width,
        alpha: isBefore ? (isForemost === undefined ? alpha : 1) : 0.14,
      };
      paintLine(painter, area, { line, style, withMarks });
    }
  }
}

/** Each line so faint that only where many lie together, or one alone far off, something is seen. */
function paintCrowd(
  painter: Painter,
  area: PlotArea,
  { lines, color }: { readonly lines: readonly DrawnLine[]; readonly color: string },
): void {
  const style = { color, width: 1, alpha: Math.max(0.04, Math.min(0.2, 12 / Math.max(1, lines.length))) };
  for (const line of lines) {
    const { xs, ys } = pixelsOf(line.x, line.y, area);
    painter.line(xs, ys, style);
    paintOdd(painter, area, { line, xs, style });
  }
}

interface Quantiles {
  readonly band: QuantileBand;
  readonly color: string;
  /** Other lines are to be read. */
  readonly isBehind: boolean;
}

/** Nine tenths of the lines, the middle half of them, and their median. */
function paintQuantiles(painter: Painter, area: PlotArea, { band, color, isBehind }: Quantiles): void {
  const { x, low, high, lowerQuarter, upperQuarter, median } = band;
  paintBetween(painter, area, { x, low, high, style: { color, alpha: isBehind ? 0.1 : 0.16 } });
  const half = { x, low: lowerQuarter, high: upperQuarter };
  paintBetween(painter, area, { ...half, style: { color, alpha: isBehind ? 0.12 : 0.24 } });
  const { xs, ys } = pixelsOf(x, median, area);
  const style = { color, width: 2, alpha: isBehind ? 0.5 : 1 };
  painter.line(xs, ys, style);
  // Where lines have one step in common, there is nothing to draw a line along.
  if (x.length === 1) painter.dots(xs, ys, { ...style, radius: 3 });
}

const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2.5], [9, 3, 2, 3]];

/** Beyond so many lines, dashes are noise. */
const MOST_DASHED = 24;

/**
 * Dashes tell apart what has one colour: the metrics of a run, or, where there is one metric and few runs, runs that share
 * a place in the palette.
 */
export function dashesOf(
  lines: readonly DrawnLine[],
  colorPlaceOf: (line: DrawnLine) => number,
): ReadonlyMap<DrawnLine, readonly number[]> {
  const keys = [...new Set(lines.map(({ line }) => line.key))];
  const seen = new Map<number, number>();
  return new Map(
    lines.map((line) => {
      const color = colorPlaceOf(line);
      const before = seen.get(color) ?? 0;
      seen.set(color, before + 1);
      const place = keys.length > 1 ? keys.indexOf(line.line.key) : lines.length > MOST_DASHED ? 0 : before;
      return [line, DASHES[place % DASHES.length]!];
    }),
  );
}

interface LiftedLine {
  readonly line: DrawnLine;
  readonly color: string;
  readonly dash: readonly number[];
  readonly surface: string;
}

/** One line above all others. */
export function paintLifted(
  painter: Painter,
  area: PlotArea,
  { line, color, dash, surface }: LiftedLine,
): void {
  paintBand(painter, area, { line, color });
  const { xs, ys } = pixelsOf(line.x, line.y, area);
  painter.line(xs, ys, { color: surface, width: 5, alpha: 0.8 });
  paintLine(painter, area, { line, style: { color, dash, width: 2.25, alpha: 1 }, withMarks: true });
}

interface Reading {
  readonly line: DrawnLine;
  readonly color: string;
  readonly colors: ChartColors;
  /** Along x. */
  readonly value: number;
  readonly withText: boolean;
}

/** A line's point at the crosshair, and in words what it is. */
export function paintReading(
  painter: Painter,
  area: PlotArea,
  { line, color, colors, value, withText }: Reading,
): void {
  const place = nearestPlace(line, value);
  if (place === undefined) return;
  const [x, y] = [area.x.toPixel(line.x[place]!), area.y.toPixel(line.y[place]!)];
  painter.dots([x], [y], { color, radius: 3.5, ring: colors.surface });
  if (!withText) return;
  const isLeft = x > area.width / 2;
  painter.text(x + (isLeft ? -8 : 8), Math.max(10, y - 10), renderNumber(line.y[place]!), {
    color: colors.text,
    halo: colors.surface,
    size: AXIS_FONT_SIZE,
    isBold: true,
    align: isLeft ? 'end' : 'start',
  });
}

interface OneLine {
  readonly line: DrawnLine;
  readonly style: StrokeStyle & { readonly alpha: number };
  readonly withMarks: boolean;
}

function paintLine(painter: Painter, area: PlotArea, { line, style, withMarks }: OneLine): void {
  const { xs, ys } = pixelsOf(line.x, line.y, area);
  painter.line(xs, ys, style);
  const places = withMarks && line.x.length <= MOST_MARKED_POINTS ? undefined : line.lonely;
  if (places === undefined) painter.dots(xs, ys, { ...style, radius: style.width + 0.75 });
  else if (places.length > 0) {
    painter.dots(
      places.map((i) => xs[i]!),
      places.map((i) => ys[i]!),
      { ...style, radius: 2.5 },
    );
  }
  paintOdd(painter, area, { line, xs, style });
}

function paintBand(
  painter: Painter,
  area: PlotArea,
  { line, color }: { readonly line: DrawnLine; readonly color: string },
): void {
  if (line.band === undefined) return;
  const { low, high } = line.band;
  paintBetween(painter, area, { x: line.x, low, high, style: { color, alpha: 0.14 } });
}

interface Between {
  readonly x: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly style: FillStyle;
}

/** What lies between two lines; nothing where one of them has a gap. */
function paintBetween(painter: Painter, area: PlotArea, between: Between): void {
  const low = pixelsOf(between.x, between.low, area);
  const high = pixelsOf(between.x, between.high, area);
  const xs: number[] = [];
  const ys: number[] = [];
  const close = (from: number, to: number) => {
    for (let i = to - 1; i >= from; i -= 1) {
      xs.push(low.xs[i]!);
      ys.push(low.ys[i]!);
    }
    if (xs.length > 2) painter.area(xs, ys, between.style);
    xs.length = 0;
    ys.length = 0;
  };
  let from = 0;
  for (let i = 0; i < high.xs.length; i += 1) {
    if (Number.isNaN(high.xs[i]!) || Number.isNaN(high.ys[i]!) || Number.isNaN(low.ys[i]!)) {
      close(from, i);
      from = i + 1;
    } else {
      xs.push(high.xs[i]!);
      ys.push(high.ys[i]!);
    }
  }
  close(from, high.xs.length);
}

/** NaN as a cross at the foot, +∞ and −∞ as arrows at the edge that they left by. */
function paintOdd(
  painter: Painter,
  area: PlotArea,
  {
    line,
    xs,
    style,
  }: { readonly line: DrawnLine; readonly xs: ArrayLike<number>; readonly style: OneLine['style'] },
): void {
  const every = Math.max(1, Math.ceil(line.odd.length / MOST_ODD));
  for (let n = 0; n < line.odd.length; n += every) {
    const i = line.odd[n]!;
    // Whole, also at the first and the last step.
    const x = Math.max(5, Math.min(area.width - 5, xs[i]!));
    const value = line.line.y[i]!;
    const fill = { color: style.color, alpha: style.alpha };
    if (Number.isNaN(x)) continue;
    if (value === Number.POSITIVE_INFINITY) painter.area([x - 4, x, x + 4], [8, 1, 8], fill);
    else if (value === Number.NEGATIVE_INFINITY)
      painter.area([x - 4, x, x + 4], [area.height - 8, area.height - 1, area.height - 8], fill);
    else {
      const y = area.height - 6;
      painter.line([x - 3, x + 3, Number.NaN, x - 3, x + 3], [y - 3, y + 3, Number.NaN, y + 3, y - 3], {
        ...style,
        width: 1.5,
      });
    }
  }
}

function pixelsOf(
  x: Float64Array,
  y: Float64Array,
  area: PlotArea,
): { readonly xs: Float32Array; readonly ys: Float32Array } {
  const xs = new Float32Array(x.length);
  const ys = new Float32Array(x.length);
  for (let i = 0; i < x.length; i += 1) {
    xs[i] = area.x.toPixel(x[i]!);
    ys[i] = area.y.toPixel(y[i]!);
  }
  return { xs, ys };
}
