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
  const state = useMemo(() => readRunsSearch(JSON.parse(text) as RunsSearch), [text]);
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
