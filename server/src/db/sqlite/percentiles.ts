import type Connection from 'better-sqlite3';

/** The values of one group, in a buffer that doubles. */
interface Gathered {
  values: Float64Array;
  count: number;
  /** JSON: a list of numbers from 0 to 1. */
  fractions: string;
}

/** Adds `percentiles(value, fractions)` to a connection: see `Dialect.percentiles`. */
export function registerPercentiles(connection: Connection.Database): void {
  connection.aggregate('percentiles', {
    deterministic: true,
    // The types know aggregates of one argument alone.
    varargs: true,
    start: (): Gathered => ({ values: new Float64Array(64), count: 0, fractions: '[]' }),
    step(gathered: Gathered, ...[value, fractions]: readonly unknown[]) {
      if (typeof value !== 'number') return;
      if (gathered.count === 0) gathered.fractions = String(fractions);
      if (gathered.count === gathered.values.length) {
        const larger = new Float64Array(gathered.count * 2);
        larger.set(gathered.values);
        gathered.values = larger;
      }
      gathered.values[gathered.count] = value;
      gathered.count += 1;
    },
    result({ values, count, fractions }: Gathered) {
      if (count === 0) return null;
      const sorted = values.subarray(0, count).sort();
      return JSON.stringify((JSON.parse(fractions) as number[]).map((one) => interpolated(sorted, one)));
    },
  });
}

/** Source: definition 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (1996). */
function interpolated(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (position - Math.floor(position)) * (above - below);
}
