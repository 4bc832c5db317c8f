import type { Line } from '../data/line-data.ts';
import type { Place } from '../plot/plot.ts';
import type { PlotArea } from '../plot/plot-options.ts';
import type { DrawnLine } from './drawn-lines.ts';
import type { TooltipRow } from './line-tooltip.tsx';
import { nearestPlace } from './nearest-line.ts';

const MOST_ROWS = 8;

interface TooltipQuery {
  readonly at: Place;
  readonly value: number;
  readonly hit: DrawnLine | undefined;
  /** Rows; eight without it. */
  readonly most?: number | undefined;
  readonly nameOf: (line: Line) => string;
  readonly colorOf: (line: DrawnLine) => string;
}

/** The values of the lines nearest to the pointer at its place along x, from the top of the chart to its foot. */
export function tooltipRows(
  lines: readonly DrawnLine[],
  area: PlotArea,
  { at, value, hit, most = MOST_ROWS, nameOf, colorOf }: TooltipQuery,
): { readonly x: number; readonly rows: readonly TooltipRow[]; readonly others: number } {
  const near = lines.flatMap((line) => {
    const place = nearestPlace(line, value);
    if (place === undefined) return [];
    // A line that ended far from here has no value here.
    const [first, last] = [line.x[0]!, line.x[line.x.length - 1]!];
    const isBeside = area.x.toPixel(first) - at.x > 12 || at.x - area.x.toPixel(last) > 12;
    if (isBeside && line !== hit) return [];
    const y = line.y[place]!;
    return [{ line, place, y, distance: line === hit ? -1 : Math.abs(area.y.toPixel(y) - at.y) }];
  });
  const shown = near
    .sort((a, b) => (Number.isNaN(a.distance) ? 1 : Number.isNaN(b.distance) ? -1 : a.distance - b.distance))
    .slice(0, most);
  const centre = shown.find(({ line }) => line === hit) ?? shown[0];
  const rows = shown
    .sort((a, b) => b.y - a.y)
    .map(({ line, place, y }) => ({
      id: `${line.line.runId} ${line.line.key}`,
      name: nameOf(line.line),
      color: colorOf(line),
      value: y,
      raw: line.band === undefined ? undefined : line.line.y[place]!,
      isHit: line === hit,
    }));
  return {
    x: centre === undefined ? value : centre.line.x[centre.place]!,
    rows,
    others: near.length - shown.length,
  };
}
