import type { SavedView, SavedViews } from '../../tracking/saved-views.ts';
import { missing, optionalInt32, optionalObject, optionalString, requiredString } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import type { MlflowRoute } from '../mlflow/routes.ts';

const PATH = 'slipway/v1/views';

const renderView = (view: SavedView): object => ({
  view_id: view.viewId,
  scope: view.scope,
  name: view.name,
  state: JSON.parse(view.state) as object,
  created_by: view.createdBy,
  creation_time: view.creationTimeMs,
  last_update_time: view.lastUpdateTimeMs,
  version: view.version,
});

function readState(message: JsonObject): string | undefined {
  const state = optionalObject(message, 'state');
  return (
    state && JSON.stringify(state, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  );
}

/** Saved views of the pages. A state is any JSON object. */
export function savedViewRoutes(views: SavedViews): readonly MlflowRoute[] {
  return [
    {
      method: 'GET',
      path: PATH,
      access: 'filtered',
      request: [{ name: 'scope', type: 'string', required: true }],
      handle: async ({ message, caller }) => ({
        views: (await views.list(requiredString(message, 'scope'), caller.access)).map(renderView),
      }),
    },
    {
      method: 'POST',
      path: PATH,
      access: 'filtered',
      request: [
        { name: 'scope', type: 'string', required: true },
        { name: 'name', type: 'string', required: true },
        { name: 'state', type: 'any', required: true },
      ],
      async handle({ message, caller }) {
        const state = readState(message);
        if (state === undefined) throw missing('state');
        const view = await views.create(
          {
            scope: requiredString(message, 'scope'),
            name: requiredString(message, 'name'),
            state,
            createdBy: caller.principal,
          },
          caller.access,
        );
        return { view: renderView(view) };
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/:view_id`,
      access: 'filtered',
      request: [
        { name: 'version', type: 'int32', required: true },
        { name: 'name', type: 'string' },
        { name: 'state', type: 'any' },
      ],
      async handle({ message, path, caller }) {
        const version = optionalInt32(message, 'version');
        if (version === undefined) throw missing('version');
        const name = optionalString(message, 'name');
        const state = readState(message);
        const change = {
          version,
          ...(name !== undefined && { name }),
          ...(state !== undefined && { state }),
        };
        const view = await views.update(path.view_id!, change, caller.access);
        return { view: renderView(view) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:view_id`,
      access: 'filtered',
      request: [],
      async handle({ path, caller }) {
        await views.delete(path.view_id!, caller.access);
        return {};
      },
    },
  ];
}
