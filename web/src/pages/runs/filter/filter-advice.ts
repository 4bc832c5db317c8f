import type { RunKeys } from '../../../data/run-table.ts';
import { quoteKey } from '../column-codes.ts';
import type { FilterField } from './filter-fields.ts';
import { ATTRIBUTE_FIELDS } from './suggestions.ts';

/** What is wrong with a filter, for the person who wrote it, and what could stand there instead. */
export interface FilterAdvice {
  readonly text: string;
  readonly remedies: readonly FilterRemedy[];
}

/** A part of the filter and what takes its place. */
export interface FilterRemedy {
  readonly from: number;
  readonly to: number;
  readonly by: string;
}

const MOST_REMEDIES = 3;

/** @param message the server's, which names the place as `at position 17 of the filter` */
export function adviseOn(
  filter: string,
  { message, position }: { readonly message: string; readonly position: number | undefined },
  keys: RunKeys | undefined,
): FilterAdvice {
  const at = position ?? filter.length;
  const word = /^[^\s()=!<>,]+/.exec(filter.slice(at))?.[0] ?? '';
  const near = (key: string) =>
    nearestFields(key, keys).map((by) => ({ from: at, to: at + word.length, by }));
  const attribute = /^Invalid attribute key '(.*)' for /s.exec(message)?.[1];
  if (attribute !== undefined)
    return { text: `There is no attribute “${attribute}”.`, remedies: near(attribute) };
  const scope = /^Invalid entity type '(.*)' \(/s.exec(message)?.[1];
  if (scope !== undefined) {
    return {
      text: `Names begin with metrics., params., tags., attributes. or datasets., not with “${scope}.”.`,
      remedies: near(word.slice(word.indexOf('.') + 1)),
    };
  }
  const unquoted = /either not quoted or unidentified/.test(message) && word !== '';
  if (unquoted) {
    return {
      text: `Texts stand in quotes: “${word}” does not.`,
      remedies: [{ from: at, to: at + word.length, by: `'${word.replace(/["'`]/g, '')}'` }],
    };
  }
  const misplaced =
    /(?:^|[:,] (?:[^:]*, )?)[Ee]xpected (.+?),? found (.+) at position \d+ of the filter\.$/s.exec(message);
  if (misplaced !== null) {
    const wanted = misplaced[1] === "'Identifier'" ? 'a name such as metrics.loss' : misplaced[1]!;
    const place = filter.slice(at).trim() === '' ? 'At the end' : `Before “${word || filter[at]}”`;
    return { text: `${place} there should be ${wanted}.`, remedies: [] };
  }
  const plain = message
    .replace(/ at position \d+ of the filter\.?$/, '.')
    .replace(/^Invalid clause\(s\) in filter string: /, '');
  return { text: plain.charAt(0).toUpperCase() + plain.slice(1), remedies: [] };
}

const KIND_WORDS = { metrics: 'metric', params: 'param', tags: 'tag' } as const;
type Keyed = keyof typeof KIND_WORDS;

/** A field whose key no run has; the filter is good, but nothing can come of it. */
export function adviseOnUnknown(
  field: FilterField & { readonly scope: Keyed },
  keys: RunKeys | undefined,
): FilterAdvice {
  const { scope, key, from, to, history } = field;
  return {
    text: `No run here has a ${KIND_WORDS[scope]} “${key}”.`,
    remedies: nearestFields(key, keys)
      // In the brackets of a function there can be metrics alone.
      .filter((by) => history === undefined || by.startsWith('metrics.'))
      .map((by) => ({ from, to, by })),
  };
}

export const isKeyed = (field: FilterField): field is FilterField & { readonly scope: Keyed } =>
  field.scope !== undefined && field.scope !== 'attributes' && field.key !== '';

/** Fields of any kind whose names are like a key, the likest first. */
export function nearestFields(key: string, keys: RunKeys | undefined): readonly string[] {
  const wanted = key.toLowerCase().replace(/[`"]/g, '');
  if (wanted === '') return [];
  const known = [
    ...(['metrics', 'params', 'tags'] as const).flatMap((kind) =>
      (keys?.[kind].keys ?? []).flatMap((one) => {
        const quoted = quoteKey(one.key);
        return quoted === undefined ? [] : [{ field: `${kind}.${quoted}`, name: one.key }];
      }),
    ),
    ...ATTRIBUTE_FIELDS.map(([field]) => ({ field, name: field.slice(field.indexOf('.') + 1) })),
  ];
  return known
    .map((one) => ({ ...one, away: distance(wanted, one.name.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(1, Math.floor(wanted.length / 3)))
    .sort((a, b) => a.away - b.away)
    .slice(0, MOST_REMEDIES)
    .map(({ field }) => field);
}

/** Letters to add, drop or change to make one word of the other (Levenshtein). */
function distance(one: string, other: string): number {
  if (one === other) return 0;
  if (Math.abs(one.length - other.length) > MOST_APART) return MOST_APART + 1;
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}

/** Words of more differing lengths are not alike. */
const MOST_APART = 8;
