import type { Transaction } from '../db/port.ts';
import type { SchemaContents, SchemaName } from '../governance/schemas.ts';
import { schemaNameOf } from './model-names.ts';
import * as repository from './schema-models-repository.ts';

const AT_ONCE = 1000;

export interface SchemaModelsDependencies {
  /** Removes a model with all that hangs on it, but not its grants: those go with the schema's. */
  deleteModel(tx: Transaction, storedName: string): Promise<void>;
}

/** The models of schemas, for those who delete and rename schemas. */
export function createSchemaModels({ deleteModel }: SchemaModelsDependencies): SchemaContents {
  return {
    async exist(tx, schema) {
      // Whoever makes a model in it right now is waited for, or waits.
      await repository.holdSchema(tx, schema);
      return (await repository.listSchemaModels(tx, schemaNameOf(schema), 1)).length > 0;
    },

    async delete(tx, schema) {
      await repository.holdSchema(tx, schema);
      for (;;) {
        const names = await repository.listSchemaModels(tx, schemaNameOf(schema), AT_ONCE);
        for (const name of names) await deleteModel(tx, name);
        if (names.length < AT_ONCE) return;
      }
    },

    async rename(tx, from, to) {
      await repository.moveModels(tx, placeOf(from), placeOf(to));
    },
  };
}

const placeOf = (schema: SchemaName) => ({
  schemaName: schemaNameOf(schema),
  prefix: `${schema.catalog}.${schema.schema}.`,
});

/**
 * A plain model whose name would have three levels with a catalog of this name; asked before one is made. Nobody makes
 * another such model before the commit.
 */
export async function findModelInTheWay(tx: Transaction, catalog: string): Promise<string | undefined> {
  await repository.holdCatalogNames(tx);
  return repository.findPlainModelOf(tx, catalog);
}
