import { queryOptions } from '@tanstack/react-query';
import { getJson } from './request.ts';

/** What some letters of a name or the beginning of an id find: at most eight of each kind. */
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
  readonly models: readonly { readonly name: string }[];
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
