import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type LiveChanges, useLiveChanges } from '../../data/live.ts';
import { OPENING_ROWS } from '../../data/run-list-message.ts';
import { headKey } from '../../data/run-opening.ts';
import { askWindow, type RunTreeQuery, type RunWindow } from '../../data/run-table.ts';
import type { GridWindow } from '../../tables/grid-props.ts';
import { CHUNK_COLUMNS } from './run-query.ts';
import { joinPage, type RunPage, type RunRow } from './run-rows.ts';

const PAGE_ROWS = OPENING_ROWS;
/** Rows around the seen ones that are asked for ahead. */
const AHEAD_ROWS = 40;
const SETTLE_MS = 70;
const NONE: readonly string[] = [];

export interface RunList {
  /** Rows of the list; undefined before the first answer. */
  readonly total: number | undefined;
  readonly matching: number;
  readonly all: number;
  readonly snapshot: string | undefined;
  /** The question that the rows answer: an earlier one while a new answer is on its way. */
  readonly query: RunTreeQuery;
  readonly rowAt: (index: number) => RunRow | undefined;
  readonly isStale: boolean;
  readonly error: unknown;
  /** Rows that the list would have more if it were read now. */
  readonly newRows: number;
  readonly showNew: () => void;
  readonly retry: () => void;
  readonly onWindow: (window: GridWindow) => void;
  /** The rows in view, as far as they have come. */
  readonly rowsInView: readonly RunRow[];
}

interface Shown {
  readonly key: string;
  readonly query: RunTreeQuery;
  readonly head: RunWindow;
}

export const headQuery = (query: RunTreeQuery, columns: readonly string[]) => ({
  queryKey: headKey(query),
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    askWindow(query, { columns, offset: 0, limit: PAGE_ROWS }, signal),
});

/**
 * A list of runs of any length, of which the rows and columns in view are asked for. It stays the list that it was
 * when it was asked for: where new runs would move what is read, they wait until they are wanted.
 * @param columns of the server, in the order of the screen; of them those in view are asked for.
 * `isAtTop` tells whether the first rows are in view, where new runs may come in by themselves; `isReady`, whether the columns
 * are known, so that one question brings rows and cells.
 */
export function useRunList(
  query: RunTreeQuery,
  columns: readonly string[],
  { isAtTop, isReady }: { readonly isAtTop: () => boolean; readonly isReady: boolean },
): RunList {
  const queries = useQueryClient();
  const key = JSON.stringify(query);
  const [view, setView] = useSettledWindow();
  const chunks = useChunks(columns, view.columnIds);
  const headColumns = useRef<readonly string[]>(NONE);
  headColumns.current = chunks.flat().slice(0, 200);

  const head = useQuery({
    ...headQuery(query, headColumns.current),
    queryFn: ({ signal }) =>
      askWindow(query, { columns: headColumns.current, offset: 0, limit: PAGE_ROWS }, signal),
    staleTime: 10_000,
    enabled: isReady,
  });
  const fresh = head.isPlaceholderData ? undefined : head.data;
  const [adopted, setAdopted] = useState<Shown | undefined>(() => fresh && { key, query, head: fresh });
  // Another question is answered at once; the same one only where nothing that is read would move.
  const mayReplace =
    fresh !== undefined &&
    (adopted === undefined ||
      adopted.key !== key ||
      (adopted.head !== fresh && (isAtTop() || isSameList(adopted.head, fresh))));
  const shown = mayReplace ? { key, query, head: fresh } : adopted;
  useEffect(() => {
    if (mayReplace) setAdopted({ key, query, head: fresh });
  }, [mayReplace, key, query, fresh]);

  const pageNumbers = pagesOf(view, shown?.head.total ?? 0);
  const asked = pageNumbers.flatMap((page) =>
    shown === undefined
      ? []
      : chunks
          .filter((chunk) => page > 0 || !chunk.every((column) => column in (shown.head.columns ?? {})))
          .concat(page > 0 && chunks.length === 0 ? [[]] : [])
          .map((chunk) => ({ page, chunk })),
  );
  const answers = useQueries({
    queries: asked.map(({ page, chunk }) => ({
      queryKey: ['runs', 'page', shown!.head.snapshot, page, [...chunk].sort()],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        askWindow(
          shown!.query,
          {
            snapshot: shown!.head.snapshot,
            columns: chunk,
            offset: page * PAGE_ROWS,
            limit: PAGE_ROWS,
          },
          signal,
        ),
      placeholderData: undefined,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 120_000,
    })),
  });

  const parts = new Map<number, RunWindow[]>();
  if (shown !== undefined) parts.set(0, [shown.head]);
  let isExpired = false;
  answers.forEach(({ data }, i) => {
    if (data === undefined) return;
    if (data.snapshot !== shown?.head.snapshot) isExpired = true;
    const { page } = asked[i]!;
    parts.set(page, [...(parts.get(page) ?? []), data]);
  });
  const pages = useJoinedPages(parts, shown);
  const { refetch } = head;
  // The server has forgotten the list, or restarted: what it sent is of another one.
  useEffect(() => {
    if (isExpired) void refetch();
  }, [isExpired, refetch]);

  const rowAt = useCallback(
    (index: number) => pages.get(Math.floor(index / PAGE_ROWS))?.rows[index % PAGE_ROWS],
    [pages],
  );
  const rowsInView = useMemo(() => {
    const rows: RunRow[] = [];
    for (let i = view.firstRow; i < view.endRow; i++) {
      const row = rowAt(i);
      if (row !== undefined && !row.isGone) rows.push(row);
    }
    return rows;
  }, [rowAt, view.firstRow, view.endRow]);

  useFollowedRuns(query, rowsInView, {
    readList: () => void refetch({ cancelRefetch: false }),
    readRows: () => {
      void queries.invalidateQueries({ queryKey: ['runs', 'page', shown?.head.snapshot] });
      if (view.firstRow < PAGE_ROWS) void refetch({ cancelRefetch: false });
    },
  });

  const waiting = adopted !== undefined && adopted.key === key && fresh !== undefined ? fresh : undefined;
  const failed = answers.find(({ error, data }) => error !== null && data === undefined);
  return {
    total: shown?.head.total,
    matching: (waiting ?? shown?.head)?.matching ?? 0,
    all: (waiting ?? shown?.head)?.all ?? 0,
    snapshot: shown?.head.snapshot,
    query: shown?.query ?? query,
    rowAt,
    isStale: shown !== undefined && shown.key !== key,
    error: head.error ?? failed?.error ?? undefined,
    newRows: Math.max(0, (waiting?.total ?? 0) - (shown?.head.total ?? 0)),
    showNew: () => fresh && setAdopted({ key, query, head: fresh }),
    retry: () => {
      void refetch();
      if (failed) void failed.refetch();
    },
    onWindow: setView,
    rowsInView,
  };
}

const isSameList = (one: RunWindow, other: RunWindow) =>
  one.total === other.total && one.rows.run_id.every((id, i) => id === other.rows.run_id[i]);

/** While a list is thrown, what flies by is not asked for. */
function useSettledWindow(): readonly [GridWindow, (window: GridWindow) => void] {
  const [view, setView] = useState<GridWindow>({ firstRow: 0, endRow: 40, columnIds: NONE });
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const toldAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = useCallback((next: GridWindow) => {
    clearTimeout(timer.current);
    const tell = () => {
      toldAt.current = performance.now();
      setView(next);
    };
    if (performance.now() - toldAt.current > 2 * SETTLE_MS) tell();
    else timer.current = setTimeout(tell, SETTLE_MS);
  }, []);
  return [view, settle];
}

function pagesOf({ firstRow, endRow }: GridWindow, total: number): readonly number[] {
  const first = Math.floor(Math.max(0, firstRow - AHEAD_ROWS) / PAGE_ROWS);
  const last = Math.floor(Math.max(0, Math.min(total, endRow + AHEAD_ROWS) - 1) / PAGE_ROWS);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** The columns in view, in whole chunks, so that scrolling sideways asks seldom. */
function useChunks(columns: readonly string[], seen: readonly string[]): readonly (readonly string[])[] {
  const all = useMemo(() => {
    const chunks: (readonly string[])[] = [];
    for (let start = 0; start < columns.length; start += CHUNK_COLUMNS) {
      chunks.push(columns.slice(start, start + CHUNK_COLUMNS));
    }
    return chunks;
  }, [columns]);
  return useMemo(() => {
    const wanted = new Set(seen);
    const inView = all.filter((chunk) => chunk.some((column) => wanted.has(column)));
    // Before the grid has told what is seen, it is the first ones.
    return inView.length === 0 ? all.slice(0, 1) : inView;
  }, [all, seen]);
}

/** Pages of rows that stay the same objects while nothing of them has changed. */
function useJoinedPages(
  parts: ReadonlyMap<number, readonly RunWindow[]>,
  shown: Shown | undefined,
): ReadonlyMap<number, RunPage> {
  const known = useRef(new Map<number, { readonly parts: readonly RunWindow[]; readonly page: RunPage }>());
  const list = useRef<{ key: string; snapshot: string } | undefined>(undefined);
  const result = useRef<ReadonlyMap<number, RunPage>>(new Map());

  const before = new Map<string, RunRow>();
  if (list.current?.key !== shown?.key) known.current = new Map();
  else if (list.current?.snapshot !== shown?.head.snapshot) {
    for (const { page } of known.current.values()) for (const row of page.rows) before.set(row.runId, row);
    known.current = new Map();
  }
  list.current = shown && { key: shown.key, snapshot: shown.head.snapshot };

  let hasChanged = parts.size === 0 && result.current.size > 0;
  for (const [number, windows] of parts) {
    const old = known.current.get(number);
    if (old !== undefined && sameParts(old.parts, windows)) continue;
    // Cells of columns that are out of view for a moment are kept.
    const kept = (old?.parts ?? []).filter((part) => !windows.includes(part)).slice(-2);
    const rowsBefore = old === undefined ? before : new Map(old.page.rows.map((row) => [row.runId, row]));
    const page = joinPage([...kept, ...windows], (runId) => rowsBefore.get(runId));
    known.current.set(number, { parts: windows, page });
    hasChanged = true;
  }
  if (hasChanged || result.current.size > known.current.size) {
    result.current = new Map([...known.current].map(([number, { page }]) => [number, page]));
  }
  return result.current;
}

const sameParts = (one: readonly RunWindow[], other: readonly RunWindow[]) =>
  one.length === other.length && one.every((part, i) => part === other[i]);

interface Readers {
  readList(): void;
  readRows(): void;
}

/** Reads anew what the server says has changed. */
function useFollowedRuns(query: RunTreeQuery, inView: readonly RunRow[], readers: Readers): void {
  const followsValues = /metric|min|max|first|last|count|at\(/i.test(
    `${query.filter} ${query.orderBy.join()}`,
  );
  useLiveChanges(query.experimentIds, (changes: LiveChanges) => {
    const seen = new Set(inView.map(({ runId }) => runId));
    const isListTouched =
      changes.isReset || changes.runs.size > 0 || (followsValues && changes.points.size > 0);
    if (isListTouched) readers.readList();
    if (changes.isReset || touches(seen, changes)) readers.readRows();
  });
}

function touches(seen: ReadonlySet<string>, { runs, points }: LiveChanges): boolean {
  for (const id of runs) if (seen.has(id)) return true;
  for (const id of points.keys()) if (seen.has(id)) return true;
  return false;
}
