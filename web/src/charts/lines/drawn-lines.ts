import { extentOf, padRange, type Range } from '../axes/scale.ts';
import type { AxisKind } from '../axes/ticks.ts';
import type { Line, LineX } from '../data/line-data.ts';
import type { PlotRanges, PlotSpec } from '../plot/plot-options.ts';
import { smooth } from './smoothing.ts';

/** How lines are to be shown; plain JSON. */
export interface LineLook {
  readonly x: LineX;
  readonly xLog: boolean;
  readonly yLog: boolean;
  /** From 0 to 0.99. */
  readonly smoothing: number;
}

/** A line ready to be drawn. */
export interface DrawnLine {
  readonly line: Line;
  readonly x: Float64Array;
  /** Smoothed or not. */
  readonly y: Float64Array;
  /** Where it is smoothed: how far the values reach. */
  readonly band: { readonly low: Float64Array; readonly high: Float64Array } | undefined;
  /** Places of finite values without a finite neighbour: a line would not show them. */
  readonly lonely: readonly number[];
  /** Places of NaN and ±Infinity. */
  readonly odd: readonly number[];
}

export function drawLines(lines: readonly Line[], { smoothing }: LineLook): readonly DrawnLine[] {
  return lines.map((line) => {
    const { x, y, mean } = line;
    const smoothed = smoothing > 0 && y.length > 2 ? smooth(x, y, { strength: smoothing, mean }) : undefined;
    return { line, x, y: smoothed?.y ?? y, band: smoothed, ...findForms(y) };
  });
}

function findForms(y: Float64Array): { readonly lonely: readonly number[]; readonly odd: readonly number[] } {
  const lonely: number[] = [];
  const odd: number[] = [];
  for (let i = 0; i < y.length; i += 1) {
    if (!Number.isFinite(y[i]!)) odd.push(i);
    else if (!Number.isFinite(y[i - 1] ?? Number.NaN) && !Number.isFinite(y[i + 1] ?? Number.NaN))
      lonely.push(i);
  }
  return { lonely, odd };
}

const X_LABELS: Readonly<Record<LineX, string>> = {
  step: 'Step',
  time: 'Time',
  relative: 'Time since the first point',
};
const X_KINDS: Readonly<Record<LineX, AxisKind>> = { step: 'number', time: 'time', relative: 'duration' };

/** Times have no log axis; without a positive value the others have none either. */
export function lineSpec(lines: readonly DrawnLine[], { x, xLog, yLog }: LineLook): PlotSpec {
  const canXLog =
    xLog &&
    x !== 'time' &&
    extentOf(
      lines.map((line) => line.x),
      true,
    ) !== undefined;
  const canYLog =
    yLog &&
    extentOf(
      lines.map((line) => line.y),
      true,
    ) !== undefined;
  return {
    x: { kind: canXLog ? 'log' : X_KINDS[x], label: X_LABELS[x] },
    y: { kind: canYLog ? 'log' : 'number' },
  };
}

export interface Zoom {
  readonly x?: Range | undefined;
  readonly y?: Range | undefined;
}

/** What the axes show: the zoomed part, or all there is; y fits to what is seen of the lines. */
export function lineRanges(lines: readonly DrawnLine[], spec: PlotSpec, zoom: Zoom | undefined): PlotRanges {
  const xLog = spec.x.kind === 'log';
  const yLog = spec.y.kind === 'log';
  const x =
    zoom?.x ??
    widen(
      extentOf(
        lines.map((line) => line.x),
        xLog,
      ) ?? [0, 1],
      xLog,
    );
  if (zoom?.y !== undefined) return { x, y: zoom.y };
  const seen = lines.flatMap((line) => {
    const [from, to] = seenPart(line.x, x);
    const columns = [line.y.subarray(from, to)];
    if (line.band && lines.length <= MOST_BANDS)
      columns.push(line.band.low.subarray(from, to), line.band.high.subarray(from, to));
    return columns;
  });
  return { x, y: padRange(extentOf(seen, yLog) ?? (yLog ? [1, 10] : [0, 1]), { isLog: yLog }) };
}

/** With more lines the bands only cover each other. */
export const MOST_BANDS = 12;

/** A line's ends touch the chart's; a single place stands in the middle. */
function widen([low, high]: Range, isLog: boolean): Range {
  return low === high ? padRange([low, high], { isLog }) : [low, high];
}

/** The places within a part of x, by halving. */
function seenPart(x: Float64Array, [low, high]: Range): readonly [number, number] {
  return [firstAtLeast(x, low), firstAtLeast(x, high, true)];
}

/** The first place whose x is at least (or, `isAbove`, above) a value. */
export function firstAtLeast(x: Float64Array, value: number, isAbove = false): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (x[middle]! > value || (!isAbove && x[middle]! === value)) high = middle;
    else low = middle + 1;
  }
  return low;
}

export interface Unshown {
  readonly odd: number;
  readonly notPositive: number;
  /** Where infinity is among the values: how far those that are drawn go. */
  readonly largest: number | undefined;
}

/** What a chart owes its reader in words: what it cannot show. */
export function countUnshown(lines: readonly DrawnLine[], spec: PlotSpec): Unshown {
  let odd = 0;
  let notPositive = 0;
  for (const line of lines) {
    odd += line.odd.length;
    if (spec.y.kind === 'log')
      for (const value of line.line.y) if (value <= 0 && Number.isFinite(value)) notPositive += 1;
  }
  const isEndless = lines.some(({ line, odd: places }) =>
    places.some((at) => line.y[at] === Number.POSITIVE_INFINITY),
  );
  const largest = isEndless ? extentOf(lines.map(({ line }) => line.y))?.[1] : undefined;
  return { odd, notPositive, largest };
}
