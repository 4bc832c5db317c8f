import { isSystemMetric } from '../../data/metric-keys.ts';
import type { Measure } from '../../data/models.ts';

/** What of a model is shown, as the address says it. */
export interface ModelSearch {
  /** Metrics that stand as columns; undefined for the first few. */
  readonly metrics?: readonly string[] | undefined;
  /** Metrics whose trends are drawn; undefined for those that stand as columns. */
  readonly trends?: readonly string[] | undefined;
  /** Versions that are compared. */
  readonly compare?: readonly string[] | undefined;
  /** The version or alias against which metrics are held. */
  readonly against?: string | undefined;
  /** What stands for the history of a metric; the last value without it. */
  readonly measure?: Exclude<Measure, 'last'> | undefined;
  /** So many of the newest versions are left out. */
  readonly offset?: number | undefined;
}

const SHOWN_METRICS = 4;
const MOST_TRENDS = 12;
const MOST_COMPARED = 10;

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readModelSearch(search: Readonly<Record<string, unknown>>): ModelSearch {
  const metrics = texts(search.metrics);
  const trends = texts(search.trends)?.slice(0, MOST_TRENDS);
  const compare = texts(search.compare)
    ?.filter((version) => /^\d{1,15}$/.test(version))
    .slice(0, MOST_COMPARED);
  const against = text(search.against);
  return {
    ...(metrics !== undefined && { metrics }),
    ...(trends !== undefined && { trends }),
    ...(compare !== undefined && compare.length > 0 && { compare }),
    ...(against !== undefined && { against }),
    ...((search.measure === 'min' || search.measure === 'max') && { measure: search.measure }),
    ...(isOffset(search.offset) && { offset: search.offset }),
  };
}

/** The metrics that stand as columns: those that were chosen, or the first few; what the machine did comes last. */
export const shownMetrics = (search: ModelSearch, keys: readonly string[]): readonly string[] =>
  search.metrics ??
  [...keys.filter((key) => !isSystemMetric(key)), ...keys.filter(isSystemMetric)].slice(0, SHOWN_METRICS);

// The router reads `?compare=[1,2]` as numbers.
const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;

const isOffset = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? [...new Set(value.flatMap((one) => text(one) ?? []))] : undefined;
}
