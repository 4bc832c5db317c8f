import type { Action } from '../../governance/privileges.ts';
import type { Schema, SchemaName, Schemas } from '../../governance/schemas.ts';
import { catalogNotFound } from '../../registry/model-places.ts';
import { optionalBoolean, optionalString, requiredString } from '../mlflow/fields.ts';
import { creatingUnseen, schemaMissing } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { renderSentFields, withSentFields } from './sent-fields.ts';

const PATH = '/api/2.1/unity-catalog/schemas';
const PAGE = { usual: 1000, most: 1000 };
const SENT_FIELDS = ['storage_root', 'custom_max_retention_hours', 'enable_predictive_optimization'];

function nameOf({ path }: DatabricksCall): SchemaName {
  const [catalog = '', ...rest] = path.full_name!.split('.');
  return { catalog, schema: rest.join('.') };
}

const catalogNameOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'catalog_name');

const onSchema = (action: Action): Need<DatabricksCall> => ({
  action,
  target(call) {
    const name = nameOf(call);
    return {
      on: { type: 'schema', ...name },
      missing: () => schemaMissing(call.caller.access, [name.catalog, name.schema]),
    };
  },
});

const onCatalogOf = (action: Action): Need<DatabricksCall> => ({
  action,
  target: (call) => ({
    on: { type: 'catalog', catalog: catalogNameOf(call) },
    missing: () => catalogNotFound(catalogNameOf(call)),
  }),
});

export interface SchemaServices {
  readonly schemas: Schemas;
  readonly metastoreId: string;
}

export function schemaRoutes({ schemas, metastoreId }: SchemaServices): readonly DatabricksRoute[] {
  const render = (schema: Schema): object => ({
    name: schema.name,
    catalog_name: schema.catalog,
    full_name: `${schema.catalog}.${schema.name}`,
    ...(schema.comment !== undefined && { comment: schema.comment }),
    ...renderSentFields(schema.properties),
    owner: schema.owner,
    metastore_id: metastoreId,
    schema_id: schema.id,
    catalog_type: 'MANAGED_CATALOG',
    securable_type: 'SCHEMA',
    created_at: schema.createdAtMs,
    created_by: schema.createdBy,
    updated_at: schema.updatedAtMs,
    updated_by: schema.updatedBy,
  });

  return [
    {
      method: 'POST',
      path: PATH,
      summary: 'Makes a schema in a catalog',
      access: [onCatalogOf('catalog.create-schema')],
      async handle(call) {
        const { body, caller } = call;
        const [catalog, name] = [catalogNameOf(call), requiredString(body, 'name')];
        const { access } = caller;
        const on = { type: 'schema', catalog, schema: name } as const;
        const made = await creatingUnseen(
          access,
          { on, action: 'schema.see', creates: 'catalog.create-schema' },
          () =>
            schemas.create(
              {
                catalog,
                name,
                comment: optionalString(body, 'comment'),
                properties: withSentFields(body, SENT_FIELDS),
              },
              access.principal,
            ),
        );
        return render(made);
      },
    },
    {
      method: 'GET',
      path: PATH,
      summary: 'Lists the schemas of a catalog that the caller sees',
      access: [onCatalogOf('catalog.see')],
      async handle(call) {
        const message = messageOf(call);
        const { items, nextPageToken } = await schemas.list(call.caller.access, catalogNameOf(call), {
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token') || undefined,
        });
        return {
          schemas: items.map(render),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:full_name`,
      summary: 'Describes a schema',
      access: [onSchema('schema.see')],
      handle: async (call) => render(await schemas.get(nameOf(call))),
    },
    {
      method: 'PATCH',
      path: `${PATH}/:full_name`,
      summary: 'Changes the comment, the name or the owner of a schema',
      access: [onSchema('schema.manage')],
      async handle(call) {
        const { body, caller } = call;
        const name = nameOf(call);
        const newName = optionalString(body, 'new_name') || undefined;
        const { properties } = await schemas.get(name);
        const change = {
          newName,
          comment: optionalString(body, 'comment'),
          owner: optionalString(body, 'owner') || undefined,
          properties: withSentFields(body, SENT_FIELDS, properties),
        };
        const on = { type: 'schema', catalog: name.catalog, schema: newName ?? name.schema } as const;
        return render(
          await creatingUnseen(
            caller.access,
            { on, action: 'schema.see', creates: 'catalog.create-schema' },
            () => schemas.update(name, change, caller.access),
          ),
        );
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:full_name`,
      summary: 'Deletes a schema; with force also one that is not empty',
      access: [onSchema('schema.manage')],
      async handle(call) {
        await schemas.delete(nameOf(call), { force: optionalBoolean(messageOf(call), 'force') ?? false });
        return {};
      },
    },
  ];
}
