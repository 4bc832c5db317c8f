import type { Transaction } from '../db/port.ts';
import { noSuchCatalog } from '../governance/catalogs.ts';
import { noSuchSchema } from '../governance/schemas.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import {
  DEFAULT_CATALOG,
  DEFAULT_SCHEMA,
  type ModelName,
  mayNameCatalog,
  schemaNameOf,
} from './model-names.ts';
import * as repository from './schema-models-repository.ts';

export const modelNotFound = (name: string): AppError =>
  notFound(`Registered Model with name=${name.slice(0, 256)} not found`);

export const catalogNotFound = noSuchCatalog;
export const schemaNotFound = (catalog: string, schema: string): AppError =>
  noSuchSchema({ catalog, schema });

/**
 * Holds the place of a model that is about to be made, until the commit: its schema stays, and a plain name stays plain.
 * @throws AppError NotFound for a catalog or schema that is not there; InvalidArgument for a plain name that reads as
 *   another model's; Conflict where its catalog has just been made.
 */
export async function holdPlace(tx: Transaction, name: ModelName): Promise<void> {
  const { catalog, schema, model, stored } = name;
  if (schemaNameOf(name) !== `${DEFAULT_CATALOG}.${DEFAULT_SCHEMA}`) {
    if (await repository.holdSchema(tx, name)) return;
    throw (await repository.catalogExists(tx, catalog))
      ? schemaNotFound(catalog, schema)
      : catalogNotFound(catalog);
  }
  if (stored !== model) {
    throw invalidArgument(
      `Invalid model name '${stored.slice(0, 256)}': '${model.slice(0, 256)}' has three levels.`,
      {
        field: 'name',
      },
    );
  }
  if (!mayNameCatalog(name)) return;
  await repository.holdCatalogNames(tx);
  const [first = ''] = stored.split('.');
  if (!(await repository.catalogExists(tx, first))) return;
  throw new AppError('Conflict', `The catalog '${first}' has just been made: send the request again.`, {
    field: 'name',
  });
}
