import type { Endpoint } from '../../data/endpoints.ts';
import { stateOf } from '../../serving/endpoint-state.ts';

export type EndpointSort = 'name' | 'requests' | 'p95' | 'errors';

/** What of the endpoints is listed, as the address says it. */
export interface EndpointsSearch {
  readonly q?: string | undefined;
  /** Those alone that do not answer as they should. */
  readonly view?: 'failing' | undefined;
  /** By name without it. */
  readonly sort?: Exclude<EndpointSort, 'name'> | undefined;
  /** A new endpoint is being written down. */
  readonly create?: true | undefined;
}

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readEndpointsSearch(search: Readonly<Record<string, unknown>>): EndpointsSearch {
  const { q, view, sort, create } = search;
  const text = typeof q === 'number' ? String(q) : q;
  return {
    ...(typeof text === 'string' && text !== '' && { q: text }),
    ...(view === 'failing' && { view }),
    ...((sort === 'requests' || sort === 'p95' || sort === 'errors') && { sort }),
    ...((create === true || create === 'true') && { create: true }),
  };
}

const FAILING = new Set(['FAILED', 'UPDATE_FAILED', 'RECOVERING']);

export const isFailing = (endpoint: Endpoint): boolean => FAILING.has(stateOf(endpoint));

/** Share of the requests that were refused or failed; undefined without requests. */
export function errorShareOf({ recent: { requests, refused, failed } }: Endpoint): number | undefined {
  return requests === 0 ? undefined : (refused + failed) / requests;
}

/** Names, models, tags as `key:value`, and who made it; in any case. */
export function listed(
  endpoints: readonly Endpoint[],
  { q, view, sort }: EndpointsSearch,
): readonly Endpoint[] {
  const typed = q?.trim().toLowerCase() ?? '';
  const found = endpoints.filter(
    (endpoint) =>
      (view !== 'failing' || isFailing(endpoint)) &&
      (typed === '' || textsOf(endpoint).some((text) => text.toLowerCase().includes(typed))),
  );
  if (sort === undefined) return found;
  const measured = VALUES[sort];
  return [...found].sort((a, b) => measured(b) - measured(a));
}

const VALUES: Readonly<Record<Exclude<EndpointSort, 'name'>, (endpoint: Endpoint) => number>> = {
  requests: ({ recent }) => recent.requests,
  p95: ({ recent }) => recent.p95_ms ?? -1,
  errors: (endpoint) => errorShareOf(endpoint) ?? -1,
};

const textsOf = ({ name, creator, tags, active, pending }: Endpoint): readonly string[] => [
  name,
  creator,
  ...tags.map(({ key, value }) => `${key}:${value}`),
  ...[...(active?.entities ?? []), ...(pending?.entities ?? [])].flatMap((entity) => [
    entity.name,
    entity.model,
  ]),
];
