import type { RegisteredModel } from '@slipway/client';

/** A line of the list: the schema that the models below it are in, or a model. */
export type ModelRow =
  | { readonly kind: 'schema'; readonly name: string; readonly count: number }
  | { readonly kind: 'model'; readonly model: RegisteredModel; readonly label: string };

/** `prod.ml.fraud` is model `fraud` of schema `prod.ml`; every other name is plain. */
export function splitName(name: string): { readonly schema: string | undefined; readonly label: string } {
  const parts = name.split('.');
  if (parts.length !== 3 || parts.some((part) => part.trim() === ''))
    return { schema: undefined, label: name };
  return { schema: `${parts[0]}.${parts[1]}`, label: parts[2]! };
}

/** Models in the order of their names, those of a schema under its name, plain ones first. */
export function modelRows(models: readonly RegisteredModel[]): readonly ModelRow[] {
  const bySchema = Map.groupBy(models, ({ name }) => splitName(name).schema);
  const rowsOf = (list: readonly RegisteredModel[]) =>
    list.map((model): ModelRow => ({ kind: 'model', model, label: splitName(model.name).label }));
  const schemas = [...bySchema.keys()].filter((schema) => schema !== undefined).sort();
  return [
    ...rowsOf(bySchema.get(undefined) ?? []),
    ...schemas.flatMap((name): readonly ModelRow[] => {
      const list = bySchema.get(name)!;
      return [{ kind: 'schema', name, count: list.length }, ...rowsOf(list)];
    }),
  ];
}

/** The filter of the API for what was typed: `key:value` asks for a tag, other text for a part of the name. */
export function filterFor(typed: string): string {
  const text = typed.trim();
  if (text === '') return '';
  const tag = /^([\w.-]+):(.+)$/.exec(text);
  return tag === null ? `name ILIKE '%${quoted(text)}%'` : `tags.\`${tag[1]}\` = '${quoted(tag[2]!.trim())}'`;
}

/** Within single quotes of the filter language. */
const quoted = (text: string): string => text.replaceAll("'", "''");
