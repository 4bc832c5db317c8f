/** A thing of the catalog that rights are held on, by its full name; that of the metastore is empty. */
export interface Securable {
  readonly type: SecurableType;
  readonly name: string;
}

export type SecurableType = 'metastore' | 'catalog' | 'schema' | 'model' | 'table' | 'volume';

export const METASTORE: Securable = { type: 'metastore', name: '' };

/** `model:prod.ml.fraud_score`, as addresses and the audit log name it. */
export const keyOf = ({ type, name }: Securable): string => (type === 'metastore' ? type : `${type}:${name}`);

const LEVELS = { catalog: 1, schema: 2, model: 3, table: 3, volume: 3 } as const;

/** The securable that a key names; undefined for every other text. */
export function readSecurable(key: unknown): Securable | undefined {
  if (key === 'metastore') return METASTORE;
  const [, type = '', name = ''] = /^([a-z]+):(.+)$/s.exec(typeof key === 'string' ? key : '') ?? [];
  if (!Object.hasOwn(LEVELS, type)) return undefined;
  const levels = LEVELS[type as keyof typeof LEVELS];
  const parts = name.split('.');
  // Names of models may have dots of their own.
  const isWhole = parts.length === levels || (type === 'model' && parts.length > levels);
  return isWhole && !parts.includes('') ? { type: type as SecurableType, name } : undefined;
}

/** What a securable lies in; undefined for the metastore, which holds all. */
export function parentOf({ type, name }: Securable): Securable | undefined {
  const [catalog = '', schema = ''] = name.split('.');
  switch (type) {
    case 'metastore':
      return undefined;
    case 'catalog':
      return METASTORE;
    case 'schema':
      return { type: 'catalog', name: catalog };
    default:
      return { type: 'schema', name: `${catalog}.${schema}` };
  }
}

/** From the catalog down to the securable itself; without the metastore. */
export function pathTo(on: Securable): readonly Securable[] {
  const path: Securable[] = [];
  for (let each: Securable | undefined = on; each !== undefined; each = parentOf(each))
    if (each.type !== 'metastore') path.unshift(each);
  return path;
}

/** The last part of its name. */
export function labelOf({ type, name }: Securable): string {
  if (type === 'metastore') return 'Metastore';
  const parts = name.split('.');
  return type === 'catalog' ? name : parts.slice(type === 'schema' ? 1 : 2).join('.');
}

/** `catalog prod`, within a sentence. */
export const nameOf = (on: Securable): string =>
  on.type === 'metastore' ? 'the metastore' : `${on.type} ${on.name}`;

/** As the registry's own pages call a model: those of `workspace.default` have plain names there. */
export const registryName = (fullName: string): string =>
  fullName.startsWith('workspace.default.') ? fullName.slice('workspace.default.'.length) : fullName;
