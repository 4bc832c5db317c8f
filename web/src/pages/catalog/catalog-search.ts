import { keyOf, readSecurable, type Securable } from '../../data/securables.ts';

/** What the catalog shows, as the address says it. */
export interface CatalogSearch {
  /** The key of what is shown beside the tree. */
  readonly on?: string | undefined;
  readonly tab?: 'rights' | undefined;
  /** Whose right is explained, and to do what. */
  readonly who?: string | undefined;
  readonly does?: string | undefined;
}

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readCatalogSearch(search: Readonly<Record<string, unknown>>): CatalogSearch {
  const on = readSecurable(search.on);
  const who = textOf(search.who);
  const does = textOf(search.does);
  return {
    ...(on !== undefined && { on: keyOf(on) }),
    ...(search.tab === 'rights' && { tab: 'rights' }),
    ...(who !== undefined && { who }),
    ...(does !== undefined && { does }),
  };
}

/** Where something is shown; the tab stays as it is. */
export const linkTo = (on: Securable, tab?: CatalogSearch['tab']) =>
  ({ to: '/catalog', search: { on: keyOf(on), ...(tab !== undefined && { tab }) } as never }) as const;

// The router reads `?who=12` as a number.
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
