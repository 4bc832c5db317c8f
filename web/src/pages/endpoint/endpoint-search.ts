import type { LogKind } from '../../data/endpoints.ts';

export const TABS = ['overview', 'try', 'logs', 'requests', 'history', 'permissions'] as const;
export type EndpointTab = (typeof TABS)[number];
export const SPANS = {
  '15m': { spanMs: 15 * 60_000, stepMs: 10_000, label: '15 minutes' },
  '1h': { spanMs: 60 * 60_000, stepMs: 30_000, label: '1 hour' },
} as const;
export type SpanName = keyof typeof SPANS;

/** What of an endpoint is shown, as the address says it. */
export interface EndpointSearch {
  /** Overview without it. */
  readonly tab?: Exclude<EndpointTab, 'overview'> | undefined;
  /** Of the numbers: a served model alone. */
  readonly entity?: string | undefined;
  /** 15 minutes without it. */
  readonly span?: Exclude<SpanName, '15m'> | undefined;
  /** Of the logs: what the environment's build said, not the server. */
  readonly log?: Exclude<LogKind, 'server'> | undefined;
}

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readEndpointSearch(search: Readonly<Record<string, unknown>>): EndpointSearch {
  const tab = TABS.find((each) => each === search.tab);
  // The router reads `?entity=12` as a number.
  const entity = typeof search.entity === 'number' ? String(search.entity) : search.entity;
  return {
    ...(tab !== undefined && tab !== 'overview' && { tab }),
    ...(typeof entity === 'string' && entity !== '' && { entity }),
    ...(search.span === '1h' && { span: search.span }),
    ...(search.log === 'build' && { log: search.log }),
  };
}
