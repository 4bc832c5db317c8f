import type { Securable } from '../governance/privileges.ts';

/** Where models of plain names lie. */
export const DEFAULT_CATALOG = 'workspace';
export const DEFAULT_SCHEMA = 'default';
const DEFAULT_PREFIX = `${DEFAULT_CATALOG}.${DEFAULT_SCHEMA}.`;

/** The name of a registered model, read once. The same for every spelling of it. */
export interface ModelName {
  readonly catalog: string;
  readonly schema: string;
  /** The last level; of a plain name all of it, dots and all. */
  readonly model: string;
  /** As it is kept, unique, and shown over MLflow's protocol: `fraud`, `prod.ml.fraud_score`. */
  readonly stored: string;
}

/** What tells `a.b.c` of three levels from a plain name with dots in it. */
export interface Namespaces {
  /** In any case. */
  hasCatalog(name: string): boolean;
  /** Both as they are spelled; undefined where either is not there. */
  spelling(name: {
    readonly catalog: string;
    readonly schema: string;
  }): { readonly catalog: string; readonly schema: string } | undefined;
}

/**
 * Reads a name as a caller wrote it, over whatever protocol: `workspace.default.X` is `X`; `a.b.c` has three levels where
 * the catalog `a` exists; every other text is a plain name. Whether such a model may be made is `checkNewModelName`'s to
 * say.
 */
export function parseModelName(text: string, namespaces: Namespaces): ModelName {
  const parts = text.split('.');
  if (isDefault(parts)) {
    const model = text.slice(DEFAULT_PREFIX.length);
    // `workspace.default.prod.ml.x` would be kept as the name of another model: no model has such a name.
    const stored = levelsOf(model.split('.'), namespaces) === undefined ? model : text;
    return { catalog: DEFAULT_CATALOG, schema: DEFAULT_SCHEMA, model, stored };
  }
  const levels = levelsOf(parts, namespaces);
  if (levels === undefined) return plainName(text);
  const { catalog, schema } = levels;
  const model = parts[2]!;
  return { catalog, schema, model, stored: `${catalog}.${schema}.${model}` };
}

const isDefault = (parts: readonly string[]): boolean =>
  parts.length >= 3 &&
  parts[0]!.toLowerCase() === DEFAULT_CATALOG &&
  parts[1]!.toLowerCase() === DEFAULT_SCHEMA &&
  parts[2] !== '';

const plainName = (text: string): ModelName => ({
  catalog: DEFAULT_CATALOG,
  schema: DEFAULT_SCHEMA,
  model: text,
  stored: text,
});

/** The first two of three levels as they are spelled; undefined for a plain name. */
function levelsOf(
  parts: readonly string[],
  namespaces: Namespaces,
): { readonly catalog: string; readonly schema: string } | undefined {
  if (parts.length < 3) return undefined;
  if (isDefault(parts)) return { catalog: DEFAULT_CATALOG, schema: DEFAULT_SCHEMA };
  const [catalog, schema, model] = parts as [string, string, string];
  if (parts.length !== 3 || schema === '' || model === '' || !namespaces.hasCatalog(catalog))
    return undefined;
  return namespaces.spelling({ catalog, schema }) ?? { catalog, schema };
}

/** A name with a dot in the middle, as only plain names before their catalog have it. */
export const mayNameCatalog = (name: ModelName): boolean =>
  name.stored === name.model && /^[^.]+\.[^.]+\.[^.]+$/.test(name.stored);

/** The name behind `registered_models.name` and `.schema_name`. */
export function nameOfRow(row: { readonly name: string; readonly schema_name: string }): ModelName {
  if (row.schema_name === `${DEFAULT_CATALOG}.${DEFAULT_SCHEMA}`) return plainName(row.name);
  const [catalog, schema] = row.name.split('.', 2) as [string, string];
  const model = row.name.slice(catalog.length + schema.length + 2);
  return { catalog, schema, model, stored: row.name };
}

/** In lower case, as `registered_models.schema_name` has it: `prod.ml`. */
export const schemaNameOf = (name: Pick<ModelName, 'catalog' | 'schema'>): string =>
  `${name.catalog}.${name.schema}`.toLowerCase();

/** All three levels, as Databricks' protocols show every model; reads back as the same name. */
export const fullNameOf = ({ catalog, schema, model }: ModelName): string => `${catalog}.${schema}.${model}`;

export const securableOf = ({ catalog, schema, model }: ModelName): Securable => ({
  type: 'model',
  catalog,
  schema,
  name: model,
});
