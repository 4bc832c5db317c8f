import type { AppError } from '../../kernel/errors.ts';
import type { ContentKind } from '../scoring/columns.ts';
import type { EndpointCounters } from './endpoint-counters.ts';
import type { LaneKind, Route, RoutedEntity } from './lane.ts';

/**
 * Answers scoring requests by the routes that it was given; it knows no database and no file.
 *
 * What it promises:
 * 1. Every request is answered once, at the latest a moment after its deadline, whatever lanes do.
 * 2. An answer to joined requests is what each would have got alone.
 * 3. What waits is bounded, in requests and in bytes; beyond that requests are refused at once.
 * 4. A request that a lane died with is never given to another: the model may have seen it.
 */
export interface Gateway {
  readonly table: RoutingTable;
  readonly counters: EndpointCounters;
  /** Answers by `done`, perhaps before it returns. Never throws. A route that never was in the table may be tried so. */
  answer(request: ScoringRequest, done: (answer: ScoringAnswer) => void): ScoringCall;
  /** Refuses what comes, lets what runs end within `drainMs`, then answers all that is left with Unavailable. */
  close(drainMs: number): Promise<void>;
}

export interface ScoringCall {
  /** The caller is gone: what waits is forgotten, what runs is thrown away. `done` is not called, but for an answer that
   * was on its way to the log. */
  leave(): void;
}

export interface ScoringRequest {
  readonly route: Route;
  /** A served entity by name, instead of the traffic split. */
  readonly entity: string | undefined;
  /** A UUID: what the inference table calls `databricks_request_id`. */
  readonly id: string;
  readonly content: ContentKind;
  readonly body: Buffer;
  /** Who asks, by name; for rate limits and the log. */
  readonly requester: string | undefined;
  /** The caller's trace, as its header has it; `untraced` for a request that no caller made. */
  readonly traceparent?: string | 'untraced' | undefined;
}

/** A request that was answered, for whoever tells of each. Times in milliseconds. */
export interface AnsweredRequest {
  readonly request: ScoringRequest;
  /** Undefined where it was refused before an entity was chosen. */
  readonly entity: RoutedEntity | undefined;
  readonly lane: LaneKind | undefined;
  readonly status: number;
  readonly error: AppError | undefined;
  /** Since 1970. */
  readonly arrivedMs: number;
  /** Until it was sent to a lane; undefined where it never was. */
  readonly waitedMs: number | undefined;
  /** Until it was answered. */
  readonly tookMs: number;
  /** Requests of its batch; 0 where it was in none. */
  readonly batchRequests: number;
}

export type ScoringAnswer = Scored | Refused;

interface AnswerHead {
  /** Undefined where the request came to none. */
  readonly entity: RoutedEntity | undefined;
}

export interface Scored extends AnswerHead {
  readonly error: undefined;
  /** JSON. */
  readonly body: string;
  readonly entity: RoutedEntity;
  readonly lane: LaneKind;
  /** What of the request was not used, as `columns=a,b; params=c`; undefined where all was. */
  readonly ignored: string | undefined;
}

/** The surface has the table from errors to statuses and bodies. */
export interface Refused extends AnswerHead {
  readonly error: AppError;
}

/** What a request gets that was refused; the gateway asks, because the log holds it. */
export type RenderFailure = (error: AppError) => { readonly status: number; readonly body: string };

export interface RoutingTable {
  find(name: string): Route | undefined;
  /** By the id of the endpoint. */
  findById(endpointId: string): Route | undefined;
  list(): readonly Route[];
  /**
   * Puts a route in the place of the one of the same endpoint. Resolves when the earlier one has no request left, at the
   * latest after its deadline: its lanes may be closed then. Requests that it still had are answered all the same.
   */
  put(route: Route): Promise<void>;
  /** As `put`, with nothing in its place. */
  remove(endpointId: string): Promise<void>;
}
