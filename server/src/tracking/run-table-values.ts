import type { Sql } from '../db/port.ts';
import { nextTurn } from '../kernel/turns.ts';
import { type AttributeValue, listAttributes, type PlainAttribute } from './run-attributes-repository.ts';
import type { RunSet } from './run-set.ts';
import * as repository from './run-table-repository.ts';

/** Runs whose values are wanted, among all runs of their experiments. */
export interface ValueQuery {
  readonly experimentNos: readonly number[];
  readonly runs: RunSet;
  /** How many runs the experiments have. */
  readonly all: number;
  /** Up to so many runs are looked up one by one in any case. */
  readonly oneByOne: number;
}

/** Numbers by place; where `known` is 0 the run has none. NaN is a value. */
export interface NumberColumn {
  readonly values: Float64Array;
  readonly known: Uint8Array;
}

/** A lookup costs about as much as this many steps along an index. */
const LOOKUP_COST = 6;

/** Whether looking up each run is cheaper than a walk over all runs of the experiments. */
function isFewOf({ runs, all, oneByOne }: ValueQuery): boolean {
  return runs.runNos.length * LOOKUP_COST < all || runs.runNos.length <= oneByOne;
}

/** A metric's latest values. `onValue` hears of the places in the order in which they were read. */
export async function readMetric(
  sql: Sql,
  query: ValueQuery,
  key: string,
  onValue?: (place: number) => void,
): Promise<NumberColumn> {
  const { runs } = query;
  const values = new Float64Array(runs.runNos.length);
  const known = new Uint8Array(runs.runNos.length);
  const take = (found: repository.MetricValues) => {
    for (let i = 0; i < found.runNos.length; i += 1) {
      const place = runs.placeOf(found.runNos[i]!);
      if (place < 0) continue;
      values[place] = found.values[i]!;
      // A value that changed while it was walked may come twice.
      if (known[place] === 0) onValue?.(place);
      known[place] = 1;
    }
  };
  if (isFewOf(query)) {
    for await (const found of repository.lookUpMetric(sql, runs.runNos, key)) take(found);
    return { values, known };
  }
  const { experimentNos, all: atMost } = query;
  for (const experimentNo of experimentNos) {
    for await (const found of repository.scanMetric(sql, { experimentNo, key, atMost })) take(found);
  }
  return { values, known };
}

/** What a function over a metric's history gives, by place. */
export async function readHistory(
  sql: Sql,
  { runs }: ValueQuery,
  of: repository.MetricHistory,
): Promise<NumberColumn> {
  const values = new Float64Array(runs.runNos.length);
  const known = new Uint8Array(runs.runNos.length);
  for (const some of repository.chunks(runs.runNos)) {
    for (const [runNo, value, isNan] of await repository.listHistoryOf(sql, some, of)) {
      const place = runs.placeOf(runNo);
      if (place < 0) continue;
      values[place] = isNan === 1 ? Number.NaN : value!;
      known[place] = 1;
    }
    await nextTurn();
  }
  return { values, known };
}

/** An attribute's values by place; null where a run has none. */
export async function readAttribute(
  sql: Sql,
  { runs }: ValueQuery,
  attribute: PlainAttribute,
): Promise<AttributeValue[]> {
  const values = new Array<AttributeValue>(runs.runNos.length).fill(null);
  for await (const rows of listAttributes(sql, runs.runNos, [attribute])) {
    for (const [runNo, value] of rows) values[runs.placeOf(runNo)] = value ?? null;
  }
  return values;
}

/** The texts of a param or a tag by place; undefined where a run has none. */
export async function readTexts(
  sql: Sql,
  query: ValueQuery,
  { scope, key }: { readonly scope: 'param' | 'tag'; readonly key: string },
): Promise<(string | undefined)[]> {
  const { runs } = query;
  const texts = new Array<string | undefined>(runs.runNos.length).fill(undefined);
  const take = (found: repository.TextValues) => {
    for (let i = 0; i < found.runNos.length; i += 1) {
      const place = runs.placeOf(found.runNos[i]!);
      if (place >= 0) texts[place] = found.values[i]!;
    }
  };
  const table = scope === 'param' ? 'params' : 'run_tags';
  if (isFewOf(query)) {
    for await (const found of repository.lookUpText(sql, table, { runNos: runs.runNos, key })) take(found);
    return texts;
  }
  const { experimentNos, all: atMost } = query;
  for (const experimentNo of experimentNos) {
    for await (const found of repository.scanText(sql, table, { experimentNo, key, atMost })) take(found);
  }
  return texts;
}
