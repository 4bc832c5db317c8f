/** A history as a chart shows it when it is smoothed: the line, and how far the values around each place reach. */
export interface Smoothed {
  readonly y: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** On a whole chart a line has at most so many places that count as neighbours: thinned and whole histories smooth alike. */
const PLACES = 250;

/** Points of a line as columns, ascending in x. */
interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export interface Smoothing {
  /** From 0 (as it is) to below 1. */
  readonly strength: number;
  /** Averages of all points of a line of which only extremes are here: the average goes over these then. */
  readonly mean?: Points | undefined;
}

/**
 * An exponential moving average without the pull of its first value (TensorBoard's, after Kingma and Ba 2015, section 3),
 * weighted by the distance along x so that it does not depend on how densely points stand. Around it the least and the
 * greatest value of its reach. Values that are no finite numbers stay where they are and count for nothing.
 */
export function smooth(x: Float64Array, y: Float64Array, { strength, mean }: Smoothing): Smoothed {
  const span = x.length < 2 ? 0 : x[x.length - 1]! - x[0]!;
  const averaged = mean === undefined || mean.x.length === 0 ? { x, y } : mean;
  const unit = span / Math.max(1, Math.min(averaged.x.length - 1, PLACES));
  const averages = average(averaged, { strength, unit });
  const result = averaged === mean ? readAt({ x: averaged.x, y: averages }, { x, y }) : averages;
  const reach = unit === 0 ? 0 : (unit * strength) / (1 - strength);
  return { y: result, ...envelope(x, y, reach) };
}

function average(
  { x, y }: Points,
  { strength, unit }: { readonly strength: number; readonly unit: number },
): Float64Array {
  const result = new Float64Array(y.length);
  let mean = 0;
  let weight = 0;
  let before = x[0] ?? 0;
  for (let i = 0; i < y.length; i += 1) {
    const value = y[i]!;
    if (!Number.isFinite(value)) {
      result[i] = value;
      continue;
    }
    const distance = unit > 0 ? (x[i]! - before) / unit : 1;
    const kept = weight === 0 ? 0 : strength ** distance;
    // Points at one place weigh together as much as one.
    const share = 1 - (distance > 0 ? kept : strength);
    mean = mean * (1 - share) + value * share;
    weight = weight * (1 - share) + share;
    result[i] = mean / weight;
    before = x[i]!;
  }
  return result;
}

/** A line's height at the places of other points, along straight parts; where these are no finite numbers, they stay. */
function readAt(line: Points, { x, y }: Points): Float64Array {
  const last = line.x.length - 1;
  let after = 0;
  return y.map((value, i) => {
    if (!Number.isFinite(value)) return value;
    while (after <= last && line.x[after]! < x[i]!) after += 1;
    if (after === 0) return line.y[0]!;
    if (after > last) return line.y[last]!;
    const [x0, x1] = [line.x[after - 1]!, line.x[after]!];
    const [y0, y1] = [line.y[after - 1]!, line.y[after]!];
    return y0 + ((x[i]! - x0) / (x1 - x0)) * (y1 - y0);
  });
}

/** The least and the greatest finite value within `reach` before and behind each place. */
export function envelope(
  x: Float64Array,
  y: Float64Array,
  reach: number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  return { low: extremes(x, y, { reach, sign: 1 }), high: extremes(x, y, { reach, sign: -1 }) };
}

/** A window's extremes in one pass: candidates wait in a queue whose values only grow (Lemire 2006). */
function extremes(
  x: Float64Array,
  y: Float64Array,
  { reach, sign }: { readonly reach: number; readonly sign: 1 | -1 },
): Float64Array {
  const result = new Float64Array(x.length).fill(Number.NaN);
  const queue = new Int32Array(x.length);
  let head = 0;
  let tail = 0;
  let next = 0;
  for (let i = 0; i < x.length; i += 1) {
    while (next < x.length && x[next]! <= x[i]! + reach) {
      const value = y[next]!;
      if (Number.isFinite(value)) {
        while (tail > head && sign * y[queue[tail - 1]!]! >= sign * value) tail -= 1;
        queue[tail] = next;
        tail += 1;
      }
      next += 1;
    }
    while (head < tail && x[queue[head]!]! < x[i]! - reach) head += 1;
    if (head < tail) result[i] = y[queue[head]!]!;
  }
  return result;
}
