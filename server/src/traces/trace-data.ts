import { setTimeout as pause } from 'node:timers/promises';
import type { Database, Sql } from '../db/port.ts';
import { invalidState, notFound } from '../kernel/errors.ts';
import { spanMessage } from './span-message.ts';
import * as spansRepository from './spans-repository.ts';
import { IN_DATABASE, TagKey, type TraceInfo } from './trace.ts';
import { readTraces } from './trace-details.ts';
import { announcedSpans } from './trace-rules.ts';
import * as repository from './traces-repository.ts';

export interface TraceData {
  readonly info: TraceInfo;
  /** Spans as they are stored, roots first, then by their start. */
  readonly contents: readonly string[];
}

/** Clients send a trace's facts and its spans side by side: how long one waits for the other, in ms. */
const WAITS_MS = [100, 200, 400, 800, 1500];

/** Traces with their spans. */
export function createTraceData({ db }: { readonly db: Database }) {
  return {
    /**
     * A trace with all its spans; waits up to 3 s for those that are on their way.
     * @throws AppError NotFound for no such trace or one whose spans did not come, InvalidState for spans in an artifact.
     */
    async getComplete(traceId: string, signal: AbortSignal): Promise<TraceData> {
      for (const waitMs of [...WAITS_MS, 0]) {
        const trace = await this.getPartial(traceId);
        if (isComplete(trace)) return trace;
        if (waitMs > 0) await pause(waitMs, undefined, { signal });
      }
      throw notFound(`Trace with ID ${traceId} is not fully exported yet, please try again later.`);
    },

    /** A trace with the spans that are there. @throws AppError NotFound, InvalidState for spans in an artifact. */
    async getPartial(traceId: string): Promise<TraceData> {
      return db.read(async (sql) => {
        const row = await repository.findTrace(sql, traceId);
        if (row === undefined) throw notFound(`Trace with ID ${traceId.slice(0, 200)} is not found.`);
        return (await withSpans(sql, [row]))[0]!;
      });
    },

    /** Those of the traces that are complete, in the order of the ids. @throws AppError InvalidState */
    async getMany(
      traceIds: readonly string[],
      experimentNos: readonly number[] | undefined,
    ): Promise<TraceData[]> {
      return db.read(async (sql) => {
        const rows = await repository.findTraces(sql, traceIds, experimentNos);
        const byId = new Map(rows.map((row) => [row.trace_id, row]));
        const ordered = [...new Set(traceIds)].flatMap((traceId) => byId.get(traceId) ?? []);
        return (await withSpans(sql, ordered)).filter(isComplete);
      });
    },
  };
}

export type TraceDataReader = ReturnType<typeof createTraceData>;

async function withSpans(sql: Sql, rows: readonly repository.TraceRow[]): Promise<TraceData[]> {
  const infos = await readTraces(sql, rows);
  for (const { traceId, tags } of infos) {
    if (tags.get(TagKey.spansLocation) !== IN_DATABASE) {
      throw invalidState(
        `Trace data not stored in tracking store: the spans of trace '${traceId}' are an artifact.`,
      );
    }
  }
  const contents = await spansRepository.listContents(
    sql,
    rows.map((row) => row.trace_no),
  );
  const byTrace = Map.groupBy(contents, (row) => row.trace_no);
  return infos.map((info, i) => ({
    info,
    contents: (byTrace.get(rows[i]!.trace_no) ?? []).map((row) => row.content),
  }));
}

function isComplete({ info, contents }: TraceData): boolean {
  return contents.length > 0 && contents.length >= announcedSpans(info.metadata);
}

/** The spans as OpenTelemetry's messages in JSON, one by one. */
export function spanMessages({ contents }: TraceData): Iterable<string> {
  return contents.values().map(spanMessage);
}
