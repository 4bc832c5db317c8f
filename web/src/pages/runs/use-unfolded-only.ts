import { useEffect, useRef } from 'react';
import type { RunsState } from './runs-search.ts';
import type { RunList } from './use-run-list.ts';

/** Opens the one parent that holds all there is, once a list: who folds it again has it folded. */
export function useUnfoldedOnly(
  list: RunList,
  { expanded, filter, isFlat }: Pick<RunsState, 'expanded' | 'filter' | 'isFlat'>,
  adjust: (change: Partial<RunsState>) => void,
): void {
  // Another experiment is shown by the same page.
  const key = list.query.experimentIds.join();
  const doneFor = useRef<string | undefined>(undefined);
  const first = list.total === undefined || list.isStale ? undefined : list.rowAt(0);
  const total = list.total ?? 0;
  useEffect(() => {
    if (doneFor.current === key || first === undefined) return;
    doneFor.current = key;
    const isOnly = total === 1 && first.childCount > 0 && expanded.length === 0;
    if (isOnly && filter === '' && !isFlat) adjust({ expanded: [first.runId] });
  }, [key, first, total, expanded, filter, isFlat, adjust]);
}
