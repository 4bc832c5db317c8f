/** A history as a chart shows it when it is smoothed: the line, and how far the values around each place reach. */
export interface Smoothed {
  readonly y: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** On a whole chart a line has at most so many places that count as neighbours: thinned and whole histories smooth alike. */
const PLACES = 250;

/**
 * An exponential moving average without the pull of its first value (TensorBoard's, after Kingma and Ba 2015, section 3),
 * weighted by the distance along x so that it does not depend on how densely points stand. Around it the least and the
 * greatest value of its reach. Values that are no finite numbers stay where they are and count for nothing.
 * @param strength from 0 (as it is) to below 1.
 */
export function smooth(x: Float64Array, y: Float64Array, strength: number): Smoothed {
  const span = x.length < 2 ? 0 : x[x.length - 1]! - x[0]!;
  const unit = span / Math.max(1, Math.min(x.length - 1, PLACES));
  const result = new Float64Array(y.length);
  let average = 0;
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
    average = average * (1 - share) + value * share;
    weight = weight * (1 - share) + share;
    result[i] = average / weight;
    before = x[i]!;
  }
  const reach = unit === 0 ? 0 : (unit * strength) / (1 - strength);
  return { y: result, ...envelope(x, y, reach) };
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
