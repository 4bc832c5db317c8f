import { objectList, optionalObject, optionalString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';

/** What a version needs besides its files, in the form of Unity Catalog's own dialect, as JSON; null for nothing. */
export type Dependencies = string | null;

const MOST = 1000;
const MOST_CHARACTERS = 1000;

/** From mlflow's dialect. What the other one has no words for is left out there, too. @throws AppError InvalidArgument */
export function ucDependenciesIn(body: JsonObject): Dependencies {
  return rendered(
    objectList(body, 'model_version_dependencies').map((entry, i) => {
      const name = optionalString(entry, 'name', `model_version_dependencies[${i}].name`);
      switch (entry.type) {
        case 'DATABRICKS_VECTOR_INDEX':
        case 'DATABRICKS_TABLE':
          return table(name);
        case 'DATABRICKS_UC_FUNCTION':
          return callable(name);
        case 'DATABRICKS_UC_CONNECTION':
          return connection(name);
      }
      return undefined;
    }),
  );
}

/** @throws AppError InvalidArgument */
export function nativeDependenciesIn(body: JsonObject): Dependencies {
  const sent = optionalObject(body, 'model_version_dependencies') ?? {};
  return rendered(
    objectList(sent, 'dependencies', 'model_version_dependencies.dependencies').map(
      (entry) =>
        table(optionalString(optionalObject(entry, 'table') ?? {}, 'table_full_name')) ??
        callable(optionalString(optionalObject(entry, 'function') ?? {}, 'function_full_name')) ??
        connection(optionalString(optionalObject(entry, 'connection') ?? {}, 'connection_name')),
    ),
  );
}

type Name = string | undefined;
const shortened = (name: string): string => name.slice(0, MOST_CHARACTERS);
const table = (name: Name) => (name ? { table: { table_full_name: shortened(name) } } : undefined);
const callable = (name: Name) => (name ? { function: { function_full_name: shortened(name) } } : undefined);
const connection = (name: Name) => (name ? { connection: { connection_name: shortened(name) } } : undefined);

function rendered(found: readonly (object | undefined)[]): Dependencies {
  const dependencies = found.filter((one) => one !== undefined).slice(0, MOST);
  return dependencies.length === 0 ? null : JSON.stringify({ dependencies });
}
