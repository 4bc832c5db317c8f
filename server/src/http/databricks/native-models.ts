import type { Access } from '../../governance/access.ts';
import type { Grants } from '../../governance/grants.ts';
import { keyOf } from '../../governance/privileges.ts';
import { nameOfRow, securableOf } from '../../registry/model-names.ts';
import type { RegisteredModel } from '../../registry/models.ts';
import { parseTags } from '../mlflow/experiments.ts';
import { invalid, optionalBoolean, optionalString, requiredString } from '../mlflow/fields.ts';
import { creating } from '../model-access.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import { renderNativeModel, versionOf } from './model-rendering.ts';
import { changeModel, type ModelServices, modelRules } from './model-routes.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

export const NATIVE_PATH = '/api/2.1/unity-catalog/models';
const PAGE = { usual: 100, most: 1000 };

export interface NativeModelServices extends ModelServices {
  readonly grants: Pick<Grants, 'ownersOf'>;
}

/** The three names of a model that is to be made, as one. */
const fullNameIn = (call: DatabricksCall): string =>
  ['catalog_name', 'schema_name', 'name'].map((field) => requiredString(call.body, field)).join('.');

/** Registered models in Unity Catalog's own dialect, as the SDKs, the CLI and Terraform ask. */
export function nativeModelRoutes(services: NativeModelServices): readonly DatabricksRoute[] {
  const { models, aliases, grants, view } = services;
  const rules = modelRules(services, {
    nameOf: ({ path }) => path.full_name!,
    versionOf: ({ body }) => versionOf(body.version_num, 'version_num'),
  });
  const newRules = modelRules(services, { nameOf: fullNameIn, versionOf: () => 0 });

  async function render(shown: readonly RegisteredModel[]): Promise<object[]> {
    const securables = shown.map(({ row }) => securableOf(nameOfRow(row)));
    const owners = await grants.ownersOf(securables);
    return shown.map((model, i) =>
      renderNativeModel(model, { ...view, owner: owners.get(keyOf(securables[i]!)) ?? '' }),
    );
  }
  const renderOne = async (model: RegisteredModel): Promise<object> => (await render([model]))[0]!;

  async function update(call: DatabricksCall, access: Access): Promise<RegisteredModel> {
    const { body } = call;
    const change = {
      description: optionalString(body, 'comment'),
      deploymentJobId: optionalString(body, 'deployment_job_id'),
      newName: optionalString(body, 'new_name'),
      owner: optionalString(body, 'owner') || undefined,
    };
    return changeModel(services, { stored: rules.stored(call), access }, change);
  }

  return [
    {
      method: 'POST',
      path: NATIVE_PATH,
      summary: 'Registers a model in a schema',
      access: [newRules.intoSchema],
      async handle(call) {
        const { body, caller } = call;
        const model = requiredString(body, 'name');
        if (model.includes('.')) throw invalid('name', model, 'a name of a model in a schema has no dots.');
        const name = newRules.newName(fullNameIn(call));
        const made = await creating(caller.access, name, () =>
          models.create({
            name,
            description: optionalString(body, 'comment') ?? null,
            tags: parseTags(body),
            by: caller.access.principal,
            deploymentJobId: optionalString(body, 'deployment_job_id'),
          }),
        );
        return renderOne(made);
      },
    },
    {
      method: 'GET',
      path: NATIVE_PATH,
      summary: 'Lists the registered models that the caller sees',
      access: 'filtered',
      async handle(call) {
        const message = messageOf(call);
        const { items, nextPageToken } = await models.list({
          catalog: optionalString(message, 'catalog_name') || undefined,
          schema: optionalString(message, 'schema_name') || undefined,
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token'),
          visible: call.caller.access.visibleModels(),
        });
        return {
          registered_models: await render(items),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: `${NATIVE_PATH}/:full_name`,
      summary: 'Describes a registered model',
      access: [rules.onModel('model.see')],
      handle: async (call) => renderOne(await models.get(rules.stored(call))),
    },
    {
      method: 'PATCH',
      path: `${NATIVE_PATH}/:full_name`,
      summary: 'Changes the comment, the name or the owner of a registered model',
      access: [
        rules.onModel('model.create-version', ({ body }) =>
          body.new_name || body.owner ? 'model.manage' : 'model.create-version',
        ),
      ],
      handle: async (call) => renderOne(await update(call, call.caller.access)),
    },
    {
      method: 'DELETE',
      path: `${NATIVE_PATH}/:full_name`,
      summary: 'Deletes a registered model with all its versions',
      access: [rules.onModel('model.manage')],
      async handle(call) {
        optionalBoolean(messageOf(call), 'force');
        await models.delete(rules.stored(call));
        return {};
      },
    },
    {
      method: 'PUT',
      path: `${NATIVE_PATH}/:full_name/aliases/:alias`,
      summary: 'Points an alias at a version',
      access: [rules.onModel('model.promote')],
      async handle(call) {
        const version = versionOf(call.body.version_num, 'version_num');
        const alias = call.path.alias!;
        await aliases.set(rules.stored(call), alias, version, call.caller.access.principal);
        return { alias_name: alias, version_num: version };
      },
    },
    {
      method: 'DELETE',
      path: `${NATIVE_PATH}/:full_name/aliases/:alias`,
      summary: 'Removes an alias',
      access: [rules.onModel('model.promote')],
      async handle(call) {
        await aliases.delete(rules.stored(call), call.path.alias!, call.caller.access.principal);
        return {};
      },
    },
  ];
}
