/** Matplotlib's viridis (Smith and van der Walt 2015, CC0) at even distances: even to the eye, with any colour vision. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [109, 205, 89],
  [180, 222, 44],
  [253, 231, 37],
] as const;

/** Steps that a chart tells apart; points of one step are drawn at once. */
const RAMP_STEPS = 48;

/** The part that stands out from the surface: not the darkest on dark, not the lightest on light. */
const PARTS = { light: [0, 0.86], dark: [0.24, 1] } as const;

/** Colours from the least to the greatest value, for the theme. */
export function colorRamp(scheme: string | null): readonly string[] {
  const [from, to] = PARTS[scheme === 'dark' ? 'dark' : 'light'];
  return Array.from({ length: RAMP_STEPS }, (_, i) => {
    const at = (from + ((to - from) * i) / (RAMP_STEPS - 1)) * (VIRIDIS.length - 1);
    const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
    const parts = VIRIDIS[low]!.map((part, c) =>
      Math.round(part + (VIRIDIS[low + 1]![c]! - part) * (at - low)),
    );
    return `rgb(${parts.join(' ')})`;
  });
}

/** The step of a value between two ends; −1 for what is no finite number. */
export function rampStep(value: number, [low, high]: readonly [number, number]): number {
  if (!Number.isFinite(value)) return -1;
  const share = high === low ? 0.5 : (value - low) / (high - low);
  return Math.max(0, Math.min(RAMP_STEPS - 1, Math.floor(share * RAMP_STEPS)));
}
