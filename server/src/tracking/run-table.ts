import type { Database, Sql } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import type { Int64 } from '../kernel/int64.ts';
import { type AttributeValue, listAttributes, type PlainAttribute } from './run-attributes-repository.ts';
import type { RunList, RunListQuery, RunLists } from './run-lists.ts';
import { type CellColumn, readCells } from './run-table-cells.ts';
import { type Column, parseColumns } from './run-table-columns.ts';
import { findRunNumbers } from './run-table-repository.ts';
import { flatten, type ShownRows } from './run-table-tree.ts';

export interface PlaceQuery extends RunListQuery {
  /** The list as an earlier answer named it. */
  readonly snapshot?: string | undefined;
  /** In a nested list, the runs whose children are shown; `*` stands for all. */
  readonly expanded: readonly string[];
}

export interface WindowQuery extends PlaceQuery {
  readonly columns: readonly string[];
  readonly offset: number;
  readonly limit: number;
}

/** Rows by column: all of one length. What a run that is gone for good would say is null. */
export interface WindowRows {
  readonly runIds: readonly (string | null)[];
  readonly names: readonly (string | null)[];
  readonly experimentIds: readonly (string | null)[];
  readonly statuses: readonly (string | null)[];
  readonly startTimesMs: readonly (Int64 | null)[];
  readonly endTimesMs: readonly (Int64 | null)[];
  readonly stages: readonly (string | null)[];
  readonly depths: readonly number[];
  readonly childCounts: readonly number[];
}

export interface RunWindow {
  readonly snapshot: string;
  /** Rows of the list: of a nested one those that are shown. */
  readonly total: number;
  readonly matching: number;
  readonly all: number;
  readonly offset: number;
  readonly rows: WindowRows;
  readonly columns: readonly CellColumn[];
}

const MAX_COLUMNS = 200;
const MAX_ROWS = 500;
/** No cell shows more; the run's page has the whole. */
const SHOWN_CHARS = 1000;
/** Lists whose shown rows are remembered: those that people scroll through now. */
const MAX_SHOWN = 16;

const ROW_ATTRIBUTES: readonly PlainAttribute[] = [
  'run_id',
  'run_name',
  'experiment_id',
  'status',
  'start_time',
  'end_time',
  'lifecycle_stage',
];

/** The runs table: windows of rows over whole experiments. */
export function createRunTable({ db, lists }: { readonly db: Database; readonly lists: RunLists }) {
  const shown = new Map<string, ShownRows>();

  async function rowsOf(list: RunList, expanded: readonly string[]): Promise<ShownRows | undefined> {
    const { tree } = list;
    if (tree === undefined) return undefined;
    const all = expanded.includes('*');
    const key = JSON.stringify([list.name, all || [...expanded].sort()]);
    const known = shown.get(key);
    if (known !== undefined) return known;
    const open = new Set<number>();
    if (!all) {
      await db.read(async (sql) => {
        for await (const [runNo] of findRunNumbers(sql, new Set(expanded)))
          open.add(list.runs.placeOf(runNo));
      });
    }
    const rows = flatten(tree, (place) => all || open.has(place));
    if (shown.size >= MAX_SHOWN) shown.delete(shown.keys().next().value as string);
    shown.set(key, rows);
    return rows;
  }

  return {
    /**
     * Some rows of the list of a query, with the values of some columns.
     * @throws AppError InvalidArgument for a bad filter, order, column, offset or limit.
     */
    async window(query: WindowQuery): Promise<RunWindow> {
      const columns = parseColumns(query.columns, MAX_COLUMNS);
      checkBounds(query);
      const list = await lists.find(query, query.snapshot);
      const rows = await rowsOf(list, query.expanded);
      const matching = list.runs.runNos.length;
      const total = rows?.places.length ?? matching;
      const places: number[] = [];
      for (let i = query.offset; i < Math.min(total, query.offset + query.limit); i += 1) {
        places.push(rows === undefined ? i : rows.places[i]!);
      }
      const depths = places.map((_, i) => rows?.depths[query.offset + i] ?? 0);
      return {
        snapshot: list.name,
        total,
        matching,
        all: list.all,
        offset: query.offset,
        ...(await db.read((sql) => readRows(sql, list, { places, depths, columns }))),
      };
    },

    /**
     * Where a run stands among the rows that `window` gives; undefined when it is not there or under a closed parent.
     * @throws AppError InvalidArgument for a bad filter or order.
     */
    async locate(query: PlaceQuery & { readonly runId: string }): Promise<number | undefined> {
      const list = await lists.find(query, query.snapshot);
      const rows = await rowsOf(list, query.expanded);
      let place = -1;
      await db.read(async (sql) => {
        for await (const [runNo] of findRunNumbers(sql, [query.runId])) place = list.runs.placeOf(runNo);
      });
      const index = rows === undefined ? place : rows.places.indexOf(place);
      return index < 0 ? undefined : index;
    },
  };
}

export type RunTable = ReturnType<typeof createRunTable>;

function checkBounds({ offset, limit }: WindowQuery): void {
  if (offset < 0) {
    throw invalidArgument(
      `Invalid value ${offset} for parameter 'offset' supplied: it must not be negative.`,
      {
        field: 'offset',
      },
    );
  }
  if (limit < 0 || limit > MAX_ROWS) {
    throw invalidArgument(
      `Invalid value ${limit} for parameter 'limit' supplied: it must be from 0 to ${MAX_ROWS}.`,
      { field: 'limit' },
    );
  }
}

interface Picked {
  readonly places: readonly number[];
  readonly depths: readonly number[];
  readonly columns: readonly Column[];
}

async function readRows(
  sql: Sql,
  { runs, tree }: RunList,
  { places, depths, columns }: Picked,
): Promise<Pick<RunWindow, 'rows' | 'columns'>> {
  const runNos = places.map((place) => runs.runNos[place]!);
  const byRun = new Map<number, readonly AttributeValue[]>();
  for await (const rows of listAttributes(sql, runNos, ROW_ATTRIBUTES)) {
    for (const [runNo, ...values] of rows) byRun.set(runNo, values);
  }
  const attribute = <T extends AttributeValue>(i: number) =>
    runNos.map((runNo) => (byRun.get(runNo)?.[i] ?? null) as T | null);
  return {
    rows: {
      runIds: attribute<string>(0),
      names: attribute<string>(1),
      experimentIds: attribute<string>(2),
      statuses: attribute<string>(3),
      startTimesMs: attribute<Int64>(4),
      endTimesMs: attribute<Int64>(5),
      stages: attribute<string>(6),
      depths,
      childCounts: places.map((place) => tree?.children.get(place)?.length ?? 0),
    },
    columns: await readCells(sql, { runNos, columns, chars: SHOWN_CHARS }),
  };
}
