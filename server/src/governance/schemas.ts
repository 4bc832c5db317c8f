import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidState, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { Access, Principal } from './access.ts';
import { type CatalogChange, getCatalogRow, type ListPage, noSuchCatalog } from './catalogs.ts';
import { dropContainedGrants, moveContainedGrants } from './contained-grants.ts';
import { checkContainerName, checkDetails, containerKey, pageOf, refuseBuiltIn } from './container-rules.ts';
import type { GovernedWrite } from './governed-writes.ts';
import { listOwners, requireManagement, writeOwner } from './grants.ts';
import { insertGrants } from './grants-repository.ts';
import { parsePrincipalNo } from './principal-rules.ts';
import { keyOf, type Securable } from './privileges.ts';
import * as repository from './schemas-repository.ts';
import { noteBeginnings } from './securable-ages.ts';
import type { OpenSnapshot } from './snapshot.ts';

export interface Schema {
  /** 32 hex digits. */
  readonly id: string;
  readonly catalog: string;
  readonly name: string;
  readonly comment: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface NewSchema {
  readonly catalog: string;
  readonly name: string;
  readonly comment?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

export interface SchemaName {
  readonly catalog: string;
  readonly schema: string;
}

/**
 * What lies in schemas: models, volumes, tables each give one of these. Catalogs and schemas are below them in the order
 * of folders, and ask by it. All run in the transaction that deletes or renames; the grants are not theirs to mind.
 */
export interface SchemaContents {
  /** Whether the schema holds any. */
  exist(tx: Transaction, schema: SchemaName): Promise<boolean>;
  /** Removes all of them. @throws AppError what forbids it. */
  delete(tx: Transaction, schema: SchemaName): Promise<void>;
  /** The schema, or its catalog, has another name. */
  rename(tx: Transaction, from: SchemaName, to: SchemaName): Promise<void>;
}

export interface Schemas {
  /** The caller owns it. @throws AppError NotFound for the catalog; AlreadyExists; InvalidArgument for a bad or reserved name. */
  create(schema: NewSchema, by: Principal): Promise<Schema>;
  /** In any case. @throws AppError NotFound */
  get(name: SchemaName): Promise<Schema>;
  /** Of one catalog, those that the caller sees, by name. @throws AppError NotFound for the catalog. */
  list(
    access: Access,
    catalog: string,
    page: { readonly maxResults: number; readonly pageToken?: string | undefined },
  ): Promise<ListPage<Schema>>;
  /** @throws AppError NotFound, AlreadyExists, InvalidArgument; PermissionDenied for the owner. */
  update(name: SchemaName, change: CatalogChange, by: Access): Promise<Schema>;
  /** @throws AppError NotFound; InvalidState where something lies in it and `force` is not given, and for `workspace.default`. */
  delete(name: SchemaName, options: { readonly force: boolean }): Promise<void>;
}

export interface SchemasDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
  readonly snapshot: Pick<OpenSnapshot, 'state' | 'catchUp'>;
  readonly contents: readonly SchemaContents[];
}

export function createSchemas({ db, clock, write, snapshot, contents }: SchemasDependencies): Schemas {
  const get = (name: SchemaName): Promise<Schema> =>
    db.read(async (sql) => {
      const { row, catalog } = await getRow(sql, name);
      return schemaOf(row, catalog, await listOwners(sql, [securableOf(catalog, row)]));
    });

  return {
    get,

    async create({ catalog, name, comment, properties }, by) {
      checkContainerName('schema', name);
      checkDetails({ comment, properties });
      const nowMs = clock.nowMs();
      await write(async (tx, changed) => {
        const { catalog_no, name_key } = await getCatalogRow(tx, catalog);
        if ((await repository.findSchema(tx, catalog_no, containerKey(name))) !== undefined)
          throw alreadyExists(`Schema '${catalog}.${name}' already exists.`, {
            field: 'name',
            reason: 'SCHEMA_ALREADY_EXISTS',
          });
        await repository.insertSchema(tx, {
          schema_id: randomHexId(),
          catalog_no,
          name,
          name_key: containerKey(name),
          comment: comment ?? null,
          properties: JSON.stringify(properties ?? {}),
          created_at: nowMs,
          created_by: by.name,
          updated_at: nowMs,
          updated_by: by.name,
        });
        const on = { type: 'schema', catalog, schema: name } as const;
        const securable = keyOf(on);
        await noteBeginnings(tx, [on], nowMs);
        // Whatever was granted on a schema of this name before says nothing about this one.
        await dropContainedGrants(tx, changed, { catalog: name_key, schema: containerKey(name) });
        const ownerNo = parsePrincipalNo(by.id);
        if (ownerNo !== undefined) await insertGrants(tx, [[securable, ownerNo, 'OWNER']]);
        changed('grants', securable);
        changed('catalog', name_key);
      });
      return get({ catalog, schema: name });
    },

    async list(access, catalog, page) {
      // As for catalogs.
      await snapshot.catchUp?.();
      const known = snapshot.state.catalogs.get(containerKey(catalog));
      if (known === undefined) throw noSuchCatalog(catalog);
      const visible = [...known.schemas.keys()].filter(
        (schema) => access.decide('schema.see', { type: 'schema', catalog, schema }) === 'allowed',
      );
      const { shown, nextPageToken } = pageOf(visible, page);
      const items = await db.read(async (sql) => {
        const { catalog_no, name } = await getCatalogRow(sql, catalog);
        const rows = await repository.listSchemas(sql, catalog_no, shown);
        const owners = await listOwners(
          sql,
          rows.map((row) => securableOf(name, row)),
        );
        return rows.map((row) => schemaOf(row, name, owners));
      });
      return { items, nextPageToken };
    },

    async update(name, change, by) {
      checkDetails(change);
      const newName = change.newName ?? name.schema;
      if (change.newName !== undefined) checkContainerName('schema', newName);
      if (change.owner !== undefined) requireManagement(by, { type: 'schema', ...name });
      await write(async (tx, changed) => {
        const { row, catalog, catalogKey } = await getRow(tx, name);
        const newKey = containerKey(newName);
        const renamed = change.newName !== undefined && newName !== row.name;
        if (renamed) {
          refuseBuiltIn(name);
          if (
            newKey !== row.name_key &&
            (await repository.findSchema(tx, row.catalog_no, newKey)) !== undefined
          )
            throw alreadyExists(`Schema '${catalog}.${newName}' already exists.`, {
              field: 'new_name',
              reason: 'SCHEMA_ALREADY_EXISTS',
            });
        }
        await repository.updateSchema(tx, {
          ...row,
          name: renamed ? newName : row.name,
          name_key: renamed ? newKey : row.name_key,
          comment: change.comment ?? row.comment,
          properties: change.properties === undefined ? row.properties : JSON.stringify(change.properties),
          updated_at: clock.nowMs(),
          updated_by: by.principal.name,
        });
        changed('catalog', catalogKey);
        if (renamed) {
          for (const each of contents)
            await each.rename(tx, { catalog, schema: row.name }, { catalog, schema: newName });
          if (newKey !== row.name_key) {
            await moveContainedGrants(tx, changed, {
              from: { catalog: catalogKey, schema: row.name_key },
              to: { catalog: catalogKey, schema: newKey },
            });
            await noteBeginnings(tx, [{ type: 'schema', catalog, schema: newName }], clock.nowMs());
          }
        }
        if (change.owner !== undefined) {
          const on: Securable = { type: 'schema', catalog, schema: renamed ? newName : row.name };
          await writeOwner(tx, changed, { on, principal: change.owner });
        }
      });
      return get({ catalog: name.catalog, schema: newName });
    },

    async delete(name, { force }) {
      refuseBuiltIn(name);
      await write(async (tx, changed) => {
        const { row, catalog, catalogKey } = await getRow(tx, name);
        const place = { catalog, schema: row.name };
        for (const each of contents) {
          if (!force && (await each.exist(tx, place)))
            throw invalidState(
              `Schema '${catalog}.${row.name}' is not empty: delete what is in it first, or use force.`,
            );
        }
        for (const each of contents) await each.delete(tx, place);
        await repository.deleteSchema(tx, row.schema_no);
        await dropContainedGrants(tx, changed, { catalog: catalogKey, schema: row.name_key });
        changed('catalog', catalogKey);
      });
    },
  };
}

async function getRow(sql: Sql, { catalog, schema }: SchemaName) {
  const { catalog_no, name, name_key } = await getCatalogRow(sql, catalog);
  const row = await repository.findSchema(sql, catalog_no, containerKey(schema));
  if (row === undefined) throw noSuchSchema({ catalog, schema });
  return { row, catalog: name, catalogKey: name_key };
}

export const noSuchSchema = ({ catalog, schema }: SchemaName) =>
  notFound(`Schema '${catalog.slice(0, 300)}.${schema.slice(0, 300)}' does not exist.`, {
    reason: 'SCHEMA_DOES_NOT_EXIST',
  });

const securableOf = (catalog: string, { name }: repository.SchemaRow): Securable => ({
  type: 'schema',
  catalog,
  schema: name,
});

const schemaOf = (
  row: repository.SchemaRow,
  catalog: string,
  owners: ReadonlyMap<string, string>,
): Schema => ({
  id: row.schema_id,
  catalog,
  name: row.name,
  comment: row.comment ?? undefined,
  properties: JSON.parse(row.properties) as Record<string, string>,
  owner: owners.get(keyOf(securableOf(catalog, row)))!,
  createdAtMs: row.created_at,
  createdBy: row.created_by,
  updatedAtMs: row.updated_at,
  updatedBy: row.updated_by,
});
