import type { LoggedModel, Run } from '@slipway/client';
import { useQueries, useQuery } from '@tanstack/react-query';
import { client } from '../../data/server.ts';

/** Asked for at once; of a run with more models nothing is said of what they share. */
const MOST_SIBLINGS = 20;

/** The run that logged the model; undefined while it comes, and where it is not there. */
export function useSourceRun({ sourceRunId }: LoggedModel): Run | undefined {
  return useQuery({
    queryKey: ['run', sourceRunId],
    queryFn: ({ signal }) => client.runs.get(sourceRunId!, { signal }),
    enabled: sourceRunId !== undefined,
    placeholderData: undefined,
  }).data;
}

/** The other models of the run; undefined while they are not all known. Those that were deleted are left out. */
export function useSiblings(
  { modelId }: LoggedModel,
  run: Run | undefined,
): readonly LoggedModel[] | undefined {
  const ids = (run?.modelOutputs ?? []).map((output) => output.modelId).filter((id) => id !== modelId);
  const found = useQueries({
    queries: ids.slice(0, MOST_SIBLINGS).map((id) => ({
      queryKey: ['logged-model', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.loggedModels.get(id, { signal }),
      placeholderData: undefined,
    })),
    combine: (results) => ({
      models: results.flatMap(({ data }) => data ?? []),
      isPending: results.some(({ isPending }) => isPending),
    }),
  });
  return run === undefined || found.isPending || ids.length > MOST_SIBLINGS ? undefined : found.models;
}
