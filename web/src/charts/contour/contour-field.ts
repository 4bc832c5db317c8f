/** A value over a grid of places; rows from the foot to the top. */
export interface Field {
  readonly columns: number;
  readonly rows: number;
  readonly values: Float64Array;
}

export interface Sample {
  /** From 0 to 1 along either axis. */
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** Neighbours that a place takes its value from. */
const NEIGHBOURS = 12;

/**
 * Values between scattered samples: of each place's nearest samples the mean, weighted by the inverse square of their
 * distance (Shepard 1968). It passes through the samples and never leaves their range.
 */
export function interpolate(samples: readonly Sample[], columns: number, rows: number): Field {
  const values = new Float64Array(columns * rows).fill(Number.NaN);
  const nearest = new Float64Array(NEIGHBOURS);
  const found = new Float64Array(NEIGHBOURS);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [x, y] = [(column + 0.5) / columns, (row + 0.5) / rows];
      nearest.fill(Number.POSITIVE_INFINITY);
      for (const sample of samples) {
        const distance = (sample.x - x) ** 2 + (sample.y - y) ** 2;
        let at = NEIGHBOURS - 1;
        if (distance >= nearest[at]!) continue;
        for (; at > 0 && nearest[at - 1]! > distance; at -= 1) {
          nearest[at] = nearest[at - 1]!;
          found[at] = found[at - 1]!;
        }
        nearest[at] = distance;
        found[at] = sample.value;
      }
      values[row * columns + column] = weigh(nearest, found);
    }
  }
  return { columns, rows, values };
}

function weigh(distances: Float64Array, values: Float64Array): number {
  let sum = 0;
  let weights = 0;
  for (let i = 0; i < distances.length && distances[i]! < Number.POSITIVE_INFINITY; i += 1) {
    if (distances[i] === 0) return values[i]!;
    const weight = 1 / distances[i]!;
    sum += weight * values[i]!;
    weights += weight;
  }
  return weights === 0 ? Number.NaN : sum / weights;
}

export interface Segments {
  /** Places from 0 to 1, two and a gap for each part of the line. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Where a field crosses a level: marching squares, crossings by straight interpolation along the cells' sides. */
export function contourAt({ columns, rows, values }: Field, level: number): Segments {
  const xs: number[] = [];
  const ys: number[] = [];
  const at = (column: number, row: number) => values[row * columns + column]!;
  for (let row = 0; row + 1 < rows; row += 1) {
    for (let column = 0; column + 1 < columns; column += 1) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ] as const;
      const crossings: (readonly [number, number])[] = [];
      for (const [i, [c0, r0]] of corners.entries()) {
        const [c1, r1] = corners[(i + 1) % 4]!;
        const [a, b] = [at(c0, r0), at(c1, r1)];
        if (a < level === b < level) continue;
        const share = (level - a) / (b - a);
        crossings.push([(c0 + (c1 - c0) * share + 0.5) / columns, (r0 + (r1 - r0) * share + 0.5) / rows]);
      }
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        xs.push(crossings[i]![0], crossings[i + 1]![0], Number.NaN);
        ys.push(crossings[i]![1], crossings[i + 1]![1], Number.NaN);
      }
    }
  }
  return { xs, ys };
}
