import type { Sql, Transaction } from '../db/port.ts';

export interface CatalogRow {
  readonly catalog_no: number;
  readonly catalog_id: string;
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
  'catalog_no, catalog_id, name, name_key, comment, properties, created_at, created_by, updated_at, updated_by';

export const findCatalog = (sql: Sql, nameKey: string): Promise<CatalogRow | undefined> =>
  sql.get(`SELECT ${COLUMNS} FROM catalogs WHERE name_key = ?`, [nameKey]);

export const listCatalogs = (sql: Sql, nameKeys: readonly string[]): Promise<CatalogRow[]> =>
  sql.all(
    `SELECT ${COLUMNS} FROM catalogs WHERE ${sql.dialect.inList('name_key', 'text')} ORDER BY name_key`,
    [sql.dialect.list(nameKeys)],
  );

export async function insertCatalog(tx: Transaction, row: Omit<CatalogRow, 'catalog_no'>): Promise<number> {
  const inserted = await tx.get<{ catalog_no: number }>(
    `INSERT INTO catalogs (catalog_id, name, name_key, comment, properties, created_at, created_by, updated_at, updated_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING catalog_no`,
    [
      row.catalog_id,
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
  return inserted!.catalog_no;
}

export async function updateCatalog(tx: Transaction, row: CatalogRow): Promise<void> {
  await tx.run(
    `UPDATE catalogs SET name = ?, name_key = ?, comment = ?, properties = ?, updated_at = ?, updated_by = ?
     WHERE catalog_no = ?`,
    [row.name, row.name_key, row.comment, row.properties, row.updated_at, row.updated_by, row.catalog_no],
  );
}

/** With its schemas. */
export async function deleteCatalog(tx: Transaction, catalogNo: number): Promise<void> {
  await tx.run('DELETE FROM catalogs WHERE catalog_no = ?', [catalogNo]);
}
