import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Int64 } from '../kernel/int64.ts';
import type { AttributeValue, PlainAttribute } from './run-attributes-repository.ts';
import type { RunList, RunListQuery, RunLists } from './run-lists.ts';
import { createRunSet } from './run-set.ts';
import { duration } from './run-table-cells.ts';
import { type Column, parseColumns } from './run-table-columns.ts';
import { readAttribute, readHistory, readMetric, readTexts, type ValueQuery } from './run-table-values.ts';

export interface ColumnsQuery extends RunListQuery {
  /** The list as an earlier answer named it. */
  readonly snapshot?: string | undefined;
  readonly columns: readonly string[];
  /** Whether ids and names of the runs come first. */
  readonly withIds: boolean;
}

/** One column over all runs of a list: numbers (null where a run has none), or texts by code (-1 where it has none). */
export type ValueColumn =
  | { readonly name: string; readonly numbers: readonly (number | null)[] }
  | { readonly name: string; readonly values: readonly string[]; readonly codes: Int32Array };

export interface RunColumns {
  readonly snapshot: string;
  /** Runs that match; of more than 200,000 the first so many are told. */
  readonly total: number;
  readonly runIds: readonly (string | null)[] | undefined;
  readonly names: readonly (string | null)[] | undefined;
  /** Read one after the other, as they are taken. */
  readonly columns: AsyncGenerator<ValueColumn>;
}

const MAX_COLUMNS = 50;
const MAX_RUNS = 200_000;

/** Whole columns over all runs that match, for charts that show every run. */
export function createRunColumns({ db, lists }: { readonly db: Database; readonly lists: RunLists }) {
  return {
    /** @throws AppError InvalidArgument for a bad filter, order or column, or one that has lists as its values. */
    async read(query: ColumnsQuery): Promise<RunColumns> {
      const columns = parseColumns(query.columns, MAX_COLUMNS);
      for (const { name, scope, key } of columns) {
        if (scope === 'attribute' && (key === 'models' || key === 'datasets')) {
          const field = `columns[${query.columns.indexOf(name)}]`;
          throw invalidArgument(
            `Invalid value ${JSON.stringify(name)} for parameter '${field}' supplied: its values are lists.`,
            { field },
          );
        }
      }
      const list = await lists.find(query, query.snapshot);
      const values = valueQuery(list);
      const ids = async (attribute: PlainAttribute) =>
        query.withIds
          ? ((await db.read((sql) => readAttribute(sql, values, attribute))) as (string | null)[])
          : undefined;
      return {
        snapshot: list.name,
        total: list.runs.runNos.length,
        runIds: await ids('run_id'),
        names: await ids('run_name'),
        columns: readColumns(db, values, columns),
      };
    },
  };
}

export type RunColumnReads = ReturnType<typeof createRunColumns>;

function valueQuery(list: RunList): ValueQuery {
  if (list.runs.runNos.length <= MAX_RUNS) return list;
  return { ...list, runs: createRunSet(list.runs.runNos.subarray(0, MAX_RUNS)) };
}

async function* readColumns(
  db: Database,
  query: ValueQuery,
  columns: readonly Column[],
): AsyncGenerator<ValueColumn> {
  for (const column of columns) yield await db.read((sql) => readColumn(sql, query, column));
}

async function readColumn(sql: Sql, query: ValueQuery, column: Column): Promise<ValueColumn> {
  const { name, scope, key } = column;
  if (scope === 'metric' || scope === 'history') {
    const { values, known } = await (column.scope === 'history'
      ? readHistory(sql, query, column)
      : readMetric(sql, query, key));
    return { name, numbers: Array.from(values, (value, place) => (known[place] === 1 ? value : null)) };
  }
  if (scope === 'param' || scope === 'tag') return encode(name, await readTexts(sql, query, { scope, key }));
  const read = (attribute: PlainAttribute) => readAttribute(sql, query, attribute);
  if (key === 'duration') {
    const ends = await read('end_time');
    const starts = await read('start_time');
    return { name, numbers: starts.map((start, i) => duration(start as Int64, ends[i] as Int64 | null)) };
  }
  const values = await read(key as PlainAttribute);
  if (key === 'start_time' || key === 'end_time') return { name, numbers: values.map(toNumber) };
  return encode(
    name,
    values.map((value) => (value === null ? undefined : String(value))),
  );
}

const toNumber = (value: AttributeValue): number | null => (value === null ? null : Number(value));

/** Texts by code: what a param says is said a few times over in thousands of runs. */
export function encode(name: string, texts: readonly (string | undefined)[]) {
  const codeOf = new Map<string, number>();
  const codes = new Int32Array(texts.length);
  for (const [place, text] of texts.entries()) {
    if (text === undefined) {
      codes[place] = -1;
      continue;
    }
    let code = codeOf.get(text);
    if (code === undefined) {
      code = codeOf.size;
      codeOf.set(text, code);
    }
    codes[place] = code;
  }
  return { name, values: [...codeOf.keys()], codes };
}
