import { randomUUID } from 'node:crypto';
import { link, mkdir, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Clock } from '../kernel/clock.ts';
import { invalidArgument, unavailable } from '../kernel/errors.ts';
import type { FileColumn, RowPart } from './delta-messages.ts';
import type { DeltaProcesses } from './delta-processes.ts';
import {
  type Action,
  checkpointName,
  commitName,
  LAST_CHECKPOINT,
  LOG_FOLDER,
  parseActions,
  renderCommit,
} from './log-entry.ts';
import { finish, newDraft, replay, type Snapshot } from './log-replay.ts';

/**
 * Delta tables in folders of this machine, for commands that work without a server: nothing but the table's own files is
 * written, and other programs may write at the same time.
 */
export interface FolderTable {
  readonly snapshot: Snapshot;
  /** Its rows, in the order in which the log names their files. */
  readonly parts: readonly RowPart[];
}

interface Field {
  readonly name: string;
  readonly type: unknown;
}

/** Types of columns that Delta and DuckDB both have, by DuckDB's names. */
const DELTA_TYPES: Readonly<Record<string, string>> = {
  BOOLEAN: 'boolean',
  TINYINT: 'byte',
  SMALLINT: 'short',
  INTEGER: 'integer',
  BIGINT: 'long',
  FLOAT: 'float',
  DOUBLE: 'double',
  VARCHAR: 'string',
  BLOB: 'binary',
  DATE: 'date',
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
};
const DUCKDB_TYPES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(DELTA_TYPES).map(([duckDb, delta]) => [delta, duckDb]),
);
const MAX_TRIES = 20;

/** Undefined where there is no table. @throws AppError InvalidState for one that we cannot read */
export async function readFolderTable(
  folder: string,
  { processes }: { readonly processes: DeltaProcesses },
): Promise<FolderTable | undefined> {
  const draft = newDraft();
  const last = await readIfThere(path.join(folder, LAST_CHECKPOINT));
  if (last !== undefined) {
    const { version, parts } = JSON.parse(last) as { version: number; parts?: number };
    if (parts !== undefined)
      throw invalidArgument(`The checkpoint of ${folder} is in several parts, which is not read here.`);
    const actions = await readCheckpoint(path.join(folder, checkpointName(version)), processes);
    replay(draft, version, actions);
  }
  for (;;) {
    const text = await readIfThere(path.join(folder, commitName(draft.version + 1)));
    if (text === undefined) break;
    replay(draft, draft.version + 1, parseActions(text));
  }
  if (draft.version < 0) return undefined;
  const snapshot = finish(draft);
  return { snapshot, parts: partsOf(folder, snapshot) };
}

/** Files with equal values of the partition's columns, which stand in the log alone. */
function partsOf(folder: string, { files, metadata }: Snapshot): readonly RowPart[] {
  const fields = fieldsOf(metadata.schemaString);
  const parts: { files: string[]; readonly constants: RowPart['constants']; readonly key: string }[] = [];
  for (const add of files.values()) {
    const constants = metadata.partitionColumns.map((name) => {
      const type = fields.find((field) => field.name === name)?.type;
      const known = typeof type === 'string' ? DUCKDB_TYPES[type] : undefined;
      if (known === undefined)
        throw invalidArgument(
          `The partition's column '${name}' of ${folder} is of a type that is not read here.`,
        );
      return { name, type: known, value: add.partitionValues[name] ?? null };
    });
    const key = JSON.stringify(constants);
    const file = path.join(folder, decodeURIComponent(add.path));
    const same = parts.at(-1);
    if (same?.key === key) same.files.push(file);
    else parts.push({ files: [file], constants, key });
  }
  return parts.map(({ files: inPart, constants }) => ({ files: inPart, constants }));
}

export interface FolderAppend {
  /** Names the work: what a table has of it already is not added again. */
  readonly appId: string;
  /** Writes the rows into a file, and says what its columns are. */
  write(file: string): Promise<{ readonly columns: readonly FileColumn[]; readonly rows: number }>;
}

/**
 * Adds rows to a table, which is made where there is none, in one commit: all of them or nothing.
 * @throws AppError InvalidArgument for columns that are not those of the table, or of types that Delta does not have;
 *   Unavailable where too many write at the same time
 */
export async function appendToFolderTable(
  folder: string,
  append: FolderAppend,
  { processes, clock }: { readonly processes: DeltaProcesses; readonly clock: Clock },
): Promise<void> {
  const isDone = (table: FolderTable | undefined) => table?.snapshot.txns.has(append.appId) === true;
  if (isDone(await readFolderTable(folder, { processes }))) return;
  await mkdir(path.join(folder, LOG_FOLDER), { recursive: true });
  const name = `part-00000-${randomUUID()}.zstd.parquet`;
  const file = path.join(folder, name);
  const { columns, rows } = await append.write(file);
  const { size } = await stat(file);
  const schema = renderFields(columns);
  for (let attempt = 1; attempt <= MAX_TRIES; attempt += 1) {
    const table = await readFolderTable(folder, { processes });
    if (isDone(table)) {
      await rm(file);
      return;
    }
    if (table !== undefined) requireSame(folder, table.snapshot, schema);
    const now = clock.nowMs();
    const actions: Action[] = [
      {
        commitInfo: {
          timestamp: now,
          operation: 'WRITE',
          operationParameters: { mode: 'Append' },
          isBlindAppend: true,
        },
      },
      ...(table === undefined ? newTable(schema, now) : []),
      { txn: { appId: append.appId, version: 0, lastUpdated: now } },
      {
        add: {
          path: name,
          partitionValues: {},
          size,
          modificationTime: now,
          dataChange: true,
          stats: JSON.stringify({ numRecords: rows }),
        },
      },
    ];
    if (await commit(folder, (table?.snapshot.version ?? -1) + 1, actions)) return;
  }
  await rm(file);
  throw unavailable(`Too many write the Delta table ${folder} at the same time.`);
}

const newTable = (schemaString: string, createdTime: number): Action[] => [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: randomUUID(),
      format: { provider: 'parquet', options: {} },
      schemaString,
      partitionColumns: [],
      configuration: {},
      createdTime,
    },
  },
];

/** Whether nobody else has made this version: a link is there whole or not at all, and once. */
async function commit(folder: string, version: number, actions: readonly Action[]): Promise<boolean> {
  const place = path.join(folder, commitName(version));
  const draft = `${place}.${randomUUID()}.tmp`;
  const file = await open(draft, 'wx');
  try {
    await file.writeFile(renderCommit(actions));
    await file.sync();
    await link(draft, place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
}

function requireSame(folder: string, { metadata }: Snapshot, schema: string): void {
  const shown = (fields: readonly Field[]) =>
    fields
      .map(({ name, type }) => `${name} ${typeof type === 'string' ? type : JSON.stringify(type)}`)
      .join(', ');
  const had = shown(fieldsOf(metadata.schemaString));
  const wanted = shown(fieldsOf(schema));
  if (metadata.partitionColumns.length > 0)
    throw invalidArgument(`The Delta table ${folder} is partitioned, which is not written here.`);
  if (had !== wanted)
    throw invalidArgument(
      `The Delta table ${folder} has other columns: ${had}; and the rows have ${wanted}.`,
    );
}

const fieldsOf = (schemaString: string): readonly Field[] =>
  (JSON.parse(schemaString) as { readonly fields: readonly Field[] }).fields;

function renderFields(columns: readonly FileColumn[]): string {
  const fields = columns.map(({ name, type }) => {
    const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
    const known = decimal === null ? DELTA_TYPES[type] : `decimal(${decimal[1]},${decimal[2]})`;
    if (known === undefined)
      throw invalidArgument(
        `The column '${name}' is of the type ${type}, which is not written to Delta tables here.`,
      );
    return { name, type: known, nullable: true, metadata: {} };
  });
  return JSON.stringify({ type: 'struct', fields });
}

async function readCheckpoint(file: string, processes: DeltaProcesses): Promise<readonly Action[]> {
  const work = await mkdtemp(path.join(tmpdir(), 'slipway-checkpoint-'));
  try {
    const into = path.join(work, 'actions');
    await processes.run({ kind: 'read-checkpoint', file, into }, 'written');
    return parseActions(await readFile(into, 'utf8'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
