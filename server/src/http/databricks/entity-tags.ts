import type { SchemaName } from '../../governance/schemas.ts';
import type { SecurableTags, TaggedPlace } from '../../governance/securable-tags.ts';
import type { TableDescription, TableName } from '../../governance/tables.ts';
import { invalidArgument, notFound } from '../../kernel/errors.ts';
import type { Namespaces } from '../../registry/model-names.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { managing, type NamedSecurable, parseSecurable, seeing } from './securables.ts';

export interface EntityTagRoutesDependencies {
  readonly tags: SecurableTags;
  /** Ids, which no other thing of the name will have. @throws AppError NotFound */
  readonly catalogs: { get(name: string): Promise<{ readonly id: string }> };
  readonly schemas: { get(name: SchemaName): Promise<{ readonly id: string }> };
  readonly tables: { find(name: TableName): Promise<TableDescription | undefined> };
  readonly namespaces: Namespaces;
  readonly metastoreId: string;
}

const PATH = '/api/2.1/unity-catalog/entity-tag-assignments';
const TYPES = { catalogs: 'catalog', schemas: 'schema', tables: 'table', columns: 'table' } as const;
type EntityType = keyof typeof TYPES;

interface Entity {
  readonly type: EntityType;
  readonly name: string;
  readonly securable: NamedSecurable;
  readonly column: string;
}

/** Tags on catalogs, schemas, tables and columns. Who sees a thing sees its tags; to set them takes MANAGE or owning it. */
export function entityTagRoutes(dependencies: EntityTagRoutesDependencies): readonly DatabricksRoute[] {
  const { tags, namespaces, metastoreId } = dependencies;

  function entityIn(typeText: string, name: string): Entity {
    const type = typeText.toLowerCase() as EntityType;
    if (!Object.hasOwn(TYPES, type))
      throw invalidArgument(
        `'${typeText.slice(0, 50)}' is nothing that has tags here: use catalogs, schemas, tables or columns.`,
        { field: 'entity_type' },
      );
    const [full, column] = type === 'columns' ? cutColumn(name) : [name, ''];
    return { type, name, column, securable: parseSecurable(TYPES[type], full, { namespaces, metastoreId }) };
  }

  const inPath = ({ path }: DatabricksCall): Entity => entityIn(path.type!, path.name!);
  const inBody = ({ body }: DatabricksCall): Entity =>
    entityIn(requiredString(body, 'entity_type'), requiredString(body, 'entity_name'));

  function needs(find: (call: DatabricksCall) => Entity, manages: boolean): readonly Need<DatabricksCall>[] {
    return [
      {
        action: manages ? 'catalog.manage' : 'catalog.see',
        target(call) {
          const { on, missing } = find(call).securable;
          return {
            on,
            action: manages ? managing(on) : seeing(on),
            missing: () => missing(call.caller.access),
          };
        },
      },
    ];
  }

  async function placeOf(
    { securable: { on, missing }, column }: Entity,
    call: DatabricksCall,
  ): Promise<TaggedPlace> {
    if (on.type === 'catalog' && namespaces.hasCatalog(on.catalog))
      return { securable: `catalog:${(await dependencies.catalogs.get(on.catalog)).id}`, part: '' };
    if (on.type === 'schema' && namespaces.spelling(on) !== undefined)
      return { securable: `schema:${(await dependencies.schemas.get(on)).id}`, part: '' };
    const table = on.type === 'table' ? await dependencies.tables.find(on) : undefined;
    if (table === undefined) throw missing(call.caller.access);
    if (column !== '' && !table.columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()))
      throw notFound(`Column '${column.slice(0, 200)}' does not exist.`, { reason: 'COLUMN_DOES_NOT_EXIST' });
    return { securable: `table:${table.id}`, part: column.toLowerCase() };
  }

  const render = (
    { type, name }: Entity,
    { key, value }: { readonly key: string; readonly value: string },
  ) => ({
    entity_type: type,
    entity_name: name,
    tag_key: key,
    ...(value !== '' && { tag_value: value }),
  });

  return [
    {
      method: 'POST',
      path: PATH,
      summary: 'Sets a tag',
      access: needs(inBody, true),
      async handle(call) {
        const entity = inBody(call);
        const tag = { key: requiredString(call.body, 'tag_key'), value: readValue(call.body) };
        return render(entity, await tags.create(await placeOf(entity, call), tag));
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:type/:name/tags`,
      summary: 'Lists the tags of a thing',
      access: needs(inPath, false),
      async handle(call) {
        const entity = inPath(call);
        const found = await tags.list(await placeOf(entity, call));
        return { tag_assignments: found.map((tag) => render(entity, tag)) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:type/:name/tags/:key`,
      summary: 'Tells a tag',
      access: needs(inPath, false),
      async handle(call) {
        const entity = inPath(call);
        return render(entity, await tags.get(await placeOf(entity, call), call.path.key!));
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/:type/:name/tags/:key`,
      summary: 'Changes the value of a tag',
      access: needs(inPath, true),
      async handle(call) {
        const entity = inPath(call);
        const tag = { key: call.path.key!, value: readValue(call.body) };
        return render(entity, await tags.update(await placeOf(entity, call), tag));
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:type/:name/tags/:key`,
      summary: 'Removes a tag',
      access: needs(inPath, true),
      async handle(call) {
        await tags.delete(await placeOf(inPath(call), call), call.path.key!);
        return {};
      },
    },
  ];
}

const readValue = (body: JsonObject): string => optionalString(body, 'tag_value') ?? '';

/** The table, and its column: the fourth level. */
function cutColumn(name: string): readonly [string, string] {
  const levels = name.split('.');
  const column = levels.slice(3).join('.');
  if (column === '')
    throw invalidArgument(
      `'${name.slice(0, 300)}' is no full name of a column: it takes catalog.schema.table.column.`,
      {
        field: 'entity_name',
      },
    );
  return [levels.slice(0, 3).join('.'), column];
}
