/** Both ends of what an axis shows; on a log axis both are positive. */
export type Range = readonly [low: number, high: number];

/** From values to pixels along one side of a chart. */
export interface Scale {
  readonly range: Range;
  readonly size: number;
  readonly isLog: boolean;
  /** NaN for what the scale cannot show: NaN, the infinities, and on a log axis what is not positive. */
  toPixel(value: number): number;
  toValue(pixel: number): number;
}

export interface ScaleShape {
  readonly size: number;
  readonly isLog?: boolean;
  /** Grows from the far end: an upright axis. */
  readonly isUpright?: boolean;
}

export function createScale(range: Range, { size, isLog = false, isUpright = false }: ScaleShape): Scale {
  const project = isLog ? Math.log10 : (value: number) => value;
  const low = project(range[0]);
  const width = project(range[1]) - low || 1;
  const factor = (isUpright ? -size : size) / width;
  const origin = isUpright ? size : 0;
  return {
    range,
    size,
    isLog,
    toPixel(value) {
      if (isLog && !(value > 0)) return Number.NaN;
      const pixel = origin + (project(value) - low) * factor;
      return Number.isFinite(pixel) ? pixel : Number.NaN;
    },
    toValue(pixel) {
      const projected = low + (pixel - origin) / factor;
      return isLog ? 10 ** projected : projected;
    },
  };
}

/** The finite values' ends, positive ones alone for a log axis; undefined where there are none. */
export function extentOf(columns: Iterable<ArrayLike<number>>, isLog = false): Range | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of columns) {
    for (let i = 0; i < values.length; i += 1) {
      const value = values[i]!;
      if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : undefined;
}

/** A range with air at both ends, and one around a single value. */
export function padRange([low, high]: Range, { isLog = false, share = 0.05 } = {}): Range {
  if (isLog) {
    const air = low === high ? 2 : (high / low) ** share;
    return [low / air, high * air];
  }
  const air = low === high ? Math.abs(low) * 0.1 || 1 : high * share - low * share;
  const padded = within([low - air, high + air], Number.MAX_VALUE);
  // Numbers go no further apart than they go from zero.
  return Number.isFinite(padded[1] - padded[0]) ? padded : within(padded, Number.MAX_VALUE / 2);
}

const within = ([low, high]: Range, most: number): Range => [Math.max(-most, low), Math.min(most, high)];
