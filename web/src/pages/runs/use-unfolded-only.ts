import { useEffect, useRef } from 'react';
import type { RunsState } from './runs-search.ts';
import type { RunList } from './use-run-list.ts';

/** Opens the one parent that holds all there is, once: who folds it again has it folded. */
export function useUnfoldedOnly(
  list: RunList,
  { expanded, filter, isFlat }: Pick<RunsState, 'expanded' | 'filter' | 'isFlat'>,
  adjust: (change: Partial<RunsState>) => void,
): void {
  const isDone = useRef(false);
  const first = list.total === undefined || list.isStale ? undefined : list.rowAt(0);
  const total = list.total ?? 0;
  useEffect(() => {
    if (isDone.current || first === undefined) return;
    isDone.current = true;
    const isOnly = total === 1 && first.childCount > 0 && expanded.length === 0;
    if (isOnly && filter === '' && !isFlat) adjust({ expanded: [first.runId] });
  }, [first, total, expanded, filter, isFlat, adjust]);
}
