import type { LoggedModel, Run } from '@slipway/client';
import { useQuery } from '@tanstack/react-query';
import { client } from './server.ts';

/** More models of one run than this are not read. */
export const MOST_MODELS_OF_RUN = 50;

/** The models that came out of a run, in the order in which they were logged. */
export const useLoggedModels = (run: Run) =>
  useQuery({
    queryKey: ['run', run.runId, 'logged-models', run.modelOutputs.length],
    queryFn: async ({ signal }): Promise<readonly LoggedModel[]> => {
      const ids = run.modelOutputs.slice(0, MOST_MODELS_OF_RUN).map(({ modelId }) => modelId);
      const models = await Promise.allSettled(ids.map((id) => client.loggedModels.get(id, { signal })));
      // One that was deleted since is not shown.
      return models.flatMap((model) => (model.status === 'fulfilled' ? [model.value] : []));
    },
    enabled: run.modelOutputs.length > 0,
    placeholderData: undefined,
  });
