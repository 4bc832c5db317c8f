import type { Place } from '../plot/plot.ts';
import type { PlotArea } from '../plot/plot-options.ts';
import { type DrawnLine, firstAtLeast } from './drawn-lines.ts';

export interface Hit {
  readonly line: DrawnLine;
  /** The point nearest along x. */
  readonly place: number;
}

/** The line that passes nearest to a place, within `reach` pixels; undefined where none does. */
export function nearestLine(
  lines: readonly DrawnLine[],
  area: PlotArea,
  { at, reach }: { readonly at: Place; readonly reach: number },
): Hit | undefined {
  let best: Hit | undefined;
  let least = reach;
  for (const line of lines) {
    const place = nearestPlace(line, area.x.toValue(at.x));
    if (place === undefined) continue;
    for (const from of [place - 1, place]) {
      const distance = distanceToPart(line, area, { at, from });
      if (distance < least) {
        least = distance;
        best = { line, place };
      }
    }
  }
  return best;
}

/** The point of a line nearest to a value of x; undefined for a line without points. */
export function nearestPlace({ x }: DrawnLine, value: number): number | undefined {
  if (x.length === 0) return undefined;
  const after = Math.min(firstAtLeast(x, value), x.length - 1);
  return after > 0 && value - x[after - 1]! < x[after]! - value ? after - 1 : after;
}

/** From a place to the part between a point and the next, in pixels. */
function distanceToPart(
  { x, y }: DrawnLine,
  area: PlotArea,
  { at, from }: { readonly at: Place; readonly from: number },
): number {
  const point = (i: number) =>
    [area.x.toPixel(x[i] ?? Number.NaN), area.y.toPixel(y[i] ?? Number.NaN)] as const;
  const [x0, y0] = point(from);
  const [x1, y1] = point(from + 1);
  const first = Math.hypot(at.x - x0, at.y - y0);
  const second = Math.hypot(at.x - x1, at.y - y1);
  // One end may be missing, at a gap or an end of the line.
  if (Number.isNaN(first) || Number.isNaN(second)) {
    const only = Number.isNaN(first) ? second : first;
    return Number.isNaN(only) ? Number.POSITIVE_INFINITY : only;
  }
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - x0) * dx + (at.y - y0) * dy) / length));
  return Math.hypot(at.x - x0 - share * dx, at.y - y0 - share * dy);
}
