import { matchesLike } from '../../filters/like.ts';
import type { Grants } from '../../governance/grants.ts';
import { keyOf } from '../../governance/privileges.ts';
import { type TableDescription, type Tables, tableSecurable } from '../../governance/tables.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import type { Namespaces } from '../../registry/model-names.ts';
import { catalogNotFound } from '../../registry/model-places.ts';
import { optionalBoolean, optionalInt32, optionalString, requiredString } from '../mlflow/fields.ts';
import { schemaMissing } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { parseSecurable, tableNotFound } from './securables.ts';

export interface TableRoutesDependencies {
  readonly tables: Tables;
  readonly grants: Pick<Grants, 'ownersOf' | 'setOwner'>;
  readonly namespaces: Namespaces;
  /** Of a catalog, as they are spelled, by name. */
  schemasOf(catalog: string): readonly string[];
  readonly metastoreId: string;
}

const UC = '/api/2.1/unity-catalog';
const MAX_PAGE = 1000;

/** What is known of tables: names, columns, owner. Their rows come by statements. */
export function tableRoutes(dependencies: TableRoutesDependencies): readonly DatabricksRoute[] {
  const { tables, grants, namespaces, metastoreId } = dependencies;
  const named = ({ path }: DatabricksCall) => {
    const { on } = parseSecurable('table', path.name!, { namespaces, metastoreId });
    if (on.type !== 'table') throw tableNotFound(path.name!);
    return on;
  };
  const needs = (action: 'table.see' | 'table.manage'): readonly Need<DatabricksCall>[] => [
    {
      action,
      target: (call) => ({ on: named(call), missing: () => tableNotFound(call.path.name!) }),
    },
  ];

  async function getTable(call: DatabricksCall): Promise<TableDescription> {
    const table = await tables.find(named(call));
    if (table === undefined) throw tableNotFound(call.path.name!);
    return table;
  }

  async function render(
    found: readonly TableDescription[],
    call: DatabricksCall,
  ): Promise<readonly object[]> {
    const owners = await grants.ownersOf(found.map(tableSecurable));
    const omits = (name: string) => optionalBoolean(call.query, name) === true;
    return found.map((table) => ({
      ...renderName(table),
      table_id: table.id,
      metastore_id: metastoreId,
      data_source_format: table.format,
      ...(table.location !== undefined && { storage_location: table.location }),
      ...(table.comment !== undefined && { comment: table.comment }),
      ...(!omits('omit_columns') && { columns: renderColumns(table) }),
      ...(!omits('omit_properties') && { properties: table.properties }),
      ...(!omits('omit_username') && {
        owner: owners.get(keyOf(tableSecurable(table))),
        created_by: table.createdBy,
        updated_by: table.updatedBy,
      }),
      created_at: table.createdAtMs,
      updated_at: table.updatedAtMs,
    }));
  }

  return [
    {
      method: 'GET',
      path: `${UC}/tables`,
      summary: 'Lists the tables of a schema',
      access: [
        {
          action: 'schema.see',
          target({ query, caller }) {
            const name = readSchemaName(query);
            return {
              on: { type: 'schema', ...(namespaces.spelling(name) ?? name) },
              missing: () => schemaMissing(caller.access, [name.catalog, name.schema]),
            };
          },
        },
      ],
      async handle(call) {
        const name = readSchemaName(call.query);
        if (namespaces.spelling(name) === undefined)
          throw schemaMissing(call.caller.access, [name.catalog, name.schema]);
        const { items, nextPageToken } = await tables.list(call.caller.access, name, readPage(call));
        return { tables: await render(items, call), ...next(nextPageToken) };
      },
    },
    {
      method: 'GET',
      path: `${UC}/table-summaries`,
      summary: 'Lists the names of the tables of a catalog',
      access: [
        {
          action: 'catalog.see',
          target({ query }) {
            const catalog = requiredString(query, 'catalog_name');
            return { on: { type: 'catalog', catalog }, missing: () => catalogNotFound(catalog) };
          },
        },
      ],
      async handle({ query, caller: { access } }) {
        const catalog = requiredString(query, 'catalog_name');
        if (!namespaces.hasCatalog(catalog)) throw catalogNotFound(catalog);
        const schemaPattern = optionalString(query, 'schema_name_pattern') || '%';
        const schemas = dependencies
          .schemasOf(catalog)
          .filter((schema) => matchesLike(schemaPattern, schema, false))
          .filter((schema) => access.decide('schema.see', { type: 'schema', catalog, schema }) === 'allowed');
        const pattern = optionalString(query, 'table_name_pattern') || undefined;
        return summaries(schemas, readPage({ query }), (schema, page) =>
          tables.list(access, { catalog, schema, pattern }, page),
        );
      },
    },
    {
      method: 'GET',
      path: `${UC}/tables/:name`,
      summary: 'Describes a table',
      access: needs('table.see'),
      handle: async (call) => (await render([await getTable(call)], call))[0]!,
    },
    {
      method: 'GET',
      path: `${UC}/tables/:name/exists`,
      summary: 'Tells whether there is a table that the caller sees',
      access: 'filtered',
      async handle(call) {
        const on = named(call);
        const sees = call.caller.access.decide('table.see', on) !== 'hidden';
        return { table_exists: (await tables.find(on)) !== undefined && sees };
      },
    },
    {
      method: 'PATCH',
      path: `${UC}/tables/:name`,
      summary: 'Gives a table another owner',
      access: needs('table.manage'),
      async handle(call) {
        const table = await getTable(call);
        const owner = requiredString(call.body, 'owner');
        await grants.setOwner(tableSecurable(table), owner, call.caller.access);
        return (await render([table], call))[0]!;
      },
    },
  ];
}

const readSchemaName = (query: DatabricksCall['query']) => ({
  catalog: requiredString(query, 'catalog_name'),
  schema: requiredString(query, 'schema_name'),
});

interface Page {
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

/** Clients send 0 for as many as the server likes. */
function readPage({ query }: Pick<DatabricksCall, 'query'>): Page {
  const asked = optionalInt32(query, 'max_results') ?? 0;
  if (asked < 0) throw invalidArgument("'max_results' is not negative.", { field: 'max_results' });
  return {
    maxResults: asked === 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE),
    pageToken: query.page_token === '' ? undefined : query.page_token,
  };
}

const next = (token: string | undefined) => (token === undefined ? {} : { next_page_token: token });

const renderName = (table: TableDescription) => ({
  name: table.name,
  catalog_name: table.catalog,
  schema_name: table.schema,
  full_name: `${table.catalog}.${table.schema}.${table.name}`,
  table_type: table.type,
});

const renderColumns = ({ columns }: TableDescription): readonly object[] =>
  columns.map(({ name, typeText, typeName, nullable, comment }, position) => ({
    name,
    type_text: typeText,
    type_name: typeName,
    position,
    nullable,
    ...(comment !== undefined && { comment }),
  }));

type ListOfSchema = (
  schema: string,
  page: Page,
) => Promise<{ readonly items: readonly TableDescription[]; readonly nextPageToken: string | undefined }>;

/** Page tokens are the schema that the page before ended in, and the token within it. */
async function summaries(
  schemas: readonly string[],
  { maxResults, pageToken }: Page,
  list: ListOfSchema,
): Promise<object> {
  const [resumed = '', token = ''] = (pageToken ?? '').split('/', 2);
  const from = Buffer.from(resumed, 'base64url').toString();
  const found: object[] = [];
  for (const schema of schemas.filter((each) => each >= from)) {
    const within = schema === from && token !== '' ? token : undefined;
    const room = maxResults - found.length;
    const { items, nextPageToken } = await list(schema, { maxResults: Math.max(room, 1), pageToken: within });
    if (room === 0 && items.length > 0)
      return { tables: found, next_page_token: `${Buffer.from(schema).toString('base64url')}/` };
    found.push(
      ...items.map((table) => ({
        full_name: renderName(table).full_name,
        table_type: table.type,
      })),
    );
    if (nextPageToken !== undefined)
      return {
        tables: found,
        next_page_token: `${Buffer.from(schema).toString('base64url')}/${nextPageToken}`,
      };
  }
  return { tables: found };
}
