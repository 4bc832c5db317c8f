import type { DuckDBConnection } from '@duckdb/node-api';
import type { SpelledName } from './lake-tables.ts';
import type { OfferedTable } from './query-messages.ts';

/** Those of the named tables that a query may read. */
export type AskForTables = (names: readonly SpelledName[]) => Promise<readonly OfferedTable[]>;

/** Lets a table's files be read under the name that the query uses. */
export async function createView(connection: DuckDBConnection, table: OfferedTable): Promise<void> {
  const parts = table.name.map(quoted);
  const [catalog, schema] =
    parts.length === 3 ? parts : [undefined, parts.length === 2 ? parts[0] : undefined];
  if (catalog !== undefined) await connection.run(`ATTACH IF NOT EXISTS ':memory:' AS ${catalog}`);
  if (schema !== undefined)
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${[catalog, schema].filter(Boolean).join('.')}`);
  await connection.run(`CREATE VIEW ${parts.join('.')} AS ${selectOf(table)}`);
}

/** One part for each value of the partition column, which the files do not hold. */
function selectOf({ columns, partitionColumn, files }: OfferedTable): string {
  if (files.length === 0) {
    const nothing = columns.map(({ name, type }) => `CAST(NULL AS ${type}) AS ${quoted(name)}`);
    return `SELECT ${nothing.join(', ')} WHERE false`;
  }
  const places = new Map<string, string[]>();
  for (const { place, partition } of files) {
    const some = places.get(partition);
    if (some === undefined) places.set(partition, [place]);
    else some.push(place);
  }
  return [...places]
    .map(([partition, some]) => {
      const selected = columns.map(({ name, type }) =>
        name === partitionColumn
          ? `CAST(${quotedText(partition)} AS ${type}) AS ${quoted(name)}`
          : `CAST(${quoted(name)} AS ${type}) AS ${quoted(name)}`,
      );
      return `SELECT ${selected.join(', ')} FROM read_parquet([${some.map(quotedText).join(', ')}],
        hive_partitioning = false, union_by_name = true)`;
    })
    .join(' UNION ALL ');
}

/** Names are the same in any case. */
export const isSameName = (a: SpelledName, b: SpelledName): boolean =>
  a.join('.').toLowerCase() === b.join('.').toLowerCase();

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const quotedText = (value: string): string => `'${value.replaceAll("'", "''")}'`;
