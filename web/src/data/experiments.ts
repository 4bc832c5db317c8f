import { queryOptions } from '@tanstack/react-query';
import { getJson } from './request.ts';

export interface ExperimentOverview {
  readonly experiment_id: string;
  /** The whole name; the folder is its beginning. */
  readonly name: string;
  /** Without a slash at the end; empty at the top level. */
  readonly folder: string;
  readonly lifecycle_stage: 'active' | 'deleted';
  /** ms since 1970 */
  readonly creation_time: number;
  readonly last_update_time: number;
  readonly last_activity: number;
  readonly run_count: number;
  readonly running_count: number;
  /** The beginning of its description, in Markdown. */
  readonly note?: string;
}

export interface OverviewWindow {
  readonly total: number;
  readonly offset: number;
  readonly experiments: readonly ExperimentOverview[];
}

export type Stage = 'ACTIVE_ONLY' | 'DELETED_ONLY';

export interface OverviewList {
  /** Directly in this folder. */
  readonly folder?: string | undefined;
  /** Anywhere below this one. */
  readonly within?: string | undefined;
  readonly contains?: string | undefined;
  readonly stage: Stage;
  /** `last_activity DESC` */
  readonly orderBy: string;
}

/** Experiments of one window of a list. */
export const WINDOW = 100;

export const overviewQuery = ({ folder, within, contains, stage, orderBy }: OverviewList, window: number) =>
  queryOptions({
    queryKey: ['experiments', 'overview', { folder, within, contains, stage, orderBy }, window],
    queryFn: ({ signal }) =>
      getJson<OverviewWindow>(
        'experiments/overview',
        {
          folder,
          within,
          contains,
          view_type: stage,
          order_by: orderBy,
          offset: window * WINDOW,
          limit: WINDOW,
        },
        signal,
      ),
  });

/** A row of the tree: a folder, together with those that hold it and nothing else. */
export interface TreeFolder {
  readonly path: string;
  /** Behind the parent: `fraud`, or `team/fraud` where `team` holds nothing else. */
  readonly name: string;
  /** At any depth. */
  readonly active_experiments: number;
  readonly deleted_experiments: number;
  readonly last_update_time: number;
  /** Below it; not in the trash, and not where there are too many to count. */
  readonly run_count?: number;
  readonly running_count?: number;
  readonly last_activity?: number;
  /** The one experiment below it that the list shows, where there is but one. */
  readonly only_experiment?: ExperimentOverview;
}

/** The folders directly in `parent`, by name; as many as a person can look through. */
export const foldersQuery = (parent: string, stage: Stage) =>
  queryOptions({
    queryKey: ['experiments', 'folders', parent, stage],
    queryFn: async ({ signal }) => {
      const query = { parent, view_type: stage };
      return (await getJson<{ readonly folders: readonly TreeFolder[] }>('experiments/tree', query, signal))
        .folders;
    },
  });
