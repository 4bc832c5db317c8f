import { queryClient } from '../../data/query-client.ts';
import { keysQuery, type RunListQuery } from '../../data/run-table.ts';
import { matchingQuery } from './use-run-values.ts';

/** Metrics that get a chart without being searched for. */
export const MOST_METRICS = 500;

/** A list of runs as charts know it: without what a table folds. */
export const listOf = ({ experimentIds, filter, orderBy, viewType }: RunListQuery): RunListQuery => ({
  experimentIds,
  filter,
  orderBy,
  viewType,
});

/** Asks for what the charts of a list need before they know what to draw, while their code is on its way. */
export async function readChartsAhead(query: RunListQuery): Promise<void> {
  await Promise.all([
    queryClient.prefetchQuery(matchingQuery(listOf(query))),
    queryClient.prefetchQuery(keysQuery(query.experimentIds, '', MOST_METRICS)),
  ]);
}
