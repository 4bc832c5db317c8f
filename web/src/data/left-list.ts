import { useRouter, useRouterState } from '@tanstack/react-router';
import { useEffect, useMemo } from 'react';
import type { RunTreeQuery } from './run-table.ts';

/** The list of runs from which a run was opened: what it asked for, and its address. */
export interface LeftList {
  readonly query: RunTreeQuery;
  /** Of the path; the others are in the search. */
  readonly experimentId: string;
  readonly search: Readonly<Record<string, unknown>>;
}

const KEY = 'slipway.left-lists';
/** As many places of the history remember their list. */
const MOST = 60;
const RUN_PATH = /^\/experiments\/[^/]+\/runs\/[^/]+/;

/** By the key that the history gives its places: so it holds over reloads, and going back and forward. */
type LeftLists = readonly (readonly [place: string, list: LeftList])[];

function readLists(): LeftLists {
  try {
    const lists: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]');
    return Array.isArray(lists) ? (lists as LeftLists) : [];
  } catch {
    return [];
  }
}

const listOf = (place: string | undefined): LeftList | undefined =>
  place === undefined ? undefined : readLists().find(([known]) => known === place)?.[1];

/** A place that was visited before keeps the list that it was opened from. */
function keep(place: string | undefined, list: LeftList): void {
  const lists = readLists();
  if (place === undefined || lists.some(([known]) => known === place)) return;
  sessionStorage.setItem(KEY, JSON.stringify([[place, list], ...lists].slice(0, MOST)));
}

/** Of a list of runs: remembers it for the run that is opened from it. */
export function useLeavingList(query: RunTreeQuery, experimentId: string | undefined): void {
  const router = useRouter();
  useEffect(() => {
    if (experimentId === undefined) return;
    return router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation }) => {
      if (fromLocation === undefined || !RUN_PATH.test(toLocation.pathname)) return;
      keep(toLocation.state.__TSR_key, { query, experimentId, search: fromLocation.search });
    });
  }, [router, query, experimentId]);
}

/** Of a run: the list that it was opened from, handed on to the runs and tabs that are opened from it. */
export function useLeftList(): LeftList | undefined {
  const router = useRouter();
  const place = useRouterState({ select: ({ location }) => location.state.__TSR_key });
  const list = useMemo(() => listOf(place), [place]);
  useEffect(() => {
    if (list === undefined) return;
    return router.subscribe('onBeforeNavigate', ({ toLocation }) => {
      if (RUN_PATH.test(toLocation.pathname)) keep(toLocation.state.__TSR_key, list);
    });
  }, [router, list]);
  return list;
}
