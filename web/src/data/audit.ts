import { infiniteQueryOptions, queryOptions, skipToken } from '@tanstack/react-query';
import { addressOf } from './address.ts';
import { queryClient } from './query-client.ts';
import { getFrom } from './request.ts';

/** One line of the audit log. */
export interface AuditRecord {
  readonly chain: string;
  readonly seq: number;
  /** ms since 1970 */
  readonly at: number;
  /** Empty where nobody could be made out. */
  readonly principal: string;
  readonly address: string;
  readonly action: string;
  readonly route: string;
  /** Its key, `model:prod.ml.fraud_score`; empty where it is about none. */
  readonly securable: string;
  readonly subject: string;
  readonly outcome: AuditOutcome;
  readonly request_id: string;
  /** How many operations the record stands for. */
  readonly count: number;
  /** JSON, or empty. */
  readonly details: string;
  readonly hash: string;
}

export const OUTCOMES = ['succeeded', 'denied', 'refused', 'failed', 'attempted'] as const;
export type AuditOutcome = (typeof OUTCOMES)[number];

export interface AuditSearch {
  readonly principal?: string | undefined;
  /** Whole, or its beginning before a `*`. */
  readonly action?: string | undefined;
  readonly securable?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** ms since 1970 */
  readonly from?: number | undefined;
  /** The first that no longer counts. */
  readonly until?: number | undefined;
}

interface AuditPage {
  readonly records: readonly AuditRecord[];
  readonly next_page_token?: string;
}

const PATH = '/api/slipway/v1/audit';
const PAGE = 200;

/** The newest first. */
export const auditQuery = (search: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ['audit', 'records', search],
    queryFn: ({ pageParam, signal }) =>
      getFrom<AuditPage>(addressOf(PATH, { ...search, max_results: PAGE, page_token: pageParam }), signal),
    initialPageParam: '',
    getNextPageParam: ({ next_page_token }) => next_page_token,
    // What was done a moment ago is what people look for here.
    staleTime: 0,
  });

/** Where a record stands, and when it was written. */
export type RecordPlace = Pick<AuditRecord, 'chain' | 'seq' | 'at'>;

/** One record, under a securable for whoever reads of that alone; null where it is not there. */
export const recordQuery = (place: RecordPlace | undefined, securable: string | undefined) =>
  queryOptions({
    queryKey: ['audit', 'record', place, securable],
    queryFn:
      place === undefined
        ? skipToken
        : async ({ signal }) => {
            const moment = { from: place.at, until: place.at + 1, max_results: MOST_OF_A_MOMENT };
            const { records } = await getFrom<AuditPage>(addressOf(PATH, { securable, ...moment }), signal);
            return records.find(({ chain, seq }) => chain === place.chain && seq === place.seq) ?? null;
          },
    placeholderData: undefined,
    // A record never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });

const MOST_OF_A_MOMENT = 1000;

/** From the newest on; older ones come again when they are scrolled to. */
export async function readAgain(search: AuditSearch): Promise<void> {
  const { queryKey } = auditQuery(search);
  queryClient.setQueryData(queryKey, (known) =>
    known === undefined
      ? undefined
      : { pages: known.pages.slice(0, 1), pageParams: known.pageParams.slice(0, 1) },
  );
  await queryClient.invalidateQueries({ queryKey });
}

/** What a reading of the whole log found. */
export interface AuditVerdict {
  readonly whole: boolean;
  readonly faults: readonly {
    readonly chain?: string;
    readonly number?: number;
    readonly at?: number;
    readonly what: string;
  }[];
  readonly chains: number;
  readonly records: number;
  readonly checkpoints: number;
  readonly unsealed_records: number;
  readonly clock_went_back: readonly unknown[];
  readonly last_checkpoint?: { readonly number: number; readonly hash: string };
}

/** Read when it is asked for, as it takes as long as the log. */
export const verificationQuery = queryOptions({
  queryKey: ['audit', 'verification'],
  queryFn: ({ signal }) => getFrom<AuditVerdict>(`${PATH}/verification`, signal),
  enabled: false,
  staleTime: Number.POSITIVE_INFINITY,
});

/** The whole log as lines of JSON. */
export const EXPORT_ADDRESS = `${PATH}/export`;
