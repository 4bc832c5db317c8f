import type { Sql } from '../db/port.ts';
import type { OrderTerm } from '../filters/tree.ts';
import { compareInt64, type Int64 } from '../kernel/int64.ts';
import type { PlainAttribute } from './run-attributes-repository.ts';
import { readAttribute, readHistory, readMetric, readTexts, type ValueQuery } from './run-table-values.ts';

/** What a term sorts by: the class first (0 a value, 1 NaN, 2 nothing), then the value in the wanted direction. */
interface SortColumn {
  readonly classes: Uint8Array;
  readonly values: Float64Array;
  readonly sign: 1 | -1;
}

/**
 * Puts the runs of a set in the wanted order: their places in it. Missing values come last in both directions, for
 * metrics after NaN. The set's own order, newest first, breaks ties (contract, section 14).
 */
export async function sortRuns(
  sql: Sql,
  query: ValueQuery,
  terms: readonly OrderTerm[],
): Promise<Uint32Array> {
  const count = query.runs.runNos.length;
  // Read along an index, a metric's values are nearly in order already: sorting then is one pass.
  const asRead: number[] = [];
  const columns: SortColumn[] = [];
  for (const [i, term] of terms.entries()) {
    columns.push(await readColumn(sql, query, term, i === 0 ? (place) => asRead.push(place) : undefined));
  }
  if (terms[0]?.descending) asRead.reverse();
  const wasRead = new Uint8Array(count);
  for (const place of asRead) wasRead[place] = 1;
  const places = asRead;
  for (let place = 0; place < count; place += 1) if (wasRead[place] === 0) places.push(place);
  places.sort((a, b) => {
    for (const { classes, values, sign } of columns) {
      const byClass = classes[a]! - classes[b]!;
      if (byClass !== 0) return byClass;
      const [x, y] = [values[a]!, values[b]!];
      if (x < y) return -sign;
      if (x > y) return sign;
    }
    return a - b;
  });
  return Uint32Array.from(places);
}

async function readColumn(
  sql: Sql,
  query: ValueQuery,
  { field, descending }: OrderTerm,
  onValue: ((place: number) => void) | undefined,
): Promise<SortColumn> {
  const sign = descending ? -1 : 1;
  if (field.scope === 'metric') {
    const { key, history } = field;
    const { values, known } =
      history === undefined || history.fn === 'last'
        ? await readMetric(sql, query, key, onValue)
        : await readHistory(sql, query, { key, history });
    const classes = new Uint8Array(values.length);
    for (let i = 0; i < values.length; i += 1) {
      if (known[i] === 0) classes[i] = 2;
      else if (Number.isNaN(values[i]!)) {
        classes[i] = 1;
        values[i] = 0;
      }
    }
    return { classes, values, sign };
  }
  if (field.scope === 'param' || field.scope === 'tag') {
    const texts = await readTexts(sql, query, { scope: field.scope, key: field.key });
    return { ...rank(texts, compareCodePoints), sign };
  }
  const attribute = await readAttribute(sql, query, field.key as PlainAttribute);
  const values = attribute.map((value) => value ?? undefined);
  const ranked =
    field.key === 'start_time' || field.key === 'end_time'
      ? rank(values as (Int64 | undefined)[], compareInt64)
      : rank(values as (string | undefined)[], compareCodePoints);
  return { ...ranked, sign };
}

/** Stands numbers in for values, so that each pair of different ones is compared once and not in every step of a sort. */
function rank<T>(
  values: readonly (T | undefined)[],
  compare: (a: T, b: T) => number,
): Pick<SortColumn, 'classes' | 'values'> {
  const distinct = [...new Set(values)].filter((value) => value !== undefined).sort(compare);
  const ranks = new Map(distinct.map((value, i) => [value, i]));
  const classes = new Uint8Array(values.length);
  const ranked = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (value === undefined) classes[i] = 2;
    else ranked[i] = ranks.get(value)!;
  }
  return { classes, values: ranked };
}

/** As the databases compare texts: by code points, where `<` compares units of UTF-16. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return aboveSurrogates(x) - aboveSurrogates(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for what lies beyond all other units. */
const aboveSurrogates = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
