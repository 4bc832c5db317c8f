import { useSyncExternalStore } from 'react';

/** What charts and tables of a page share: the run under the pointer, the runs within a brush, the place on the axis. */
interface LinkedRuns {
  readonly hovered: string | undefined;
  /** Undefined where nothing is brushed: all runs are then as good as each other. */
  readonly brushed: ReadonlySet<string> | undefined;
}

let state: LinkedRuns = { hovered: undefined, brushed: undefined };
const listeners = new Set<() => void>();

function change(next: LinkedRuns): void {
  state = next;
  for (const listener of listeners) listener();
}

/** Lifts a run in all charts and tables; undefined lets go. */
export function hoverRun(runId: string | undefined): void {
  if (state.hovered !== runId) change({ ...state, hovered: runId });
}

/** Keeps these runs in the foreground of all charts; undefined lets go. */
export function brushRuns(runIds: ReadonlySet<string> | undefined): void {
  if (state.brushed !== runIds) change({ ...state, brushed: runIds });
}

function subscribeLinkedRuns(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useHoveredRun(): string | undefined {
  return useSyncExternalStore(subscribeLinkedRuns, () => state.hovered);
}

export function useBrushedRuns(): ReadonlySet<string> | undefined {
  return useSyncExternalStore(subscribeLinkedRuns, () => state.brushed);
}
