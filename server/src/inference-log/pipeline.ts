import path from 'node:path';
import { createCheckpoints } from '../delta/checkpoints.ts';
import { compact, type TableShape } from '../delta/compaction.ts';
import { createDeltaProcesses } from '../delta/delta-processes.ts';
import { openFileCache } from '../delta/file-cache.ts';
import { createDeltaTable, type DeltaTable, openDeltaTable } from '../delta/table.ts';
import { removeFolder, vacuum } from '../delta/vacuum.ts';
import { createWorkFolder } from '../delta/work-folder.ts';
import type { Clock } from '../kernel/clock.ts';
import type { AppError } from '../kernel/errors.ts';
import { type NamedFiles, requireConditionalPut } from '../objects/named-files.ts';
import { createHandOver } from './hand-over.ts';
import { type IsNodeAlive, openJournalFolder, removeOrphan } from './journal-folder.ts';
import { createRecorder } from './recorder.ts';
import { createTableWriter } from './table-writer.ts';

export interface PipelineOptions {
  /** Where the journal lies: a folder of this machine, which server processes may share. */
  readonly journal: string;
  /** Where tables lie. */
  readonly files: NamedFiles;
  readonly clock: Clock;
  readonly isNodeAlive: IsNodeAlive;
  readonly maxJournalBytes?: number;
  onFailed(tableId: string, error: AppError): Promise<void>;
  /** Whether there is a table of that name, though it may have failed. */
  isKept(tableId: string): Promise<boolean>;
  onError(error: unknown): void;
}

/** How long what is left at the end of a process may take to come into its tables; the next process does the rest. */
const CLOSE_MS = 5_000;

/** From the recorder over the journal into the tables, and what keeps these in order. */
export async function openPipeline(options: PipelineOptions) {
  const { files, clock, onFailed, onError } = options;
  const journal = await openJournalFolder({ journal: options.journal, isNodeAlive: options.isNodeAlive });
  // Beside this file in the sources, beside the bundle in a build.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const processes = createDeltaProcesses({
    program: new URL(`./table-process.${extension}`, import.meta.url),
  });
  const work = createWorkFolder(path.join(journal.folder, '.work'));
  const cache = await openFileCache({ files, folder: path.join(journal.folder, '.cache') });
  const keeping = { files, processes, cache, work, clock };
  const checkpoints = createCheckpoints(keeping);
  const writer = createTableWriter(keeping);
  const tables = new Map<string, DeltaTable>();
  let conditional: Promise<void> | undefined;

  function openTable(tableId: string): DeltaTable {
    let table = tables.get(tableId);
    if (table === undefined) {
      table = openDeltaTable({ files, folder: tableId, clock, readCheckpoint: checkpoints.read });
      tables.set(tableId, table);
    }
    return table;
  }

  /** Once a process; again, where the store could not be asked. */
  async function requireStore(): Promise<void> {
    conditional ??= requireConditionalPut(files);
    try {
      await conditional;
    } catch (error) {
      conditional = undefined;
      throw error;
    }
  }

  const recorder = createRecorder({
    folder: journal.folder,
    clock,
    ...(options.maxJournalBytes !== undefined && { maxJournalBytes: options.maxJournalBytes }),
    onSegment: () => handOver.wake(),
    onError,
  });
  const handOver = createHandOver({
    journal,
    recorder,
    writer,
    openTable,
    async onWritten(table) {
      await checkpoints.writeWhenDue(table);
    },
    onFailed,
    isKept: options.isKept,
    onError,
  });

  return {
    nodeId: journal.nodeId,
    recorder,
    handOver,
    writer,
    cache,
    work,
    openTable,
    /** Of the processes that work for this one. */
    pids: () => processes.pids(),
    /** Makes an empty table in the folder of that name, if there is none. @throws AppError InvalidState for a store that
     * cannot keep tables; Unavailable. */
    async createTable(
      tableId: string,
      { columns, partitionColumn }: Pick<TableShape, 'columns' | 'partitionColumn'>,
    ): Promise<void> {
      await requireStore();
      const partitionBy = [partitionColumn];
      await createDeltaTable({ files, folder: tableId, clock, id: tableId, columns, partitionBy });
    },
    /** How another program finds the table. */
    locationOf: (tableId: string): string => files.urlOf(openTable(tableId).pathOf('_')).replace(/\/_$/, ''),
    /** Joins small files, and writes a checkpoint where it is time. */
    async compact(tableId: string, shape: TableShape): Promise<void> {
      const table = openTable(tableId);
      while (await compact(table, shape, keeping));
      await checkpoints.writeWhenDue(table);
    },
    /** Removes what nobody needs. */
    async vacuum(tableId: string): Promise<void> {
      const table = openTable(tableId);
      await vacuum(table, keeping);
      await checkpoints.removeOldLog(table);
    },
    /** Removes all its files, the log first: from then on nobody takes them for a table. */
    async removeTable(tableId: string): Promise<void> {
      tables.delete(tableId);
      await removeFolder(files, tableId);
    },
    /** Brings in what there is, for a while, and ends. */
    async close(): Promise<void> {
      await recorder.close();
      const late = setTimeout(() => processes.close(), CLOSE_MS);
      await handOver.settle();
      clearTimeout(late);
      await handOver.stop();
      processes.close();
      await journal.close();
      await removeOrphan(journal.folder);
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;
