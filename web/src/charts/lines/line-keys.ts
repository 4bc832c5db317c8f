import type { Range } from '../axes/scale.ts';
import type { Place } from '../plot/plot.ts';
import type { PlotArea, PlotRanges } from '../plot/plot-options.ts';
import type { DrawnLine, Zoom } from './drawn-lines.ts';
import { nearestPlace } from './nearest-line.ts';

interface KeyState {
  readonly lines: readonly DrawnLine[];
  readonly area: PlotArea;
  readonly pointer:
    | { readonly at: Place; readonly value: number; readonly hit: DrawnLine | undefined }
    | undefined;
  readonly zoom: Zoom | undefined;
  readonly ranges: PlotRanges;
}

type Move =
  | { readonly to: Place | undefined; readonly line: DrawnLine | undefined }
  | { readonly zoom: Zoom | undefined }
  | { readonly pick: string };

/** Arrows go along a line and from line to line, + and − zoom, Escape goes back, Enter picks. */
export function moveByKey(key: string, state: KeyState): Move | undefined {
  const { area, pointer, zoom, ranges } = state;
  const centre = pointer?.value ?? area.x.toValue(area.width / 2);
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowRight':
      return along(key === 'ArrowLeft' ? -1 : 1, state);
    case 'ArrowUp':
    case 'ArrowDown':
      return across(key === 'ArrowUp' ? -1 : 1, state);
    case '+':
    case '=':
      return { zoom: { ...zoom, x: scaled(ranges.x, { centre, factor: 0.5, isLog: area.x.isLog }) } };
    case '-':
      return (
        zoom?.x && { zoom: { ...zoom, x: scaled(ranges.x, { centre, factor: 2, isLog: area.x.isLog }) } }
      );
    case 'Escape':
      return pointer ? { to: undefined, line: undefined } : zoom && { zoom: undefined };
    case 'Enter':
      return pointer?.hit && { pick: pointer.hit.line.runId };
    default:
      return undefined;
  }
}

function scaled(
  range: Range,
  { centre, factor, isLog }: { readonly centre: number; readonly factor: number; readonly isLog: boolean },
): Range {
  const [to, back] = isLog ? [Math.log, Math.exp] : [(v: number) => v, (v: number) => v];
  const [low, high, middle] = [to(range[0]), to(range[1]), to(centre)];
  return [back(middle - (middle - low) * factor), back(middle + (high - middle) * factor)];
}

function along(by: number, { lines, area, pointer }: KeyState): Move | undefined {
  const line = pointer?.hit ?? lines.find(({ x }) => x.length > 0);
  if (line === undefined) return undefined;
  const here = nearestPlace(line, pointer?.value ?? area.x.range[0])!;
  const place = pointer?.hit ? Math.max(0, Math.min(line.x.length - 1, here + by)) : here;
  return { to: placeOf(line, area, place), line };
}

/** To the line above or below at the same place along x. */
function across(by: number, state: KeyState): Move | undefined {
  const { lines, area, pointer } = state;
  if (pointer?.hit === undefined) return along(0, state);
  const heights = lines.flatMap((line) => {
    const place = nearestPlace(line, pointer.value);
    return place === undefined ? [] : [{ line, place, y: area.y.toPixel(line.y[place]!) }];
  });
  heights.sort((a, b) => a.y - b.y);
  const next = heights[heights.findIndex(({ line }) => line === pointer.hit) + by];
  return next && { to: placeOf(next.line, area, next.place), line: next.line };
}

function placeOf(line: DrawnLine, area: PlotArea, place: number): Place {
  const y = area.y.toPixel(line.y[place]!);
  return {
    x: Math.max(0, Math.min(area.width, area.x.toPixel(line.x[place]!))),
    y: Number.isNaN(y) ? area.height / 2 : y,
  };
}
