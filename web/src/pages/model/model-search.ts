/** What of a model is shown, as the address says it. */
export interface ModelSearch {
  /** Metrics that stand as columns; undefined for the first few. */
  readonly metrics?: readonly string[];
  /** The metric of the trend. */
  readonly trend?: string;
  /** Versions that are compared. */
  readonly compare?: readonly string[];
  /** The version or alias against which metrics are held. */
  readonly against?: string;
}

const SHOWN_METRICS = 4;

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readModelSearch(search: Readonly<Record<string, unknown>>): ModelSearch {
  const metrics = texts(search.metrics);
  const compare = texts(search.compare)?.filter((version) => /^\d+$/.test(version));
  return {
    ...(metrics !== undefined && { metrics }),
    ...(typeof search.trend === 'string' && { trend: search.trend }),
    ...(compare !== undefined && compare.length > 0 && { compare }),
    ...(text(search.against) !== undefined && { against: text(search.against)! }),
  };
}

/** The metrics that stand as columns: those that were chosen, or the first few. */
export const shownMetrics = (search: ModelSearch, keys: readonly string[]): readonly string[] =>
  search.metrics ?? keys.slice(0, SHOWN_METRICS);

// The router reads `?compare=[1,2]` as numbers.
const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.flatMap((one) => text(one) ?? []) : undefined;
}
