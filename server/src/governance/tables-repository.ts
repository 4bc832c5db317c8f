import type { Sql, SqlParam, Transaction } from '../db/port.ts';

export interface TableRow {
  readonly table_no: number;
  readonly table_id: string;
  /** `catalog.schema` in lower case. */
  readonly schema_key: string;
  readonly name_key: string;
  readonly catalog_name: string;
  readonly schema_name: string;
  readonly name: string;
  readonly table_type: string;
  readonly format: string;
  readonly location: string | null;
  readonly comment: string | null;
  /** JSON. */
  readonly columns: string;
  readonly properties: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
}

const COLUMNS =
  'table_no, table_id, schema_key, name_key, catalog_name, schema_name, name, table_type, format, location, comment, ' +
  'columns, properties, created_at, created_by, updated_at, updated_by';

/** Those of these ids that a table has. */
export async function knownIds(sql: Sql, ids: readonly string[]): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    `SELECT table_id FROM table_descriptions WHERE ${sql.dialect.inList('table_id', 'text')}`,
    [sql.dialect.list(ids)],
  );
  return rows.map(([id]) => id);
}

/** Whether the name was free. */
export async function insertTable(tx: Transaction, row: Omit<TableRow, 'table_no'>): Promise<boolean> {
  const inserted = await tx.run(
    `INSERT INTO table_descriptions (table_id, schema_key, name_key, catalog_name, schema_name, name, table_type, format,
       location, comment, columns, properties, created_at, created_by, updated_at, updated_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (schema_key, name_key) DO NOTHING`,
    [
      row.table_id,
      row.schema_key,
      row.name_key,
      row.catalog_name,
      row.schema_name,
      row.name,
      row.table_type,
      row.format,
      row.location,
      row.comment,
      row.columns,
      row.properties,
      row.created_at,
      row.created_by,
      row.updated_at,
      row.updated_by,
    ],
  );
  return inserted > 0;
}

interface TableKey {
  readonly schemaKey: string;
  readonly nameKey: string;
}

export async function findTable(sql: Sql, { schemaKey, nameKey }: TableKey): Promise<TableRow | undefined> {
  return sql.get<TableRow>(
    `SELECT ${COLUMNS} FROM table_descriptions WHERE schema_key = ? AND name_key = ?`,
    [schemaKey, nameKey],
  );
}

/** Whether there was one. */
export async function deleteTable(tx: Transaction, { schemaKey, nameKey }: TableKey): Promise<boolean> {
  return (
    (await tx.run('DELETE FROM table_descriptions WHERE schema_key = ? AND name_key = ?', [
      schemaKey,
      nameKey,
    ])) > 0
  );
}

export interface TableSearch {
  readonly schemaKey: string;
  /** Only those; by their keys. */
  readonly names: 'all' | readonly string[];
  /** `%` and `_`; all names where it is undefined. */
  readonly pattern: string | undefined;
  readonly after: string;
  readonly limit: number;
}

/** Of one schema, by name, those after `after`. */
export async function listTables(
  sql: Sql,
  { schemaKey, names, pattern, after, limit }: TableSearch,
): Promise<TableRow[]> {
  const { dialect } = sql;
  const conditions = ['schema_key = ?', 'name_key > ?'];
  const params: SqlParam[] = [schemaKey, after];
  if (names !== 'all') {
    conditions.push(dialect.inList('name_key', 'text'));
    params.push(dialect.list(names));
  }
  if (pattern !== undefined) {
    conditions.push(dialect.like('name', false));
    params.push(dialect.likePattern(pattern, false));
  }
  return sql.all<TableRow>(
    `SELECT ${COLUMNS} FROM table_descriptions WHERE ${conditions.join(' AND ')} ORDER BY name_key LIMIT ?`,
    [...params, limit],
  );
}

export async function hasTables(sql: Sql, schemaKey: string): Promise<boolean> {
  return (
    (await sql.get('SELECT 1 AS one FROM table_descriptions WHERE schema_key = ? LIMIT 1', [schemaKey])) !==
    undefined
  );
}

export async function deleteTablesOf(tx: Transaction, schemaKey: string): Promise<void> {
  await tx.run('DELETE FROM table_descriptions WHERE schema_key = ?', [schemaKey]);
}

export async function moveTables(
  tx: Transaction,
  fromKey: string,
  to: { readonly schemaKey: string; readonly catalog: string; readonly schema: string },
): Promise<void> {
  await tx.run(
    'UPDATE table_descriptions SET schema_key = ?, catalog_name = ?, schema_name = ? WHERE schema_key = ?',
    [to.schemaKey, to.catalog, to.schema, fromKey],
  );
}
