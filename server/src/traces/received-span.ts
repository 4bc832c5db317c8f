/** What one OTLP request brings, whichever encoding it came in. */
export interface ReceivedSpans {
  /** Attributes of what produced the spans (`service.name` and its kin). */
  readonly resource: Attributes;
  readonly spans: readonly ReceivedSpan[];
}

/** Values as JSON in Python's spelling; the last of equal keys wins and keeps the first's place. */
export type Attributes = ReadonlyMap<string, string>;

export interface ReceivedSpan {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** Nanoseconds since 1970-01-01 UTC. */
  readonly startNs: bigint;
  readonly endNs: bigint | undefined;
  readonly status: SpanStatus;
  readonly statusMessage: string;
  readonly attributes: Attributes;
  readonly events: readonly ReceivedEvent[];
  readonly links: readonly ReceivedLink[];
}

export type SpanStatus = 'UNSET' | 'OK' | 'ERROR';

export interface ReceivedEvent {
  readonly name: string;
  readonly timeNs: bigint;
  readonly attributes: Attributes;
}

export interface ReceivedLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export const statusOf = (code: number): SpanStatus => (code === 1 ? 'OK' : code === 2 ? 'ERROR' : 'UNSET');
