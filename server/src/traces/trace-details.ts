import type { Sql } from '../db/port.ts';
import * as assessments from './assessments-repository.ts';
import type { TraceInfo } from './trace.ts';
import * as repository from './traces-repository.ts';

/** Completes rows with their tags, metadata and assessments, in the rows' order. */
export async function readTraces(sql: Sql, rows: readonly repository.TraceRow[]): Promise<TraceInfo[]> {
  const traceNos = rows.map((row) => row.trace_no);
  const tags = Map.groupBy(await repository.listKeyed(sql, 'trace_tags', traceNos), (tag) => tag.trace_no);
  const metadata = Map.groupBy(
    await repository.listKeyed(sql, 'trace_metadata', traceNos),
    (entry) => entry.trace_no,
  );
  const found = Map.groupBy(await assessments.listAssessments(sql, traceNos), ({ traceNo }) => traceNo);
  return rows.map((row) => ({
    traceId: row.trace_id,
    experimentNo: row.experiment_no,
    requestTimeMs: row.request_time,
    durationMs: row.duration ?? undefined,
    state: row.state,
    clientRequestId: row.client_request_id ?? undefined,
    requestPreview: row.request_preview ?? undefined,
    responsePreview: row.response_preview ?? undefined,
    tags: toMap(tags.get(row.trace_no)),
    metadata: toMap(metadata.get(row.trace_no)),
    assessments: (found.get(row.trace_no) ?? []).map(({ assessment }) => assessment),
  }));
}

function toMap(rows: readonly repository.KeyedRow[] | undefined): ReadonlyMap<string, string> {
  return new Map((rows ?? []).map(({ key, value }) => [key, value]));
}
