import { queryOptions } from '@tanstack/react-query';
import { getJson, postJson } from './request.ts';
import { listMessage, treeMessage } from './run-list-message.ts';

export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

/** Which runs, and in what order. */
export interface RunListQuery {
  readonly experimentIds: readonly string[];
  readonly filter: string;
  /** In MLflow's words: ``metrics.`acc` DESC``. */
  readonly orderBy: readonly string[];
  readonly viewType: ViewType;
}

/** A list whose child runs stand under their parents, where these are open. */
export interface RunTreeQuery extends RunListQuery {
  readonly isNested: boolean;
  /** Open parents; `*` for all. */
  readonly expanded: readonly string[];
}

/** NaN and the infinities come as texts; null is nothing. */
export type WireCell = number | string | null | readonly DatasetCell[] | readonly ModelCell[];

export interface DatasetCell {
  readonly name: string;
  readonly digest: string;
  readonly context?: string;
}

export interface ModelCell {
  readonly model_id?: string;
  readonly name: string;
  readonly versions: readonly { readonly name: string; readonly version: string | number }[];
}

/** Rows by column: everything of one length. What a run that is gone for good would say is null. */
export interface RunWindow {
  /** Names the list as it was computed: windows of it scroll over the same runs in the same order. */
  readonly snapshot: string;
  /** Rows of the list: of a nested one those that are shown. */
  readonly total: number;
  readonly matching: number;
  readonly all: number;
  readonly offset: number;
  readonly rows: {
    readonly run_id: readonly (string | null)[];
    readonly run_name: readonly (string | null)[];
    readonly experiment_id: readonly (string | null)[];
    readonly status: readonly (string | null)[];
    readonly start_time: readonly (number | null)[];
    readonly end_time: readonly (number | null)[];
    readonly lifecycle_stage: readonly (string | null)[];
    readonly depth: readonly number[];
    readonly child_count: readonly number[];
  };
  readonly columns: Readonly<Record<string, readonly WireCell[]>>;
}

export interface WindowPart {
  readonly snapshot?: string | undefined;
  /** `metrics.<key>`, `history.min.<key>`, `params.<key>`, `tags.<key>`, `attributes.<name>`; at most 200. */
  readonly columns: readonly string[];
  readonly offset: number;
  /** At most 500. */
  readonly limit: number;
}

/** @throws RequestError, with a position where the filter has a mistake */
export function askWindow(query: RunTreeQuery, part: WindowPart, signal?: AbortSignal): Promise<RunWindow> {
  return postJson<RunWindow>('run-table/window', { ...treeMessage(query), ...part }, signal);
}

/** Where a run stands in a list. @throws RequestError */
export async function locateRun(
  query: RunTreeQuery,
  { snapshot, runId }: { readonly snapshot?: string; readonly runId: string },
): Promise<number | undefined> {
  const message = { ...treeMessage(query), snapshot, run_id: runId };
  const { index } = await postJson<{ readonly index: number | null }>('run-table/locate', message);
  return index ?? undefined;
}

/** The ids of all runs that match, in the order of the list. @throws RequestError */
export async function askRunIds(query: RunListQuery, signal?: AbortSignal): Promise<readonly string[]> {
  const message = { ...listMessage(query), columns: [], with_ids: true };
  const { run_ids = [] } = await postJson<{ readonly run_ids?: readonly string[] }>(
    'run-table/values',
    message,
    signal,
  );
  return run_ids;
}

/** The values of one text column over all runs that match, each once, the most frequent first. */
export async function askTextValues(
  query: RunListQuery,
  column: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const { columns = {} } = await postJson<{
    readonly columns?: Readonly<Record<string, unknown>>;
  }>('run-table/values', { ...listMessage(query), columns: [column] }, signal);
  const found = columns[column] as
    | { readonly values?: readonly string[]; readonly codes: readonly number[] }
    | undefined;
  if (found?.values === undefined) return [];
  const counts = new Uint32Array(found.values.length);
  for (const code of found.codes) if (code >= 0) counts[code]! += 1;
  return found.values
    .map((value, i) => ({ value, count: counts[i]! }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count)
    .map(({ value }) => value);
}

export type KeyKind = 'metrics' | 'params' | 'tags';

export interface RunKey {
  readonly key: string;
  /** Not the same in all runs. */
  readonly varies: boolean;
  /** What a param or tag that does not vary says; of long ones the beginning. */
  readonly value?: string;
  /** Of a key that does not vary: how many runs have it, where these are not all; null where that was not counted. */
  readonly runs?: number | null;
}

/** Whether all runs have the key, with one value. */
export const isEqualInAll = ({ varies, runs }: RunKey) => !varies && runs === undefined;

export interface RunKeyList {
  /** Those that vary first, then by name. */
  readonly keys: readonly RunKey[];
  /** Distinct keys that match, whether listed or not. */
  readonly total: number;
}

export type RunKeys = Readonly<Record<KeyKind, RunKeyList>>;

/** The keys of an experiment's runs. */
export const keysQuery = (experimentIds: readonly string[], contains: string, limit: number) =>
  queryOptions({
    queryKey: ['runs', 'keys', experimentIds, contains, limit],
    queryFn: async ({ signal }): Promise<RunKeys> =>
      readKeys(
        await getJson<Partial<RunKeys>>(
          'run-table/keys',
          { experiment_ids: experimentIds, ...(contains !== '' && { contains }), limit },
          signal,
        ),
      ),
  });

export function readKeys(found: Partial<RunKeys>): RunKeys {
  const read = (kind: KeyKind): RunKeyList => ({ keys: [], total: 0, ...found[kind] });
  return { metrics: read('metrics'), params: read('params'), tags: read('tags') };
}

/** NaN and the infinities come as texts. */
export type WireNumber = number | string;

export interface GroupMetric {
  readonly mean: WireNumber;
  readonly min: WireNumber;
  readonly max: WireNumber;
  readonly stddev: WireNumber;
  /** Runs of the group that have it. */
  readonly runs: number;
}

export interface RunGroup {
  /** Of the columns that were grouped by; null where its runs have none. */
  readonly values: readonly (string | null)[];
  readonly runs: number;
  /** The condition that finds its runs. */
  readonly filter: string;
  readonly latest_start_time: number | null;
  readonly metrics: Readonly<Record<string, GroupMetric>>;
}

export interface RunGroups {
  readonly total: number;
  readonly groups: readonly RunGroup[];
}

export const GROUP_WINDOW = 100;

export const groupsQuery = (
  query: RunListQuery,
  groupBy: readonly string[],
  metrics: readonly string[],
  window: number,
) =>
  queryOptions({
    queryKey: ['runs', 'groups', { ...query, orderBy: [] }, groupBy, metrics, window],
    queryFn: async ({ signal }): Promise<RunGroups> => {
      const answer = await postJson<Partial<RunGroups>>(
        'run-table/groups',
        {
          ...listMessage(query),
          group_by: groupBy,
          metrics,
          offset: window * GROUP_WINDOW,
          limit: GROUP_WINDOW,
        },
        signal,
      );
      return { total: answer.total ?? 0, groups: answer.groups ?? [] };
    },
  });

export type BulkAction =
  | { readonly action: 'delete' }
  | { readonly action: 'restore' }
  | { readonly action: 'set-tag'; readonly key: string; readonly value: string }
  | { readonly action: 'delete-tag'; readonly key: string };

export interface BulkAnswer {
  readonly changed: number;
  readonly run_ids: readonly string[];
  /** For tags: what they were before, in the order of `run_ids`; null where there was none. */
  readonly previous?: readonly (string | null)[];
  readonly refused?: readonly { readonly run_id: string; readonly message: string }[];
}

/** As many runs as one call changes. */
const BULK_RUNS = 10_000;

/** Changes runs, ten thousand at a time. @throws RequestError */
export async function changeRuns(runIds: readonly string[], action: BulkAction): Promise<BulkAnswer> {
  const answers: BulkAnswer[] = [];
  for (let start = 0; start < runIds.length; start += BULK_RUNS) {
    const part = runIds.slice(start, start + BULK_RUNS);
    answers.push(await postJson<BulkAnswer>('runs/bulk', { ...action, run_ids: part }));
  }
  return {
    changed: answers.reduce((sum, { changed }) => sum + changed, 0),
    run_ids: answers.flatMap(({ run_ids }) => run_ids ?? []),
    previous: answers.flatMap(({ previous }) => previous ?? []),
    refused: answers.flatMap(({ refused }) => refused ?? []),
  };
}

/** Where the browser gets all matching runs as CSV. */
export function exportAddress(query: RunListQuery, columns: readonly string[]): string {
  const parameters = new URLSearchParams();
  for (const id of query.experimentIds) parameters.append('experiment_ids', id);
  if (query.filter !== '') parameters.set('filter', query.filter);
  for (const term of query.orderBy) parameters.append('order_by', term);
  parameters.set('view_type', query.viewType);
  for (const column of columns) parameters.append('columns', column);
  return `/ajax-api/slipway/v1/run-table/export.csv?${parameters}`;
}
