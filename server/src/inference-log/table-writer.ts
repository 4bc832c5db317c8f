import { createReadStream } from 'node:fs';
import type { PartitionFile } from '../delta/delta-messages.ts';
import type { DeltaProcesses } from '../delta/delta-processes.ts';
import type { Action } from '../delta/log-entry.ts';
import type { Snapshot } from '../delta/log-replay.ts';
import { newPartName } from '../delta/part-names.ts';
import { renderSchema, type TableColumn } from '../delta/schema.ts';
import type { DeltaTable } from '../delta/table.ts';
import { UNNAMED_MS } from '../delta/vacuum.ts';
import type { WorkFolder } from '../delta/work-folder.ts';
import type { Clock } from '../kernel/clock.ts';
import { invalidState, unavailable } from '../kernel/errors.ts';
import type { NamedFiles } from '../objects/named-files.ts';

export interface TableWriterDependencies {
  readonly files: NamedFiles;
  readonly processes: DeltaProcesses;
  readonly work: WorkFolder;
  readonly clock: Clock;
}

/** A piece of work that must be in a table once, whoever does it and however often. */
export interface Batch {
  /** Who counts its pieces, and which this is: pieces come in the order of their numbers, without gaps or with. */
  readonly appId: string;
  readonly number: number;
  /** What the program reads. */
  readonly format: 'segment' | 'feedback';
  readonly file: string;
  /** In the names of the files. */
  readonly label: string;
  readonly schema: {
    readonly columns: readonly TableColumn[];
    readonly partitionColumn: string;
    readonly timeColumn: string;
    readonly boundOf: (timeMs: number) => string | number;
  };
}

/**
 * Brings pieces of work into tables. Every step can be broken off and done again, by anybody: that a piece is in the
 * table stands in the table itself, in the same commit as its rows.
 */
export function createTableWriter({ files, processes, work, clock }: TableWriterDependencies) {
  const isDone = (snapshot: Snapshot, { appId, number }: Batch): boolean =>
    (snapshot.txns.get(appId)?.version ?? -1) >= number;

  /** A name of its own for each try: a file that a commit names is never written over. */
  async function put(table: DeltaTable, { schema, label }: Batch, made: PartitionFile): Promise<Action> {
    const nowMs = clock.nowMs();
    const { partitionColumn: column, timeColumn, boundOf } = schema;
    const name = newPartName({ column, partition: made.partition, label, nowMs });
    const { sizeBytes } = await files.put(table.pathOf(name), createReadStream(made.file));
    return {
      add: {
        path: name,
        partitionValues: { [column]: made.partition },
        size: sizeBytes,
        modificationTime: nowMs,
        dataChange: true,
        stats: JSON.stringify({
          numRecords: made.rows,
          minValues: { [timeColumn]: boundOf(made.least as number) },
          maxValues: { [timeColumn]: boundOf(made.largest as number) },
          nullCount: { [timeColumn]: 0 },
        }),
      },
    };
  }

  return {
    /**
     * Whether it had to be done: false where the table has it already.
     * @throws AppError InvalidState where other programs have altered the table; Unavailable: worth another try later.
     */
    write: (table: DeltaTable, batch: Batch): Promise<boolean> =>
      work.use(async (into) => {
        if (isDone(await table.refresh(), batch)) return false;
        const job = { kind: 'convert', format: batch.format, file: batch.file, into } as const;
        const { files: made } = await processes.run(job, 'converted');
        const startedMs = clock.nowMs();
        const adds: Action[] = [];
        for (const each of made) adds.push(await put(table, batch, each));
        await table.commit((snapshot) => {
          if (isDone(snapshot, batch)) return undefined;
          requireUnaltered(snapshot, batch);
          // A machine that slept: others may take the new files for forgotten ones by now.
          if (clock.nowMs() - startedMs > UNNAMED_MS / 2)
            throw unavailable('Writing a table took too long; it is done again.');
          const txn = { appId: batch.appId, version: batch.number, lastUpdated: clock.nowMs() };
          return { operation: 'STREAMING UPDATE', isBlindAppend: true, actions: [{ txn }, ...adds] };
        });
        return true;
      }),
  };
}

export type TableWriter = ReturnType<typeof createTableWriter>;

function requireUnaltered({ metadata }: Snapshot, { schema }: Batch): void {
  const isOurs =
    metadata.schemaString === renderSchema(schema.columns) &&
    metadata.partitionColumns.length === 1 &&
    metadata.partitionColumns[0] === schema.partitionColumn;
  if (!isOurs)
    throw invalidState('The columns of the table were altered outside: nothing can be written to it.');
}
