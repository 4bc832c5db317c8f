import type { LoggedModel, ModelVersion, Run } from '@slipway/client';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLiveChanges } from '../../data/live.ts';
import { postJson } from '../../data/request.ts';
import { client } from '../../data/server.ts';

/** Another run's facts must never stand under this one's name, so nothing is shown until it has come. */
const FRESH = { placeholderData: undefined } as const;

const runQuery = (runId: string) =>
  queryOptions({
    queryKey: ['run', runId],
    queryFn: ({ signal }) => client.runs.get(runId, { signal }),
    ...FRESH,
  });

export const useRun = (runId: string) => useQuery(runQuery(runId));

export const useExperimentName = (experimentId: string): string | undefined =>
  useQuery({
    queryKey: ['experiment', experimentId],
    queryFn: ({ signal }) => client.experiments.get(experimentId, { signal }),
    ...FRESH,
  }).data?.name;

/** The models that came out of a run, in the order in which they were logged. */
export const useLoggedModels = (run: Run) =>
  useQuery({
    queryKey: ['run', run.runId, 'logged-models', run.modelOutputs.length],
    queryFn: async ({ signal }): Promise<readonly LoggedModel[]> => {
      const ids = run.modelOutputs.slice(0, MOST_MODELS).map(({ modelId }) => modelId);
      const models = await Promise.allSettled(ids.map((id) => client.loggedModels.get(id, { signal })));
      // One that was deleted since is not shown.
      return models.flatMap((model) => (model.status === 'fulfilled' ? [model.value] : []));
    },
    enabled: run.modelOutputs.length > 0,
    ...FRESH,
  });

export const MOST_MODELS = 50;

/** The versions of registered models that were made from a run. */
export const useVersions = (runId: string) =>
  useQuery({
    queryKey: ['run', runId, 'versions'],
    queryFn: ({ signal }): Promise<readonly ModelVersion[]> =>
      client.modelVersions.search({ filter: `run_id = '${runId}'`, signal }).toArray({ limit: 100 }),
    ...FRESH,
  });

export const MOST_CHILDREN = 200;

/** The runs that name this one as their parent, newest first; one more than are shown says that there are more. */
export const useChildren = (run: Run) =>
  useQuery({
    queryKey: ['run', run.runId, 'children'],
    queryFn: ({ signal }): Promise<readonly Run[]> =>
      client.runs
        .search({
          experimentIds: [run.experimentId],
          filter: `tags.\`mlflow.parentRunId\` = '${run.runId}'`,
          pageSize: MOST_CHILDREN + 1,
          signal,
        })
        .toArray({ limit: MOST_CHILDREN + 1 }),
    ...FRESH,
  });

export interface Neighbours {
  readonly newer: Neighbour | undefined;
  readonly older: Neighbour | undefined;
  /** The run's place in its experiment, from 1, newest first. */
  readonly place: number;
  readonly total: number;
}

export interface Neighbour {
  readonly runId: string;
  readonly name: string;
}

interface RunWindow {
  readonly total: number;
  readonly rows: { readonly run_id: readonly string[]; readonly run_name: readonly string[] };
}

/** The runs before and after this one among those of its experiment, newest first; null for a run in the trash. */
export const useNeighbours = (run: Run) =>
  useQuery({
    queryKey: ['runs', run.experimentId, 'neighbours', run.runId, run.lifecycleStage],
    queryFn: async ({ signal }): Promise<Neighbours | null> => {
      const list = { experiment_ids: [run.experimentId], order_by: ['attributes.start_time DESC'] };
      const { index } = await postJson<{ readonly index: number | null }>(
        'run-table/locate',
        { ...list, run_id: run.runId },
        signal,
      );
      if (index === null) return null;
      const offset = Math.max(0, index - 1);
      const { rows, total } = await postJson<RunWindow>(
        'run-table/window',
        { ...list, columns: [], offset, limit: index - offset + 2 },
        signal,
      );
      const at = (place: number): Neighbour | undefined => {
        const runId = rows.run_id[place];
        return runId === undefined ? undefined : { runId, name: rows.run_name[place] ?? runId };
      };
      const here = rows.run_id.indexOf(run.runId);
      if (here < 0) return null;
      return { newer: at(here - 1), older: at(here + 1), place: offset + here + 1, total };
    },
    ...FRESH,
  });

/** Reads anew what the server says has changed of a run, and no more of it. */
export function useLiveRun(runId: string, experimentId: string): void {
  const queries = useQueryClient();
  useLiveChanges([experimentId], ({ isReset, runs, points, kinds }) => {
    const invalidate = (...key: readonly string[]) =>
      void queries.invalidateQueries({ queryKey: ['run', runId, ...key] });
    if (isReset || runs.has(runId)) return invalidate();
    if (kinds.has('model_version')) invalidate('versions');
    if (kinds.has('logged_model')) invalidate('logged-models');
    const grown = points.get(runId);
    if (grown === undefined) return;
    void queries.invalidateQueries({
      queryKey: ['run', runId],
      predicate: ({ queryKey: [, , part, metric] }) =>
        part === undefined || part === 'summaries' || (part === 'lines' && grown.has(String(metric))),
    });
  });
}
