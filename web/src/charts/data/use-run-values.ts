import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import type { RunListQuery } from '../../data/run-table.ts';
import { askMoreValues, askValues, type RunValues } from './run-values.ts';

/** All runs that match: ids and names in their order. */
export const matchingQuery = (query: RunListQuery) =>
  queryOptions({
    queryKey: ['runs', 'matching', query],
    queryFn: ({ signal }) => askValues(query, [], signal),
    placeholderData: keepPreviousData,
  });

/** Values of the runs that match, in the order of `runs`. */
export function useRunValues(query: RunListQuery, runs: RunValues | undefined, columns: readonly string[]) {
  return useQuery({
    queryKey: ['runs', 'values', query, runs?.snapshot, columns],
    queryFn: ({ signal }) => askMoreValues(query, { known: runs!, columns }, signal),
    enabled: runs !== undefined && columns.length > 0,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}
