import type { Database, Sql, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidState, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import type { Access, Principal } from './access.ts';
import * as repository from './catalogs-repository.ts';
import { dropContainedGrants, moveContainedGrants } from './contained-grants.ts';
import {
  checkContainerName,
  checkDetails,
  containerKey,
  DEFAULT_SCHEMA,
  pageOf,
  refuseBuiltIn,
} from './container-rules.ts';
import type { GovernedWrite, NoteChange } from './governed-writes.ts';
import { listOwners, requireManagement, writeOwner } from './grants.ts';
import { insertGrants } from './grants-repository.ts';
import { parsePrincipalNo } from './principal-rules.ts';
import { keyOf, type Securable } from './privileges.ts';
import type { SchemaContents } from './schemas.ts';
import { insertSchema, listSchemasOf } from './schemas-repository.ts';
import { noteBeginnings } from './securable-ages.ts';
import type { OpenSnapshot } from './snapshot.ts';

export interface Catalog {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly comment: string | undefined;
  readonly properties: Readonly<Record<string, string>>;
  readonly owner: string;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
  readonly updatedBy: string;
}

export interface NewCatalog {
  readonly name: string;
  readonly comment?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** What is undefined stays. */
export interface CatalogChange {
  readonly newName?: string | undefined;
  readonly comment?: string | undefined;
  readonly owner?: string | undefined;
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: string | undefined;
}

export interface Catalogs {
  /**
   * With a schema `default`; the caller owns both.
   * @throws AppError AlreadyExists; InvalidArgument for a bad name; InvalidState where plain models named `name.*.*` exist.
   */
  create(catalog: NewCatalog, by: Principal): Promise<Catalog>;
  /** In any case. @throws AppError NotFound */
  get(name: string): Promise<Catalog>;
  /** Those that the caller sees, by name. */
  list(
    access: Access,
    page: { readonly maxResults: number; readonly pageToken?: string | undefined },
  ): Promise<ListPage<Catalog>>;
  /** @throws AppError NotFound, AlreadyExists, InvalidArgument; PermissionDenied for the owner (see `Grants.setOwner`). */
  update(name: string, change: CatalogChange, by: Access): Promise<Catalog>;
  /**
   * With all grants on it and in it.
   * @throws AppError NotFound; InvalidState where more than an empty schema `default` lies in it and `force` is not given, and for
   *   `workspace`.
   */
  delete(name: string, options: { readonly force: boolean }): Promise<void>;
}

/** @throws AppError InvalidState where the name would change what the plain names of models mean. */
export type CatalogNameGuard = (tx: Transaction, name: string) => Promise<void>;

export interface CatalogsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
  readonly snapshot: Pick<OpenSnapshot, 'state' | 'catchUp'>;
  readonly contents: readonly SchemaContents[];
  readonly guardName: CatalogNameGuard;
}

export function createCatalogs({
  db,
  clock,
  write,
  snapshot,
  contents,
  guardName,
}: CatalogsDependencies): Catalogs {
  async function checkIsFree(tx: Transaction, name: string): Promise<void> {
    if ((await repository.findCatalog(tx, containerKey(name))) !== undefined)
      throw alreadyExists(`Catalog '${name}' already exists.`, {
        field: 'name',
        reason: 'CATALOG_ALREADY_EXISTS',
      });
    await guardName(tx, name);
  }

  const get = (name: string): Promise<Catalog> =>
    db.read(async (sql) => {
      const row = await getCatalogRow(sql, name);
      return catalogOf(row, await listOwners(sql, [securableOf(row)]));
    });

  return {
    get,

    async create({ name, comment, properties }, by) {
      checkContainerName('catalog', name);
      checkDetails({ comment, properties });
      await write(async (tx, changed) => {
        await checkIsFree(tx, name);
        await writeNewCatalog(tx, changed, { name, comment, properties, by, nowMs: clock.nowMs() });
      });
      return get(name);
    },

    async list(access, page) {
      // Which there are is known from memory: another process may just have made one.
      await snapshot.catchUp?.();
      const visible = [...snapshot.state.catalogs.keys()].filter(
        (catalog) => access.decide('catalog.see', { type: 'catalog', catalog }) === 'allowed',
      );
      const { shown, nextPageToken } = pageOf(visible, page);
      const items = await db.read(async (sql) => {
        const rows = await repository.listCatalogs(sql, shown);
        const owners = await listOwners(sql, rows.map(securableOf));
        return rows.map((row) => catalogOf(row, owners));
      });
      return { items, nextPageToken };
    },

    async update(name, change, by) {
      checkDetails(change);
      const newName = change.newName ?? name;
      if (change.newName !== undefined) checkContainerName('catalog', newName);
      if (change.owner !== undefined) requireManagement(by, { type: 'catalog', catalog: name });
      await write(async (tx, changed) => {
        const row = await getCatalogRow(tx, name);
        const renamed = change.newName !== undefined && newName !== row.name;
        if (renamed) {
          refuseBuiltIn({ catalog: name });
          if (containerKey(newName) !== row.name_key) await checkIsFree(tx, newName);
        }
        await repository.updateCatalog(tx, {
          ...row,
          name: renamed ? newName : row.name,
          name_key: renamed ? containerKey(newName) : row.name_key,
          comment: change.comment ?? row.comment,
          properties: change.properties === undefined ? row.properties : JSON.stringify(change.properties),
          updated_at: clock.nowMs(),
          updated_by: by.principal.name,
        });
        changed('catalog', row.name_key);
        if (renamed) {
          for (const { name: schema } of await listSchemasOf(tx, row.catalog_no)) {
            const [from, to] = [
              { catalog: row.name, schema },
              { catalog: newName, schema },
            ];
            for (const each of contents) await each.rename(tx, from, to);
          }
          changed('catalog', containerKey(newName));
          if (containerKey(newName) !== row.name_key) {
            await moveContainedGrants(tx, changed, {
              from: { catalog: row.name_key },
              to: { catalog: containerKey(newName) },
            });
            await noteBeginnings(tx, [{ type: 'catalog', catalog: newName }], clock.nowMs());
          }
        }
        if (change.owner !== undefined) {
          const on: Securable = { type: 'catalog', catalog: renamed ? newName : name };
          await writeOwner(tx, changed, { on, principal: change.owner });
        }
      });
      return get(newName);
    },

    async delete(name, { force }) {
      refuseBuiltIn({ catalog: name });
      await write(async (tx, changed) => {
        const row = await getCatalogRow(tx, name);
        for (const schema of await listSchemasOf(tx, row.catalog_no)) {
          const place = { catalog: row.name, schema: schema.name };
          if (!force) {
            if (schema.name_key !== DEFAULT_SCHEMA) throw notEmpty(row.name);
            for (const each of contents) if (await each.exist(tx, place)) throw notEmpty(row.name);
          }
          for (const each of contents) await each.delete(tx, place);
        }
        await repository.deleteCatalog(tx, row.catalog_no);
        await dropContainedGrants(tx, changed, { catalog: row.name_key });
        changed('catalog', row.name_key);
      });
    },
  };
}

/** A catalog with its schema `default`, both owned by `by`; its name is free. */
export async function writeNewCatalog(
  tx: Transaction,
  changed: NoteChange,
  { name, comment, properties, by, nowMs }: NewCatalog & { readonly by: Principal; readonly nowMs: number },
): Promise<void> {
  const name_key = containerKey(name);
  const stamps = { created_at: nowMs, created_by: by.name, updated_at: nowMs, updated_by: by.name };
  const catalog_no = await repository.insertCatalog(tx, {
    catalog_id: randomHexId(),
    name,
    name_key,
    comment: comment ?? null,
    properties: JSON.stringify(properties ?? {}),
    ...stamps,
  });
  await insertSchema(tx, {
    schema_id: randomHexId(),
    catalog_no,
    name: DEFAULT_SCHEMA,
    name_key: DEFAULT_SCHEMA,
    comment: null,
    properties: '{}',
    ...stamps,
  });
  // Whatever was granted on a catalog of this name before says nothing about this one.
  await dropContainedGrants(tx, changed, { catalog: name_key });
  const ownerNo = parsePrincipalNo(by.id);
  const made: readonly Securable[] = [
    { type: 'catalog', catalog: name },
    { type: 'schema', catalog: name, schema: DEFAULT_SCHEMA },
  ];
  await noteBeginnings(tx, made, nowMs);
  const securables = made.map(keyOf);
  if (ownerNo !== undefined)
    await insertGrants(
      tx,
      securables.map((securable) => [securable, ownerNo, 'OWNER'] as const),
    );
  for (const securable of securables) changed('grants', securable);
  changed('catalog', name_key);
}

/** @throws AppError NotFound */
export async function getCatalogRow(sql: Sql, name: string): Promise<repository.CatalogRow> {
  const row = await repository.findCatalog(sql, containerKey(name));
  if (row === undefined) throw noSuchCatalog(name);
  return row;
}

export const noSuchCatalog = (name: string) =>
  notFound(`Catalog '${name.slice(0, 300)}' does not exist.`, { reason: 'CATALOG_DOES_NOT_EXIST' });

const notEmpty = (name: string) =>
  invalidState(`Catalog '${name}' is not empty: delete what is in it first, or use force.`);

const securableOf = ({ name }: repository.CatalogRow): Securable => ({ type: 'catalog', catalog: name });

const catalogOf = (row: repository.CatalogRow, owners: ReadonlyMap<string, string>): Catalog => ({
  id: row.catalog_id,
  name: row.name,
  comment: row.comment ?? undefined,
  properties: JSON.parse(row.properties) as Record<string, string>,
  owner: owners.get(keyOf(securableOf(row)))!,
  createdAtMs: row.created_at,
  createdBy: row.created_by,
  updatedAtMs: row.updated_at,
  updatedBy: row.updated_by,
});
