import type { Sql } from '../db/port.ts';
import { getCatalogRow } from './catalogs.ts';
import { containerKey } from './container-rules.ts';
import { noSuchSchema, type SchemaName } from './schemas.ts';
import { findSchema } from './schemas-repository.ts';

/** A schema's names as they are spelled. In a governed write it stays until the commit. @throws AppError NotFound */
export async function getSchemaName(sql: Sql, name: SchemaName): Promise<SchemaName> {
  const catalog = await getCatalogRow(sql, name.catalog);
  const schema = await findSchema(sql, catalog.catalog_no, containerKey(name.schema));
  if (schema === undefined) throw noSuchSchema(name);
  return { catalog: catalog.name, schema: schema.name };
}
