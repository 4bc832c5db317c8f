import type { Database, Transaction } from '../db/port.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { INT64_MAX } from '../kernel/int64.ts';
import type { ReceivedSpan, ReceivedSpans } from './received-span.ts';
import { type StoredSpan, storedSpan } from './span-content.ts';
import { type SpanSummary, summarize, summaryMetadata } from './span-summary.ts';
import * as spansRepository from './spans-repository.ts';
import { IN_DATABASE, MetadataKey, TagKey } from './trace.ts';
import { type OnTraceChange, tellAfterCommit } from './trace-change.ts';
import { type ArtifactLocationOf, traceArtifacts } from './traces.ts';
import * as repository from './traces-repository.ts';
import { type AmountKind, COST, readAmounts, sumAmounts, TOKENS, writeAmounts } from './usage.ts';

export interface SpanLogDependencies {
  readonly db: Database;
  readonly artifactLocationOf: ArtifactLocationOf;
  readonly onChange: OnTraceChange;
}

export interface SpanDelivery {
  /** Where traces that are not there yet begin; those that are keep their experiment. */
  readonly experimentNo: number;
  /** Links every trace whose root is among the spans. */
  readonly runId: string | undefined;
  readonly received: readonly ReceivedSpans[];
}

/** Takes spans in: whichever comes first, they or the trace's own facts, the trace ends up the same. */
export function createSpanLog({ db, artifactLocationOf, onChange }: SpanLogDependencies) {
  return {
    /**
     * Stores all spans or none; one that is there is replaced.
     * @throws AppError InvalidArgument for a span without ids or an experiment in the trash, NotFound for no experiment.
     */
    async log({ experimentNo, runId, received }: SpanDelivery): Promise<void> {
      const summaries = summariesOf(received);
      if (summaries.length === 0) return;
      const location = await artifactLocationOf(experimentNo);
      await db.write(async (tx) => {
        for (const summary of summaries) {
          // A trace that was there stays in its experiment.
          const experiment = await write(tx, { summary, experimentNo, location });
          tellAfterCommit(tx, onChange, { trace_id: summary.traceId, experiment_no: experiment });
        }
        const complete = summaries.filter(({ rootState }) => rootState !== undefined);
        if (runId && complete.length > 0) {
          const traceIds = complete.map(({ traceId }) => traceId);
          await repository.insertRunLinks(tx, traceIds, runId);
        }
      });
    },
  };
}

export type SpanLog = ReturnType<typeof createSpanLog>;

function summariesOf(received: readonly ReceivedSpans[]): SpanSummary[] {
  const stored = received.flatMap(({ resource, spans }) =>
    spans.map((span) => {
      checkSpan(span);
      return { span: storedSpan(span), resource };
    }),
  );
  const byTrace = Map.groupBy(stored, ({ span }) => span.traceId);
  return (
    Array.from(byTrace, ([traceId, entries]) =>
      summarize(
        traceId,
        entries.map(({ span }) => span),
        entries.find(({ resource }) => resource.size > 0)?.resource ?? new Map(),
      ),
    )
      // Rows are locked in one order by everybody: two deliveries never wait for each other.
      .sort((a, b) => (a.traceId < b.traceId ? -1 : 1))
  );
}

const NO_ID = /^0*$/;

function checkSpan({ traceId, spanId, parentSpanId, startNs }: ReceivedSpan): void {
  if (startNs > INT64_MAX) throw invalidArgument('Invalid OpenTelemetry format: a span starts too late.');
  if (traceId.length !== 32 || NO_ID.test(traceId)) throw badId('trace id of 16 bytes');
  if (spanId.length !== 16 || NO_ID.test(spanId)) throw badId('span id of 8 bytes');
  if (parentSpanId !== undefined && parentSpanId.length !== 16) throw badId('parent span id of 8 bytes');
}

const badId = (what: string) =>
  invalidArgument(`Cannot convert OpenTelemetry span to MLflow span: it has no ${what}.`);

interface Writing {
  readonly summary: SpanSummary;
  readonly experimentNo: number;
  readonly location: string;
}

/** Writes the spans of one trace; the number of the trace's experiment. */
async function write(tx: Transaction, { summary, experimentNo, location }: Writing): Promise<number> {
  const { traceId, startMs, endMs } = summary;
  const place = await repository.insertOrLockTrace(tx, {
    traceId,
    experimentNo,
    requestTimeMs: startMs,
    durationMs: endMs === undefined ? undefined : endMs - startMs,
    state: summary.rootState ?? 'IN_PROGRESS',
    clientRequestId: undefined,
    requestPreview: summary.requestPreview,
    responsePreview: summary.responsePreview,
  });
  const known = new Map<string, string>();
  const isNew = 'created' in place;
  const traceNo = isNew ? place.created : place.row.trace_no;
  const experiment = isNew ? experimentNo : place.row.experiment_no;
  if (!isNew) {
    for (const { key, value } of await repository.listKeyed(tx, 'trace_metadata', [traceNo]))
      known.set(key, value);
    await repository.updateTrace(tx, widened(place.row, summary, known.has(MetadataKey.finalized)));
  }
  const tags = new Map(summary.tags);
  if (isNew) tags.set(TagKey.artifactLocation, traceArtifacts(location, traceId));
  tags.set(TagKey.spansLocation, IN_DATABASE);
  await spansRepository.upsertSpans(tx, traceNo, summary.spans);
  await repository.upsertKeyed(tx, 'trace_tags', { traceNo, values: tags });
  const metadata = new Map(summaryMetadata(summary));
  for (const key of known.keys()) metadata.delete(key);
  for (const [key, text] of await sums(tx, traceNo, { summary, known })) metadata.set(key, text);
  await repository.upsertKeyed(tx, 'trace_metadata', { traceNo, values: metadata });
  return experiment;
}

/** The trace's row after more spans: facts that a client stated stay as they are. */
function widened(row: repository.TraceRow, summary: SpanSummary, isFinalized: boolean): repository.TraceRow {
  const isOpen = row.state === 'IN_PROGRESS' || row.state === 'STATE_UNSPECIFIED';
  const stated = {
    ...row,
    state: isOpen ? (summary.rootState ?? row.state) : row.state,
    request_preview: row.request_preview ?? summary.requestPreview ?? null,
    response_preview: row.response_preview ?? summary.responsePreview ?? null,
  };
  if (isFinalized) return stated;
  const start = Math.min(row.request_time, summary.startMs);
  const ends = [
    ...(row.duration === null ? [] : [row.request_time + row.duration]),
    ...(summary.endMs === undefined ? [] : [summary.endMs]),
  ];
  return {
    ...stated,
    request_time: start,
    duration: ends.length === 0 ? null : Math.max(...ends) - start,
  };
}

/** Token usage and cost over all spans of the trace, where these brought any and no client stated the sum. */
async function sums(
  tx: Transaction,
  traceNo: number,
  { summary, known }: { readonly summary: SpanSummary; readonly known: ReadonlyMap<string, string> },
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  const isStated = (key: string) => known.has(MetadataKey.finalized) && known.has(key);
  const brings = (attribute: string, kind: AmountKind) =>
    summary.spans.some((span: StoredSpan) => readAmounts(span.attributes.get(attribute), kind) !== undefined);
  const tokens = !isStated(MetadataKey.tokenUsage) && brings(spansRepository.USAGE_ATTRIBUTE, TOKENS);
  const cost = !isStated(MetadataKey.cost) && brings(spansRepository.COST_ATTRIBUTE, COST);
  if (!tokens && !cost) return result;
  const rows = await spansRepository.listAmounts(tx, traceNo);
  const add = (key: string, kind: AmountKind, column: 'token_usage' | 'cost') => {
    const sum = sumAmounts(
      rows.map((row) => ({
        spanId: row.span_id,
        parentSpanId: row.parent_span_id ?? undefined,
        amounts: readAmounts(row[column] ?? undefined, kind),
      })),
      kind,
    );
    if (sum !== undefined) result.set(key, writeAmounts(sum, kind));
  };
  if (tokens) add(MetadataKey.tokenUsage, TOKENS, 'token_usage');
  if (cost) add(MetadataKey.cost, COST, 'cost');
  return result;
}
