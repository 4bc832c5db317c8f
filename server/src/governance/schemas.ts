import type { Transaction } from '../db/port.ts';
import type { Access, Principal } from './access.ts';
import type { CatalogChange, ListPage } from './catalogs.ts';

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
