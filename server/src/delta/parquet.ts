import {
  BIGINT,
  DATE,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  LIST,
  listValue,
  MAP,
  mapValue,
  TIMESTAMPTZ,
  timestampTZValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { Job, PartitionFile } from './delta-messages.ts';
import { type ColumnType, duckDbTypeOf, type TableColumn } from './schema.ts';

/** A value of a column: `timestamp` in milliseconds. */
export type CellValue = string | number | null | readonly string[] | Readonly<Record<string, string | null>>;

/** Rows that a format gives, each with the partition that it belongs to. */
export interface FormatRows {
  /** Without the partition's. */
  readonly columns: readonly TableColumn[];
  /** Of the rows' time, whose least and largest value go with a file. */
  readonly timeColumn: string;
  readonly rows: Iterable<{ readonly partition: string; readonly values: readonly CellValue[] }>;
}

const CHUNK_ROWS = 2048;
const MEMORY_MB = 512;
const COPY_OPTIONS = '(FORMAT parquet, COMPRESSION zstd)';

const DUCKDB_TYPES: Readonly<Record<ColumnType, DuckDBType>> = {
  string: VARCHAR,
  long: BIGINT,
  integer: INTEGER,
  double: DOUBLE,
  date: DATE,
  timestamp: TIMESTAMPTZ,
  'map<string,string>': MAP(VARCHAR, VARCHAR),
  'array<string>': LIST(VARCHAR),
};

export async function withEngine<T>(
  use: (connection: DuckDBConnection) => Promise<T>,
  spillFolder = '',
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoload_known_extensions: 'false',
    autoinstall_known_extensions: 'false',
    memory_limit: `${MEMORY_MB}MB`,
    threads: '1',
    temp_directory: spillFolder,
  });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes a Parquet file for each partition of the rows into a folder. */
export function writePartitions(
  { columns, timeColumn, rows }: FormatRows,
  into: string,
): Promise<readonly PartitionFile[]> {
  const timeIndex = columns.findIndex(({ name }) => name === timeColumn);
  return withEngine(async (connection) => {
    const open = new Map<string, Partition>();
    for (const { partition, values } of rows) {
      let target = open.get(partition);
      if (target === undefined) {
        target = await openPartition(connection, { columns, table: `rows_${open.size}` });
        open.set(partition, target);
      }
      target.add(values, values[timeIndex] as number);
    }
    const files: PartitionFile[] = [];
    for (const [partition, target] of open) {
      const file = `${into}/${files.length}.parquet`;
      const { rows: count, least, largest } = await target.write(file);
      files.push({ file, partition, rows: count, least, largest });
    }
    return files;
  });
}

interface Partition {
  add(values: readonly CellValue[], time: number): void;
  write(file: string): Promise<{ rows: number; least: number; largest: number }>;
}

async function openPartition(
  connection: DuckDBConnection,
  { columns, table }: { readonly columns: readonly TableColumn[]; readonly table: string },
): Promise<Partition> {
  const described = columns.map(({ name, type }) => `${quotedName(name)} ${duckDbTypeOf(type)}`);
  await connection.run(`CREATE TABLE ${table} (${described.join(', ')})`);
  const appender = await connection.createAppender(table);
  const types = columns.map(({ type }) => DUCKDB_TYPES[type]);
  let waiting: (readonly CellValue[])[] = [];
  let rows = 0;
  let least = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;

  function append(): void {
    if (waiting.length === 0) return;
    const chunk = DuckDBDataChunk.create(types);
    chunk.setColumns(columns.map(({ type }, i) => waiting.map((values) => toDuckDb(values[i]!, type))));
    appender.appendDataChunk(chunk);
    waiting = [];
  }

  return {
    add(values, time) {
      rows++;
      least = Math.min(least, time);
      largest = Math.max(largest, time);
      waiting.push(values);
      if (waiting.length === CHUNK_ROWS) append();
    },
    async write(file) {
      append();
      appender.closeSync();
      await connection.run(`COPY ${table} TO ${quotedText(file)} ${COPY_OPTIONS}`);
      await connection.run(`DROP TABLE ${table}`);
      return { rows, least, largest };
    },
  };
}

function toDuckDb(value: CellValue, type: ColumnType): DuckDBValue {
  if (value === null) return null;
  switch (type) {
    case 'string':
    case 'integer':
    case 'double':
      return value as string | number;
    case 'long':
      return BigInt(value as number);
    case 'timestamp':
      return timestampTZValue(BigInt(value as number) * 1000n);
    case 'array<string>':
      return listValue([...(value as readonly string[])]);
    case 'map<string,string>':
      return mapValue(
        Object.entries(value as Readonly<Record<string, string | null>>).map(([key, of]) => ({
          key,
          value: of,
        })),
      );
    case 'date':
      throw new TypeError('A date is a partition here, and no column of a file.');
  }
}

/** Makes one file of several. @returns how many rows it has */
export function joinFiles(job: Extract<Job, { kind: 'join' }>): Promise<number> {
  return withEngine(async (connection) => {
    const names = job.columns.map(({ name }) => quotedName(name)).join(', ');
    await connection.run(
      `COPY (SELECT ${names} FROM read_parquet([${job.files.map(quotedText).join(', ')}], hive_partitioning = false,
         union_by_name = true) ORDER BY ${quotedName(job.orderBy)}) TO ${quotedText(job.into)} ${COPY_OPTIONS}`,
    );
    const reader = await connection.runAndReadAll(
      `SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata(${quotedText(job.into)})`,
    );
    return Number(reader.getRows()[0]![0]);
  }, job.spillFolder);
}

/** The columns of a checkpoint: one struct for each kind of action, of which one is not null. */
const CHECKPOINT = {
  txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
  add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR)',
  remove:
    'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)',
  metaData:
    'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
  protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
} as const;

/** Makes a checkpoint of the lines of a commit's form. @returns how many actions it has */
export function writeCheckpointFile(lines: string, into: string): Promise<number> {
  return withEngine(async (connection) => {
    const columns = Object.entries(CHECKPOINT).map(
      ([name, type]) => `${quotedName(name)}: ${quotedText(type)}`,
    );
    const read = `read_json(${quotedText(lines)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${columns.join(', ')}})`;
    await connection.run(`COPY (SELECT * FROM ${read}) TO ${quotedText(into)} (FORMAT parquet)`);
    const reader = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${quotedText(into)})`);
    return Number(reader.getRows()[0]![0]);
  });
}

/** Makes the lines of a commit's form of a checkpoint, whoever wrote it. */
export function readCheckpointFile(file: string, into: string): Promise<number> {
  return withEngine(async (connection) => {
    const found = await connection.runAndReadAll(
      `SELECT DISTINCT name FROM parquet_schema(${quotedText(file)}) WHERE name IN (${Object.keys(CHECKPOINT).map(quotedText).join(', ')})`,
    );
    const names = found.getRows().map(([name]) => String(name));
    // One action a line, as commits have them: what is null in the struct is absent there.
    const selects = names.map(
      (name) =>
        `SELECT json_object(${quotedText(name)}, to_json(${quotedName(name)})) AS line FROM actions WHERE ${quotedName(name)} IS NOT NULL`,
    );
    await connection.run(
      `COPY (WITH actions AS (FROM read_parquet(${quotedText(file)})) ${selects.join(' UNION ALL ')})
       TO ${quotedText(into)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')`,
    );
    const reader = await connection.runAndReadAll(`SELECT count(*) FROM read_parquet(${quotedText(file)})`);
    return Number(reader.getRows()[0]![0]);
  });
}

export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quotedText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
