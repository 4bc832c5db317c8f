import type uPlot from 'uplot';
import { createScale, type Range, type Scale } from '../axes/scale.ts';
import { type AxisKind, type Tick, ticksThatFit } from '../axes/ticks.ts';
import type { ChartColors } from '../chart-colors.ts';
import { FONT } from '../painting/painter.ts';

export interface PlotAxis {
  readonly kind: AxisKind;
  readonly label?: string | undefined;
  readonly categories?: readonly string[] | undefined;
}

/** What a plot is, apart from its data: another one is another plot. */
export interface PlotSpec {
  readonly x: PlotAxis;
  readonly y: PlotAxis;
}

export interface PlotRanges {
  readonly x: Range;
  readonly y: Range;
}

/** The inner part of a plot, in pixels. */
export interface PlotArea {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly height: number;
}

export const AXIS_FONT_SIZE = 11;
/** Room for one label along and across. */
const LABEL_WIDTH = 76;
const LABEL_HEIGHT = 34;
const X_AXIS_HEIGHT = 24;
const LABEL_SIZE = 18;

export function areaOf(
  spec: PlotSpec,
  ranges: PlotRanges,
  size: { width: number; height: number },
): PlotArea {
  return {
    x: createScale(ranges.x, { size: size.width, isLog: spec.x.kind === 'log' }),
    y: createScale(ranges.y, { size: size.height, isLog: spec.y.kind === 'log', isUpright: true }),
    width: size.width,
    height: size.height,
  };
}

export function ticksOfX(spec: PlotSpec, range: Range, width: number): readonly Tick[] {
  return ticksThatFit({ ...spec.x, range }, width, LABEL_WIDTH);
}

export function ticksOfY(spec: PlotSpec, range: Range, height: number): readonly Tick[] {
  return ticksThatFit({ ...spec.y, range }, height, LABEL_HEIGHT);
}

/** The largest that uPlot finds places for along an axis; it leaves out an axis that goes further. */
const MOST_OF_PLOT = 1e12;

/**
 * What a value of the y axis is called towards uPlot, which is to place labels and nothing else: a share of the largest
 * power of ten where values are beyond it, and on a log axis the logarithm.
 */
export function yInPlot({ kind }: PlotAxis, [low, high]: Range): (value: number) => number {
  if (kind === 'log') return Math.log10;
  const most = Math.max(Math.abs(low), Math.abs(high));
  const unit = kind === 'number' && most > MOST_OF_PLOT ? 10 ** Math.floor(Math.log10(most)) : 1;
  return (value) => value / unit;
}

const MOST_LABEL_LETTERS = 14;
export const shortLabel = (label: string): string =>
  label.length <= MOST_LABEL_LETTERS ? label : `${label.slice(0, MOST_LABEL_LETTERS - 1)}…`;

export interface PlotState {
  readonly ranges: PlotRanges;
  readonly colors: ChartColors;
}

/**
 * The configuration of uPlot, which draws the axes and the grid and sees to pointer and selection; the data are painted on
 * layers above. `state` is asked at every drawing, so that new data and another theme need no new plot.
 */
export function plotOptions(
  spec: PlotSpec,
  { width, height }: { readonly width: number; readonly height: number },
  state: () => PlotState,
): uPlot.Options {
  const axis = (side: 'x' | 'y'): uPlot.Axis => ({
    scale: side,
    stroke: () => state().colors.dim,
    font: `${AXIS_FONT_SIZE}px ${FONT}`,
    grid: { stroke: () => state().colors.grid, width: 1 },
    ticks: { show: false },
    border: { show: side === 'x', stroke: () => state().colors.border, width: 1 },
    gap: 6,
    splits: (plot) => ticksOn(plot, side).map(({ value }) => inPlot(side)(value)),
    values: (plot) => ticksOn(plot, side).map(({ label }) => shortLabel(label)),
    ...(spec[side].label !== undefined && {
      label: spec[side].label,
      labelFont: `${AXIS_FONT_SIZE}px ${FONT}`,
      labelSize: LABEL_SIZE,
      labelGap: 0,
    }),
  });
  const ticksOn = (plot: uPlot, side: 'x' | 'y') => {
    const range = state().ranges[side];
    return side === 'x'
      ? ticksOfX(spec, range, innerSize(plot).width)
      : ticksOfY(spec, range, innerSize(plot).height);
  };
  const inPlot = (side: 'x' | 'y') => (side === 'x' ? same : yInPlot(spec.y, state().ranges.y));
  const scale = (side: 'x' | 'y'): uPlot.Scale => ({
    time: false,
    auto: false,
    distr: side === 'x' && spec.x.kind === 'log' ? 3 : 1,
    range: () => {
      const [low, high] = state().ranges[side];
      return [inPlot(side)(low), inPlot(side)(high)];
    },
  });
  return {
    width,
    height,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    scales: { x: scale('x'), y: scale('y') },
    axes: [
      { ...axis('x'), size: X_AXIS_HEIGHT },
      { ...axis('y'), size: (plot, values) => labelsWidth(plot, values) },
    ],
    series: [{}, { paths: () => null, points: { show: false } }],
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: true, uni: 24, setScale: false, dist: 4 },
    },
  };
}

const same = (value: number): number => value;

/** Of the inner part, before the first layout too, when uPlot has no measures yet. */
function innerSize(plot: uPlot): { width: number; height: number } {
  const { width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  return {
    width: width > 0 ? width / ratio : plot.width - 60,
    height: height > 0 ? height / ratio : plot.height - 40,
  };
}

function labelsWidth(plot: uPlot, labels: readonly string[] | null): number {
  plot.ctx.save();
  plot.ctx.font = `${AXIS_FONT_SIZE}px ${FONT}`;
  const widest = Math.max(0, ...(labels ?? []).map((label) => plot.ctx.measureText(label).width));
  plot.ctx.restore();
  return Math.max(34, Math.ceil(widest) + 14);
}
