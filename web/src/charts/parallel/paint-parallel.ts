import type { ChartColors } from '../chart-colors.ts';
import type { Painter } from '../painting/painter.ts';
import type { RunPaint } from '../values/run-paint.ts';
import { type Brushes, crossing, type ParallelLayout } from './parallel-layout.ts';

export interface ParallelPaint {
  readonly layout: ParallelLayout;
  readonly count: number;
  readonly paint: RunPaint;
  readonly colors: ChartColors;
  readonly isForemost: ((run: number) => boolean) | undefined;
}

const TEXT = 11;
const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

export function paintParallelLines(
  painter: Painter,
  { layout, count, paint, colors, isForemost }: ParallelPaint,
): void {
  const alpha = Math.max(0.12, Math.min(0.8, 5 / Math.sqrt(Math.max(1, count))));
  const width = count > 200 ? 1 : 1.25;
  for (const isBefore of isForemost === undefined ? [true] : [false, true]) {
    for (const [place, { xs, ys }] of linesByColor(layout, {
      count,
      paint,
      isWanted: (run) => isForemost === undefined || isForemost(run) === isBefore,
    })) {
      const color = place < 0 ? colors.dim : paint.colors[place]!;
      const front = isForemost === undefined ? alpha : Math.max(alpha, 0.5);
      painter.line(xs, ys, { color, width, alpha: isBefore ? front : 0.05 });
    }
  }
}

/** Lines of one colour as one path, with gaps between them. */
function linesByColor(
  layout: ParallelLayout,
  {
    count,
    paint,
    isWanted,
  }: { readonly count: number; readonly paint: RunPaint; readonly isWanted: (run: number) => boolean },
): Map<number, { xs: number[]; ys: number[] }> {
  const paths = new Map<number, { xs: number[]; ys: number[] }>();
  for (let run = 0; run < count; run += 1) {
    if (!isWanted(run)) continue;
    const place = paint.places[run]!;
    const path = paths.get(place) ?? { xs: [], ys: [] };
    paths.set(place, path);
    for (const axis of layout.places) {
      path.xs.push(axis.x);
      path.ys.push(crossing(axis, layout, run));
    }
    path.xs.push(Number.NaN);
    path.ys.push(Number.NaN);
  }
  return paths;
}

interface ParallelFrame {
  readonly layout: ParallelLayout;
  readonly brushes: Brushes;
  /** The place of the axis that the keyboard brushes. */
  readonly chosen: number | undefined;
  readonly colors: ChartColors;
}

export function paintParallelAxes(
  painter: Painter,
  { layout, brushes, chosen, colors }: ParallelFrame,
): void {
  const { places, top, foot, missing } = layout;
  const gap = places.length > 1 ? places[1]!.x - places[0]!.x : 200;
  for (const [i, place] of places.entries()) {
    const { axis, x, scale, ticks } = place;
    painter.line([x, x], [top, foot], { color: colors.border, width: 1 });
    painter.text(x, 4, cut(axis.label, Math.max(6, Math.floor(gap / 6.4))), {
      color: i === chosen ? colors.accent : colors.text,
      size: TEXT,
      align: 'middle',
      baseline: 'top',
      isBold: true,
    });
    for (const { value, label } of ticks) {
      const y = top + scale.toPixel(value);
      painter.line([x - 3, x], [y, y], { color: colors.border, width: 1 });
      paintLabel(painter, { x: x - 6, y, text: cut(label, Math.max(4, Math.floor(gap / 9))), colors });
    }
    if (Array.from(axis.values).some((value) => Number.isNaN(scale.toPixel(value))))
      painter.text(x, missing + 4, 'none', { color: colors.dim, size: 10, align: 'middle', baseline: 'top' });
    const brush = brushes[axis.column];
    if (brush === undefined) continue;
    const [from, to] = [top + scale.toPixel(brush[1]), top + scale.toPixel(brush[0])];
    painter.rect({ x: x - 7, y: from, width: 14, height: to - from }, { color: colors.accent, alpha: 0.3 });
    painter.line([x - 7, x + 7, x + 7, x - 7, x - 7], [from, from, to, to, from], {
      color: colors.accent,
      width: 1,
    });
  }
}

/** Words over lines need ground to stand on. */
function paintLabel(
  painter: Painter,
  {
    x,
    y,
    text,
    colors,
  }: { readonly x: number; readonly y: number; readonly text: string; readonly colors: ChartColors },
): void {
  const width = text.length * 6 + 4;
  painter.rect({ x: x - width + 2, y: y - 7, width, height: 14 }, { color: colors.surface, alpha: 0.75 });
  painter.text(x, y, text, { color: colors.dim, size: TEXT, align: 'end' });
}
