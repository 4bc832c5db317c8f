import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef } from 'react';
import { askHistories, askLines, type Histories, type Line, type LineX, MOST_LINES } from './line-data.ts';

export interface LinesQuery {
  readonly isEnabled: boolean;
  readonly runIds: readonly string[];
  readonly keys: readonly string[];
  readonly x: LineX;
  readonly part: readonly [number, number] | undefined;
  readonly maxPoints: number;
  readonly withMeans: boolean;
  /** Lines of single points are not wanted. */
  readonly unlessSingle: boolean;
}

export interface ShownLines {
  readonly lines: readonly Line[] | undefined;
  /** There are but single points; of `unlessSingle` alone. */
  readonly areSingle: boolean;
  readonly error: Error | undefined;
  /** What is shown is not yet what was asked for. */
  readonly isStale: boolean;
  readonly retry: () => void;
  /** Reads the lines of these runs anew, and no others. */
  readonly refresh: (runIds: readonly string[] | 'all') => void;
}

interface Held {
  readonly of: string;
  readonly lines: Map<string, readonly Line[]>;
  readonly changed: Set<string>;
}

/**
 * The histories of metrics over runs, in the order of the runs. When the list of runs changes or some of them have grown,
 * only what is missing is asked for.
 */
export function useLines(query: LinesQuery): ShownLines {
  const { runIds, keys, x, part, maxPoints, withMeans, unlessSingle, isEnabled } = query;
  const client = useQueryClient();
  const of = JSON.stringify([keys, x, part ?? null, maxPoints, withMeans, unlessSingle]);
  const held = useRef<Held>({ of: '', lines: new Map(), changed: new Set() });
  const asked = runIds.slice(0, MOST_LINES);
  const queryKey = ['runs', 'lines', of, asked];
  const { data, error, isPlaceholderData, refetch } = useQuery({
    queryKey,
    enabled: isEnabled,
    placeholderData: keepPreviousData,
    // The answer is large, and the next page asks for other runs.
    gcTime: 60_000,
    queryFn: async ({ signal }): Promise<Histories> => {
      if (held.current.of !== of) held.current = { of, lines: new Map(), changed: new Set() };
      const { lines, changed } = held.current;
      const missing = asked.filter((id) => !lines.has(id) || changed.has(id));
      for (const id of missing) changed.delete(id);
      const wanted = { runIds: missing, keys, x, part, maxPoints, withMeans };
      if (unlessSingle && lines.size === 0) {
        const histories = await askHistories(wanted, signal);
        // Nothing is kept of single points: when a run goes on, all are asked for.
        if (!histories.areSingle) keep(lines, missing, histories.lines);
        return histories;
      }
      const found = await askLines(wanted, signal).catch((failure) => {
        for (const id of missing) changed.add(id);
        throw failure;
      });
      keep(lines, missing, found);
      return { lines: asked.flatMap((id) => lines.get(id) ?? []), areSingle: false };
    },
  });
  const keyRef = useRef(queryKey);
  keyRef.current = queryKey;
  const refresh = useCallback(
    (grown: readonly string[] | 'all') => {
      const { lines, changed } = held.current;
      for (const id of grown === 'all' ? lines.keys() : grown) changed.add(id);
      void client.invalidateQueries({ queryKey: keyRef.current, exact: true });
    },
    [client],
  );
  return {
    lines: data?.lines,
    areSingle: data?.areSingle ?? false,
    error: error ?? undefined,
    isStale: isPlaceholderData,
    retry: () => void refetch(),
    refresh,
  };
}

function keep(held: Map<string, readonly Line[]>, runIds: readonly string[], found: readonly Line[]): void {
  const byRun = Map.groupBy(found, ({ runId }) => runId);
  for (const id of runIds) held.set(id, byRun.get(id) ?? []);
}
