import type { RegisteredModel } from '@slipway/client';

/** A line of the list: the schema that the models below it are in, or a model. */
export type ModelRow =
  | { readonly kind: 'schema'; readonly catalog: string; readonly schema: string; readonly count: number }
  | { readonly kind: 'model'; readonly model: RegisteredModel; readonly label: string };

/** A name of three levels; undefined for a plain one, with whatever dots. */
export interface LevelledName {
  readonly catalog: string;
  readonly schema: string;
  readonly label: string;
}

/** `prod.ml.fraud` is model `fraud` of schema `ml` in catalog `prod`; every other name is plain. */
export function splitName(name: string): LevelledName | undefined {
  const [catalog = '', schema = '', label = '', ...rest] = name.split('.');
  const isWhole = [catalog, schema, label].every((part) => part.trim() !== '');
  return rest.length === 0 && isWhole ? { catalog, schema, label } : undefined;
}

/** Models in the order of their names, those of a schema under it, plain ones first. */
export function schemaRows(models: readonly RegisteredModel[]): readonly ModelRow[] {
  const plain: ModelRow[] = [];
  const schemas = new Map<string, { readonly of: LevelledName; readonly rows: ModelRow[] }>();
  for (const model of models) {
    const of = splitName(model.name);
    if (of === undefined) {
      plain.push({ kind: 'model', model, label: model.name });
      continue;
    }
    const path = `${of.catalog}.${of.schema}`;
    const found = schemas.get(path) ?? { of, rows: [] };
    schemas.set(path, found);
    found.rows.push({ kind: 'model', model, label: of.label });
  }
  const inOrder = [...schemas].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...plain,
    ...inOrder.flatMap(([, { of, rows }]): readonly ModelRow[] => [
      { kind: 'schema', catalog: of.catalog, schema: of.schema, count: rows.length },
      ...rows,
    ]),
  ];
}

/** Models as they come, by their whole names. */
export const plainRows = (models: readonly RegisteredModel[]): readonly ModelRow[] =>
  models.map((model) => ({ kind: 'model', model, label: model.name }));
