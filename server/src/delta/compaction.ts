import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import type { NamedFiles } from '../objects/named-files.ts';
import type { DeltaProcesses } from './delta-processes.ts';
import type { FileCache } from './file-cache.ts';
import type { AddFile } from './log-entry.ts';
import type { Snapshot } from './log-replay.ts';
import { newPartName } from './part-names.ts';
import type { TableColumn } from './schema.ts';
import type { DeltaTable } from './table.ts';
import type { WorkFolder } from './work-folder.ts';

export interface CompactionDependencies {
  readonly files: NamedFiles;
  readonly processes: DeltaProcesses;
  readonly cache: FileCache;
  readonly work: WorkFolder;
  readonly clock: Clock;
}

/** What a table looks like to whoever keeps it in order. */
export interface TableShape {
  /** Without the partition's. */
  readonly columns: readonly TableColumn[];
  readonly partitionColumn: string;
  readonly timeColumn: string;
}

const MIB = 2 ** 20;
const SMALL_BYTES = 16 * MIB;
const MIN_FILES = 8;
/** What one file is made of at most, so that the engine has room to sort it. */
const MAX_BYTES = 64 * MIB;

/** Small files of one partition that are worth being one; undefined where there are none. */
export function chooseFiles(snapshot: Snapshot, column: string): readonly AddFile[] | undefined {
  const byPartition = new Map<string, AddFile[]>();
  for (const file of snapshot.files.values()) {
    const partition = file.partitionValues[column];
    if (partition === null || partition === undefined || file.size >= SMALL_BYTES) continue;
    const some = byPartition.get(partition);
    if (some === undefined) byPartition.set(partition, [file]);
    else some.push(file);
  }
  for (const small of byPartition.values()) {
    if (small.length < MIN_FILES) continue;
    const chosen: AddFile[] = [];
    let bytes = 0;
    for (const file of small.sort((a, b) => (a.path < b.path ? -1 : 1))) {
      if (bytes + file.size > MAX_BYTES) break;
      chosen.push(file);
      bytes += file.size;
    }
    return chosen;
  }
  return undefined;
}

/** Joins the small files of a partition into one; whether there were any. */
export async function compact(
  table: DeltaTable,
  shape: TableShape,
  { files, processes, cache, work, clock }: CompactionDependencies,
): Promise<boolean> {
  const chosen = chooseFiles(await table.refresh(), shape.partitionColumn);
  if (chosen === undefined) return false;
  return work.use(async (folder) => {
    const into = path.join(folder, 'joined.parquet');
    const held = await Promise.all(chosen.map(({ path: file }) => cache.hold(table.pathOf(file))));
    let rows: number;
    try {
      ({ rows } = await processes.run(
        {
          kind: 'join',
          files: held.map(({ place }) => place),
          into,
          columns: shape.columns,
          orderBy: shape.timeColumn,
          spillFolder: folder,
        },
        'written',
      ));
    } finally {
      for (const { release } of held) release();
    }
    const partition = chosen[0]!.partitionValues[shape.partitionColumn]!;
    const nowMs = clock.nowMs();
    const name = newPartName({ column: shape.partitionColumn, partition, label: 'joined', nowMs });
    const { sizeBytes } = await files.put(table.pathOf(name), createReadStream(into));
    const add: AddFile = {
      path: name,
      partitionValues: { [shape.partitionColumn]: partition },
      size: sizeBytes,
      modificationTime: nowMs,
      dataChange: false,
      stats: joinedStats(chosen, rows),
    };
    let isDone = false;
    await table.commit((snapshot) => {
      isDone = snapshot.files.has(name);
      // Another joined them, or somebody deleted rows: the new file is no part of the table then.
      if (isDone || chosen.some(({ path: file }) => !snapshot.files.has(file))) return undefined;
      const removes = chosen.map(({ path: file, size, partitionValues }) => ({
        remove: {
          path: file,
          deletionTimestamp: nowMs,
          dataChange: false,
          extendedFileMetadata: true,
          partitionValues,
          size,
        },
      }));
      return { operation: 'OPTIMIZE', isBlindAppend: false, actions: [...removes, { add }] };
    });
    return true;
  });
}

interface Stats {
  readonly numRecords: number;
  readonly minValues?: Readonly<Record<string, string | number>>;
  readonly maxValues?: Readonly<Record<string, string | number>>;
}

/** The bounds of all files; only those that every file knows. */
function joinedStats(files: readonly AddFile[], rows: number): string {
  const all = files.map(({ stats }) => (stats === undefined ? undefined : (JSON.parse(stats) as Stats)));
  const bounds = (
    of: 'minValues' | 'maxValues',
    isBetter: (a: string | number, b: string | number) => boolean,
  ) => {
    const [first, ...rest] = all.map((stats) => stats?.[of]);
    const joined: Record<string, string | number> = {};
    for (const [column, value] of Object.entries(first ?? {})) {
      const values = [value, ...rest.map((each) => each?.[column])];
      if (values.some((each) => each === undefined)) continue;
      joined[column] = (values as (string | number)[]).reduce((a, b) => (isBetter(b, a) ? b : a));
    }
    return joined;
  };
  return JSON.stringify({
    numRecords: rows,
    minValues: bounds('minValues', (a, b) => a < b),
    maxValues: bounds('maxValues', (a, b) => a > b),
    nullCount: {},
  });
}
