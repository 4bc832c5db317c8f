import type { Sql } from '../db/port.ts';
import type { Int64 } from '../kernel/int64.ts';
import {
  listAttributes,
  listDatasetsOf,
  listModelsOf,
  type PlainAttribute,
  type RunDataset,
  type RunModel,
} from './run-attributes-repository.ts';
import type { Column } from './run-table-columns.ts';
import { listHistoryOf, listLatestOf, listTextsOf } from './run-table-repository.ts';
import { onlySeen, type SeesModel } from './seen-models.ts';

/** A number is a metric's value or a time; lists are models or datasets. */
export type Cell = number | bigint | string | readonly RunModel[] | readonly RunDataset[] | null;

/** A list without the registered models that a caller does not see. */
export function seenIn(
  items: readonly RunModel[] | readonly RunDataset[],
  sees: SeesModel,
): readonly (RunModel | RunDataset)[] {
  const [first] = items;
  return first !== undefined && 'versions' in first ? onlySeen(items as readonly RunModel[], sees) : items;
}

export interface CellColumn {
  readonly column: Column;
  /** In the order of the runs. */
  readonly cells: Cell[];
}

export interface CellQuery {
  readonly runNos: readonly number[];
  readonly columns: readonly Column[];
  /** Params and tags that are longer are cut there and end in an ellipsis. */
  readonly chars: number;
}

/** The values of columns for some runs, some hundred thousand cells at most. */
export async function readCells(sql: Sql, { runNos, columns, chars }: CellQuery): Promise<CellColumn[]> {
  const filled = columns.map((column) => ({ column, cells: new Array<Cell>(runNos.length).fill(null) }));
  if (runNos.length === 0) return filled;
  const rowOf = new Map(runNos.map((runNo, i) => [runNo, i]));
  const cellsOf = (scope: Column['scope']) =>
    new Map(
      filled.filter(({ column }) => column.scope === scope).map(({ column, cells }) => [column.key, cells]),
    );

  const metrics = cellsOf('metric');
  for (const [runNo, key, value, isNan] of await listLatestOf(sql, runNos, [...metrics.keys()])) {
    metrics.get(key)![rowOf.get(runNo)!] = isNan === 1 ? Number.NaN : value;
  }
  for (const { column, cells } of filled) {
    if (column.scope !== 'history') continue;
    for (const [runNo, value, isNan] of await listHistoryOf(sql, runNos, column)) {
      cells[rowOf.get(runNo)!] = isNan === 1 ? Number.NaN : value;
    }
  }
  for (const [scope, table] of [
    ['param', 'params'],
    ['tag', 'run_tags'],
  ] as const) {
    const cells = cellsOf(scope);
    const query = { runNos, keys: [...cells.keys()], chars: chars + 1 };
    for (const [runNo, key, value] of await listTextsOf(sql, table, query)) {
      cells.get(key)![rowOf.get(runNo)!] = shorten(value, chars);
    }
  }
  await fillAttributes(sql, { runNos, rowOf, cells: cellsOf('attribute') });
  return filled;
}

function shorten(value: string, chars: number): string {
  // Units of UTF-16 are at least as many as characters: the first question is the cheap one.
  if (value.length <= chars || [...value].length <= chars) return value;
  return `${[...value].slice(0, chars).join('')}…`;
}

interface Attributes {
  readonly runNos: readonly number[];
  readonly rowOf: ReadonlyMap<number, number>;
  readonly cells: ReadonlyMap<string, Cell[]>;
}

async function fillAttributes(sql: Sql, { runNos, rowOf, cells }: Attributes): Promise<void> {
  const plain = [...cells.keys()].filter(isPlain);
  if (plain.length > 0) {
    for await (const rows of listAttributes(sql, runNos, plain)) {
      for (const [runNo, ...values] of rows) {
        for (const [i, key] of plain.entries()) cells.get(key)![rowOf.get(runNo)!] = values[i] ?? null;
      }
    }
  }
  const durations = cells.get('duration');
  if (durations !== undefined) {
    for await (const rows of listAttributes(sql, runNos, ['start_time', 'end_time'])) {
      for (const [runNo, start, end] of rows) {
        durations[rowOf.get(runNo)!] = duration(start as Int64, end as Int64 | null);
      }
    }
  }
  const models = cells.get('models');
  if (models !== undefined) fillLists(models, rowOf, await listModelsOf(sql, runNos));
  const datasets = cells.get('datasets');
  if (datasets !== undefined) fillLists(datasets, rowOf, await listDatasetsOf(sql, runNos));
}

function isPlain(key: string): key is PlainAttribute {
  return key !== 'models' && key !== 'datasets' && key !== 'duration';
}

function fillLists<T extends RunModel | RunDataset>(
  cells: Cell[],
  rowOf: ReadonlyMap<number, number>,
  items: readonly T[],
): void {
  for (const [runNo, ofRun] of Map.groupBy(items, (item) => item.runNo)) {
    cells[rowOf.get(runNo)!] = ofRun as readonly RunModel[] | readonly RunDataset[];
  }
}

/** In milliseconds; null for a run that has not ended. */
export function duration(start: Int64, end: Int64 | null): number | null {
  return end === null ? null : Number(BigInt(end) - BigInt(start));
}
