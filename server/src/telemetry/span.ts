/** A piece of work that is over. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** `server`: on behalf of a caller. */
  readonly kind: 'server' | 'internal';
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue | undefined>>;
  /** Why it failed; undefined where it did not. */
  readonly error: string | undefined;
}

export type AttributeValue = string | number | boolean;

/** Who sends spans. */
export interface Resource {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly instanceId: string;
}

const KINDS = { internal: 1, server: 2 } as const;
const ERROR = 2;

/**
 * An ExportTraceServiceRequest in OTLP's JSON: ids in hex, 64-bit integers as texts.
 * Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function renderExport(
  { serviceName, serviceVersion, instanceId }: Resource,
  spans: readonly Span[],
): string {
  const resource = {
    'service.name': serviceName,
    'service.version': serviceVersion,
    'service.instance.id': instanceId,
  };
  const scopeSpans = [{ scope: { name: 'slipway.serving' }, spans: spans.map(renderSpan) }];
  return JSON.stringify({
    resourceSpans: [{ resource: { attributes: attributesOf(resource) }, scopeSpans }],
  });
}

function renderSpan({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, error }: Span) {
  return {
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(endMs),
    attributes: attributesOf(attributes),
    status: error === undefined ? {} : { code: ERROR, message: error },
  };
}

/** A double holds milliseconds since 1970 to a quarter of a microsecond. */
const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1000)) * 1000n);

const attributesOf = (attributes: Span['attributes']) =>
  Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: anyValue(value) }],
  );

function anyValue(value: AttributeValue) {
  if (typeof value === 'string') return { stringValue: value.toWellFormed() };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
