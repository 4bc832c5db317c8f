import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  type DuckDBType,
  type DuckDBValue,
  StatementType,
  TIMESTAMPTZ,
  timestampTZValue,
  VARCHAR,
} from '@duckdb/node-api';
import type { RowColumnType, SourceRow } from '../db/row-source.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { describeColumn } from './duckdb-values.ts';
import { type AskForTables, createView, isSameName, quotedText } from './lake-views.ts';
import { analyseQuery, type NeededTable, type TreeNode, unknownTable } from './query-analysis.ts';
import type { JobTable, OfferedTable, QueryJob, QueryParameter } from './query-messages.ts';
import { TABLES_SCHEMA } from './query-text.ts';
import { createResultWriter, type PartSink } from './result-writer.ts';

/** One query on its way: an engine of its own, with the tables that the query names and nothing else. */
export interface RunningQuery {
  readonly needs: readonly NeededTable[];
  append(table: string, rows: readonly SourceRow[]): void;
  /** Hands the result on in parts; whether it was truncated. */
  run(sink: PartSink): Promise<boolean>;
  interrupt(): void;
  close(): void;
}

const CHUNK_ROWS = 2048;
/** Milliseconds beyond which DuckDB's microseconds end. */
const LAST_MS = 9_000_000_000_000_000;

const TYPES: Readonly<Record<RowColumnType, readonly [DuckDBType, string]>> = {
  string: [VARCHAR, 'VARCHAR'],
  bigint: [BIGINT, 'BIGINT'],
  double: [DOUBLE, 'DOUBLE'],
  timestamp: [TIMESTAMPTZ, 'TIMESTAMPTZ'],
};

/**
 * Reads a query and says which tables it needs.
 * @throws AppError InvalidArgument for what is no single SELECT, and for what reaches beyond the given tables; an Error of
 *   DuckDB's with its own message.
 */
export async function openQuery(job: QueryJob, ask: AskForTables): Promise<RunningQuery> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoload_known_extensions: 'false',
    autoinstall_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    memory_limit: `${job.memoryMb}MB`,
    threads: String(job.threads),
    temp_directory: '',
  });
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    for (const setting of [
      "SET TimeZone = 'UTC'",
      `CREATE SCHEMA ${TABLES_SCHEMA}`,
      `SET search_path = '${TABLES_SCHEMA}'`,
    ]) {
      await connection.run(setting);
    }
    // Nothing of the query is run yet: DuckDB reads its text alone.
    const tree = await readTree(connection, job.query);
    const { known: needs, others } = analyseQuery(tree, {
      tables: job.tables,
      parameters: textParameters(job.parameters),
    });
    const offered = others.length === 0 ? [] : await ask(others);
    const missing = others.find((name) => !offered.some((table) => isSameName(table.name, name)));
    if (missing !== undefined) throw unknownTable(missing, job.tables);
    await closeDoors(connection, offered);
    for (const table of offered) await createView(connection, table);
    const needed = new Map<string, JobTable>();
    for (const { name } of needs) {
      const table = job.tables.find((known) => known.name === name)!;
      needed.set(name, table);
      const columns = table.columns.map((column, i) => `"${column}" ${TYPES[table.types[i]!][1]}`);
      await connection.run(`CREATE TABLE ${TABLES_SCHEMA}."${name}" (${columns.join(', ')})`);
    }
    const appenders = new Map(
      await Promise.all(
        [...needed.keys()].map(
          async (name) => [name, await connection.createAppender(name, TABLES_SCHEMA)] as const,
        ),
      ),
    );
    return {
      needs,
      append(name, rows) {
        const { types } = needed.get(name)!;
        for (let at = 0; at < rows.length; at += CHUNK_ROWS) {
          const some = rows.slice(at, at + CHUNK_ROWS);
          const chunk = DuckDBDataChunk.create(types.map((type) => TYPES[type][0]));
          chunk.setColumns(types.map((type, i) => some.map((row) => toDuckDb(row[i]!, type))));
          appenders.get(name)!.appendDataChunk(chunk);
        }
      },
      async run(sink) {
        for (const appender of appenders.values()) appender.closeSync();
        const result = await execute(connection, job);
        return writeResult(result, { job, sink });
      },
      interrupt: () => connection.interrupt(),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** From here on the engine reads the files of these tables, and nothing else of the machine. */
async function closeDoors(connection: DuckDBConnection, tables: readonly OfferedTable[]): Promise<void> {
  const places = tables.flatMap(({ files }) => files.map(({ place }) => quotedText(place)));
  if (places.length > 0) await connection.run(`SET allowed_paths = [${places.join(', ')}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
}

async function readTree(connection: DuckDBConnection, query: string): Promise<TreeNode> {
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql(CAST(? AS VARCHAR))', [query]);
  const text = String(reader.getRows()[0]![0]);
  const tree = JSON.parse(text) as {
    error: boolean;
    error_message?: string;
    statements?: readonly unknown[];
  };
  if (tree.error) {
    const message = tree.error_message ?? 'The query cannot be read.';
    throw /^Only SELECT/.test(message) ? notQuery() : invalidArgument(message);
  }
  if (tree.statements?.length !== 1)
    throw invalidArgument('A statement holds one query: send one at a time.');
  return tree as unknown as TreeNode;
}

const notQuery = () =>
  invalidArgument('Only queries can be run: SELECT, WITH, VALUES, EXPLAIN and DESCRIBE.');

/** The statement as DuckDB has it decides what it is, whatever its text looked like to us. */
async function execute(connection: DuckDBConnection, job: QueryJob): Promise<DuckDBResult> {
  const text = job.about === undefined ? job.query : `${job.about} ${job.query}`;
  const statements = await connection.extractStatements(text);
  if (statements.count !== 1) throw invalidArgument('A statement holds one query: send one at a time.');
  const prepared = await statements.prepare(0);
  const isAllowed =
    prepared.statementType === StatementType.SELECT ||
    (job.about !== undefined && prepared.statementType === StatementType.EXPLAIN);
  if (!isAllowed) throw notQuery();
  await bind(connection, prepared, job.parameters);
  return job.about === undefined ? prepared.stream() : prepared.run();
}

async function bind(
  connection: DuckDBConnection,
  prepared: DuckDBPreparedStatement,
  parameters: readonly QueryParameter[],
): Promise<void> {
  const known = new Set(
    Array.from({ length: prepared.parameterCount }, (_, i) => prepared.parameterName(i + 1)),
  );
  for (const [i, parameter] of parameters.entries()) {
    const name = parameter.name ?? String(i + 1);
    if (!known.delete(name)) continue;
    const index = prepared.parameterIndex(name);
    if (parameter.value === null) {
      prepared.bindNull(index);
      continue;
    }
    const [value, type] = await convert(connection, parameter, name);
    prepared.bindValue(index, value, type);
  }
  const [missing] = known;
  if (missing !== undefined)
    throw invalidArgument(`The statement has no value for the parameter ${missing}.`);
}

async function convert(
  connection: DuckDBConnection,
  { value, type }: QueryParameter,
  name: string,
): Promise<readonly [DuckDBValue, DuckDBType]> {
  try {
    // The type is one of our own words, never the caller's.
    const reader = await connection.runAndReadAll(`SELECT CAST(CAST(? AS VARCHAR) AS ${type})`, [value]);
    return [reader.getRows()[0]![0]!, reader.columnType(0)];
  } catch (cause) {
    throw invalidArgument(`The value of the parameter ${name} is no ${type}.`, {
      cause,
      field: 'parameters',
    });
  }
}

/** Values that compare with texts as they are. */
function textParameters(parameters: readonly QueryParameter[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parameters.flatMap(({ name, value, type }, i) =>
      value === null || type !== 'VARCHAR' ? [] : [[name ?? String(i + 1), value]],
    ),
  );
}

function toDuckDb(value: SourceRow[number], type: RowColumnType): DuckDBValue {
  if (value === null) return null;
  switch (type) {
    case 'string':
    case 'double':
      return value;
    case 'bigint':
      return BigInt(value);
    case 'timestamp': {
      const ms = BigInt(value);
      return ms > LAST_MS || ms < -LAST_MS ? null : timestampTZValue(ms * 1000n);
    }
  }
}

async function writeResult(
  result: DuckDBResult,
  { job, sink }: { readonly job: QueryJob; readonly sink: PartSink },
): Promise<boolean> {
  const types = result.columnTypes();
  const columns = result.columnNames().map((name, i) => describeColumn(name, types[i]!));
  sink.columns(columns);
  const writer = await createResultWriter({ columns, format: job.format, limits: job.limits, sink });
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
    if (await writer.write(chunk.getColumns())) return true;
  }
  await writer.end();
  return false;
}
