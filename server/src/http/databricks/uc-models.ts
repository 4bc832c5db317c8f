import { parseTags } from '../mlflow/experiments.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import { creating } from '../model-access.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import { renderUcModel, renderUcVersion, versionOf } from './model-rendering.ts';
import { aliasNotFound, changeModel, type ModelServices, modelRules } from './model-routes.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';

const PATH = '/api/2.0/mlflow/unity-catalog/registered-models';
const PAGE = { usual: 100, most: 1000 };

const nameOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'name');

/** Registered models in mlflow's dialect of Unity Catalog: what `databricks-uc` asks by default. */
export function ucModelRoutes(services: ModelServices): readonly DatabricksRoute[] {
  const { models, aliases, view, origins } = services;
  const rules = modelRules(services, { nameOf, versionOf: (call) => versionOf(messageOf(call).version) });

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      summary: 'Registers a model in a schema',
      access: [rules.intoSchema],
      async handle(call) {
        const { body, caller } = call;
        const name = rules.newName(nameOf(call));
        const model = await creating(caller.access, name, () =>
          models.create({
            name,
            description: optionalString(body, 'description') ?? null,
            tags: parseTags(body),
            by: caller.access.principal,
            deploymentJobId: optionalString(body, 'deployment_job_id'),
          }),
        );
        return { registered_model: renderUcModel(model) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      summary: 'Describes a registered model',
      access: [rules.onModel('model.see')],
      handle: async (call) => ({ registered_model: renderUcModel(await models.get(rules.stored(call))) }),
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
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
          registered_models: items.map(renderUcModel),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      summary: 'Describes a registered model anew, or renames it within its schema',
      access: [
        rules.onModel('model.create-version', ({ body }) =>
          body.new_name ? 'model.manage' : 'model.create-version',
        ),
      ],
      async handle(call) {
        const { body, caller } = call;
        const change = {
          description: optionalString(body, 'description'),
          deploymentJobId: optionalString(body, 'deployment_job_id'),
          newName: optionalString(body, 'new_name'),
          owner: undefined,
        };
        const of = { stored: rules.stored(call), access: caller.access };
        return { registered_model: renderUcModel(await changeModel(services, of, change)) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      summary: 'Deletes a registered model with all its versions',
      access: [rules.onModel('model.manage')],
      async handle(call) {
        await models.delete(rules.stored(call));
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      summary: 'Sets a tag of a registered model',
      access: [rules.onModel('model.tag')],
      async handle(call) {
        const value = optionalString(call.body, 'value') ?? '';
        const tag = { key: requiredString(call.body, 'key'), value };
        await models.setTag(rules.stored(call), tag, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete-tag`,
      summary: 'Removes a tag of a registered model',
      access: [rules.onModel('model.tag')],
      async handle(call) {
        const key = requiredString(messageOf(call), 'key');
        await models.deleteTag(rules.stored(call), key, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/alias`,
      summary: 'Points an alias at a version',
      access: [rules.onModel('model.promote')],
      async handle(call) {
        const { body } = call;
        const alias = requiredString(body, 'alias');
        const version = versionOf(body.version);
        await aliases.set(rules.stored(call), alias, version, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/alias`,
      summary: 'Removes an alias',
      access: [rules.onModel('model.promote')],
      async handle(call) {
        const alias = requiredString(messageOf(call), 'alias');
        await aliases.delete(rules.stored(call), alias, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/alias`,
      summary: 'Describes the version that an alias points at',
      access: [rules.onModel('model.see')],
      async handle(call) {
        const alias = requiredString(messageOf(call), 'alias');
        const version = await aliases.find(rules.stored(call), alias);
        if (version === undefined) throw aliasNotFound(nameOf(call), alias);
        const shown = await origins.ofVersion(call.caller.access, version);
        return { model_version: renderUcVersion(shown, view) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}:is-databricks-sdk-models-artifact-repository-enabled`,
      summary: 'Tells how clients are to send and fetch the files of models',
      access: 'filtered',
      handle: async () => ({
        is_databricks_sdk_models_artifact_repository_enabled: services.sdkModelFiles,
      }),
    },
  ];
}
