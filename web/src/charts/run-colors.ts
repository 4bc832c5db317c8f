/** Colours of the palette, `--series-0` … `--series-9` in tokens.css for either theme. */
export const SERIES_COLORS = 10;

/** The place of a run's colour in the palette: the same on every page, today and tomorrow (FNV-1a of the id). */
export function runColorPlace(runId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < runId.length; i += 1) {
    hash = Math.imul(hash ^ runId.charCodeAt(i), 0x01000193);
  }
  // The low bits of the product know only the last letters; the high ones know all.
  return ((hash >>> 0) >>> 8) % SERIES_COLORS;
}

/** The colour of a run, for styles: follows the theme by itself. On a canvas: `chartColors().series[runColorPlace(id)]`. */
export function runColor(runId: string): string {
  return `var(--series-${runColorPlace(runId)})`;
}
