import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef } from 'react';
import { type RunsSearch, type RunsState, readRunsSearch, writeRunsSearch } from './runs-search.ts';

export interface RunsPlace {
  readonly experimentIds: readonly string[];
  readonly state: RunsState;
  /** A step of the history: what people mean to come back to. */
  readonly change: (change: Partial<RunsState>) => void;
  /** Without a step: widths, open rows, the run beside the table. */
  readonly adjust: (change: Partial<RunsState>) => void;
}

/** The state of the page, as the address has it. */
export function useRunsState(): RunsPlace {
  const { experimentId = '0' } = useParams({ strict: false });
  const search = useSearch({ strict: false }) as RunsSearch;
  const navigate = useNavigate();
  const text = JSON.stringify(search);
  const known = useRef<RunsState | undefined>(undefined);
  const state = useMemo(
    () => shareEqual(known.current, readRunsSearch(JSON.parse(text) as RunsSearch)),
    [text],
  );
  known.current = state;
  const latest = useRef(state);
  latest.current = state;
  const go = useCallback(
    (change: Partial<RunsState>, isStep: boolean) => {
      // Several changes of one moment build on each other.
      latest.current = { ...latest.current, ...change };
      void navigate({
        to: '.',
        search: writeRunsSearch(latest.current) as never,
        replace: !isStep,
        resetScroll: false,
      });
    },
    [navigate],
  );
  const ids = state.ids.join(',');
  return {
    experimentIds: useMemo(
      () => [...new Set([experimentId, ...(ids === '' ? [] : ids.split(','))])],
      [experimentId, ids],
    ),
    state,
    change: useCallback((change) => go(change, true), [go]),
    adjust: useCallback((change) => go(change, false), [go]),
  };
}

/** What is as before stays the same object, so that opening a run beside the table draws no cell of it anew. */
function shareEqual(before: RunsState | undefined, next: RunsState): RunsState {
  if (before === undefined) return next;
  const names = Object.keys(next) as (keyof RunsState)[];
  const kept: Partial<RunsState> = Object.fromEntries(
    names.filter((name) => isEqual(before[name], next[name])).map((name) => [name, before[name]]),
  );
  return { ...next, ...kept };
}

const isEqual = (one: unknown, other: unknown) => one === other || written(one) === written(other);
const written = (value: unknown) => JSON.stringify(value instanceof Map ? [...value] : value);
