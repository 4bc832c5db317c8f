import { queryClient } from '../../data/query-client.ts';
import { openingQuery } from '../../data/run-opening.ts';
import { CHUNK_COLUMNS, serverColumnsOf, treeQueryOf } from './run-query.ts';
import { type RunsSearch, readRunsSearch } from './runs-search.ts';

/**
 * Asks for what the page of runs shows first, and for its code, where the address is one: both are on their way while
 * the frame is drawn, and none waits for the other.
 */
export function openRunsAhead({
  pathname,
  search,
}: {
  readonly pathname: string;
  readonly search: RunsSearch;
}): void {
  const found = /^\/experiments\/(\d+)\/?$/.exec(pathname);
  if (!found) return;
  const state = readRunsSearch(search);
  const experimentIds = [...new Set([found[1]!, ...state.ids])];
  const columns = state.columns && serverColumnsOf(state.columns).slice(0, CHUNK_COLUMNS);
  // Where it fails, the router asks again and says so.
  import('./runs-page.tsx').catch(() => undefined);
  void queryClient.prefetchQuery(openingQuery(treeQueryOf(experimentIds, state), columns));
}
