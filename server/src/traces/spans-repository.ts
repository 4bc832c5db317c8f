import type { Sql, Transaction } from '../db/port.ts';
import { INT64_MAX } from '../kernel/int64.ts';
import { parseRawJson, rawString } from './raw-json.ts';
import type { StoredSpan } from './span-content.ts';
import { COST, readAmounts, TOKENS, writeAmounts } from './usage.ts';

/** Writes spans of a trace; one that is there is replaced. */
export async function upsertSpans(
  tx: Transaction,
  traceNo: number,
  spans: readonly StoredSpan[],
): Promise<void> {
  // One statement may touch a row once only: the last of equal ids wins.
  const distinct = new Map(spans.map((span) => [span.spanId, span]));
  await tx.insertMany(
    'spans',
    {
      trace_no: 'bigint',
      span_id: 'text',
      parent_span_id: 'text',
      name: 'text',
      type: 'text',
      status: 'text',
      start_ns: 'bigint',
      token_usage: 'text',
      cost: 'text',
      content: 'text',
      end_ns: 'bigint',
      model_name: 'text',
      model_provider: 'text',
      input_cost: 'double',
      output_cost: 'double',
      total_cost: 'double',
    },
    Array.from(distinct.values(), (span) => {
      const usage = readAmounts(span.attributes.get(USAGE_ATTRIBUTE), TOKENS);
      const cost = readAmounts(span.attributes.get(COST_ATTRIBUTE), COST);
      return [
        traceNo,
        span.spanId,
        span.parentSpanId ?? null,
        span.name,
        span.type ?? null,
        span.received.status,
        span.received.startNs,
        usage === undefined ? null : writeAmounts(usage, TOKENS),
        cost === undefined ? null : writeAmounts(cost, COST),
        span.content,
        storedEnd(span),
        modelText(span, 'mlflow.llm.model'),
        modelText(span, 'mlflow.llm.provider'),
        cost?.get('input_cost') ?? null,
        cost?.get('output_cost') ?? null,
        cost?.get('total_cost') ?? null,
      ];
    }),
    {
      onConflict: {
        key: ['trace_no', 'span_id'],
        update: [
          'parent_span_id',
          'name',
          'type',
          'status',
          'start_ns',
          'token_usage',
          'cost',
          'content',
          'end_ns',
          'model_name',
          'model_provider',
          'input_cost',
          'output_cost',
          'total_cost',
        ],
      },
    },
  );
}

/** OpenTelemetry's times are unsigned: the last that a column holds stands for what lies beyond. */
function storedEnd({ received: { endNs } }: StoredSpan): bigint | null {
  if (endNs === undefined) return null;
  return endNs > INT64_MAX ? INT64_MAX : endNs;
}

/** Characters of a model's or provider's name that count. */
const MAX_MODEL = 500;

function modelText(span: StoredSpan, attribute: string): string | null {
  const json = span.attributes.get(attribute);
  const text = json === undefined ? undefined : rawString(parseRawJson(json));
  return text === undefined ? null : [...text.slice(0, MAX_MODEL * 2)].slice(0, MAX_MODEL).join('');
}

export const USAGE_ATTRIBUTE = 'mlflow.chat.tokenUsage';
export const COST_ATTRIBUTE = 'mlflow.llm.cost';

export interface AmountRow {
  readonly span_id: string;
  readonly parent_span_id: string | null;
  readonly token_usage: string | null;
  readonly cost: string | null;
}

export async function listAmounts(sql: Sql, traceNo: number): Promise<AmountRow[]> {
  return sql.all<AmountRow>(
    'SELECT span_id, parent_span_id, token_usage, cost FROM spans WHERE trace_no = ?',
    [traceNo],
  );
}

export interface ContentRow {
  readonly trace_no: number;
  readonly content: string;
}

/** The spans of traces: roots first, then by their start. */
export async function listContents(sql: Sql, traceNos: readonly number[]): Promise<ContentRow[]> {
  if (traceNos.length === 0) return [];
  return sql.all<ContentRow>(
    `SELECT trace_no, content FROM spans WHERE ${sql.dialect.inList('trace_no', 'bigint')}
     ORDER BY trace_no, CASE WHEN parent_span_id IS NULL THEN 0 ELSE 1 END, start_ns, span_no`,
    [sql.dialect.list(traceNos)],
  );
}
