/**
 * What can be granted, on what, and what each grant lets its holder do: pure, and the only place that says so.
 * The words are Unity Catalog's (data objects) and the workspace permissions' (experiments, jobs, endpoints).
 */

/** As the API spells them; SQL writes blanks for the underscores. */
export const PRIVILEGES = [
  // The owner of a securable. Kept like a grant, at most one a securable, never granted by name.
  'OWNER',
  'ALL_PRIVILEGES',
  'MANAGE',
  'BROWSE',
  'APPLY_TAG',
  'CREATE_CATALOG',
  'USE_CATALOG',
  'CREATE_SCHEMA',
  'USE_SCHEMA',
  'CREATE_TABLE',
  'SELECT',
  'MODIFY',
  'CREATE_VOLUME',
  'READ_VOLUME',
  'WRITE_VOLUME',
  'CREATE_FUNCTION',
  'CREATE_MODEL',
  'CREATE_MODEL_VERSION',
  'EXECUTE',
  // Ours: to move aliases and stages, without any right to write the model.
  'APPROVE',
  'CAN_READ',
  'CAN_QUERY',
  'CAN_RUN',
  'CAN_EDIT',
  'CAN_MANAGE',
] as const;

export type Privilege = (typeof PRIVILEGES)[number];

/** A thing that rights are held on. Models of plain names are those of catalog `workspace`, schema `default`. */
export type Securable =
  | { readonly type: 'metastore' }
  | { readonly type: 'workspace' }
  | { readonly type: 'catalog'; readonly catalog: string }
  | { readonly type: 'schema'; readonly catalog: string; readonly schema: string }
  | {
      readonly type: 'model' | 'table' | 'volume';
      readonly catalog: string;
      readonly schema: string;
      readonly name: string;
    }
  | { readonly type: 'experiment'; readonly experimentNo: number }
  | { readonly type: 'job' | 'endpoint'; readonly id: string }
  | { readonly type: 'secret-scope'; readonly name: string };

export type SecurableType = Securable['type'];

/** Under which grants of it are kept: `schema:prod.ml`. Catalogs and schemas are the same in any case. */
export function keyOf(on: Securable): string {
  switch (on.type) {
    case 'metastore':
    case 'workspace':
      return on.type;
    case 'catalog':
      return `catalog:${on.catalog.toLowerCase()}`;
    case 'schema':
      return `schema:${on.catalog.toLowerCase()}.${on.schema.toLowerCase()}`;
    case 'model':
    case 'table':
    case 'volume':
      return `${on.type}:${on.catalog.toLowerCase()}.${on.schema.toLowerCase()}.${on.name}`;
    case 'experiment':
      return `experiment:${on.experimentNo}`;
    case 'job':
    case 'endpoint':
      return `${on.type}:${on.id}`;
    case 'secret-scope':
      return `secret-scope:${on.name}`;
  }
}

/** What a securable's rights are inherited from, the nearest first. */
export function parentOf(on: Securable): Securable | undefined {
  switch (on.type) {
    case 'metastore':
    case 'workspace':
      return undefined;
    case 'catalog':
      return { type: 'metastore' };
    case 'schema':
      return { type: 'catalog', catalog: on.catalog };
    case 'model':
    case 'table':
    case 'volume':
      return { type: 'schema', catalog: on.catalog, schema: on.schema };
    case 'experiment':
    case 'job':
    case 'endpoint':
    case 'secret-scope':
      return { type: 'workspace' };
  }
}

/** What callers do, as routes name it. */
export type Action =
  | 'metastore.create-catalog'
  | 'metastore.manage'
  | 'workspace.create-experiment'
  | 'workspace.create-endpoint'
  | 'catalog.see'
  | 'catalog.create-schema'
  | 'catalog.manage'
  | 'schema.see'
  | 'schema.create-model'
  | 'schema.create-table'
  | 'schema.create-volume'
  | 'schema.manage'
  | 'model.see'
  | 'model.read-files'
  | 'model.create-version'
  | 'model.tag'
  | 'model.promote'
  | 'model.manage'
  | 'table.see'
  | 'table.read'
  | 'table.write'
  | 'table.manage'
  | 'volume.see'
  | 'volume.read'
  | 'volume.write'
  | 'volume.manage'
  | 'experiment.read'
  | 'experiment.edit'
  | 'experiment.manage'
  | 'job.see'
  | 'job.run'
  | 'job.manage'
  | 'endpoint.see'
  | 'endpoint.query'
  | 'endpoint.manage'
  | 'secret-scope.read'
  | 'secret-scope.write'
  | 'secret-scope.manage';

/**
 * The privileges of which one is needed on the securable or above it; its owner, and the owner of what it lies in, may
 * do everything. `MANAGE` alone reads no data. Data objects need USE_CATALOG and USE_SCHEMA on their path besides.
 */
export const SUFFICES: Readonly<Record<Action, readonly Privilege[]>> = {
  'metastore.create-catalog': ['CREATE_CATALOG'],
  'metastore.manage': ['MANAGE'],
  'workspace.create-experiment': ['CAN_EDIT', 'CAN_MANAGE'],
  'workspace.create-endpoint': ['CAN_EDIT', 'CAN_MANAGE'],
  'catalog.see': ['USE_CATALOG', 'BROWSE', 'MANAGE', 'ALL_PRIVILEGES'],
  'catalog.create-schema': ['CREATE_SCHEMA', 'ALL_PRIVILEGES'],
  'catalog.manage': ['MANAGE'],
  'schema.see': ['USE_SCHEMA', 'BROWSE', 'MANAGE', 'ALL_PRIVILEGES'],
  'schema.create-model': ['CREATE_MODEL', 'ALL_PRIVILEGES'],
  'schema.create-table': ['CREATE_TABLE', 'ALL_PRIVILEGES'],
  'schema.create-volume': ['CREATE_VOLUME', 'ALL_PRIVILEGES'],
  'schema.manage': ['MANAGE'],
  'model.see': [
    'BROWSE',
    'EXECUTE',
    'APPLY_TAG',
    'CREATE_MODEL_VERSION',
    'APPROVE',
    'MANAGE',
    'ALL_PRIVILEGES',
  ],
  'model.read-files': ['EXECUTE', 'ALL_PRIVILEGES'],
  'model.create-version': ['CREATE_MODEL_VERSION', 'ALL_PRIVILEGES'],
  'model.tag': ['APPLY_TAG', 'MANAGE', 'ALL_PRIVILEGES'],
  'model.promote': ['APPROVE'],
  'model.manage': ['MANAGE'],
  'table.see': ['BROWSE', 'SELECT', 'MODIFY', 'APPLY_TAG', 'MANAGE', 'ALL_PRIVILEGES'],
  'table.read': ['SELECT', 'ALL_PRIVILEGES'],
  'table.write': ['MODIFY', 'ALL_PRIVILEGES'],
  'table.manage': ['MANAGE'],
  'volume.see': ['BROWSE', 'READ_VOLUME', 'WRITE_VOLUME', 'APPLY_TAG', 'MANAGE', 'ALL_PRIVILEGES'],
  'volume.read': ['READ_VOLUME', 'ALL_PRIVILEGES'],
  'volume.write': ['WRITE_VOLUME', 'ALL_PRIVILEGES'],
  'volume.manage': ['MANAGE'],
  'experiment.read': ['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE'],
  'experiment.edit': ['CAN_EDIT', 'CAN_MANAGE'],
  'experiment.manage': ['CAN_MANAGE'],
  'job.see': ['CAN_READ', 'CAN_RUN', 'CAN_MANAGE'],
  'job.run': ['CAN_RUN', 'CAN_MANAGE'],
  'job.manage': ['CAN_MANAGE'],
  'endpoint.see': ['CAN_READ', 'CAN_QUERY', 'CAN_MANAGE'],
  'endpoint.query': ['CAN_QUERY', 'CAN_MANAGE'],
  'endpoint.manage': ['CAN_MANAGE'],
  'secret-scope.read': ['CAN_READ', 'CAN_EDIT', 'CAN_MANAGE'],
  'secret-scope.write': ['CAN_EDIT', 'CAN_MANAGE'],
  'secret-scope.manage': ['CAN_MANAGE'],
};
