import type { Sql, Transaction } from '../db/port.ts';

export interface SchemaRow {
  readonly schema_no: number;
  readonly schema_id: string;
  readonly catalog_no: number;
  readonly name: string;
  readonly name_key: string;
  readonly comment: string | null;
  /** A JSON object of texts. */
  readonly properties: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
}

const COLUMNS =
  'schema_no, schema_id, catalog_no, name, name_key, comment, properties, created_at, created_by, updated_at, updated_by';

export const findSchema = (sql: Sql, catalogNo: number, nameKey: string): Promise<SchemaRow | undefined> =>
  sql.get(`SELECT ${COLUMNS} FROM schemas WHERE catalog_no = ? AND name_key = ?`, [catalogNo, nameKey]);

export const listSchemas = (sql: Sql, catalogNo: number, nameKeys: readonly string[]): Promise<SchemaRow[]> =>
  sql.all(
    `SELECT ${COLUMNS} FROM schemas WHERE catalog_no = ? AND ${sql.dialect.inList('name_key', 'text')} ORDER BY name_key`,
    [catalogNo, sql.dialect.list(nameKeys)],
  );

export const listSchemasOf = (sql: Sql, catalogNo: number): Promise<SchemaRow[]> =>
  sql.all(`SELECT ${COLUMNS} FROM schemas WHERE catalog_no = ? ORDER BY name_key`, [catalogNo]);

export async function insertSchema(tx: Transaction, row: Omit<SchemaRow, 'schema_no'>): Promise<void> {
  await tx.run(
    `INSERT INTO schemas (schema_id, catalog_no, name, name_key, comment, properties, created_at, created_by, updated_at,
       updated_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      row.schema_id,
      row.catalog_no,
      row.name,
      row.name_key,
      row.comment,
      row.properties,
      row.created_at,
      row.created_by,
      row.updated_at,
      row.updated_by,
    ],
  );
}

export async function updateSchema(tx: Transaction, row: SchemaRow): Promise<void> {
  await tx.run(
    `UPDATE schemas SET name = ?, name_key = ?, comment = ?, properties = ?, updated_at = ?, updated_by = ?
     WHERE schema_no = ?`,
    [row.name, row.name_key, row.comment, row.properties, row.updated_at, row.updated_by, row.schema_no],
  );
}

export async function deleteSchema(tx: Transaction, schemaNo: number): Promise<void> {
  await tx.run('DELETE FROM schemas WHERE schema_no = ?', [schemaNo]);
}
