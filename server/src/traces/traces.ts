import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { NewAssessment } from './assessment.ts';
import * as assessments from './assessments-repository.ts';
import { completeAssessment } from './new-assessment.ts';
import { MetadataKey, TagKey, type TraceInfo, type TraceState } from './trace.ts';
import { type OnTraceChange, tellAfterCommit } from './trace-change.ts';
import { readTraces } from './trace-details.ts';
import { checkedTag, checkTagIsMutable, MAX_LINKED_TRACES, storedMetadata } from './trace-rules.ts';
import * as repository from './traces-repository.ts';

/** The base folder of an experiment's artifacts. @throws AppError NotFound, InvalidArgument for one in the trash. */
export type ArtifactLocationOf = (experimentNo: number) => Promise<string>;

export interface TracesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly artifactLocationOf: ArtifactLocationOf;
  readonly onChange: OnTraceChange;
}

export interface StartedTrace extends Omit<TraceInfo, 'assessments'> {
  readonly assessments: readonly NewAssessment[];
}

export interface OldStart {
  readonly experimentNo: number;
  readonly requestTimeMs: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface OldEnd {
  readonly endTimeMs: number;
  readonly state: TraceState;
  readonly tags: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

export interface TraceDeletion {
  readonly experimentNo: number;
  readonly traceIds: readonly string[];
  readonly upToMs: number | undefined;
  readonly maxTraces: number | undefined;
}

/** What one commit deletes at most, so that other writers get their turn. */
const DELETION_BATCH = 500;

/** Where old clients, which keep spans as an artifact, put a trace's. */
export const traceArtifacts = (experimentLocation: string, traceId: string): string =>
  `${experimentLocation.replace(/\/+$/, '')}/traces/${traceId}/artifacts`;

export const traceNotFound = (traceId: string) =>
  notFound(`Trace with ID '${traceId.slice(0, 200)}' not found.`);

/** Traces: started and ended by clients, tagged, linked to runs and prompts, deleted. */
export function createTraces({ db, clock, artifactLocationOf, onChange }: TracesDependencies) {
  async function existing(sql: Sql, traceId: string): Promise<repository.TraceRow> {
    const row = await repository.findTrace(sql, traceId);
    if (row === undefined) throw traceNotFound(traceId);
    return row;
  }

  async function read(sql: Sql, traceId: string): Promise<TraceInfo> {
    return (await readTraces(sql, [await existing(sql, traceId)]))[0]!;
  }

  async function readChanged(tx: Transaction, traceId: string): Promise<TraceInfo> {
    const row = await existing(tx, traceId);
    tellAfterCommit(tx, onChange, row);
    return (await readTraces(tx, [row]))[0]!;
  }

  return {
    /**
     * Writes a whole trace's facts, as clients send them at its end. Where spans came first, these facts win, and what
     * they do not state is kept.
     * @throws AppError NotFound or InvalidArgument for the experiment, InvalidArgument for a bad tag or session.
     */
    async start(trace: StartedTrace): Promise<TraceInfo> {
      const location = await artifactLocationOf(trace.experimentNo);
      const tags = new Map(Array.from(trace.tags, ([key, value]) => [key, checkedTag(key, value)]));
      tags.set(TagKey.artifactLocation, traceArtifacts(location, trace.traceId));
      const metadata = storedMetadata(trace.metadata);
      metadata.set(MetadataKey.finalized, 'true');
      return db.write(async (tx) => {
        const place = await repository.insertOrLockTrace(tx, trace);
        const traceNo = 'created' in place ? place.created : await merge(tx, place.row, trace);
        await repository.upsertKeyed(tx, 'trace_tags', { traceNo, values: tags });
        await repository.upsertKeyed(tx, 'trace_metadata', { traceNo, values: metadata });
        await addAssessments(tx, traceNo, trace);
        return readChanged(tx, trace.traceId);
      });
    },

    /** The first half of the protocol of clients before 3.0. @throws AppError as `start` does. */
    async startOld(trace: OldStart): Promise<TraceInfo> {
      const location = await artifactLocationOf(trace.experimentNo);
      const traceId = `tr-${randomHexId()}`;
      const tags = new Map(trace.tags);
      tags.set(TagKey.artifactLocation, traceArtifacts(location, traceId));
      return db.write(async (tx) => {
        const traceNo = await repository.insertTrace(tx, {
          traceId,
          experimentNo: trace.experimentNo,
          requestTimeMs: trace.requestTimeMs,
          durationMs: undefined,
          state: 'IN_PROGRESS',
          clientRequestId: undefined,
          requestPreview: undefined,
          responsePreview: undefined,
        });
        await repository.upsertKeyed(tx, 'trace_tags', { traceNo: traceNo!, values: tags });
        await repository.upsertKeyed(tx, 'trace_metadata', {
          traceNo: traceNo!,
          values: storedMetadata(trace.metadata),
        });
        return readChanged(tx, traceId);
      });
    },

    /** The second half. @throws AppError NotFound */
    async endOld(traceId: string, end: OldEnd): Promise<TraceInfo> {
      return db.write(async (tx) => {
        const row = await repository.lockTrace(tx, traceId);
        if (row === undefined) throw traceNotFound(traceId);
        const duration = end.endTimeMs - row.request_time;
        await repository.updateTrace(tx, { ...row, duration, state: end.state });
        const traceNo = row.trace_no;
        await repository.upsertKeyed(tx, 'trace_tags', { traceNo, values: end.tags });
        await repository.upsertKeyed(tx, 'trace_metadata', { traceNo, values: storedMetadata(end.metadata) });
        return readChanged(tx, traceId);
      });
    },

    /** @throws AppError NotFound */
    async get(traceId: string): Promise<TraceInfo> {
      return db.read((sql) => read(sql, traceId));
    },

    /** The experiments of those that are there. */
    async experimentsOf(traceIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
      if (traceIds.length === 0) return new Map();
      return new Map(await db.read((sql) => repository.listTraceOwners(sql, traceIds)));
    },

    /** Those that are there, in the order of the ids; of `experimentNos` alone where given. */
    async getMany(
      traceIds: readonly string[],
      experimentNos: readonly number[] | undefined,
    ): Promise<TraceInfo[]> {
      return db.read(async (sql) => {
        const rows = await repository.findTraces(sql, traceIds, experimentNos);
        const byId = new Map(rows.map((row) => [row.trace_id, row]));
        return readTraces(
          sql,
          [...new Set(traceIds)].flatMap((traceId) => byId.get(traceId) ?? []),
        );
      });
    },

    /** @throws AppError NotFound, InvalidArgument for a bad key or a tag of the server's own. */
    async setTag(traceId: string, key: string, value: string): Promise<void> {
      checkTagIsMutable(key, 'set');
      const values = new Map([[key, checkedTag(key, value)]]);
      await db.write(async (tx) => {
        const row = await existing(tx, traceId);
        await repository.upsertKeyed(tx, 'trace_tags', { traceNo: row.trace_no, values });
        tellAfterCommit(tx, onChange, row);
      });
    },

    /** @throws AppError NotFound when the trace or the tag is not there. */
    async deleteTag(traceId: string, key: string): Promise<void> {
      checkTagIsMutable(key, 'deleted');
      await db.write(async (tx) => {
        const row = await repository.findTrace(tx, traceId);
        if (row === undefined || !(await repository.deleteTag(tx, row.trace_no, key))) {
          throw notFound(
            `No trace tag with key '${key.slice(0, 250)}' for trace with ID '${traceId.slice(0, 200)}'`,
          );
        }
        tellAfterCommit(tx, onChange, row);
      });
    },

    /**
     * Deletes traces by their ids, or all up to a time, the oldest first; how many they were.
     * @throws AppError InvalidArgument unless exactly one of the two is given.
     */
    async delete(deletion: TraceDeletion): Promise<number> {
      checkDeletion(deletion);
      const { traceIds, upToMs } = deletion;
      const wanted = deletion.maxTraces ?? Number.POSITIVE_INFINITY;
      let deleted = 0;
      while (deleted < wanted) {
        const limit = Math.min(DELETION_BATCH, wanted - deleted);
        const batch = await db.write(async (tx) => {
          const rows = await repository.deleteTraces(tx, {
            experimentNo: deletion.experimentNo,
            traceIds: traceIds.length === 0 ? undefined : traceIds,
            upToMs,
            limit,
          });
          for (const row of rows) tellAfterCommit(tx, onChange, row);
          return rows.length;
        });
        deleted += batch;
        if (batch < limit) break;
      }
      return deleted;
    },

    /** Links traces, which may arrive later, to a run. @throws AppError InvalidArgument for more than 100. */
    async linkToRun(traceIds: readonly string[], runId: string): Promise<void> {
      if (traceIds.length > MAX_LINKED_TRACES) {
        throw invalidArgument(
          `Cannot link more than ${MAX_LINKED_TRACES} traces to a run in a single request. Provided ${traceIds.length} traces.`,
          { field: 'trace_ids' },
        );
      }
      await db.write(async (tx) => {
        await repository.insertRunLinks(tx, traceIds, runId);
        for (const row of await repository.findTraces(tx, traceIds, undefined)) {
          tellAfterCommit(tx, onChange, row);
        }
      });
    },

    /** Links versions of prompts, each as `name/version`. @throws AppError NotFound */
    async linkPrompts(traceId: string, prompts: readonly string[]): Promise<void> {
      if (prompts.length === 0) return;
      await db.write(async (tx) => {
        const row = await existing(tx, traceId);
        await repository.insertPromptLinks(tx, row.trace_no, prompts);
        tellAfterCommit(tx, onChange, row);
      });
    },
  };

  /** Lays the facts over a trace whose spans came first; its number. */
  async function merge(tx: Transaction, row: repository.TraceRow, trace: StartedTrace): Promise<number> {
    await repository.updateTrace(tx, {
      ...row,
      experiment_no: trace.experimentNo,
      request_time: trace.requestTimeMs,
      duration: trace.durationMs ?? null,
      state: trace.state,
      client_request_id: trace.clientRequestId ?? null,
      request_preview: trace.requestPreview ?? row.request_preview,
      response_preview: trace.responsePreview ?? row.response_preview,
    });
    return row.trace_no;
  }

  async function addAssessments(tx: Transaction, traceNo: number, trace: StartedTrace): Promise<void> {
    if (trace.assessments.length === 0) return;
    const complete = trace.assessments.map((given) =>
      completeAssessment(given, { traceId: trace.traceId, nowMs: clock.nowMs() }),
    );
    const ids = complete.map(({ assessmentId }) => assessmentId);
    const [foreign] = await assessments.listForeignIds(tx, traceNo, ids);
    if (foreign !== undefined) {
      throw invalidArgument(`Assessment with ID '${foreign}' belongs to another trace.`, {
        field: 'assessments',
      });
    }
    await assessments.upsertAssessments(tx, traceNo, complete);
  }
}

export type Traces = ReturnType<typeof createTraces>;

/** The wording is the real server's. */
function checkDeletion({ traceIds, upToMs, maxTraces }: TraceDeletion): void {
  if (traceIds.length === 0 && upToMs === undefined) {
    throw invalidArgument('Either `max_timestamp_millis` or `trace_ids` must be specified.');
  }
  if (traceIds.length > 0 && upToMs !== undefined) {
    throw invalidArgument('Only one of `max_timestamp_millis` and `trace_ids` can be specified.');
  }
  if (traceIds.length > 0 && maxTraces !== undefined) {
    throw invalidArgument("`max_traces` can't be specified if `trace_ids` is specified.");
  }
  if (maxTraces !== undefined && maxTraces <= 0) {
    throw invalidArgument(`\`max_traces\` must be a positive integer, received ${maxTraces}.`, {
      field: 'max_traces',
    });
  }
}
