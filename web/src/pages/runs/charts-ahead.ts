import { useCallback, useEffect, useState } from 'react';
import { readChartsAhead } from '../../charts/data/charts-ahead.ts';
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
    void loadCharts();
    if (isSmall && hasRuns) void readChartsAhead(query);
  }, [query, hasRuns, isSmall]);
}

type ChartsPane = typeof import('./charts-pane.tsx').ChartsPane;

let loaded: ChartsPane | undefined;

async function readCode(): Promise<ChartsPane> {
  const { ChartsPane } = await import('./charts-pane.tsx');
  loaded = ChartsPane;
  return ChartsPane;
}

/** Nothing is lost where it fails: they are asked for again when they are shown, and say so then. */
const loadCharts = () => readCode().catch(() => undefined);

/**
 * The pane of charts once its code is there, drawn as soon as it is: what React waits for by itself it holds back for a
 * third of a second after it has shown that it waits.
 */
export function useChartsPane(isWanted: boolean): ChartsPane | undefined {
  const [pane, setPane] = useState(() => loaded);
  useEffect(() => {
    if (!isWanted || pane !== undefined) return;
    readCode().then(
      (code) => setPane(() => code),
      (error) =>
        setPane(() => {
          throw error;
        }),
    );
  }, [isWanted, pane]);
  return pane ?? loaded;
}
