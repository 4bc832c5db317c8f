import type { ModelVersion, Run } from '@slipway/client';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import type { LeftList } from '../../data/left-list.ts';
import { useLiveChanges } from '../../data/live.ts';
import { postJson } from '../../data/request.ts';
import { treeMessage } from '../../data/run-list-message.ts';
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
  readonly before: Neighbour | undefined;
  readonly after: Neighbour | undefined;
  /** The run's place in the list, from 1. */
  readonly place: number;
  readonly total: number;
  /** Of the list that the run was opened from; otherwise of its experiment, newest first. */
  readonly isOfList: boolean;
}

export interface Neighbour {
  readonly runId: string;
  readonly name: string;
  readonly experimentId: string;
}

interface RunWindow {
  readonly total: number;
  readonly rows: {
    readonly run_id: readonly string[];
    readonly run_name: readonly string[];
    readonly experiment_id: readonly string[];
  };
}

/**
 * The runs before and after this one in the list that it was opened from, if it is (still) in it, else among those of
 * its experiment, newest first; null for a run in the trash.
 */
export const useNeighbours = (run: Run, left: LeftList | undefined) =>
  useQuery({
    queryKey: ['runs', run.experimentId, 'neighbours', run.runId, run.lifecycleStage, left?.query],
    queryFn: async ({ signal }): Promise<Neighbours | null> => {
      const ofList =
        left === undefined ? null : await findNeighbours(run.runId, treeMessage(left.query), signal);
      if (ofList !== null) return { ...ofList, isOfList: true };
      const newest = { experiment_ids: [run.experimentId], order_by: ['attributes.start_time DESC'] };
      const found = await findNeighbours(run.runId, newest, signal);
      return found && { ...found, isOfList: false };
    },
    ...FRESH,
  });

async function findNeighbours(
  runId: string,
  list: object,
  signal: AbortSignal,
): Promise<Omit<Neighbours, 'isOfList'> | null> {
  const { index } = await postJson<{ readonly index: number | null }>(
    'run-table/locate',
    { ...list, run_id: runId },
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
    const id = rows.run_id[place];
    return id === undefined
      ? undefined
      : { runId: id, name: rows.run_name[place] ?? id, experimentId: rows.experiment_id[place]! };
  };
  const here = rows.run_id.indexOf(runId);
  if (here < 0) return null;
  return { before: at(here - 1), after: at(here + 1), place: offset + here + 1, total };
}

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
