import type { Access, Principal } from './access.ts';

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
  list(access: Access, page: { readonly maxResults: number; readonly pageToken?: string | undefined }): Promise<ListPage<Catalog>>;
  /** @throws AppError NotFound, AlreadyExists, InvalidArgument; PermissionDenied for the owner (see `Grants.setOwner`). */
  update(name: string, change: CatalogChange, by: Access): Promise<Catalog>;
  /**
   * With all grants on it and in it.
   * @throws AppError NotFound; InvalidState where more than an empty schema `default` lies in it and `force` is not given, and for
   *   `workspace`.
   */
  delete(name: string, options: { readonly force: boolean }): Promise<void>;
}
