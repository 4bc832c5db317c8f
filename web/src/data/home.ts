import { queryOptions } from '@tanstack/react-query';
import { getJson } from './request.ts';

export interface RecentExperiment {
  readonly experiment_id: string;
  readonly name: string;
  readonly run_count: number;
  readonly running_count: number;
  /** ms since 1970 */
  readonly last_activity: number;
}

export interface RecentRun {
  readonly run_id: string;
  readonly run_name: string;
  readonly experiment_id: string;
  readonly experiment_name: string;
  readonly user_id?: string;
  readonly status: string;
  readonly start_time: number;
  readonly end_time?: number;
  /** Of a run that runs: the highest step of any metric, and when its last point was logged. */
  readonly last_step?: number;
  readonly last_point_time?: number;
}

export interface RecentModel {
  readonly name: string;
  readonly latest_version?: string;
  readonly last_update_time: number;
  readonly aliases: readonly { readonly alias: string; readonly version: string }[];
}

/** What happened since the reader looked; each count stops at 10,000. */
export interface Changes {
  readonly since: number;
  readonly finished: number;
  readonly failed: number;
  readonly killed: number;
  readonly experiments: number;
  readonly model_versions: number;
}

export interface Home {
  readonly experiments: readonly RecentExperiment[];
  readonly running: readonly RecentRun[];
  readonly finished: readonly RecentRun[];
  readonly models: readonly RecentModel[];
  readonly changes?: Changes;
}

/** The latest of everything, and what changed since a time (ms since 1970). */
export const homeQuery = (since: number | undefined) =>
  queryOptions({
    queryKey: ['home', since],
    queryFn: ({ signal }) => getJson<Home>('home', { since }, signal),
  });
