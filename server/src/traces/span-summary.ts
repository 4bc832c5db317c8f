import { previewOf } from './preview.ts';
import { parseRawJson, rawJsonText, rawString } from './raw-json.ts';
import type { Attributes } from './received-span.ts';
import type { StoredSpan } from './span-content.ts';
import { MetadataKey, TagKey, type TraceState } from './trace.ts';
import { checkedTag } from './trace-rules.ts';

const INPUTS = 'mlflow.spanInputs';
const OUTPUTS = 'mlflow.spanOutputs';
const TAG_PREFIX = 'mlflow.traceTag.';
const MAX_SESSION = 250;

/** What the spans of one request say about their trace. */
export interface SpanSummary {
  readonly traceId: string;
  readonly spans: readonly StoredSpan[];
  readonly startMs: number;
  /** Undefined while no span has ended. */
  readonly endMs: number | undefined;
  /** Undefined while the root is not among them. */
  readonly rootState: Extract<TraceState, 'OK' | 'ERROR'> | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  readonly tags: ReadonlyMap<string, string>;
}

const MAX_TIME = 2n ** 63n - 1n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const toMs = (ns: bigint): number => Number(ns / 1_000_000n);

/** Sums up spans of one trace; `resource` is what produced them. */
export function summarize(traceId: string, spans: readonly StoredSpan[], resource: Attributes): SpanSummary {
  const ends = spans.flatMap(({ received }) => received.endNs ?? []);
  const root = spans.find((span) => span.parentSpanId === undefined);
  const inputs = root?.attributes.get(INPUTS);
  const outputs = root?.attributes.get(OUTPUTS);
  const sessionId = firstText(spans, 'session.id') ?? firstText(spans, 'gen_ai.conversation.id');
  return {
    traceId,
    spans,
    startMs: toMs(spans.reduce((first, { received }) => least(first, received.startNs), MAX_TIME)),
    endMs: ends.length === 0 ? undefined : toMs(ends.reduce((last, end) => (end > last ? end : last))),
    rootState: root && (root.received.status === 'ERROR' ? 'ERROR' : 'OK'),
    requestPreview: inputs && previewOf(inputs, 'user'),
    responsePreview: outputs && previewOf(outputs, 'assistant'),
    sessionId: sessionId?.slice(0, MAX_SESSION),
    userId: firstText(spans, 'user.id'),
    tags: tagsOf(root, resource),
  };
}

function firstText(spans: readonly StoredSpan[], attribute: string): string | undefined {
  for (const { attributes } of spans) {
    const json = attributes.get(attribute);
    if (json !== undefined && json !== 'null' && json !== '""') return textOf(json);
  }
  return undefined;
}

/** A text as it is, anything else as JSON. */
function textOf(json: string): string {
  const value = parseRawJson(json);
  return rawString(value) ?? (value === undefined ? json : rawJsonText(value));
}

/** The resource's attributes, and the tags that exporters of OpenTelemetry put on the root; those win. */
function tagsOf(root: StoredSpan | undefined, resource: Attributes): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  const add = (key: string, json: string) => {
    try {
      tags.set(key, checkedTag(key, textOf(json)));
    } catch {
      // A name that no tag may have loses the tag, not the spans.
    }
  };
  for (const [key, json] of resource) {
    if (!key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.')) add(key, json);
  }
  for (const [key, json] of root?.attributes ?? []) {
    if (key.startsWith(TAG_PREFIX)) add(key.slice(TAG_PREFIX.length), json);
  }
  tags.delete(TagKey.artifactLocation);
  return tags;
}

/** The metadata that spans add where it is not there yet. */
export function summaryMetadata(summary: SpanSummary): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (summary.sessionId !== undefined) metadata.set(MetadataKey.session, summary.sessionId);
  if (summary.userId !== undefined) metadata.set(MetadataKey.user, summary.userId);
  return metadata;
}
