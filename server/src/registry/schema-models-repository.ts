import type { SqlFragment } from '../db/conditions.ts';
import type { Dialect, Sql, Transaction } from '../db/port.ts';
import type { VisibleModels } from '../governance/access.ts';
import { DEFAULT_CATALOG } from './model-names.ts';

/** Holds the schema until the commit, so that a model never comes into one that goes. Whether it is there. */
export async function holdSchema(
  tx: Transaction,
  { catalog, schema }: { readonly catalog: string; readonly schema: string },
): Promise<boolean> {
  const held = await tx.all(
    `SELECT s.schema_no FROM schemas s JOIN catalogs c ON c.catalog_no = s.catalog_no
     WHERE c.name_key = ? AND s.name_key = ?${tx.dialect.forUpdate('s')}`,
    [catalog.toLowerCase(), schema.toLowerCase()],
  );
  return held.length > 0;
}

/**
 * Makes those wait for one another that make a catalog, and those that make a plain model whose name would lie in one:
 * each then sees what the other has done.
 */
export async function holdCatalogNames(tx: Transaction): Promise<void> {
  await tx.all(`SELECT c.catalog_no FROM catalogs c WHERE c.name_key = ?${tx.dialect.forUpdate('c')}`, [
    DEFAULT_CATALOG,
  ]);
}

export async function catalogExists(sql: Sql, name: string): Promise<boolean> {
  const found = await sql.get('SELECT 1 AS one FROM catalogs WHERE name_key = ?', [name.toLowerCase()]);
  return found !== undefined;
}

/** A plain model that would have three levels with a catalog of this name, in any case. */
export async function findPlainModelOf(sql: Sql, catalog: string): Promise<string | undefined> {
  const row = await sql.get<{ name: string }>(
    `SELECT name FROM registered_models
     WHERE schema_name = 'workspace.default' AND lower(substr(name, 1, length(CAST(? AS TEXT)))) = ?
       AND length(name) - length(replace(name, '.', '')) = 2 AND name NOT LIKE '%..%' AND name NOT LIKE '%.'
     ORDER BY name LIMIT 1`,
    [`${catalog}.`, `${catalog.toLowerCase()}.`],
  );
  return row?.name;
}

/** Prompts too. */
export async function listSchemaModels(sql: Sql, schemaName: string, limit: number): Promise<string[]> {
  const rows = await sql.rows<[string]>(
    'SELECT name FROM registered_models WHERE schema_name = ? ORDER BY name LIMIT ?',
    [schemaName, limit],
  );
  return rows.map(([name]) => name);
}

/** Gives the models of a schema the names of another; each keeps what comes after the two levels. */
export async function moveModels(
  tx: Transaction,
  from: { readonly schemaName: string; readonly prefix: string },
  to: { readonly schemaName: string; readonly prefix: string },
): Promise<void> {
  await tx.run(
    'UPDATE registered_models SET name = CAST(? AS TEXT) || substr(name, ?), schema_name = ? WHERE schema_name = ?',
    [to.prefix, from.prefix.length + 1, to.schemaName, from.schemaName],
  );
}

/** Of models under the alias `m`, those that a caller may see. */
export function renderVisible(dialect: Dialect, visible: 'all' | VisibleModels): SqlFragment {
  if (visible === 'all') return { text: '1 = 1', params: [] };
  return {
    text: `(${dialect.inList('m.schema_name', 'text')} OR ${dialect.inList('m.name', 'text')})`,
    params: [dialect.list(visible.schemas), dialect.list(visible.models)],
  };
}
