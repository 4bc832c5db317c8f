import { invalidArgument } from '../kernel/errors.ts';
import type { Action, Securable, SecurableType } from './privileges.ts';

/**
 * The securable that a key names, as `keyOf` writes it: `schema:prod.ml`, `experiment:7`, `metastore`. A model of one name
 * is that of catalog `workspace`, schema `default`.
 * @throws AppError InvalidArgument for anything else.
 */
export function parseSecurableKey(key: string, field = 'securable'): Securable {
  const [, type = '', name = ''] = /^([a-z-]+)(?::(.+))?$/s.exec(key) ?? [];
  const parsed = parse(type as SecurableType, name);
  if (parsed !== undefined) return parsed;
  throw invalidArgument(
    `'${key.slice(0, 200)}' names no securable: expected metastore, workspace, catalog:NAME, schema:CATALOG.SCHEMA, ` +
      'model:CATALOG.SCHEMA.NAME (or table, volume), experiment:ID, job:ID, endpoint:ID or secret-scope:NAME.',
    { field },
  );
}

function parse(type: SecurableType, name: string): Securable | undefined {
  const parts = name.split('.');
  const [first = '', second = '', ...rest] = parts;
  switch (type) {
    case 'metastore':
    case 'workspace':
      return name === '' ? { type } : undefined;
    case 'catalog':
      return name === '' || parts.length > 1 ? undefined : { type, catalog: name };
    case 'schema':
      return parts.length === 2 && first !== '' && second !== ''
        ? { type, catalog: first, schema: second }
        : undefined;
    case 'model':
    case 'table':
    case 'volume':
      if (type === 'model' && parts.length === 1 && name !== '')
        return { type, catalog: 'workspace', schema: 'default', name };
      return rest.length > 0 && first !== '' && second !== ''
        ? { type, catalog: first, schema: second, name: rest.join('.') }
        : undefined;
    case 'experiment':
      return /^\d{1,15}$/.test(name) ? { type, experimentNo: Number(name) } : undefined;
    case 'job':
    case 'endpoint':
      return name === '' ? undefined : { type, id: name };
    case 'secret-scope':
      return name === '' ? undefined : { type, name };
    default:
      return undefined;
  }
}

/** Whether a text begins as a key does: with a type. */
export const isSecurableKey = (text: string): boolean =>
  /^(metastore|workspace)$|^(catalog|schema|model|table|volume|experiment|job|endpoint|secret-scope):/.test(
    text,
  );

/** What whoever answers for a securable may do on it; undefined for the workspace, which is its administrators'. */
export const managing = ({ type }: Securable): Action | undefined =>
  type === 'workspace' ? undefined : `${type}.manage`;
