import { pythonObject } from './python-json.ts';
import { parseRawJson, rawString } from './raw-json.ts';
import type { Attributes, ReceivedSpan } from './received-span.ts';

const REQUEST_ID = 'mlflow.traceRequestId';

/** A span as it is stored. */
export interface StoredSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly type: string | undefined;
  readonly received: ReceivedSpan;
  /** Values as JSON; a text that is JSON itself has been unwrapped. */
  readonly attributes: Attributes;
  readonly content: string;
}

/** The id under which a trace of OpenTelemetry's is kept. */
export const traceIdOf = (otelTraceId: string): string => `tr-${otelTraceId}`;

/** Brings a span into MLflow's stored form: its attributes are texts that hold JSON. */
export function storedSpan(received: ReceivedSpan): StoredSpan {
  const traceId = traceIdOf(received.traceId);
  const attributes = new Map<string, string>();
  for (const [key, json] of received.attributes) attributes.set(key, unwrapped(json));
  attributes.set(REQUEST_ID, JSON.stringify(traceId));
  const type = attributes.get('mlflow.spanType');
  return {
    traceId,
    spanId: received.spanId,
    parentSpanId: received.parentSpanId,
    name: received.name,
    type: type && rawString(parseRawJson(type)),
    received,
    attributes,
    content: contentOf(received, attributes),
  };
}

/** Exporters of OpenTelemetry send structures as a text of JSON: the text is the value then. */
function unwrapped(json: string): string {
  if (!json.startsWith('"')) return json;
  const text = JSON.parse(json) as string;
  if (!/^\s*["{[]/.test(text)) return json;
  return parseRawJson(text) === undefined ? json : text;
}

function contentOf(span: ReceivedSpan, attributes: Attributes): string {
  const parent = span.parentSpanId;
  return pythonObject([
    ['trace_id', base64(span.traceId)],
    ['span_id', base64(span.spanId)],
    ['parent_span_id', parent === undefined ? 'null' : base64(parent)],
    ['name', JSON.stringify(span.name)],
    ['start_time_unix_nano', String(span.startNs)],
    ['end_time_unix_nano', span.endNs === undefined ? 'null' : String(span.endNs)],
    [
      'events',
      list(
        span.events.map((event) =>
          pythonObject([
            ['name', JSON.stringify(event.name)],
            ['time_unix_nano', String(event.timeNs)],
            ['attributes', pythonObject(event.attributes)],
          ]),
        ),
      ),
    ],
    [
      'status',
      pythonObject([
        ['code', `"STATUS_CODE_${span.status}"`],
        ['message', JSON.stringify(span.statusMessage)],
      ]),
    ],
    ['attributes', pythonObject(Array.from(attributes, ([key, json]) => [key, JSON.stringify(json)]))],
    [
      'links',
      list(
        span.links.map((link) =>
          pythonObject([
            ['trace_id', JSON.stringify(traceIdOf(link.traceId))],
            ['span_id', JSON.stringify(link.spanId)],
            ['attributes', link.attributes.size === 0 ? 'null' : pythonObject(link.attributes)],
          ]),
        ),
      ),
    ],
  ]);
}

const base64 = (hex: string): string => JSON.stringify(Buffer.from(hex, 'hex').toString('base64'));
const list = (items: readonly string[]): string => `[${items.join(', ')}]`;
