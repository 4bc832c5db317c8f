import type { ModelVersion, RegisteredModel, Webhook } from '@slipway/client';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { postJson } from './request.ts';
import { client } from './server.ts';

/** Another object's facts must never stand under this one's name. */
const FRESH = { placeholderData: undefined } as const;

export const MOST_MODELS = 20_000;
const PAGE = 1000;

export interface ModelList {
  readonly models: readonly RegisteredModel[];
  /** There are more than are listed. */
  readonly isCut: boolean;
}

/** Registered models that match a filter of the API (`name ILIKE '%fraud%'`), by name or the last changed first. */
export const modelListQuery = (filter: string, sort?: 'changed') =>
  queryOptions({
    queryKey: ['models', filter, sort],
    queryFn: async ({ signal }): Promise<ModelList> => {
      const orderBy = [sort === 'changed' ? 'last_updated_timestamp DESC' : 'name ASC'];
      const options = { pageSize: PAGE, orderBy, signal };
      const found = await client.registeredModels
        .search(filter === '' ? options : { ...options, filter })
        .toArray({ limit: MOST_MODELS + 1 });
      return { models: found.slice(0, MOST_MODELS), isCut: found.length > MOST_MODELS };
    },
  });

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ['model', name],
    queryFn: ({ signal }): Promise<RegisteredModel> => client.registeredModels.get(name, { signal }),
    ...FRESH,
  });

export const modelVersionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ['model', name, 'version', version],
    queryFn: ({ signal }): Promise<ModelVersion> => client.modelVersions.get(name, version, { signal }),
    ...FRESH,
  });

/** A version in the table of its model, as the server sends it. */
export interface TableVersion {
  readonly version: string;
  readonly creation_timestamp: number;
  readonly last_updated_timestamp: number;
  readonly current_stage: string;
  readonly status: string;
  readonly status_message?: string;
  readonly description?: string;
  readonly user_id?: string;
  readonly source?: string;
  readonly run_id?: string;
  readonly model_id?: string;
  readonly aliases?: readonly string[];
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  readonly source_run?: {
    readonly run_id: string;
    readonly run_name: string;
    readonly experiment_id: string;
    readonly status: string;
    readonly lifecycle_stage: string;
  };
  readonly metrics?: Readonly<Record<string, WireNumber>>;
  /** Where each was measured; absent for an extreme of a history. */
  readonly metric_steps?: Readonly<Record<string, number>>;
  /** What was logged with the model, where a later value of its run stands in its place. */
  readonly linked_metrics?: Readonly<Record<string, { readonly value: WireNumber; readonly step: number }>>;
}

type WireNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** Which value of the history of a metric stands for a version. */
export type Measure = 'last' | 'min' | 'max';

export interface VersionTable {
  readonly total: number;
  readonly metric_keys: readonly string[];
  readonly versions: readonly TableVersion[];
}

export const VERSIONS_SHOWN = 500;

/** Versions of a model beside what was measured of them, the newest first; those before `offset` are left out. */
export const versionTableQuery = (
  name: string,
  {
    metrics,
    offset = 0,
    measure = 'last',
  }: {
    readonly metrics?: readonly string[] | undefined;
    readonly offset?: number | undefined;
    readonly measure?: Measure | undefined;
  } = {},
) =>
  queryOptions({
    queryKey: ['model', name, 'versions', metrics, offset, measure],
    queryFn: ({ signal }) =>
      postJson<VersionTable>(
        'model-versions/table',
        { name, limit: VERSIONS_SHOWN, offset, measure, ...(metrics !== undefined && { metrics }) },
        signal,
      ),
  });

/** What happened to a model or, with its number, to a version. */
export interface ModelChange {
  readonly change: number;
  readonly timestamp: number;
  readonly kind: 'created' | 'renamed' | 'description' | 'tag' | 'alias' | 'stage' | 'registered' | 'deleted';
  readonly user_id?: string;
  readonly version?: string;
  /** The alias, or the key of the tag. */
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
}

interface ModelChanges {
  readonly changes: readonly ModelChange[];
  /** What happened earlier begins before this change; absent where that is all. */
  readonly next?: number;
}

const CHANGES_SHOWN = 100;

/** What happened to a model, the latest first, page by page. */
export const modelActivityQuery = (name: string) =>
  infiniteQueryOptions({
    queryKey: ['model', name, 'activity'],
    queryFn: ({ signal, pageParam }) =>
      postJson<ModelChanges>(
        'registered-models/activity',
        { name, limit: CHANGES_SHOWN, ...(pageParam !== undefined && { before: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ next }) => next,
    ...FRESH,
  });

/** Who is told of changes: shown before a change is made. */
export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: ({ signal }): Promise<readonly Webhook[]> =>
    client.webhooks.list({ signal }).toArray({ limit: 1000 }),
});

/** A kind of event as webhooks subscribe to it: `MODEL_VERSION_ALIAS`, `CREATED`. */
export interface EventKind {
  readonly entity: string;
  readonly action: string;
}

/** The names of the active webhooks that are told of at least one of the events. */
export function listTold(webhooks: readonly Webhook[], kinds: readonly EventKind[]): readonly string[] {
  return webhooks
    .filter(
      ({ status, events }) =>
        status === 'ACTIVE' &&
        events.some((event) =>
          kinds.some(({ entity, action }) => event.entity === entity && event.action === action),
        ),
    )
    .map(({ name }) => name);
}
