import { queryOptions } from '@tanstack/react-query';
import { getJson } from './request.ts';

/** What some letters of a name or the beginning of an id find: at most eight of each kind, the nearest first. */
export interface Found {
  readonly experiments: readonly { readonly experiment_id: string; readonly name: string }[];
  readonly runs: readonly {
    readonly run_id: string;
    readonly run_name: string;
    readonly experiment_id: string;
    readonly experiment_name: string;
    readonly status: string;
    readonly start_time: number;
  }[];
  /** Where all runs with that in their name are, when there are more than `runs`. */
  readonly more_runs?: { readonly total: number; readonly experiment_ids: readonly string[] };
  readonly models: readonly { readonly name: string }[];
  readonly aliases: readonly { readonly name: string; readonly alias: string; readonly version: string }[];
  readonly logged_models: readonly {
    readonly model_id: string;
    readonly name: string;
    readonly experiment_id: string;
  }[];
}

export const findQuery = (text: string) =>
  queryOptions({
    queryKey: ['find', text],
    queryFn: ({ signal }) => getJson<Found>('find', { q: text }, signal),
    enabled: text !== '',
    staleTime: 5000,
  });
