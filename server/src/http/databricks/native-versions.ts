import type { VersionDetails } from '../../registry/version-details.ts';
import { parseTags } from '../mlflow/experiments.ts';
import { optionalInt64, optionalString, requiredString } from '../mlflow/fields.ts';
import { messageOf, pageSizeOf } from './messages.ts';
import { renderNativeVersion, versionOf } from './model-rendering.ts';
import { aliasNotFound, credentialsFor, type ModelServices, modelRules } from './model-routes.ts';
import { NATIVE_PATH } from './native-models.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { nativeDependenciesIn } from './version-dependencies.ts';

const VERSION_PATH = `${NATIVE_PATH}/:full_name/versions/:version`;
const PAGE = { usual: 100, most: 1000 };

const fullNameIn = ({ body }: DatabricksCall): string =>
  ['catalog_name', 'schema_name', 'model_name'].map((field) => requiredString(body, field)).join('.');

const toWrite = ({ body }: DatabricksCall): boolean =>
  body.operation === 'READ_WRITE_MODEL_VERSION' || body.operation === 2;

/** Versions of models in Unity Catalog's own dialect. */
export function nativeVersionRoutes(services: ModelServices): readonly DatabricksRoute[] {
  const { versions, uploaded, aliases, view, origins } = services;
  const numberOf = ({ path }: DatabricksCall): number => versionOf(path.version);
  const rules = modelRules(services, { nameOf: ({ path }) => path.full_name!, versionOf: numberOf });
  const ofBody = modelRules(services, {
    nameOf: fullNameIn,
    versionOf: ({ body }) => versionOf(body.version),
  });

  const shown = async (version: VersionDetails, { access }: DatabricksCall['caller']): Promise<object> =>
    renderNativeVersion(await origins.ofVersion(access, version), view);

  return [
    {
      method: 'POST',
      path: `${NATIVE_PATH}/versions`,
      summary: 'Makes a version that waits for its files',
      access: [ofBody.onModel('model.create-version')],
      async handle(call) {
        const { body, caller } = call;
        const modelId = optionalString(body, 'model_id') || undefined;
        const workspaceId = optionalInt64(body, 'run_workspace_id');
        const version = await versions.createUploaded({
          name: ofBody.stored(call),
          source: requiredString(body, 'source'),
          runId: optionalString(body, 'run_id') || undefined,
          modelId,
          mayLink: modelId !== undefined && (await services.mayLink(modelId, caller.access)),
          description: optionalString(body, 'comment') ?? null,
          tags: parseTags(body),
          by: caller.access.principal,
          runWorkspaceId:
            optionalString(body, 'run_tracking_server_id') ||
            (workspaceId === undefined ? null : String(workspaceId)),
          dependencies: nativeDependenciesIn(body),
        });
        return shown(version, call.caller);
      },
    },
    {
      method: 'GET',
      path: `${NATIVE_PATH}/:full_name/versions`,
      summary: 'Lists the versions of a registered model, the newest first',
      access: [rules.onModel('model.see')],
      async handle(call) {
        const message = messageOf(call);
        const { items, nextPageToken } = await versions.listOf(rules.stored(call), {
          maxResults: pageSizeOf(message, PAGE),
          pageToken: optionalString(message, 'page_token'),
        });
        const told = await origins.ofVersions(call.caller.access, items);
        return {
          model_versions: told.map((version) => renderNativeVersion(version, view)),
          ...(nextPageToken !== undefined && { next_page_token: nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: VERSION_PATH,
      summary: 'Describes a version',
      access: [rules.onVersion('model.see')],
      handle: async (call) => shown(await versions.get(rules.stored(call), numberOf(call)), call.caller),
    },
    {
      method: 'PATCH',
      path: VERSION_PATH,
      summary: 'Changes the comment of a version',
      access: [rules.onVersion('model.create-version')],
      async handle(call) {
        const comment = optionalString(call.body, 'comment');
        const [name, version] = [rules.stored(call), numberOf(call)];
        const { principal } = call.caller.access;
        const changed =
          comment === undefined
            ? await versions.get(name, version)
            : await versions.describe(name, version, comment, principal);
        return shown(changed, call.caller);
      },
    },
    {
      method: 'DELETE',
      path: VERSION_PATH,
      summary: 'Deletes a version with its files',
      access: [rules.onVersion('model.manage')],
      async handle(call) {
        await versions.delete(rules.stored(call), numberOf(call), call.caller.access.principal);
        return {};
      },
    },
    {
      method: 'PATCH',
      path: `${VERSION_PATH}/finalize`,
      summary: 'Makes a version READY whose files have arrived',
      access: [rules.onVersion('model.create-version')],
      async handle(call) {
        const { access } = call.caller;
        const version = await uploaded.finalize(rules.stored(call), numberOf(call), {
          by: access.principal,
          maySeeSource: (source) => services.maySeeSource(source, access),
        });
        return shown(version, call.caller);
      },
    },
    {
      method: 'GET',
      path: `${NATIVE_PATH}/:full_name/aliases/:alias`,
      summary: 'Describes the version that an alias points at',
      access: [rules.onModel('model.see')],
      async handle(call) {
        const alias = call.path.alias!;
        const version = await aliases.find(rules.stored(call), alias);
        if (version === undefined) throw aliasNotFound(call.path.full_name!, alias);
        return shown(version, call.caller);
      },
    },
    {
      method: 'POST',
      path: '/api/2.1/unity-catalog/temporary-model-version-credentials',
      summary: 'Tells how the files of a version are sent and fetched',
      access: [
        ofBody.onVersion('model.read-files', (call) =>
          toWrite(call) ? 'model.create-version' : 'model.read-files',
        ),
      ],
      handle: async (call) =>
        credentialsFor(services, {
          name: ofBody.stored(call),
          version: versionOf(call.body.version),
          toWrite: toWrite(call),
          nowMs: services.clock.nowMs(),
        }),
    },
  ];
}
