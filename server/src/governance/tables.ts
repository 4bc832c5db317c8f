import { randomUUID } from 'node:crypto';
import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, notFound } from '../kernel/errors.ts';
import type { Access, Principal } from './access.ts';
import type { ListPage } from './catalogs.ts';
import { findCatalog } from './catalogs-repository.ts';
import { containerKey } from './container-rules.ts';
import type { GovernedWrite } from './governed-writes.ts';
import type { Ownership } from './ownership.ts';
import type { Securable } from './privileges.ts';
import type { SchemaContents, SchemaName } from './schemas.ts';
import { findSchema } from './schemas-repository.ts';
import type { TableRow } from './tables-repository.ts';
import * as repository from './tables-repository.ts';

export interface TableColumn {
  readonly name: string;
  /** As SQL writes it (`bigint`), and the name of its kind (`LONG`). */
  readonly typeText: string;
  readonly typeName: string;
  readonly nullable: boolean;
  readonly comment?: string | undefined;
}

/** What is known of a table; its rows are kept elsewhere. */
export interface TableDescription {
  /** A UUID. */
  readonly id: string;
  readonly catalog: string;
  readonly schema: string;
  readonly name: string;
  readonly type: 'MANAGED' | 'EXTERNAL' | 'VIEW';
  /** `DELTA`, `PARQUET`… */
  readonly format: string;
  readonly location: string | undefined;
  readonly comment: string | undefined;
  readonly columns: readonly TableColumn[];
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export type NewTable = Pick<
  TableDescription,
  'catalog' | 'schema' | 'name' | 'type' | 'format' | 'location' | 'comment' | 'columns' | 'properties'
> & {
  /** Where its keeper has given it one. */
  readonly id?: string;
};

export interface TableName extends SchemaName {
  readonly name: string;
}

export interface TableListing {
  readonly maxResults: number;
  readonly pageToken?: string | undefined;
}

export interface TablesDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
  readonly ownership: Pick<Ownership, 'claim' | 'drop'>;
}

/** Tables are the same in any case. */
export const tableSecurable = ({ catalog, schema, name }: TableName): Securable => ({
  type: 'table',
  catalog,
  schema,
  name: name.toLowerCase(),
});

const schemaKeyOf = ({ catalog, schema }: SchemaName): string =>
  `${containerKey(catalog)}.${containerKey(schema)}`;

export type Tables = ReturnType<typeof createTables>;

export function createTables({ db, clock, write, ownership }: TablesDependencies) {
  const find = (sql: Sql, name: TableName) =>
    repository.findTable(sql, { schemaKey: schemaKeyOf(name), nameKey: name.name.toLowerCase() });

  return {
    /** The caller owns it. @throws AppError NotFound for the schema; AlreadyExists. */
    async register(table: NewTable, by: Principal): Promise<void> {
      const nowMs = clock.nowMs();
      await write(async (tx) => {
        const catalog = await findCatalog(tx, containerKey(table.catalog));
        const schema = catalog && (await findSchema(tx, catalog.catalog_no, containerKey(table.schema)));
        if (catalog === undefined || schema === undefined)
          throw notFound(`Schema '${table.catalog}.${table.schema}' does not exist.`, {
            reason: 'SCHEMA_DOES_NOT_EXIST',
          });
        const isNew = await repository.insertTable(tx, {
          table_id: table.id ?? randomUUID(),
          schema_key: schemaKeyOf(table),
          name_key: table.name.toLowerCase(),
          catalog_name: catalog.name,
          schema_name: schema.name,
          name: table.name,
          table_type: table.type,
          format: table.format,
          location: table.location ?? null,
          comment: table.comment ?? null,
          columns: JSON.stringify(table.columns),
          properties: JSON.stringify(table.properties),
          created_at: nowMs,
          created_by: by.name,
          updated_at: nowMs,
          updated_by: by.name,
        });
        if (!isNew)
          throw alreadyExists(`Table '${table.name}' already exists.`, { reason: 'TABLE_ALREADY_EXISTS' });
        await ownership.claim(tx, tableSecurable(table), by);
      });
    },

    /** Forgets the description and the grants; the rows are their keeper's to delete. Whether there was one. */
    drop: (name: TableName): Promise<boolean> =>
      write(async (tx) => {
        const key = { schemaKey: schemaKeyOf(name), nameKey: name.name.toLowerCase() };
        if (!(await repository.deleteTable(tx, key))) return false;
        await ownership.drop(tx, [tableSecurable(name)]);
        return true;
      }),

    find: (name: TableName): Promise<TableDescription | undefined> =>
      db.read(async (sql) => {
        const row = await find(sql, name);
        return row && describe(row);
      }),

    /** Those of these ids under which there is a table, whatever its name is by now. */
    known: async (ids: readonly string[]): Promise<ReadonlySet<string>> =>
      new Set(ids.length === 0 ? [] : await db.read((sql) => repository.knownIds(sql, ids))),

    /**
     * Of one schema, those that the caller sees, by name; where a pattern is given (`%` and `_`), those whose names are
     * like it. Whether there is a next page depends on what the caller sees, too.
     */
    async list(
      access: Access,
      { pattern, ...schema }: SchemaName & { readonly pattern?: string | undefined },
      { maxResults, pageToken }: TableListing,
    ): Promise<ListPage<TableDescription>> {
      const after = pageToken === undefined ? '' : Buffer.from(pageToken, 'base64url').toString();
      const found = await db.read((sql) =>
        repository.listTables(sql, {
          schemaKey: schemaKeyOf(schema),
          names: access.visibleNames({ type: 'table', ...schema }),
          pattern,
          after,
          limit: maxResults + 1,
        }),
      );
      const shown = found.slice(0, maxResults);
      const last = shown.at(-1);
      return {
        items: shown.map(describe),
        nextPageToken:
          last === undefined || found.length === shown.length
            ? undefined
            : Buffer.from(last.name_key).toString('base64url'),
      };
    },
  };
}

/** The tables of schemas, for those who delete and rename schemas. */
export const schemaTables: SchemaContents = {
  exist: (tx, schema) => repository.hasTables(tx, schemaKeyOf(schema)),
  delete: (tx, schema) => repository.deleteTablesOf(tx, schemaKeyOf(schema)),
  rename: (tx, from, to) =>
    repository.moveTables(tx, schemaKeyOf(from), { schemaKey: schemaKeyOf(to), ...to }),
};

const describe = (row: TableRow): TableDescription => ({
  id: row.table_id,
  catalog: row.catalog_name,
  schema: row.schema_name,
  name: row.name,
  type: row.table_type as TableDescription['type'],
  format: row.format,
  location: row.location ?? undefined,
  comment: row.comment ?? undefined,
  columns: JSON.parse(row.columns) as TableColumn[],
  properties: JSON.parse(row.properties) as Record<string, string>,
  createdAtMs: row.created_at,
  createdBy: row.created_by,
  updatedAtMs: row.updated_at,
  updatedBy: row.updated_by,
});
