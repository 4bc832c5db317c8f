import type { PrincipalCondition, PrincipalKind } from '../../governance/principals.ts';
import { type AppError, invalidArgument } from '../../kernel/errors.ts';

const FIELDS: Readonly<Record<PrincipalKind, Readonly<Record<string, PrincipalCondition['field']>>>> = {
  user: { username: 'name', displayname: 'displayName', externalid: 'externalId', id: 'id' },
  group: { displayname: 'name', externalid: 'externalId', id: 'id' },
  'service-principal': {
    applicationid: 'name',
    displayname: 'displayName',
    externalid: 'externalId',
    id: 'id',
  },
};

const COMPARISONS: Readonly<Record<string, PrincipalCondition['comparison']>> = {
  eq: 'equals',
  co: 'contains',
  sw: 'starts-with',
};

/** One comparison, and the `and` after it. Clients quote in either way, or not at all. */
const TERM =
  /\s*([a-zA-Z.$]+)\s+([a-zA-Z]+)\s+(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s"'()]+))\s*(?:$|(and)\s)/iy;

/**
 * The filters of SCIM (RFC 7644, section 3.4.2.2) that its clients send here: `eq`, `co`, `sw`, joined by `and`.
 * @throws AppError InvalidArgument for every other.
 */
export function parseScimFilter(text: string, kind: PrincipalKind): readonly PrincipalCondition[] {
  const conditions: PrincipalCondition[] = [];
  TERM.lastIndex = 0;
  let isOpen = text.trim() !== '';
  while (isOpen) {
    const match = TERM.exec(text);
    if (match === null) throw refused(text, "expected comparisons such as displayName eq 'x', joined by and");
    const [, attribute = '', operator = '', double, single, bare, and] = match;
    const field = FIELDS[kind][attribute.toLowerCase()];
    if (field === undefined)
      throw refused(text, `it can name ${Object.keys(FIELDS[kind]).join(', ')}, not ${attribute}`);
    const comparison = COMPARISONS[operator.toLowerCase()];
    if (comparison === undefined) throw refused(text, `it can compare by eq, co and sw, not by ${operator}`);
    const value = bare ?? (double ?? single ?? '').replaceAll(/\\(.)/g, '$1');
    conditions.push({ field, comparison, value });
    isOpen = and !== undefined;
  }
  return conditions;
}

const refused = (text: string, why: string): AppError =>
  invalidArgument(`The filter ${text.slice(0, 200)} cannot be used: ${why}.`, { field: 'filter' });
