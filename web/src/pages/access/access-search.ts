import { KINDS, type PrincipalKind } from '../../data/principals.ts';

export type AccessTab = PrincipalKind | 'tokens';

/** Who is listed, as the address says it. */
export interface AccessSearch {
  /** Without it: users. */
  readonly show?: AccessTab | undefined;
  /** What was typed. */
  readonly q?: string | undefined;
  /** The id of who is shown beside the list. */
  readonly id?: string | undefined;
}

/** Reads the search of an address; what is not understood is as if it were not there. */
export function readAccessSearch(search: Readonly<Record<string, unknown>>): AccessSearch {
  const show = [...KINDS, 'tokens' as const].find((each) => each === search.show);
  const [q, id] = [textOf(search.q), textOf(search.id)];
  return {
    ...(show !== undefined && show !== 'user' && { show }),
    ...(q !== undefined && { q }),
    ...(id !== undefined && /^\d{1,15}$/.test(id) && { id }),
  };
}

export const linkTo = (kind: AccessTab, id?: string, q?: string) =>
  ({
    to: '/access',
    search: {
      ...(kind !== 'user' && { show: kind }),
      ...(q !== undefined && q !== '' && { q }),
      ...(id !== undefined && { id }),
    } as never,
  }) as const;

// The router reads `?id=12` as a number.
function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}
