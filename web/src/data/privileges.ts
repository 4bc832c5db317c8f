import type { SecurableType } from './securables.ts';

/** A privilege as Unity Catalog's API spells it, and what it lets its holder do. */
export interface PrivilegeWords {
  readonly privilege: string;
  readonly does: string;
}

const DOES: Readonly<Record<string, string>> = {
  USE_CATALOG: 'Open the catalog; without it nothing in it can be used',
  USE_SCHEMA: 'Open the schema; without it nothing in it can be used',
  BROWSE: 'See that things exist, and what is said of them',
  SELECT: 'Read the rows of tables',
  MODIFY: 'Add, change and delete rows of tables',
  EXECUTE: 'Load the files of models',
  READ_VOLUME: 'Read the files of volumes',
  WRITE_VOLUME: 'Add, change and delete files of volumes',
  APPROVE: 'Move aliases and stages of models',
  APPLY_TAG: 'Set and remove tags',
  CREATE_CATALOG: 'Make catalogs',
  CREATE_SCHEMA: 'Make schemas',
  CREATE_MODEL: 'Register models',
  CREATE_MODEL_VERSION: 'Register versions of models',
  CREATE_TABLE: 'Make tables',
  CREATE_VOLUME: 'Make volumes',
  CREATE_FUNCTION: 'Register models, as some clients ask for it',
  ALL_PRIVILEGES: 'All of these but APPROVE and MANAGE',
  MANAGE: 'Give and take rights, rename, delete; reads no data',
};

const OBJECT = ['APPLY_TAG', 'ALL_PRIVILEGES', 'MANAGE'];
const IN_SCHEMA = [
  'USE_SCHEMA',
  'BROWSE',
  'SELECT',
  'MODIFY',
  'EXECUTE',
  'READ_VOLUME',
  'WRITE_VOLUME',
  'APPROVE',
  'CREATE_MODEL',
  'CREATE_MODEL_VERSION',
  'CREATE_TABLE',
  'CREATE_VOLUME',
  'CREATE_FUNCTION',
  ...OBJECT,
];

const APPLICABLE: Readonly<Record<SecurableType, readonly string[]>> = {
  metastore: ['CREATE_CATALOG', 'MANAGE'],
  catalog: ['USE_CATALOG', 'CREATE_SCHEMA', ...IN_SCHEMA],
  schema: IN_SCHEMA,
  model: ['EXECUTE', 'CREATE_MODEL_VERSION', 'APPROVE', ...OBJECT],
  table: ['SELECT', 'MODIFY', ...OBJECT],
  volume: ['READ_VOLUME', 'WRITE_VOLUME', ...OBJECT],
};

/** What can be granted on a thing of this type, the most common first. */
export const privilegesOf = (type: SecurableType): readonly PrivilegeWords[] =>
  APPLICABLE[type].map((privilege) => ({ privilege, does: DOES[privilege] ?? '' }));

/** As SQL writes it: `USE CATALOG`. */
export const renderPrivilege = (privilege: string): string => privilege.replaceAll('_', ' ');

export interface ActionWords {
  /** As the API names it: `model.promote`. */
  readonly action: string;
  /** After "may": "move its aliases and stages". */
  readonly words: string;
}

const ACTIONS: Readonly<Record<SecurableType, readonly (readonly [action: string, words: string])[]>> = {
  metastore: [
    ['create-catalog', 'make catalogs'],
    ['manage', 'give rights on the metastore'],
  ],
  catalog: [
    ['see', 'see it'],
    ['create-schema', 'make schemas in it'],
    ['manage', 'give rights on it, rename and delete it'],
  ],
  schema: [
    ['see', 'see it'],
    ['create-model', 'register models in it'],
    ['create-table', 'make tables in it'],
    ['create-volume', 'make volumes in it'],
    ['manage', 'give rights on it, rename and delete it'],
  ],
  model: [
    ['see', 'see it'],
    ['read-files', 'load its files'],
    ['create-version', 'register versions of it'],
    ['tag', 'set its tags'],
    ['promote', 'move its aliases and stages'],
    ['manage', 'give rights on it, rename and delete it'],
  ],
  table: [
    ['see', 'see it'],
    ['read', 'read its rows'],
    ['write', 'change its rows'],
    ['manage', 'give rights on it, rename and delete it'],
  ],
  volume: [
    ['see', 'see it'],
    ['read', 'read its files'],
    ['write', 'change its files'],
    ['manage', 'give rights on it, rename and delete it'],
  ],
};

/** What can be done with a thing of this type. */
export const actionsOf = (type: SecurableType): readonly ActionWords[] =>
  ACTIONS[type].map(([action, words]) => ({ action: `${type}.${action}`, words }));

/** What using it takes at least, so that its explanation names a path that is closed. */
const USES: Readonly<Record<SecurableType, string>> = {
  metastore: 'create-catalog',
  catalog: 'create-schema',
  schema: 'create-model',
  model: 'read-files',
  table: 'read',
  volume: 'read',
};

export const usingAction = (type: SecurableType): string => `${type}.${USES[type]}`;
