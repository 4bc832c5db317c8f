import { postJson } from '../../data/request.ts';
import type { RunListQuery } from '../../data/run-table.ts';
import type { WireNumber } from './line-data.ts';

/** One value a run. */
export type ValueColumn = NumberColumn | TextColumn;

export interface NumberColumn {
  readonly kind: 'number';
  /** NaN both where a run has none and where it is NaN: `known` tells. */
  readonly values: Float64Array;
  readonly known: Uint8Array;
}

export interface TextColumn {
  readonly kind: 'text';
  readonly values: readonly string[];
  /** Places in `values`; −1 where a run has none. */
  readonly codes: Int32Array;
}

/** Runs in the order of the query, and of each the values that were asked for. */
export interface RunValues {
  /** Names the list of runs on the server. */
  readonly snapshot: string;
  readonly total: number;
  readonly runIds: readonly string[];
  readonly runNames: readonly string[];
  readonly columns: ReadonlyMap<string, ValueColumn>;
}

type WireColumn =
  | readonly (WireNumber | null)[]
  | { readonly values: readonly string[]; readonly codes: readonly number[] };

interface WireValues {
  readonly snapshot: string;
  readonly total: number;
  readonly run_ids?: readonly string[];
  readonly run_names?: readonly string[];
  readonly columns?: Readonly<Record<string, WireColumn>>;
}

/** All matching runs by column. @throws RequestError */
export async function askValues(
  query: RunListQuery,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<RunValues> {
  const answer = await postValues({ ...wireQuery(query), columns, with_ids: true }, signal);
  return {
    snapshot: answer.snapshot,
    total: answer.total,
    runIds: answer.run_ids ?? [],
    runNames: answer.run_names ?? [],
    columns: readColumns(answer),
  };
}

/** More columns of a list of runs that is here already; the whole of it where the server no longer knows that list. */
export async function askMoreValues(
  query: RunListQuery,
  { known, columns }: { readonly known: RunValues; readonly columns: readonly string[] },
  signal?: AbortSignal,
): Promise<RunValues> {
  const answer = await postValues({ ...wireQuery(query), columns, snapshot: known.snapshot }, signal);
  if (answer.snapshot !== known.snapshot) return askValues(query, columns, signal);
  return { ...known, columns: readColumns(answer) };
}

const postValues = (message: object, signal?: AbortSignal) =>
  postJson<WireValues>('run-table/values', message, signal);

function wireQuery({ experimentIds, filter, orderBy, viewType }: RunListQuery) {
  return { experiment_ids: experimentIds, filter, order_by: orderBy, view_type: viewType };
}

const readColumns = ({ columns = {} }: WireValues): ReadonlyMap<string, ValueColumn> =>
  new Map(Object.entries(columns).map(([name, column]) => [name, readColumn(column)]));

function readColumn(column: WireColumn): ValueColumn {
  if ('codes' in column) return { kind: 'text', values: column.values, codes: Int32Array.from(column.codes) };
  const values = new Float64Array(column.length).fill(Number.NaN);
  const known = new Uint8Array(column.length);
  for (const [i, value] of column.entries()) {
    if (value === null) continue;
    values[i] = Number(value);
    known[i] = 1;
  }
  return { kind: 'number', values, known };
}
