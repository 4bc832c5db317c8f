import { randomBytes } from 'node:crypto';
import type { Span } from '../telemetry/span.ts';
import { parseTraceparent } from '../telemetry/trace-context.ts';
import type { AnsweredRequest } from './gateway/gateway-port.ts';

export interface ScoringTracerOptions {
  /** Of the traces that begin here, 0 to 1. A caller who sends a trace has decided about it. */
  readonly share: number;
  /** 0 to 1. */
  readonly random: () => number;
  readonly add: (spans: readonly Span[]) => void;
}

/**
 * Tells of each request to an endpoint in spans: the request itself, its wait for a lane and its model, so that a slow
 * answer shows where its time went. Names of attributes that OpenTelemetry has are used as it means them
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/); rows and answers are in none.
 */
export function createScoringTracer({ share, random, add }: ScoringTracerOptions) {
  return (answered: AnsweredRequest): void => {
    const { traceparent } = answered.request;
    if (traceparent === 'untraced') return;
    const caller = parseTraceparent(traceparent);
    if (caller === undefined ? random() >= share : !caller.sampled) return;
    add(
      spansOf(answered, {
        traceId: caller?.traceId ?? randomHex(16),
        parentSpanId: caller?.spanId,
        newSpanId: () => randomHex(8),
      }),
    );
  };
}

const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

interface TracePlace {
  readonly traceId: string;
  readonly parentSpanId: string | undefined;
  newSpanId(): string;
}

function spansOf(answered: AnsweredRequest, { traceId, parentSpanId, newSpanId }: TracePlace): Span[] {
  const { request, entity, lane, status, error, arrivedMs, waitedMs, tookMs, batchRequests } = answered;
  const spanId = newSpanId();
  const endMs = arrivedMs + tookMs;
  const inner = (name: string, startMs: number, until: number, attributes: Span['attributes']): Span => ({
    traceId,
    spanId: newSpanId(),
    parentSpanId: spanId,
    name,
    kind: 'internal',
    startMs,
    endMs: until,
    attributes,
    error: undefined,
  });
  const whole: Span = {
    traceId,
    spanId,
    parentSpanId,
    name: `POST /serving-endpoints/${request.route.name}/invocations`,
    kind: 'server',
    startMs: arrivedMs,
    endMs,
    attributes: {
      'http.request.method': 'POST',
      'http.route': `/serving-endpoints/:name${request.entity === undefined ? '' : '/served-models/:entity'}/invocations`,
      'http.response.status_code': status,
      'http.request.body.size': request.body.length,
      // That it was the caller's fault is no error of a server.
      'error.type': error === undefined ? undefined : (error.reason ?? error.code),
      'slipway.endpoint': request.route.name,
      'slipway.request_id': request.id,
      'slipway.served_entity': entity?.name,
      'slipway.model': entity?.modelName,
      'slipway.model_version': entity?.modelVersion,
      'slipway.lane': lane,
    },
    error: status >= 500 ? (error?.code ?? String(status)) : undefined,
  };
  if (waitedMs === undefined) return [whole];
  const sentMs = arrivedMs + waitedMs;
  return [
    whole,
    inner('wait for a lane', arrivedMs, sentMs, {}),
    inner('predict', sentMs, endMs, { 'slipway.batch_requests': batchRequests }),
  ];
}
