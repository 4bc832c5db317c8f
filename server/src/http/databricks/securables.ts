import type { Access } from '../../governance/access.ts';
import type { Action, Securable } from '../../governance/privileges.ts';
import { type AppError, invalidArgument, notFound } from '../../kernel/errors.ts';
import { type Namespaces, parseModelName, securableOf } from '../../registry/model-names.ts';
import { catalogNotFound, modelNotFound } from '../../registry/model-places.ts';
import { schemaMissing } from '../model-access.ts';

export type DataObject = Extract<
  Securable,
  { readonly type: 'metastore' | 'catalog' | 'schema' | 'model' | 'table' | 'volume' }
>;

/**
 * The types as clients spell them: the SDKs send `function`, `FUNCTION`, and `SecurableType.FUNCTION` where somebody gave
 * them the enum. A model is a function to Unity Catalog.
 */
const TYPES: Readonly<Record<string, DataObject['type']>> = {
  metastore: 'metastore',
  catalog: 'catalog',
  catalogs: 'catalog',
  schema: 'schema',
  schemas: 'schema',
  function: 'model',
  functions: 'model',
  model: 'model',
  registered_model: 'model',
  table: 'table',
  tables: 'table',
  volume: 'volume',
  volumes: 'volume',
};

/** @throws AppError InvalidArgument */
export function parseSecurableType(text: string): DataObject['type'] {
  const word = text
    .replace(/^SecurableType\./i, '')
    .toLowerCase()
    .replaceAll(/[- ]/g, '_');
  const type = Object.hasOwn(TYPES, word) ? TYPES[word] : undefined;
  if (type === undefined)
    throw invalidArgument(
      `'${text.slice(0, 100)}' is no type of securable: use metastore, catalog, schema, function (for models), table or volume.`,
      { field: 'securable_type' },
    );
  return type;
}

/** The other way: the words of the SDKs' enum. */
export function renderSecurableType({ type }: Securable): string {
  return type === 'model' ? 'FUNCTION' : type.toUpperCase();
}

/** As a path of names; that of the metastore is its id. */
export function renderSecurableName(on: Securable, metastoreId: string): string {
  switch (on.type) {
    case 'catalog':
      return on.catalog;
    case 'schema':
      return `${on.catalog}.${on.schema}`;
    case 'model':
    case 'table':
    case 'volume':
      return `${on.catalog}.${on.schema}.${on.name}`;
    default:
      return metastoreId;
  }
}

/** A securable as a call names it, and what is said of it where it does not exist. */
export interface NamedSecurable {
  readonly on: DataObject;
  missing(access: Access): AppError;
}

/** @throws AppError InvalidArgument for a name that has not as many levels as the type. */
export function parseSecurable(
  type: DataObject['type'],
  fullName: string,
  { namespaces, metastoreId }: { readonly namespaces: Namespaces; readonly metastoreId: string },
): NamedSecurable {
  const shown = fullName.slice(0, 300);
  if (type === 'metastore') {
    // Clients send its id, some its name; there is one.
    if (fullName !== metastoreId && fullName !== 'metastore')
      throw notFound(`Metastore '${shown}' does not exist.`, { reason: 'METASTORE_DOES_NOT_EXIST' });
    return { on: { type }, missing: () => notFound(`Metastore '${shown}' does not exist.`) };
  }
  if (type === 'model')
    return {
      on: securableOf(parseModelName(fullName, namespaces)) as DataObject,
      missing: () => modelNotFound(fullName),
    };
  const [catalog = '', schema = '', ...rest] = fullName.split('.');
  const name = rest.join('.');
  const levels = type === 'catalog' ? 1 : type === 'schema' ? 2 : 3;
  const isWhole = catalog !== '' && (levels < 2 || schema !== '') && (levels < 3 || name !== '');
  const isTooLong = levels < 3 && fullName.split('.').length > levels;
  if (!isWhole || isTooLong)
    throw invalidArgument(`'${shown}' is no full name of a ${type}: it takes ${FORMS[levels]}.`, {
      field: 'full_name',
    });
  const spelled = namespaces.spelling({ catalog, schema }) ?? { catalog, schema };
  switch (type) {
    case 'catalog':
      return { on: { type, catalog }, missing: () => catalogNotFound(catalog) };
    case 'schema':
      return { on: { type, ...spelled }, missing: (access) => schemaMissing(access, [catalog, schema]) };
    case 'table':
      // Tables are the same in any case.
      return { on: { type, ...spelled, name: name.toLowerCase() }, missing: () => tableNotFound(fullName) };
    case 'volume':
      return { on: { type, ...spelled, name }, missing: () => volumeNotFound(fullName) };
  }
}

const FORMS: Readonly<Record<number, string>> = {
  1: 'one name',
  2: 'catalog.schema',
  3: 'catalog.schema.name',
};

export const tableNotFound = (fullName: string): AppError =>
  notFound(`Table '${fullName.slice(0, 300)}' does not exist.`, { reason: 'TABLE_DOES_NOT_EXIST' });

const volumeNotFound = (fullName: string): AppError =>
  notFound(`Volume '${fullName.slice(0, 300)}' does not exist.`, { reason: 'VOLUME_DOES_NOT_EXIST' });

/** What tells whether something of a type exists, for those that no rule of access has hidden it from. */
export interface Existence {
  readonly namespaces: Namespaces;
  model(on: SchemaObject): Promise<boolean>;
  table(on: SchemaObject): Promise<boolean>;
  volume(on: SchemaObject): Promise<boolean>;
}

type SchemaObject = Extract<DataObject, { readonly name: string }>;

/** @throws AppError NotFound */
export async function requireExisting(
  { on, missing }: NamedSecurable,
  access: Access,
  { namespaces, ...ask }: Existence,
): Promise<void> {
  if (!(await exists())) throw missing(access);

  async function exists(): Promise<boolean> {
    switch (on.type) {
      case 'metastore':
        return true;
      case 'catalog':
        return namespaces.hasCatalog(on.catalog);
      case 'schema':
        return namespaces.spelling(on) !== undefined;
      case 'model':
      case 'table':
      case 'volume':
        return ask[on.type](on);
    }
  }
}

const SEES = {
  metastore: 'metastore.manage',
  catalog: 'catalog.see',
  schema: 'schema.see',
  model: 'model.see',
  table: 'table.see',
  volume: 'volume.see',
} as const satisfies Readonly<Record<DataObject['type'], Action>>;

const MANAGES = {
  metastore: 'metastore.manage',
  catalog: 'catalog.manage',
  schema: 'schema.manage',
  model: 'model.manage',
  table: 'table.manage',
  volume: 'volume.manage',
} as const satisfies Readonly<Record<DataObject['type'], Action>>;

export const seeing = ({ type }: DataObject): Action => SEES[type];
export const managing = ({ type }: DataObject): Action => MANAGES[type];
