import type { VersionDetails } from '../../registry/version-details.ts';
import { parseTags } from '../mlflow/experiments.ts';
import { optionalString, requiredString } from '../mlflow/fields.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import { renderUcVersion, versionOf } from './model-rendering.ts';
import { credentialsFor, type ModelServices, modelRules } from './model-routes.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { ucDependenciesIn } from './version-dependencies.ts';

const PATH = '/api/2.0/mlflow/unity-catalog/model-versions';
const PAGE = { usual: 1000, most: 10_000 };

const nameOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'name');
const numberOf = (call: DatabricksCall): number => versionOf(messageOf(call).version);

const toWrite = (operation: string | undefined): boolean =>
  operation === 'MODEL_VERSION_OPERATION_READ_WRITE' || operation === '2';

/** Versions of models in mlflow's dialect of Unity Catalog. */
export function ucVersionRoutes(services: ModelServices): readonly DatabricksRoute[] {
  const { versions, uploaded, view, origins } = services;
  const rules = modelRules(services, { nameOf, versionOf: numberOf });
  const operationOf = ({ body }: DatabricksCall) => {
    const { operation } = body;
    return typeof operation === 'number' ? String(operation) : optionalString(body, 'operation');
  };

  const shown = async (version: VersionDetails, { access }: DatabricksCall['caller']): Promise<object> =>
    renderUcVersion(await origins.ofVersion(access, version), view);

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      summary: 'Makes a version that waits for its files',
      access: [rules.onModel('model.create-version')],
      async handle(call) {
        const { body, caller } = call;
        const modelId = optionalString(body, 'model_id') || undefined;
        const version = await versions.createUploaded({
          name: rules.stored(call),
          source: requiredString(body, 'source'),
          runId: optionalString(body, 'run_id') || undefined,
          modelId,
          mayLink: modelId !== undefined && (await services.mayLink(modelId, caller.access)),
          description: optionalString(body, 'description') ?? null,
          tags: parseTags(body),
          by: caller.access.principal,
          runWorkspaceId: optionalString(body, 'run_tracking_server_id') || null,
          dependencies: ucDependenciesIn(body),
        });
        return { model_version: await shown(version, call.caller) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/finalize`,
      summary: 'Makes a version READY whose files have arrived',
      access: [rules.onVersion('model.create-version')],
      async handle(call) {
        const { access } = call.caller;
        const version = await uploaded.finalize(rules.stored(call), numberOf(call), {
          by: access.principal,
          maySeeSource: (source) => services.maySeeSource(source, access),
        });
        return { model_version: await shown(version, call.caller) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      summary: 'Describes a version',
      access: [rules.onVersion('model.see')],
      handle: async (call) => ({
        model_version: await shown(await versions.get(rules.stored(call), numberOf(call)), call.caller),
      }),
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
      summary: 'Finds versions of the models that the caller sees',
      access: 'filtered',
      async handle(call) {
        const message = messageOf(call);
        const { items, nextPageToken } = await versions.search({
          filter: optionalString(message, 'filter'),
          orderBy: [],
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token'),
          visible: call.caller.access.visibleModels(),
          visibleExperiments: call.caller.access.visibleExperiments(),
        });
        const told = await origins.ofVersions(call.caller.access, items);
        return {
          model_versions: told.map((version) => renderUcVersion(version, view)),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      summary: 'Describes a version anew',
      access: [rules.onVersion('model.create-version')],
      async handle(call) {
        const description = optionalString(call.body, 'description') ?? null;
        const { principal } = call.caller.access;
        const version = await versions.describe(rules.stored(call), numberOf(call), description, principal);
        return { model_version: await shown(version, call.caller) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      summary: 'Deletes a version with its files',
      access: [rules.onVersion('model.manage')],
      async handle(call) {
        await versions.delete(rules.stored(call), numberOf(call), call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      summary: 'Sets a tag of a version',
      access: [rules.onVersion('model.tag')],
      async handle(call) {
        const value = optionalString(call.body, 'value') ?? '';
        const tag = { key: requiredString(call.body, 'key'), value };
        await versions.setTag(rules.stored(call), numberOf(call), tag, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete-tag`,
      summary: 'Removes a tag of a version',
      access: [rules.onVersion('model.tag')],
      async handle(call) {
        const key = requiredString(messageOf(call), 'key');
        await versions.deleteTag(rules.stored(call), numberOf(call), key, call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/generate-temporary-credentials`,
      summary: 'Tells how the files of a version are sent and fetched',
      access: [
        rules.onVersion('model.read-files', (call) =>
          toWrite(operationOf(call)) ? 'model.create-version' : 'model.read-files',
        ),
      ],
      async handle(call) {
        const credentials = await credentialsFor(services, {
          name: rules.stored(call),
          version: numberOf(call),
          toWrite: toWrite(operationOf(call)),
          nowMs: services.clock.nowMs(),
        });
        return { credentials };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get-download-uri`,
      summary: 'Tells where the files of a version lie',
      access: [rules.onVersion('model.read-files')],
      handle: async (call) => ({
        artifact_uri: view.showLocation(await versions.downloadUri(rules.stored(call), numberOf(call))),
      }),
    },
    {
      method: 'POST',
      path: `${PATH}/emit-lineage`,
      summary: 'Takes what a client says of who uses a version',
      access: [rules.onVersion('model.see')],
      async handle(call) {
        await versions.get(rules.stored(call), numberOf(call));
        return {};
      },
    },
  ];
}
