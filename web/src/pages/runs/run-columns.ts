import { isSystemMetric } from '../../data/metric-keys.ts';
import type { RunKeys } from '../../data/run-table.ts';
import type { SortKey } from '../../tables/grid-header.tsx';
import { fieldOfColumn, parseColumnCode } from './column-codes.ts';
import { historyColumnsOf } from './filter/filter-fields.ts';
import { type Mode, NAME_COLUMN } from './runs-search.ts';

/** Columns that a table has of itself are for looking, not for a thousand keys: the rest is chosen. */
const MOST_USUAL = 60;

/**
 * What an experiment's table shows unless something else was chosen: its metrics, and the params that differ. Beside
 * charts there is room for little, so the metrics come first there.
 */
export function usualColumns(
  keys: RunKeys | undefined,
  { experiments, mode }: { readonly experiments: number; readonly mode: Mode },
): readonly string[] {
  const attributes = [
    'a.status',
    'a.start_time',
    'a.duration',
    ...(experiments > 1 ? ['a.experiment_name'] : []),
  ];
  if (keys === undefined) return attributes;
  const metrics = keys.metrics.keys.filter(({ key }) => !isSystemMetric(key));
  const params = keys.params.keys.filter(({ varies }) => varies);
  const values = [
    ...metrics.slice(0, MOST_USUAL).map(({ key }) => `m.${key}`),
    ...params.slice(0, MOST_USUAL).map(({ key }) => `p.${key}`),
  ];
  return mode === 'both' ? [...values, ...attributes] : [...attributes, ...values];
}

/**
 * The columns with those that a filter asks of a metric's history, each behind its metric: what is filtered by is seen.
 * @param before the filter until now: what it asked for has had its column, and may have been hidden.
 */
export function withFiltered(columns: readonly string[], filter: string, before = ''): readonly string[] {
  const known = new Set(historyColumnsOf(before).map(({ code }) => code));
  return historyColumnsOf(filter).reduce((shown, { code, key }) => {
    if (known.has(code) || shown.includes(code)) return shown;
    const metric = shown.indexOf(`m.${key}`);
    const at = metric === -1 ? shown.findLastIndex((one) => one.startsWith('m.')) : metric;
    return at === -1 ? shown.concat(code) : shown.toSpliced(at + 1, 0, code);
  }, columns);
}

/** The newest first, where nothing was chosen. */
export const USUAL_SORT: readonly SortKey[] = [{ id: 'a.start_time', isDescending: true }];

/** The order in MLflow's words. */
export function orderByOf(sort: readonly SortKey[]): readonly string[] {
  const terms = sort.flatMap(({ id, isDescending }) => {
    const code = parseColumnCode(id);
    const field = id === NAME_COLUMN ? 'attributes.run_name' : code && fieldOfColumn(code);
    return field === undefined ? [] : [`${field} ${isDescending ? 'DESC' : 'ASC'}`];
  });
  return terms.length > 0 ? terms : orderByOf(USUAL_SORT);
}

export function defaultWidth(id: string, label: string, mode: Mode = 'table'): number {
  // On a phone and beside charts the names leave room for what they stand beside.
  if (id === NAME_COLUMN) return window.innerWidth < 600 ? 150 : mode === 'both' ? 176 : 260;
  if (id.startsWith('s.')) return 190;
  // Room for the header up to a point; long keys are cut and told on hover.
  const letters = Math.min(24, Math.max(id.startsWith('p.') ? 11 : 8, label.length));
  return Math.round(letters * 7.2 + 44);
}
