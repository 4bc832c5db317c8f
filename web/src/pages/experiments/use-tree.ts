import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import {
  type ExperimentOverview,
  foldersQuery,
  type OverviewList,
  overviewQuery,
  type Stage,
  WINDOW,
} from '../../data/experiments.ts';
import { type ExperimentsSearch, orderOf } from './experiments-search.ts';
import { type Level, rowAt, type Segment, segmentsOf, visibleFolders } from './tree-rows.ts';

export interface Tree {
  readonly segments: readonly Segment[];
  /** Nothing has been read yet. */
  readonly isWaiting: boolean;
  /** What is shown belongs to an earlier question. */
  readonly isStale: boolean;
  readonly error: Error | undefined;
  readonly retry: () => void;
}

/** The rows that the address asks for: a tree of folders or, where something is looked for, a flat list. */
export function useTree(search: ExperimentsSearch): Tree {
  const tree = useFolderTree(search);
  const flat = useFlatList(search);
  const wanted = search.q === undefined ? tree : flat;
  const shown = useRef<readonly Segment[]>([]);
  if (!wanted.isWaiting && wanted.error === undefined) shown.current = wanted.segments;
  const isStale = wanted.isWaiting && shown.current.length > 0;
  return { ...wanted, segments: shown.current, isWaiting: wanted.isWaiting && !isStale, isStale };
}

const stageOf = ({ view }: ExperimentsSearch): Stage => (view === 'trash' ? 'DELETED_ONLY' : 'ACTIVE_ONLY');

function renderOrder(sort: string | undefined): string {
  const { by, isDescending } = orderOf(sort);
  return `${by} ${isDescending ? 'DESC' : 'ASC'}`;
}

type Wanted = Omit<Tree, 'isStale'>;

function useFlatList(search: ExperimentsSearch): Wanted {
  const list: OverviewList = {
    within: search.in,
    contains: search.q,
    stage: stageOf(search),
    orderBy: renderOrder(search.sort),
  };
  const { data, error, refetch } = useQuery({
    ...overviewQuery(list, 0),
    enabled: search.q !== undefined,
    placeholderData: undefined,
  });
  return {
    segments:
      data === undefined || data.total === 0
        ? []
        : [{ kind: 'experiments', depth: 0, list, count: data.total }],
    isWaiting: data === undefined && error === null,
    error: error ?? undefined,
    retry: () => void refetch(),
  };
}

function useFolderTree(search: ExperimentsSearch): Wanted {
  const root = search.in ?? '';
  const stage = stageOf(search);
  const orderBy = renderOrder(search.sort);
  const open = useMemo(() => new Set(search.open), [search.open]);
  const listOf = (folder: string): OverviewList => ({ folder, stage, orderBy });
  const cache = useQueryClient();
  // The content of a folder shows which of the open ones are in view, whose content is asked for next.
  const foldersOf = (path: string) => cache.getQueryData(foldersQuery(path, stage).queryKey);
  const paths = search.q === undefined ? visibleFolders(root, open, foldersOf) : [];
  const folders = useQueries({
    queries: paths.map((path) => ({ ...foldersQuery(path, stage), placeholderData: undefined })),
  });
  const counts = useQueries({
    queries: paths.map((path) => ({ ...overviewQuery(listOf(path), 0), placeholderData: undefined })),
  });
  const levels = new Map<string, Level>();
  for (const [i, path] of paths.entries()) {
    const children = folders[i]?.data;
    const count = counts[i]?.data?.total;
    if (children !== undefined && count !== undefined)
      levels.set(path, { folders: children, experiments: count });
  }
  const failed = [...folders, ...counts].filter((query) => query.error !== null);
  return {
    segments: segmentsOf({ root, open, levels, order: orderOf(search.sort), listOf }),
    isWaiting: !levels.has(root) && failed.length === 0,
    error: failed[0]?.error ?? undefined,
    retry: () => {
      for (const query of failed) void query.refetch();
    },
  };
}

/** Reads the windows of lists that rows `first` to `last` are in. */
export function useExperiments(
  segments: readonly Segment[],
  first: number,
  last: number,
): (segment: Segment, index: number) => ExperimentOverview | undefined {
  const wanted = new Map<string, { readonly list: OverviewList; readonly window: number }>();
  for (let row = first; row <= last; row++) {
    const at = rowAt(segments, row);
    if (at?.segment.kind !== 'experiments') continue;
    const window = Math.floor(at.index / WINDOW);
    wanted.set(keyOf(at.segment.list, window), { list: at.segment.list, window });
  }
  const keys = [...wanted.keys()];
  const windows = useQueries({
    queries: [...wanted.values()].map(({ list, window }) => ({
      ...overviewQuery(list, window),
      placeholderData: undefined,
    })),
  });
  return (segment, index) => {
    if (segment.kind !== 'experiments') return undefined;
    const window = windows[keys.indexOf(keyOf(segment.list, Math.floor(index / WINDOW)))];
    return window?.data?.experiments[index % WINDOW];
  };
}

const keyOf = (list: OverviewList, window: number): string => `${JSON.stringify(list)} ${window}`;
