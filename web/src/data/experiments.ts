import { queryOptions } from '@tanstack/react-query';
import { getJson } from './request.ts';
import { client } from './server.ts';

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

/** The folders directly in `parent`, by name; as many as a person can look through. */
export const foldersQuery = (parent: string, stage: Stage) =>
  queryOptions({
    queryKey: ['experiments', 'folders', parent, stage],
    queryFn: ({ signal }) =>
      client.experiments
        .folders(parent, { viewType: stage, pageSize: 1000, signal })
        .toArray({ limit: 5000 }),
  });
