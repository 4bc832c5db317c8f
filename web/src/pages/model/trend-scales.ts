import { ticksOf } from '../../charts/axes/ticks.ts';

/** What a version holds. */
export interface TrendMark {
  readonly text: string;
  readonly kind: 'alias' | 'Staging' | 'Production' | 'Archived';
}

export interface TrendPoint {
  readonly version: number;
  /** NaN and the infinities stand for themselves. */
  readonly value: number;
  readonly marks: readonly TrendMark[];
  /** The name of the source run. */
  readonly run: string | undefined;
}

export interface PlacedMark extends TrendMark {
  readonly version: number;
  readonly x: number;
  /** From the top. */
  readonly row: number;
  readonly anchor: 'start' | 'middle' | 'end';
}

const LEFT = 56;
const RIGHT = 24;
const FOOT = 24;
const MARK_ROW = 16;
/** About the width of a letter of a mark, and the room between two. */
const LETTER = 7.2;
const GAP = 10;
const VERSION_LABEL = 44;
const TICKS = 4;

const placeOf = (points: readonly TrendPoint[], width: number) => {
  const places = new Map(points.map(({ version }, i) => [version, i]));
  const step = points.length < 2 ? 0 : (width - LEFT - RIGHT) / (points.length - 1);
  return (version: number) =>
    points.length < 2 ? (LEFT + width - RIGHT) / 2 : LEFT + (places.get(version) ?? 0) * step;
};

/** Writes the marks above their versions, in as many rows as keep them from touching. */
export function placeMarks(
  points: readonly TrendPoint[],
  width: number,
): { readonly placed: readonly PlacedMark[]; readonly rows: number } {
  const x = placeOf(points, width);
  const ends: number[] = [];
  const placed: PlacedMark[] = [];
  for (const { version, marks } of points) {
    for (const mark of marks) {
      const size = mark.text.length * LETTER;
      const middle = x(version);
      const isFirst = middle < size / 2;
      const isLast = !isFirst && middle + size / 2 > width;
      const start = isFirst ? 0 : isLast ? width - size : middle - size / 2;
      let row = ends.findIndex((end) => end + GAP <= start);
      if (row < 0) row = ends.length;
      ends[row] = start + size;
      placed.push({
        ...mark,
        version,
        row,
        x: isFirst ? 0 : isLast ? width : middle,
        anchor: isFirst ? 'start' : isLast ? 'end' : 'middle',
      });
    }
  }
  return { placed, rows: ends.length };
}

export interface TrendSpace {
  readonly width: number;
  readonly height: number;
  /** Rows of marks above the line. */
  readonly markRows: number;
}

/** Where everything of a trend stands, in pixels. Versions stand at equal distances: deleted numbers leave no gap. */
export function trendScales(points: readonly TrendPoint[], { width, height, markRows }: TrendSpace) {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const range = rangeOf(finite.map(({ value }) => value));
  const top = markRows * MARK_ROW + 8;
  const bottom = height - FOOT;
  const x = placeOf(points, width);
  const y = (value: number) => bottom - ((value - range[0]) / (range[1] - range[0])) * (bottom - top);
  const every = Math.max(1, Math.ceil((points.length * VERSION_LABEL) / Math.max(1, width - LEFT - RIGHT)));
  return {
    x,
    y,
    left: LEFT,
    bottom,
    radius: points.length > 100 ? 1.5 : 2.5,
    ticks: ticksOf({ kind: 'number', range, most: TICKS }),
    /** Those with a label. */
    versions: points.filter((_, i) => i % every === 0).map(({ version }) => version),
    /** Lines between values that follow one another without a gap. */
    stretches: stretchesOf(points).map((stretch) =>
      stretch.map(({ version, value }) => `${x(version)},${y(value)}`).join(' '),
    ),
    nearest: (pixel: number): number | undefined =>
      points.reduce<number | undefined>(
        (best, { version }) =>
          best === undefined || Math.abs(x(version) - pixel) < Math.abs(x(best) - pixel) ? version : best,
        undefined,
      ),
  };
}

function rangeOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  const high = values.reduce((a, b) => Math.max(a, b));
  const room = low === high ? Math.abs(low) * 0.1 || 1 : (high - low) * 0.08;
  return [low - room, high + room];
}

function stretchesOf(points: readonly TrendPoint[]): readonly (readonly TrendPoint[])[] {
  const stretches: TrendPoint[][] = [[]];
  for (const point of points) {
    if (Number.isFinite(point.value)) stretches.at(-1)!.push(point);
    else stretches.push([]);
  }
  return stretches.filter((stretch) => stretch.length > 1);
}
