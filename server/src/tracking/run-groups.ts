import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Int64 } from '../kernel/int64.ts';
import type { PlainAttribute } from './run-attributes-repository.ts';
import { encode } from './run-columns.ts';
import { renderGroupFilter } from './run-group-filter.ts';
import type { RunList, RunListQuery, RunLists } from './run-lists.ts';
import { createRunSet } from './run-set.ts';
import { type Column, parseColumns } from './run-table-columns.ts';
import { readAttribute, readMetric, readTexts, type ValueQuery } from './run-table-values.ts';

export interface GroupQuery extends Omit<RunListQuery, 'orderBy' | 'nested'> {
  /** 1 to 3 columns of params, tags, or attributes that a filter can ask for. */
  readonly groupBy: readonly string[];
  readonly metrics: readonly string[];
  readonly offset: number;
  readonly limit: number;
}

/** Over the runs of a group whose latest value is a number. */
export interface GroupMetric {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Of a sample (n - 1); 0 for one run. */
  readonly stddev: number;
  readonly runs: number;
}

export interface RunGroup {
  /** By the columns; null for runs that do not have it. */
  readonly values: readonly (string | null)[];
  readonly runs: number;
  /** The condition that finds the runs of the group among those of the query. */
  readonly filter: string;
  readonly latestStartTimeMs: Int64 | null;
  /** By metric; without those that no run of the group has as a number. */
  readonly metrics: ReadonlyMap<string, GroupMetric>;
}

const MAX_COLUMNS = 3;
const MAX_METRICS = 20;
const MAX_LIMIT = 500;
const GROUPABLE: ReadonlySet<string> = new Set([
  'status',
  'user_id',
  'run_name',
  'source_name',
  'parent_run_id',
]);

/** Runs that match, grouped by what they have in common. */
export function createRunGroups({ db, lists }: { readonly db: Database; readonly lists: RunLists }) {
  return {
    /**
     * Groups, those with the newest runs first.
     * @throws AppError InvalidArgument for a bad filter, column, number of metrics, offset or limit.
     */
    async list(query: GroupQuery): Promise<{ readonly total: number; readonly groups: readonly RunGroup[] }> {
      const columns = checkQuery(query);
      const list = await lists.find({ ...query, orderBy: [] });
      return db.read(async (sql) => {
        const groups = await divide(sql, list, columns);
        const wanted = groups.members.slice(query.offset, query.offset + query.limit);
        const metrics = await aggregate(sql, list, { members: wanted, keys: [...new Set(query.metrics)] });
        const starts = await firstStarts(sql, list, wanted);
        return {
          total: groups.members.length,
          groups: wanted.map((places, i) => {
            const values = columns.map((_, column) => groups.valueOf(places[0]!, column));
            return {
              values,
              runs: places.length,
              filter: renderGroupFilter(columns, values),
              latestStartTimeMs: starts[i]!,
              metrics: metrics[i]!,
            };
          }),
        };
      });
    },
  };
}

export type RunGroups = ReturnType<typeof createRunGroups>;

function checkQuery({ groupBy, metrics, offset, limit }: GroupQuery): readonly Column[] {
  const columns = parseColumns(groupBy, MAX_COLUMNS, 'group_by');
  if (columns.length === 0) {
    throw invalidArgument(`Missing value for required parameter 'group_by'.`, { field: 'group_by' });
  }
  for (const { name, scope, key } of columns) {
    if (scope === 'param' || scope === 'tag' || (scope === 'attribute' && GROUPABLE.has(key))) continue;
    const field = `group_by[${groupBy.indexOf(name)}]`;
    throw invalidArgument(
      `Invalid value ${JSON.stringify(name.slice(0, 100))} for parameter '${field}' supplied: runs are grouped by params, tags, and the attributes ${[...GROUPABLE].join(', ')}.`,
      { field },
    );
  }
  if (metrics.length > MAX_METRICS) {
    throw invalidArgument(`metrics takes at most ${MAX_METRICS} keys. Received ${metrics.length}.`, {
      field: 'metrics',
    });
  }
  for (const [field, value, most] of [
    ['offset', offset, Number.MAX_SAFE_INTEGER],
    ['limit', limit, MAX_LIMIT],
  ] as const) {
    if (value < 0 || value > most) {
      throw invalidArgument(
        `Invalid value ${value} for parameter '${field}' supplied: it must be from 0 to ${most}.`,
        { field },
      );
    }
  }
  return columns;
}

interface Division {
  /** The places of each group's runs; groups and runs in the order of the list. */
  readonly members: readonly (readonly number[])[];
  valueOf(place: number, column: number): string | null;
}

async function divide(sql: Sql, list: RunList, columns: readonly Column[]): Promise<Division> {
  const encoded: ReturnType<typeof encode>[] = [];
  for (const { name, scope, key } of columns) {
    const texts =
      scope === 'param' || scope === 'tag'
        ? await readTexts(sql, list, { scope, key })
        : (await readAttribute(sql, list, key as PlainAttribute)).map((value) =>
            value === null ? undefined : String(value),
          );
    encoded.push(encode(name, texts));
  }
  const groups = new Map<string, number[]>();
  for (let place = 0; place < list.runs.runNos.length; place += 1) {
    const identity = encoded.map(({ codes }) => codes[place]).join(' ');
    const members = groups.get(identity);
    if (members === undefined) groups.set(identity, [place]);
    else members.push(place);
  }
  return {
    members: [...groups.values()],
    valueOf: (place, column) => {
      const { values, codes } = encoded[column]!;
      return values[codes[place]!] ?? null;
    },
  };
}

interface Wanted {
  readonly members: readonly (readonly number[])[];
  readonly keys: readonly string[];
}

async function aggregate(
  sql: Sql,
  list: ValueQuery,
  { members, keys }: Wanted,
): Promise<Map<string, GroupMetric>[]> {
  const groups = members.map(() => new Map<string, GroupMetric>());
  if (members.length === 0) return groups;
  const runs = createRunSet(Float64Array.from(members.flat(), (place) => list.runs.runNos[place]!));
  for (const key of keys) {
    const { values, known } = await readMetric(sql, { ...list, runs }, key);
    // The places of a group follow those of the groups before it.
    let at = 0;
    for (const [i, { length }] of members.entries()) {
      const numbers: number[] = [];
      for (const end = at + length; at < end; at += 1) {
        if (known[at] === 1 && !Number.isNaN(values[at]!)) numbers.push(values[at]!);
      }
      const metric = describe(numbers);
      if (metric !== undefined) groups[i]!.set(key, metric);
    }
  }
  return groups;
}

/** Two passes: the sum of squares about the mean loses no digits where values are large and alike. */
export function describe(values: readonly number[]): GroupMetric | undefined {
  if (values.length === 0) return undefined;
  let sum = 0;
  let min = values[0]!;
  let max = values[0]!;
  for (const value of values) {
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const mean = min === max ? min : sum / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const stddev = min === max ? 0 : Math.sqrt(squares / (values.length - 1));
  return { mean, min, max, stddev, runs: values.length };
}

/** The list is newest first: so is each group. */
async function firstStarts(
  sql: Sql,
  list: RunList,
  members: readonly (readonly number[])[],
): Promise<(Int64 | null)[]> {
  const runs = createRunSet(Float64Array.from(members, (places) => list.runs.runNos[places[0]!]!));
  return (await readAttribute(sql, { ...list, runs }, 'start_time')) as (Int64 | null)[];
}
