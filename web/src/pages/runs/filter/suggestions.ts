import { askTextValues, type RunKeys } from '../../../data/run-table.ts';
import { quoteKey, quoteValue } from '../column-codes.ts';
import { isNumberField, operatorsOf } from './completion.ts';

export interface Suggestion {
  /** What takes the place of what was typed. */
  readonly text: string;
  /** What it is: "metric", "the same in all runs". */
  readonly note: string;
  /** Completing goes on behind it. */
  readonly goesOn: boolean;
}

const MOST = 50;

const ATTRIBUTE_FIELDS: readonly (readonly [string, string])[] = [
  ['attributes.run_name', 'the name of the run'],
  ['attributes.status', 'running, finished, failed, killed'],
  ['attributes.start_time', 'ms since 1970'],
  ['attributes.end_time', 'ms since 1970'],
  ['attributes.user_id', 'who started it'],
  ['attributes.run_id', 'the id of the run'],
  ['datasets.name', 'a dataset that it used'],
  ['datasets.digest', 'a version of a dataset'],
];

const HISTORY: readonly (readonly [string, string])[] = [
  ['max(', 'the greatest value of a metric’s history'],
  ['min(', 'the least value of a metric’s history'],
  ['first(', 'the first value of a metric'],
  ['last(', 'the latest value of a metric'],
  ['count(', 'how many points a metric has'],
  ['at(', 'a metric’s value at a step'],
];

const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'];

/** The part of a key that has been typed, without the scope and quotes. */
export function typedKey(typed: string): string {
  const dot = typed.indexOf('.');
  return typed.slice(dot + 1).replace(/[`"]/g, '');
}

/** Fields whose names hold what was typed; `keys` may still be those of an earlier letter. */
export function suggestFields(typed: string, keys: RunKeys | undefined): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  const part = typedKey(wanted);
  const scope = /^(metric|param|tag|attr)\w*\./.exec(wanted)?.[1];
  const of = (kind: keyof RunKeys, note: string): readonly Suggestion[] =>
    (keys?.[kind].keys ?? []).flatMap(({ key, varies }) => {
      const quoted = quoteKey(key);
      if (quoted === undefined || !key.toLowerCase().includes(part)) return [];
      return [
        { text: `${kind}.${quoted}`, note: varies ? note : `${note}, equal in all runs`, goesOn: true },
      ];
    });
  const plain = (list: readonly (readonly [string, string])[]): readonly Suggestion[] =>
    list
      .filter(([text]) => text.toLowerCase().includes(wanted))
      .map(([text, note]) => ({ text, note, goesOn: true }));
  const found = [
    ...(scope === undefined || scope === 'metric' ? of('metrics', 'metric') : []),
    ...(scope === undefined || scope === 'param' ? of('params', 'param') : []),
    ...(scope === undefined || scope === 'attr' ? plain(ATTRIBUTE_FIELDS) : []),
    ...(scope === undefined || scope === 'tag' ? of('tags', 'tag') : []),
    ...(scope === undefined ? plain(HISTORY) : []),
  ];
  return found.slice(0, MOST);
}

export function suggestOperators(field: string, typed: string): readonly Suggestion[] {
  return operatorsOf(field)
    .filter((operator) => operator.toLowerCase().startsWith(typed.toLowerCase()))
    .map((operator) => ({
      text: operator,
      note: OPERATOR_NOTES[operator] ?? '',
      goesOn: !operator.endsWith('NULL'),
    }));
}

const OPERATOR_NOTES: Readonly<Record<string, string>> = {
  '=': 'equal',
  '!=': 'not equal',
  '>': 'greater',
  '>=': 'greater or equal',
  '<': 'less',
  '<=': 'less or equal',
  LIKE: 'like a pattern: % any letters, _ one',
  ILIKE: 'like a pattern, capitals do not count',
  IN: 'one of a list',
  'NOT IN': 'none of a list',
  'IS NULL': 'not set',
  'IS NOT NULL': 'set',
};

export function suggestConnectives(typed: string): readonly Suggestion[] {
  return ['AND', 'OR']
    .filter((word) => word.startsWith(typed.toUpperCase()))
    .map((word) => ({ text: word, note: word === 'AND' ? 'both hold' : 'one of both holds', goesOn: true }));
}

/** The values that a field has in these experiments, those that most runs have first. */
export async function valuesOf(
  experimentIds: readonly string[],
  field: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isNumberField(field) || /^datasets?\./i.test(field)) return [];
  if (/(^|\.)status$/i.test(field)) return STATUSES;
  const query = { experimentIds, filter: '', orderBy: [], viewType: 'ALL' as const };
  return await askTextValues(query, columnOfField(field), signal);
}

export function suggestValues(values: readonly string[], typed: string): readonly Suggestion[] {
  const wanted = typed.replace(/^['"]/, '').toLowerCase();
  return values
    .filter((value) => value.toLowerCase().includes(wanted))
    .slice(0, MOST)
    .flatMap((value) => {
      const quoted = quoteValue(value);
      return quoted === undefined ? [] : [{ text: quoted, note: '', goesOn: true }];
    });
}

const SCOPES: Readonly<Record<string, string>> = { p: 'params', t: 'tags', a: 'attributes', r: 'attributes' };

/** ``tag.`a b` `` → `tags.a b`. */
function columnOfField(field: string): string {
  const dot = field.indexOf('.');
  if (dot < 0) return `attributes.${field}`;
  const key = field.slice(dot + 1).replace(/^(["`])(.*)\1$/s, '$2');
  return `${SCOPES[field[0]!.toLowerCase()] ?? 'attributes'}.${key}`;
}
