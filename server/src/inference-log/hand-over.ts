import { readdir, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import type { DeltaTable } from '../delta/table.ts';
import { AppError, internal } from '../kernel/errors.ts';
import { codeOf, type JournalFolder, removeOrphan } from './journal-folder.ts';
import { PAYLOAD_SCHEMAS } from './payload-schemas.ts';
import { decodeHeader, SEGMENT_HEADER_BYTES } from './record.ts';
import type { RecorderControl } from './recorder.ts';
import { type ClosedSegment, listSegments, readBeginning, removeSegment } from './segments.ts';
import type { TableWriter } from './table-writer.ts';

export interface HandOverDependencies {
  readonly journal: JournalFolder;
  readonly recorder: Pick<RecorderControl, 'released'>;
  readonly writer: TableWriter;
  openTable(tableId: string): DeltaTable;
  /** After segments of a table came into it. */
  onWritten(table: DeltaTable): Promise<void>;
  /** A table into which nothing can be written; its segments stay where they are. */
  onFailed(tableId: string, error: AppError): Promise<void>;
  /** Whether the table is there at all; what is left for one that was removed goes with it. */
  isKept(tableId: string): Promise<boolean>;
  onError(error: unknown): void;
}

const LOOK_EVERY_MS = 2_000;
const ORPHANS_EVERY_MS = 15_000;
const REST_AFTER_ERROR_MS = 10_000;

/**
 * Brings the segments of the journal into their tables, each table's in their order: those of this process, and those
 * that dead ones left. Two who do the same are harmless: the table says what is in it.
 */
export function createHandOver(dependencies: HandOverDependencies) {
  const { journal, recorder, writer, openTable, onWritten, onFailed, isKept, onError } = dependencies;
  const resting = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let wanted = false;
  let orphansAtMs = 0;
  let stopped = false;

  async function handOver(nodeId: string, tableId: string, segment: ClosedSegment): Promise<void> {
    const bytes = await readBeginning(segment.file, SEGMENT_HEADER_BYTES);
    // Another has brought it in.
    if (bytes === undefined) return;
    const header = decodeHeader(bytes);
    const { size } = await stat(segment.file);
    if (header === undefined && size > SEGMENT_HEADER_BYTES) {
      await rename(segment.file, `${segment.file}.unreadable`);
      throw internal('A segment of the journal cannot be read; it was put aside.', {
        details: { file: segment.file },
      });
    }
    // A process that died before its first record leaves no whole header.
    if (header !== undefined) {
      await writer.write(openTable(tableId), {
        appId: `slipway-journal/${nodeId}/${tableId}`,
        number: segment.number,
        format: 'segment',
        file: segment.file,
        label: String(segment.number).padStart(20, '0'),
        schema: PAYLOAD_SCHEMAS[header.kind],
      });
    }
    await removeSegment(segment);
    if (nodeId === journal.nodeId) recorder.released(tableId, size);
  }

  /** Of one process and table; ends at the first that cannot be brought in. */
  async function handOverTable(
    { nodeId, folder }: { readonly nodeId: string; readonly folder: string },
    tableId: string,
  ): Promise<void> {
    const key = `${nodeId}/${tableId}`;
    if ((resting.get(key) ?? 0) > performance.now()) return;
    const segments = await listSegments(path.join(folder, tableId), { ofDead: nodeId !== journal.nodeId });
    if (segments.length === 0) return;
    try {
      for (const segment of segments) {
        if (stopped) return;
        await handOver(nodeId, tableId, segment);
      }
      resting.delete(key);
      await onWritten(openTable(tableId));
    } catch (error) {
      if (stopped) return;
      if (error instanceof AppError && error.code === 'NotFound' && !(await isKept(tableId))) {
        await forget(nodeId, tableId, segments);
        return;
      }
      resting.set(key, performance.now() + REST_AFTER_ERROR_MS);
      if (error instanceof AppError && (error.code === 'InvalidState' || error.code === 'NotFound'))
        await onFailed(tableId, error);
      onError(error);
    }
  }

  /** Of a table whose files were removed long after it was dropped. */
  async function forget(nodeId: string, tableId: string, segments: readonly ClosedSegment[]): Promise<void> {
    for (const segment of segments) {
      const found = await stat(segment.file).catch(() => undefined);
      await removeSegment(segment);
      if (nodeId === journal.nodeId && found !== undefined) recorder.released(tableId, found.size);
    }
  }

  async function handOverNode(node: { readonly nodeId: string; readonly folder: string }): Promise<void> {
    for (const tableId of await tablesIn(node.folder)) await handOverTable(node, tableId);
  }

  async function round(): Promise<void> {
    await handOverNode(journal);
    if (performance.now() < orphansAtMs) return;
    orphansAtMs = performance.now() + ORPHANS_EVERY_MS;
    for (const orphan of await journal.findOrphans()) {
      if (stopped) return;
      await handOverNode(orphan);
      await removeOrphan(orphan.folder);
    }
  }

  async function rounds(): Promise<void> {
    while (wanted && !stopped) {
      wanted = false;
      await round().catch(onError);
    }
  }

  function wake(): void {
    if (stopped) return;
    wanted = true;
    running ??= rounds().finally(() => {
      running = undefined;
      if (wanted) wake();
    });
  }

  return {
    /** Looks for segments from time to time, and when it is woken. */
    start(): void {
      timer ??= setInterval(wake, LOOK_EVERY_MS).unref();
      wake();
    },
    wake,
    /** Brings in all that there is now, the orphans' too. What cannot be is reported as ever. */
    async settle(): Promise<void> {
      orphansAtMs = 0;
      resting.clear();
      wake();
      while (running !== undefined) await running;
    },
    /** Ends after the step that runs; what is left is brought in by the next process. */
    async stop(): Promise<void> {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}

export type HandOver = ReturnType<typeof createHandOver>;

/** The folders of tables in the part of a process. */
async function tablesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((entry) =>
      entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : [],
    );
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
