import { useCallback, useEffect } from 'react';
import type { RunListQuery } from '../../data/run-table.ts';
import type { RunList } from './use-run-list.ts';

/** Long after what the table needs has come. */
const QUIET_MS = 2500;
/** The ids of more runs are too much to be read without being wanted. */
const MOST_RUNS = 5000;

/**
 * Has the code of the charts there before they are wanted, once the table has been still for a while.
 * @returns to be called when they are about to be wanted: reads what they show first.
 */
export function useChartsAhead(query: RunListQuery, { total, matching }: RunList): () => void {
  const hasRuns = total !== undefined && total > 0;
  useEffect(() => {
    if (!hasRuns) return;
    const timer = setTimeout(() => void loadCharts(), QUIET_MS);
    return () => clearTimeout(timer);
  }, [hasRuns]);
  const isSmall = matching <= MOST_RUNS;
  return useCallback(() => {
    void loadCharts().then((charts) => (isSmall && hasRuns ? charts?.readAhead(query) : undefined));
  }, [query, hasRuns, isSmall]);
}

/** Nothing is lost where it fails: they are asked for again when they are shown, and say so then. */
const loadCharts = () => import('./charts-pane.tsx').catch(() => undefined);
