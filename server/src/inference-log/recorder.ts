import path from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { AppError, unavailable } from '../kernel/errors.ts';
import { createRecordBuffer } from './record.ts';
import { type OpenSegment, openSegment } from './segments.ts';

/**
 * Writes what endpoints answered to a journal on this machine's disk, from which it comes into tables. It promises:
 *
 * 1. What `append` resolved for survives the death of any process; what is older than a moment (100 ms) survives the
 *    death of the machine.
 * 2. Every row that survives is in its table once, within seconds, also when the process that wrote it never comes back.
 * 3. Nothing here waits for a database or for an object store.
 * 4. A record is written whole or not at all: a full disk loses no earlier record and leaves no torn one.
 */
export interface Recorder {
  /** The log of a table on this process; the same one for the same table. @throws AppError Unavailable */
  open(table: RecordedTable): Promise<InferenceLog>;
  /** Makes what was written durable, and closes the files; appending afterwards is Unavailable. */
  close(): Promise<void>;
}

export interface RecordedTable {
  /** The name of the table's folder. */
  readonly tableId: string;
  readonly kind: InferenceTableKind;
  /** A request or response with more bytes is cut there, and the row says so. 1 MiB where nothing is said. */
  readonly maxPayloadBytes?: number;
}

/** `legacy` is what auto capture wrote first; `gateway` the columns that came with the AI gateway. */
export type InferenceTableKind = 'legacy' | 'gateway';

export interface InferenceLog {
  readonly tableId: string;
  /**
   * Why nothing can be written now; undefined while it can. Whoever must log every request asks before the model is
   * called, and refuses the request with this. It is tried again by itself.
   */
  readonly refusal: AppError | undefined;
  /**
   * Takes a record; resolves when it is written, with all others of the same turn of the event loop. The bytes of the
   * record may be used again as soon as the call has returned. Never throws.
   * @throws AppError Unavailable (by the promise): the row is not kept.
   */
  append(record: InferenceRecord): Promise<void>;
  /** Counts of this process since its start. */
  readonly counts: { readonly written: number; readonly dropped: number };
}

/** One request to an endpoint and its answer. */
export interface InferenceRecord {
  /** A UUID; the row's `databricks_request_id`. */
  readonly requestId: string;
  /** When the request came. */
  readonly timestampMs: number;
  /** From the request to the answer, in microseconds. */
  readonly executionUs: number;
  readonly status: number;
  /** The caller's own `client_request_id`. */
  readonly clientRequestId: string | undefined;
  /** Who asked, by name. */
  readonly requester: string | undefined;
  /** What share of the requests is logged, 0 to 1; 1 for all. */
  readonly samplingFraction: number;
  /** Bodies as they went over the wire; what is no UTF-8 is kept as base64. */
  readonly request: Uint8Array | string;
  readonly response: Uint8Array | string;
  /** Who answered. The same object for many records: it is written once. */
  readonly entity: AnsweringEntity;
}

export interface AnsweringEntity {
  readonly endpointName: string;
  /** Of a registered model, `catalog.schema.name` for those in Unity Catalog. */
  readonly modelName: string;
  readonly modelVersion: string;
  readonly servedEntityId: string;
}

export interface RecorderOptions {
  /** This process's part of the journal. */
  readonly folder: string;
  readonly clock: Clock;
  /**
   * What the segments of this process may have together: beyond it the disk counts as full. 4 GiB unless given. Those of
   * one table may have a quarter, so that one that takes nothing does not hold up the others.
   */
  readonly maxJournalBytes?: number;
  /** Told of every segment that can be handed over. */
  onSegment(tableId: string): void;
  /** What went wrong in the background. */
  onError(error: unknown): void;
}

/** What the hand-over tells the recorder, and what is shown of it. */
export interface RecorderControl extends Recorder {
  /** So many bytes of a table have left the journal. */
  released(tableId: string, sizeBytes: number): void;
  /** Ends the segment of a table, so that what is in it can be handed over. */
  rotate(tableId: string): void;
  readonly journalBytes: number;
  /** Rows of all tables since the start of the process. */
  readonly counts: InferenceLog['counts'];
}

const MIB = 2 ** 20;
const DEFAULT_PAYLOAD_BYTES = MIB;
const DEFAULT_JOURNAL_BYTES = 4096 * MIB;
const SEGMENT_BYTES = 16 * MIB;
const SEGMENT_MS = 10_000;
const SYNC_AFTER_MS = 100;
const SYNC_AFTER_BYTES = 4 * MIB;
const RETRY_MS = 250;
/** What must fit again before requests are taken again. */
const PROBE_BYTES = 64 * 1024;
const MAX_ENTITIES = 0xffff;
/** Of the bound of all. */
const SHARE_OF_TABLE = 1 / 4;
const DAY_MS = 86_400_000;

export function createRecorder(options: RecorderOptions): RecorderControl {
  const { folder, clock, maxJournalBytes = DEFAULT_JOURNAL_BYTES, onSegment, onError } = options;
  const logs = new Map<string, TableLog>();
  const bytesOf = new Map<string, number>();
  let journalBytes = 0;
  let closed = false;

  function grow(tableId: string, sizeBytes: number): void {
    journalBytes += sizeBytes;
    bytesOf.set(tableId, (bytesOf.get(tableId) ?? 0) + sizeBytes);
  }

  function requireRoom(tableId: string, sizeBytes: number): void {
    const ofTable = (bytesOf.get(tableId) ?? 0) + sizeBytes;
    if (journalBytes + sizeBytes > maxJournalBytes || ofTable > maxJournalBytes * SHARE_OF_TABLE)
      throw journalFull();
  }

  interface TableLog extends InferenceLog {
    rotate(): void;
    finish(): Promise<void>;
  }

  function openLog({ tableId, kind, maxPayloadBytes = DEFAULT_PAYLOAD_BYTES }: RecordedTable): TableLog {
    const records = createRecordBuffer(maxPayloadBytes);
    const entities = new Map<AnsweringEntity, number>();
    const finishing = new Set<Promise<void>>();
    let segment: OpenSegment | undefined;
    let lastSegment = 0;
    let turn: Turn | undefined;
    let turnRows = 0;
    let refusal: AppError | undefined;
    let syncTimer: NodeJS.Timeout | undefined;
    let rotateTimer: NodeJS.Timeout | undefined;
    let retryTimer: NodeJS.Timeout | undefined;
    let dirtyBytes = 0;
    let written = 0;
    let dropped = 0;

    function append(record: InferenceRecord): Promise<void> {
      if (closed || refusal !== undefined) {
        dropped++;
        return Promise.reject(refusal ?? ended());
      }
      if (turn === undefined) {
        turn = newTurn();
        rotateWhenDue();
        // After the promises of this turn: what they append goes with it.
        process.nextTick(flush);
      }
      records.addRow(entityNumber(record.entity), record);
      turnRows++;
      return turn.promise;
    }

    function entityNumber(entity: AnsweringEntity): number {
      const known = entities.get(entity);
      if (known !== undefined) return known;
      if (entities.size >= MAX_ENTITIES) entities.clear();
      const number = entities.size;
      entities.set(entity, number);
      records.addEntity(number, entity);
      return number;
    }

    function flush(): void {
      const { resolve, reject } = turn!;
      const rows = turnRows;
      turn = undefined;
      turnRows = 0;
      try {
        const bytes = records.bytes();
        requireRoom(tableId, bytes.length);
        segment ??= begin();
        segment.write(bytes);
        grow(tableId, bytes.length);
        written += rows;
        dirty(bytes.length);
        resolve();
      } catch (error) {
        dropped += rows;
        // They would be missing from the segment.
        entities.clear();
        refuse(error);
        reject(refusal!);
      } finally {
        records.clear();
      }
    }

    function begin(): OpenSegment {
      const createdMs = clock.nowMs();
      lastSegment++;
      const header = { kind, segment: lastSegment, createdMs, tableId };
      const opened = openSegment(path.join(folder, tableId), header);
      grow(tableId, opened.sizeBytes);
      rotateTimer = setTimeout(rotate, SEGMENT_MS).unref();
      return opened;
    }

    /** Before the records of a turn: a segment names its entities itself. */
    function rotateWhenDue(): void {
      if (segment === undefined) return;
      const isNextDay = Math.floor(segment.createdMs / DAY_MS) !== Math.floor(clock.nowMs() / DAY_MS);
      if (isNextDay || segment.sizeBytes >= SEGMENT_BYTES) rotate();
    }

    function rotate(): void {
      const done = segment;
      // Records that wait name entities of this segment.
      if (done === undefined || records.length > 0) return;
      segment = undefined;
      entities.clear();
      clearTimeout(rotateTimer);
      clearTimeout(syncTimer);
      syncTimer = undefined;
      dirtyBytes = 0;
      const ending = done.finish().then(() => onSegment(tableId), onError);
      finishing.add(ending);
      void ending.finally(() => finishing.delete(ending));
    }

    function dirty(sizeBytes: number): void {
      dirtyBytes += sizeBytes;
      if (dirtyBytes >= SYNC_AFTER_BYTES) sync();
      else syncTimer ??= setTimeout(sync, SYNC_AFTER_MS).unref();
    }

    function sync(): void {
      clearTimeout(syncTimer);
      syncTimer = undefined;
      dirtyBytes = 0;
      // What could not be made durable is in doubt; what comes goes to another file, if the disk takes one.
      segment?.sync().catch((error) => {
        onError(error);
        refuse(error);
        rotate();
      });
    }

    function refuse(cause: unknown): void {
      refusal ??= cannotWrite(cause);
      retryTimer ??= setTimeout(retry, RETRY_MS).unref();
    }

    function retry(): void {
      retryTimer = undefined;
      if (closed) return;
      try {
        requireRoom(tableId, PROBE_BYTES);
        segment ??= begin();
        if (!segment.hasRoom(PROBE_BYTES)) throw refusal;
        refusal = undefined;
      } catch {
        // It stands as it is; the refusal says so to everyone who asks.
        retryTimer = setTimeout(retry, RETRY_MS).unref();
      }
    }

    return {
      tableId,
      get refusal() {
        return closed ? ended() : refusal;
      },
      append,
      rotate,
      get counts() {
        return { written, dropped };
      },
      async finish() {
        if (turn !== undefined) await turn.promise.catch(() => undefined);
        for (const timer of [syncTimer, rotateTimer, retryTimer]) clearTimeout(timer);
        rotate();
        await Promise.all(finishing);
      },
    };
  }

  return {
    async open(table) {
      if (closed) throw ended();
      let log = logs.get(table.tableId);
      if (log === undefined) {
        log = openLog(table);
        logs.set(table.tableId, log);
      }
      return log;
    },
    async close() {
      closed = true;
      await Promise.all(Array.from(logs.values(), (log) => log.finish()));
    },
    rotate: (tableId) => logs.get(tableId)?.rotate(),
    released: (tableId, sizeBytes) => grow(tableId, -sizeBytes),
    get journalBytes() {
      return journalBytes;
    },
    get counts() {
      const all = [...logs.values()].map((log) => log.counts);
      return {
        written: all.reduce((sum, { written }) => sum + written, 0),
        dropped: all.reduce((sum, { dropped }) => sum + dropped, 0),
      };
    },
  };
}

interface Turn {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: AppError) => void;
}

function newTurn(): Turn {
  const turn = Promise.withResolvers<void>();
  // Whoever logs as well as can be does not look.
  turn.promise.catch(() => undefined);
  return turn;
}

const ended = () => unavailable('The server is shutting down.');
const journalFull = () => new Error('the journal has reached its bound');
const cannotWrite = (cause: unknown): AppError =>
  cause instanceof AppError
    ? cause
    : unavailable('The log of requests cannot be written now, and this endpoint logs every request.', {
        cause,
      });
