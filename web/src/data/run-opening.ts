import type { Experiment } from '@slipway/client';
import { queryOptions } from '@tanstack/react-query';
import { queryClient } from './query-client.ts';
import { postJson } from './request.ts';
import { OPENING_PATH, openingMessage } from './run-list-message.ts';
import { keysQuery, type RunKeys, type RunTreeQuery, type RunWindow, readKeys } from './run-table.ts';

/** Keys of each kind that come with a page of runs, before any is searched for. */
export const OPENING_KEYS = 100;

interface WireExperiment {
  readonly experiment_id: string;
  readonly name: string;
  readonly artifact_location: string;
  readonly lifecycle_stage: Experiment['lifecycleStage'];
  readonly creation_time: number | string;
  readonly last_update_time: number | string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
}

interface WireOpening {
  readonly experiments?: readonly WireExperiment[];
  readonly keys?: Partial<RunKeys>;
  readonly window: RunWindow;
}

export const experimentKey = (experimentId: string) => ['experiment', experimentId] as const;
export const headKey = (query: RunTreeQuery) => ['runs', 'head', query] as const;

/**
 * A page of runs in one question: its experiments, their keys, and the first rows. What came is put where each part
 * would be asked for by itself, and each is read anew by itself. Asked once for the experiments of a page.
 * @param columns of the server that are to come with the rows; without them those that a table shows of itself.
 */
export const openingQuery = (query: RunTreeQuery, columns: readonly string[] | undefined) =>
  queryOptions({
    queryKey: ['run-opening', query.experimentIds],
    queryFn: async ({ signal }) => {
      const { experimentIds } = query;
      const answer = await postJson<WireOpening>(OPENING_PATH, openingMessage(query, columns), signal);
      const keys = readKeys(answer.keys ?? {});
      queryClient.setQueryData(keysQuery(experimentIds, '', OPENING_KEYS).queryKey, keys);
      queryClient.setQueryData(headKey(query), answer.window);
      for (const experiment of answer.experiments ?? []) {
        queryClient.setQueryData(experimentKey(experiment.experiment_id), readExperiment(experiment));
      }
      return true;
    },
    placeholderData: undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

function readExperiment(wire: WireExperiment): Experiment {
  return {
    experimentId: wire.experiment_id,
    name: wire.name,
    artifactLocation: wire.artifact_location,
    lifecycleStage: wire.lifecycle_stage,
    createdAtMs: Number(wire.creation_time),
    updatedAtMs: Number(wire.last_update_time),
    tags: Object.fromEntries((wire.tags ?? []).map(({ key, value }) => [key, value])),
  };
}
