import { askTextValues, isEqualInAll, type RunKey, type RunKeys } from '../../../data/run-table.ts';
import { quoteKey, quoteValue } from '../column-codes.ts';
import { isNumberField, operatorsOf } from './completion.ts';

export interface Suggestion {
  /** What takes the place of what was typed. */
  readonly text: string;
  /** What it is: "metric", "the same in all runs". */
  readonly note: string;
  /** Completing goes on behind it. */
  readonly goesOn: boolean;
  /** What follows it, unless it stands there already: the bracket of a function. */
  readonly closes?: ')' | ',';
}

const MOST = 50;

export const ATTRIBUTE_FIELDS: readonly (readonly [string, string])[] = [
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
  ['min(', 'the lowest value of a metric’s history'],
  ['max(', 'the highest value of a metric’s history'],
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

/** Metrics that come before the functions while nothing is typed: a letter finds the others. */
const MOST_UNTYPED = 8;
/** Metrics whose extremes are offered beside them. */
const MOST_WITH_EXTREMES = 2;

/** Fields whose names hold what was typed; `keys` may still be those of an earlier letter. */
export function suggestFields(typed: string, keys: RunKeys | undefined): readonly Suggestion[] {
  const wanted = typed.toLowerCase();
  const part = typedKey(wanted);
  const scope = /^(metric|param|tag|attr)\w*\./.exec(wanted)?.[1];
  const has = (one: string) => scope === undefined || scope === one;
  const plain = (list: readonly (readonly [string, string])[]): readonly Suggestion[] =>
    list
      .filter(([text]) => text.toLowerCase().includes(wanted))
      .map(([text, note]) => ({ text, note, goesOn: true }));
  const metrics = has('metric') ? keysWith(keys, 'metrics', part) : [];
  // A function whose name is being typed is what is meant.
  const functions = scope === undefined ? plain(HISTORY) : [];
  const isFunction = wanted !== '' && functions.some(({ text }) => text.startsWith(wanted));
  const found = [
    ...(isFunction ? functions : []),
    ...(wanted === '' ? metrics.slice(0, MOST_UNTYPED) : metrics),
    ...(part === '' ? [] : extremesOf(metrics)),
    ...(isFunction ? [] : functions),
    ...(has('param') ? keysWith(keys, 'params', part) : []),
    ...(has('attr') ? plain(ATTRIBUTE_FIELDS) : []),
    ...(has('tag') ? keysWith(keys, 'tags', part) : []),
  ];
  return found.slice(0, MOST);
}

const NOTES: Readonly<Record<keyof RunKeys, string>> = { metrics: 'metric', params: 'param', tags: 'tag' };

function keysWith(keys: RunKeys | undefined, kind: keyof RunKeys, part: string): readonly Suggestion[] {
  return (keys?.[kind].keys ?? []).flatMap((one) => {
    const quoted = quoteKey(one.key);
    if (quoted === undefined || !one.key.toLowerCase().includes(part)) return [];
    const spread = noteOfKey(one);
    const note = spread === '' ? NOTES[kind] : `${NOTES[kind]}, ${spread}`;
    return [{ text: `${kind}.${quoted}`, note, goesOn: true }];
  });
}

/** What is to be said of a key that has one value: that all runs have it, or how few. */
export function noteOfKey(key: RunKey): string {
  if (isEqualInAll(key)) return 'equal in all runs';
  if (key.varies || typeof key.runs !== 'number') return '';
  return `in ${key.runs.toLocaleString('en-US')} ${key.runs === 1 ? 'run' : 'runs'}`;
}

const extremesOf = (metrics: readonly Suggestion[]): readonly Suggestion[] =>
  metrics.slice(0, MOST_WITH_EXTREMES).flatMap(({ text }) => [
    { text: `min(${text})`, note: 'its lowest value', goesOn: true },
    { text: `max(${text})`, note: 'its highest value', goesOn: true },
  ]);

/** What a metric's key holds where only metrics may stand: whoever begins with the scope has typed nothing of the key yet. */
export function typedMetricKey(typed: string): string {
  return 'metrics.'.startsWith(typed.toLowerCase()) ? '' : typedKey(typed);
}

/** What may stand in the brackets of a function: metrics, and nothing else. */
export const suggestMetrics = (
  typed: string,
  keys: RunKeys | undefined,
  closes: ')' | ',',
): readonly Suggestion[] =>
  keysWith(keys, 'metrics', typedMetricKey(typed.toLowerCase())).map((one) => ({ ...one, closes }));

export const suggestClosing = (closes: ')' | ','): readonly Suggestion[] => [
  { text: closes, note: closes === ')' ? 'ends the function' : 'and the step', goesOn: true },
];

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
  const column = columnOfField(field);
  // Of a name that is none of the language there is nothing to ask.
  if (column.startsWith('attributes.') && ATTRIBUTE_FIELDS.every(([known]) => known !== column)) return [];
  const query = { experimentIds, filter: '', orderBy: [], viewType: 'ALL' as const };
  return await askTextValues(query, column, signal);
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
