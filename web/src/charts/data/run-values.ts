import { getJson, postJson } from '../../data/request.ts';
import type { WireNumber } from './line-data.ts';

/** The runs that charts are about: all that match. */
export interface RunQuery {
  readonly experimentIds: readonly string[];
  readonly filter: string;
  readonly orderBy: readonly string[];
  readonly viewType: 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';
}

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
  readonly total: number;
  readonly runIds: readonly string[];
  readonly runNames: readonly string[];
  readonly columns: ReadonlyMap<string, ValueColumn>;
}

type WireColumn =
  | readonly (WireNumber | null)[]
  | { readonly values: readonly string[]; readonly codes: readonly number[] };

interface WireValues {
  readonly total: number;
  readonly run_ids?: readonly string[];
  readonly run_names?: readonly string[];
  readonly columns?: Readonly<Record<string, WireColumn>>;
}

/** All matching runs by column. @throws RequestError */
export async function askValues(
  query: RunQuery,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<RunValues> {
  const answer = await postJson<WireValues>(
    'run-table/values',
    {
      experiment_ids: query.experimentIds,
      filter: query.filter,
      order_by: query.orderBy,
      view_type: query.viewType,
      columns,
      with_ids: true,
    },
    signal,
  );
  return {
    total: answer.total,
    runIds: answer.run_ids ?? [],
    runNames: answer.run_names ?? [],
    columns: new Map(
      Object.entries(answer.columns ?? {}).map(([name, column]) => [name, readColumn(column)]),
    ),
  };
}

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

export interface RunKey {
  readonly key: string;
  /** Not the same in all runs. */
  readonly varies: boolean;
}

export interface RunKeys {
  readonly metrics: KeyList;
  readonly params: KeyList;
}

export interface KeyList {
  readonly keys: readonly RunKey[];
  /** Distinct keys there are, listed or not. */
  readonly total: number;
}

/** @throws RequestError */
export async function askKeys(
  experimentIds: readonly string[],
  { contains, limit }: { readonly contains?: string | undefined; readonly limit: number },
  signal?: AbortSignal,
): Promise<RunKeys> {
  const none: KeyList = { keys: [], total: 0 };
  const { metrics = none, params = none } = await getJson<Partial<RunKeys>>(
    'run-table/keys',
    { experiment_ids: experimentIds, kinds: ['metrics', 'params'], contains, limit },
    signal,
  );
  return { metrics, params };
}
