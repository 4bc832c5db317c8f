import { CHUNK_COLUMNS, serverColumnsOf, treeQueryOf } from './run-query.ts';
import { type RunsSearch, readRunsSearch } from './runs-search.ts';

interface Place {
  readonly pathname: string;
  readonly search: RunsSearch;
}

/** What the page of runs asks for first, where an address is one. */
export function openingOf({ pathname, search }: Place) {
  const found = /^\/experiments\/(\d+)\/?$/.exec(pathname);
  if (!found) return undefined;
  const state = readRunsSearch(search);
  const experimentIds = [...new Set([found[1]!, ...state.ids])];
  const columns = state.columns && serverColumnsOf(state.columns).slice(0, CHUNK_COLUMNS);
  return { query: treeQueryOf(experimentIds, state), columns };
}
