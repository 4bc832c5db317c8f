import type { Sql, Transaction } from '../db/port.ts';

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

/** Of one schema, by name, those after `after`. */
export async function listTables(
  sql: Sql,
  { schemaKey, after, limit }: { readonly schemaKey: string; readonly after: string; readonly limit: number },
): Promise<TableRow[]> {
  return sql.all<TableRow>(
    `SELECT ${COLUMNS} FROM table_descriptions WHERE schema_key = ? AND name_key > ? ORDER BY name_key LIMIT ?`,
    [schemaKey, after, limit],
  );
}

/** Of one schema, those whose names are like the pattern. */
export async function listTablesLike(
  sql: Sql,
  search: {
    readonly schemaKey: string;
    readonly pattern: string;
    readonly after: string;
    readonly limit: number;
  },
): Promise<TableRow[]> {
  return sql.all<TableRow>(
    `SELECT ${COLUMNS} FROM table_descriptions WHERE schema_key = ? AND name_key > ?
       AND ${sql.dialect.like('name', false)} ORDER BY name_key LIMIT ?`,
    [search.schemaKey, search.after, sql.dialect.likePattern(search.pattern, false), search.limit],
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
