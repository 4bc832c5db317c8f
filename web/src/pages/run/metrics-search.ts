import type { LineLook } from '../../charts/lines/drawn-lines.ts';

/** How the charts of a run are shown; the address holds it. */
export interface MetricsSearch {
  readonly x: LineLook['x'];
  readonly yLog: boolean;
  /** From 0 to 0.99. */
  readonly smoothing: number;
  readonly find: string;
}

const AXES: readonly LineLook['x'][] = ['step', 'time', 'relative'];

/** Reads the address; what is not understood is as if it were not there. */
export function readMetricsSearch(
  search: Readonly<Record<string, unknown>>,
  byDefault: LineLook['x'],
): MetricsSearch {
  const smoothing = Number(search.smooth ?? 0);
  const { find } = search;
  return {
    x: AXES.find((axis) => axis === search.x) ?? byDefault,
    yLog: search.log === true || search.log === 1,
    smoothing: smoothing > 0 && smoothing <= 0.99 ? smoothing : 0,
    find: typeof find === 'string' || typeof find === 'number' ? String(find) : '',
  };
}

/** What of it stands in the address: all that is not as by default. */
export function writeMetricsSearch(search: MetricsSearch, byDefault: LineLook['x']): Record<string, unknown> {
  return {
    ...(search.x !== byDefault && { x: search.x }),
    ...(search.yLog && { log: true }),
    ...(search.smoothing > 0 && { smooth: search.smoothing }),
    ...(search.find !== '' && { find: search.find }),
  };
}
