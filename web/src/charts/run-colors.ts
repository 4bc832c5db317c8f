/** Colours of the palette, `--series-0` … `--series-9` in tokens.css for either theme. */
export const SERIES_COLORS = 10;

/** Places given to the runs of a comparison, where two would have the same. */
let given: ReadonlyMap<string, number> = new Map();

/** Gives runs places of their own until it is called again; the empty map takes all back. */
export function giveColorPlaces(places: ReadonlyMap<string, number>): void {
  given = places;
}

/**
 * Places for runs that are compared: each keeps the one that it has everywhere where it can, the others get free ones. As
 * many as the palette has colours; none for more.
 */
export function distinctPlaces(runIds: readonly string[]): ReadonlyMap<string, number> {
  if (runIds.length > SERIES_COLORS) return new Map();
  const places = new Map<string, number>();
  const taken = new Set<number>();
  for (const runId of runIds) {
    const own = ownPlace(runId);
    if (taken.has(own)) continue;
    taken.add(own);
    places.set(runId, own);
  }
  const free = Array.from({ length: SERIES_COLORS }, (_, place) => place).filter(
    (place) => !taken.has(place),
  );
  for (const runId of runIds) if (!places.has(runId)) places.set(runId, free.shift()!);
  return places;
}

/** The place of a run's colour in the palette: its own, unless a comparison has given it another. */
export const runColorPlace = (runId: string): number => given.get(runId) ?? ownPlace(runId);

/** The same on every page, today and tomorrow (FNV-1a of the id). */
function ownPlace(runId: string): number {
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
