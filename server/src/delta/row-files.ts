import type { DuckDBConnection } from '@duckdb/node-api';
import type { AddedColumn, FileColumn, RowPart } from './delta-messages.ts';
import { quotedName, quotedText, withEngine } from './parquet.ts';

/** Rows of Parquet files, for whoever gives each row to something else and keeps what comes back beside it. */

/** Columns in their order, with DuckDB's names of types. */
export function describeRows(
  parts: readonly RowPart[],
): Promise<{ readonly columns: readonly FileColumn[]; readonly rows: number }> {
  return withEngine(async (connection) => {
    const counted = await connection.runAndReadAll(`SELECT count(*)::BIGINT FROM ${source(parts)}`);
    return { columns: await columnsOf(connection, parts), rows: Number(counted.getRows()[0]![0]) };
  });
}

/**
 * Writes rows as lines, each a JSON array of the row's values in the order of the columns. Numbers keep all their digits
 * and may be NaN and Infinity, bare; bytes are base64, times are texts.
 */
export function writeRowLines(
  parts: readonly RowPart[],
  { from, count, into }: { readonly from: number; readonly count: number; readonly into: string },
): Promise<void> {
  return withEngine(async (connection) => {
    const values = (await columnsOf(connection, parts)).map(({ name, type }) => {
      const column = quotedName(name);
      if (type === 'BLOB') return `base64(${column})`;
      // As any reader of the file widens them: a float's shortest text would be another double.
      return type === 'FLOAT' || type.startsWith('DECIMAL') ? `${column}::DOUBLE` : column;
    });
    await connection.run(
      `COPY (SELECT json_array(${values.join(', ')}) FROM (SELECT * FROM ${source(parts)} LIMIT ${count} OFFSET ${from}))
       TO ${quotedText(into)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')`,
    );
  });
}

/** Writes one file with all rows, and beside each what stands in the line of the same number. */
export function addColumns(
  parts: readonly RowPart[],
  {
    lines,
    columns,
    into,
    spillFolder,
    timesInUtc,
  }: {
    readonly lines: string;
    readonly columns: readonly AddedColumn[];
    readonly into: string;
    readonly spillFolder: string;
    readonly timesInUtc: boolean;
  },
): Promise<void> {
  return withEngine(async (connection) => {
    const types = columns.map(({ name, type }) => `${quotedText(name)}: '${type}'`);
    const casts = columns.map(({ name, type }) =>
      type === 'JSON' ? `${quotedName(name)}::VARCHAR AS ${quotedName(name)}` : quotedName(name),
    );
    const added = `read_json(${quotedText(lines)}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${types.join(', ')}})`;
    const kept = (await columnsOf(connection, parts)).map(({ name, type }) => {
      const column = quotedName(name);
      return timesInUtc && /^TIMESTAMP(_S|_MS|_NS)?$/.test(type)
        ? `${column}::TIMESTAMPTZ AS ${column}`
        : column;
    });
    await connection.run(
      `COPY (SELECT * FROM (SELECT ${kept.join(', ')} FROM ${source(parts)}) POSITIONAL JOIN (SELECT ${casts.join(', ')} FROM ${added}))
       TO ${quotedText(into)} (FORMAT parquet, COMPRESSION zstd)`,
    );
  }, spillFolder);
}

async function columnsOf(
  connection: DuckDBConnection,
  parts: readonly RowPart[],
): Promise<readonly FileColumn[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source(parts)}`);
  return reader.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
}

/** The order of rows is that of the parts, and within one that of its files. */
function source(parts: readonly RowPart[]): string {
  const selects = parts.map(({ files, constants }) => {
    const read = `read_parquet([${files.map(quotedText).join(', ')}], hive_partitioning = false, union_by_name = true)`;
    const added = constants.map(
      ({ name, type, value }) =>
        `, CAST(${value === null ? 'NULL' : quotedText(value)} AS ${type}) AS ${quotedName(name)}`,
    );
    return `SELECT *${added.join('')} FROM ${read}`;
  });
  return `(${selects.join(' UNION ALL BY NAME ')})`;
}
