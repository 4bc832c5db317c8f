import type { Range } from '../axes/scale.ts';
import { type DrawnLine, firstAtLeast } from './drawn-lines.ts';

/** Where the lines of one metric lie: at places along x, what shares of their values are below. */
export interface QuantileBand {
  readonly key: string;
  readonly lines: number;
  readonly x: Float64Array;
  /** NaN where fewer than three lines pass. */
  readonly low: Float64Array;
  readonly lowerQuarter: Float64Array;
  readonly median: Float64Array;
  readonly upperQuarter: Float64Array;
  readonly high: Float64Array;
}

/** Above so many lines of a metric nobody follows one by one. */
export const DENSE = 50;
/** Of the places along x that are reckoned. */
const MOST_PLACES = 160;
const LEAST_LINES = 3;
const SHARES = { low: 0.05, lowerQuarter: 0.25, median: 0.5, upperQuarter: 0.75, high: 0.95 };

/** A band for each metric that has more than `DENSE` lines. */
export function quantileBands(
  lines: readonly DrawnLine[],
  range: Range,
  { isLog }: { readonly isLog: boolean },
): readonly QuantileBand[] {
  if (lines.length <= DENSE) return [];
  return [...Map.groupBy(lines, ({ line }) => line.key)].flatMap(([key, ofKey]) =>
    ofKey.length <= DENSE ? [] : [bandOf(key, ofKey, placesOf(ofKey, range, isLog))],
  );
}

function bandOf(key: string, lines: readonly DrawnLine[], x: Float64Array): QuantileBand {
  const columns = lines.map((line) => valuesAt(line, x));
  const empty = () => new Float64Array(x.length).fill(Number.NaN);
  const band = {
    key,
    lines: lines.length,
    x,
    low: empty(),
    lowerQuarter: empty(),
    median: empty(),
    upperQuarter: empty(),
    high: empty(),
  };
  const there = new Float64Array(lines.length);
  for (let i = 0; i < x.length; i += 1) {
    let count = 0;
    for (const values of columns) {
      const value = values[i]!;
      if (!Number.isFinite(value)) continue;
      there[count] = value;
      count += 1;
    }
    if (count < LEAST_LINES) continue;
    const sorted = there.subarray(0, count).sort();
    for (const [name, share] of Object.entries(SHARES) as [keyof typeof SHARES, number][])
      band[name][i] = quantileOf(sorted, share);
  }
  return band;
}

/** Between the two values nearest to the place, as NumPy does without being told otherwise. */
function quantileOf(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const before = Math.floor(place);
  const [low, high] = [sorted[before]!, sorted[Math.ceil(place)]!];
  return low + (high - low) * (place - before);
}

/** The steps that lines have where they are few, else places at even distances on the axis. */
function placesOf(lines: readonly DrawnLine[], range: Range, isLog: boolean): Float64Array {
  const own = new Set<number>();
  for (const { x } of lines) {
    for (let i = firstAtLeast(x, range[0]); i < x.length && x[i]! <= range[1]; i += 1) own.add(x[i]!);
    if (own.size > MOST_PLACES) break;
  }
  if (own.size <= MOST_PLACES) return Float64Array.from(own).sort();
  const project = isLog ? Math.log10 : (value: number) => value;
  const [low, high] = [project(range[0]), project(range[1])];
  return Float64Array.from({ length: MOST_PLACES }, (_, i) => {
    const at = low + ((high - low) * i) / (MOST_PLACES - 1);
    return isLog ? 10 ** at : at;
  });
}

/** What a line is at each place, straight between its points; NaN before its first, after its last, and beside a gap. */
function valuesAt({ x, y }: DrawnLine, places: Float64Array): Float64Array {
  const values = new Float64Array(places.length).fill(Number.NaN);
  let after = 0;
  for (let i = 0; i < places.length; i += 1) {
    const place = places[i]!;
    while (after < x.length && x[after]! < place) after += 1;
    if (after === x.length) break;
    if (x[after] === place) values[i] = y[after]!;
    else if (after > 0) {
      const share = (place - x[after - 1]!) / (x[after]! - x[after - 1]!);
      values[i] = y[after - 1]! + (y[after]! - y[after - 1]!) * share;
    }
  }
  return values;
}

export interface BandReading {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** What a band says at the place nearest to a value of x; undefined where it says nothing. */
export function readBand(band: QuantileBand, value: number): BandReading | undefined {
  const after = firstAtLeast(band.x, value);
  const isBefore =
    after === band.x.length || (after > 0 && value - band.x[after - 1]! < band.x[after]! - value);
  const at = isBefore ? after - 1 : after;
  const median = band.median[at];
  if (median === undefined || Number.isNaN(median)) return undefined;
  return { median, low: band.low[at]!, high: band.high[at]! };
}
