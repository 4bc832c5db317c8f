import type { Catalog, Catalogs } from '../../governance/catalogs.ts';
import type { Action } from '../../governance/privileges.ts';
import { AppError } from '../../kernel/errors.ts';
import { catalogNotFound } from '../../registry/model-places.ts';
import { optionalBoolean, optionalString, requiredString } from '../mlflow/fields.ts';
import { creatingUnseen } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { renderSentFields, withSentFields } from './sent-fields.ts';

const PATH = '/api/2.1/unity-catalog/catalogs';
const PAGE = { usual: 1000, most: 1000 };
const SENT_FIELDS = [
  'storage_root',
  'isolation_mode',
  'options',
  'custom_max_retention_hours',
  'enable_predictive_optimization',
];
/** Catalogs of other kinds, by the field that makes them. */
const FOREIGN_FIELDS = ['connection_name', 'provider_name', 'share_name'];

const nameOf = ({ path }: DatabricksCall): string => path.name!;

const onCatalog = (action: Action): Need<DatabricksCall> => ({
  action,
  target: (call) => ({
    on: { type: 'catalog', catalog: nameOf(call) },
    missing: () => catalogNotFound(nameOf(call)),
  }),
});

export interface CatalogServices {
  readonly catalogs: Catalogs;
  readonly metastoreId: string;
}

export function catalogRoutes({ catalogs, metastoreId }: CatalogServices): readonly DatabricksRoute[] {
  const render = (catalog: Catalog): object => ({
    name: catalog.name,
    full_name: catalog.name,
    ...(catalog.comment !== undefined && { comment: catalog.comment }),
    ...renderSentFields(catalog.properties),
    owner: catalog.owner,
    metastore_id: metastoreId,
    catalog_type: 'MANAGED_CATALOG',
    securable_type: 'CATALOG',
    created_at: catalog.createdAtMs,
    created_by: catalog.createdBy,
    updated_at: catalog.updatedAtMs,
    updated_by: catalog.updatedBy,
  });

  return [
    {
      method: 'POST',
      path: PATH,
      summary: 'Makes a catalog, with a schema default in it',
      access: [
        {
          action: 'metastore.create-catalog',
          target: ({ caller }) => ({
            on: { type: 'metastore' },
            missing: () =>
              new AppError(
                'PermissionDenied',
                `Permission denied: ${caller.principal} may not make catalogs.`,
              ),
          }),
        },
      ],
      async handle({ body, caller }) {
        const name = requiredString(body, 'name');
        refuseForeign(body);
        const { access } = caller;
        const made = await creatingUnseen(
          access,
          {
            on: { type: 'catalog', catalog: name },
            action: 'catalog.see',
            creates: 'metastore.create-catalog',
          },
          () =>
            catalogs.create(
              {
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
      summary: 'Lists the catalogs that the caller sees',
      access: 'filtered',
      async handle(call) {
        const message = messageOf(call);
        const { items, nextPageToken } = await catalogs.list(call.caller.access, {
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token') || undefined,
        });
        return {
          catalogs: items.map(render),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:name`,
      summary: 'Describes a catalog',
      access: [onCatalog('catalog.see')],
      handle: async (call) => render(await catalogs.get(nameOf(call))),
    },
    {
      method: 'PATCH',
      path: `${PATH}/:name`,
      summary: 'Changes the comment, the name or the owner of a catalog',
      access: [onCatalog('catalog.manage')],
      async handle(call) {
        const { body, caller } = call;
        const name = nameOf(call);
        const newName = optionalString(body, 'new_name') || undefined;
        const { properties } = await catalogs.get(name);
        const change = {
          newName,
          comment: optionalString(body, 'comment'),
          owner: optionalString(body, 'owner') || undefined,
          properties: withSentFields(body, SENT_FIELDS, properties),
        };
        const on = { type: 'catalog', catalog: newName ?? name } as const;
        return render(
          await creatingUnseen(
            caller.access,
            { on, action: 'catalog.see', creates: 'metastore.create-catalog' },
            () => catalogs.update(name, change, caller.access),
          ),
        );
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:name`,
      summary: 'Deletes a catalog; with force also one that is not empty',
      access: [onCatalog('catalog.manage')],
      async handle(call) {
        await catalogs.delete(nameOf(call), { force: optionalBoolean(messageOf(call), 'force') ?? false });
        return {};
      },
    },
  ];
}

function refuseForeign(body: DatabricksCall['body']): void {
  const foreign = FOREIGN_FIELDS.find((field) => body[field]);
  if (foreign === undefined) return;
  throw new AppError(
    'NotSupported',
    `'${foreign}': catalogs of other servers are not supported, only those that are kept here.`,
    { field: foreign },
  );
}
