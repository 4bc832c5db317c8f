import type { LaneKind } from './lane.ts';

/**
 * What the gateway counts, by endpoint and served entity; for metrics, scaling and pages. Plain numbers that are read
 * whenever somebody asks: nothing is made for a request.
 */
export interface EndpointCounters {
  /** Of every endpoint that was asked since the start and has not been forgotten. */
  list(): readonly EntityCounts[];
  of(endpointId: string): readonly EntityCounts[];
  /** For an endpoint that was deleted. */
  forget(endpointId: string): void;
  /** What Prometheus reads, in its text format, one sample line for each number. */
  render(): string;
}

export interface EntityCounts {
  readonly endpointId: string;
  readonly endpoint: string;
  readonly entity: string;
  /** Requests by lane and status: those that came to this entity. */
  readonly requests: ReadonlyMap<string, RequestCount>;
  /** Seconds from arrival to answer. */
  readonly duration: Distribution;
  /** Seconds from arrival until the batch was sent. */
  readonly queueWait: Distribution;
  /** Requests of a batch. */
  readonly batchRequests: Distribution;
  readonly coldStarts: number;
  readonly coldStartSeconds: Distribution;
  /** Now. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly running: number;
  /** Milliseconds in which lanes were busy, summed over lanes. */
  readonly busyMs: number;
  readonly lastRequestMs: number;
  /** Why rows are not joined though the route allows it; undefined where they are, or never were to be. */
  readonly notRowWise: boolean;
}

export interface RequestCount {
  readonly lane: LaneKind | 'none';
  readonly status: number;
  readonly count: number;
}

export interface Distribution {
  /** Upper bounds; one more count than bounds, the last for all beyond. */
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}
