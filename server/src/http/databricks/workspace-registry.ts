import type { Files } from '../../artifacts/files.ts';
import type { SignedUrls } from '../../artifacts/signed-urls.ts';
import type { Access } from '../../governance/access.ts';
import { type ArtifactPath, parseArtifactPath } from '../../objects/artifact-path.ts';
import type { Comments } from '../../registry/comments.ts';
import { type ModelName, nameOfRow, securableOf } from '../../registry/model-names.ts';
import { notReady } from '../../registry/model-rules.ts';
import type { RegisteredModel } from '../../registry/models.ts';
import type { VersionDetails } from '../../registry/version-details.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import type { VersionFolder } from '../../registry/version-folders.ts';
import { optionalBoolean, optionalString, requiredString } from '../mlflow/fields.ts';
import { renderModel, renderVersion } from '../mlflow/registry-rendering.ts';
import { onModel } from '../model-access.ts';
import type { Need } from '../route-access.ts';
import { messageOf } from './messages.ts';
import { versionOf } from './model-rendering.ts';
import type { ModelServices } from './model-routes.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { signedUrl } from './signed-files.ts';

const MLFLOW = '/api/2.0/mlflow';
const MAX_LIST = 1000;

export interface WorkspaceRegistryServices
  extends Pick<ModelServices, 'models' | 'versions' | 'origins' | 'readModelName'> {
  readonly comments: Comments;
  readonly files: Pick<Files, 'list' | 'stat'>;
  readonly urls: SignedUrls;
  /** By the stored name of its model. @throws AppError NotFound; InvalidState where the files lie elsewhere. */
  findVersionFolder(storedName: string, version: number): Promise<VersionFolder>;
}

/**
 * What the workspace's registry has beside MLflow's own routes: for `registry_uri="databricks"` and the SDK's
 * `model_registry`.
 */
export function workspaceRegistryRoutes(services: WorkspaceRegistryServices): readonly DatabricksRoute[] {
  const { models, versions, origins, comments, files, urls, readModelName, findVersionFolder } = services;
  const nameOf = (call: DatabricksCall): string => requiredString(messageOf(call), 'name');
  const stored = (call: DatabricksCall): string => readModelName(nameOf(call)).stored;
  const numberOf = (call: DatabricksCall): number => versionOf(messageOf(call).version);
  const onVersion = (action: 'model.see' | 'model.promote' | 'model.read-files'): Need<DatabricksCall> =>
    onModel(action, readModelName, {
      nameOf,
      missing: (name, call) => versionNotFound(name, numberOf(call)),
    });

  /** The folder of a version, and the path in it that the call names. */
  async function placeOf(call: DatabricksCall) {
    const [name, version] = [stored(call), numberOf(call)];
    const { folder, isOpen } = await findVersionFolder(name, version);
    if (isOpen) throw notReady(name, version);
    const text = optionalString(messageOf(call), 'path')?.replace(/\/$/, '') ?? '';
    const inside = text === '' ? '' : parseArtifactPath(text);
    return { inside, path: inside === '' ? folder : parseArtifactPath(`${folder}/${inside}`) };
  }

  async function list(path: ArtifactPath, inside: string): Promise<object[]> {
    const shown: object[] = [];
    for (let after: string | undefined; ; ) {
      const page = await files.list(path, { after, limit: MAX_LIST });
      for (const { name, sizeBytes } of page.entries) {
        shown.push({
          path: inside === '' ? name : `${inside}/${name}`,
          is_dir: sizeBytes === undefined,
          ...(sizeBytes !== undefined && { file_size: sizeBytes }),
        });
      }
      if (page.next === undefined) break;
      after = page.next;
    }
    if (shown.length > 0 || inside === '') return shown;
    // A file is its own list.
    return [{ path: inside, is_dir: false, file_size: (await files.stat(path)).sizeBytes }];
  }

  return [
    {
      method: 'GET',
      path: `${MLFLOW}/databricks/registered-models/get`,
      summary: 'Describes a registered model, with its number and what the caller may do',
      access: [onModel('model.see', readModelName, { nameOf })],
      async handle(call) {
        const { access } = call.caller;
        const model = await origins.ofModel(access, await models.get(stored(call)));
        return { registered_model_databricks: renderWorkspaceModel(model, access) };
      },
    },
    {
      method: 'POST',
      path: `${MLFLOW}/databricks/model-versions/transition-stage`,
      summary: 'Moves a version to a stage, with a comment',
      access: [onVersion('model.promote')],
      async handle(call) {
        const { body, caller } = call;
        const [name, version] = [stored(call), numberOf(call)];
        const moved = await versions.transition(name, version, {
          stage: requiredString(body, 'stage'),
          archiveOthers: optionalBoolean(body, 'archive_existing_versions') ?? false,
          by: caller.access.principal,
        });
        const text = optionalString(body, 'comment');
        if (text?.trim()) await comments.create(name, version, { text, by: caller.access.principal });
        const shown = await origins.ofVersion(caller.access, moved);
        return { model_version_databricks: renderWorkspaceVersion(shown, caller.access) };
      },
    },
    {
      method: 'GET',
      path: `${MLFLOW}/model-versions/list-artifacts`,
      summary: 'Lists the files of a version',
      access: [onVersion('model.read-files')],
      async handle(call) {
        const { path, inside } = await placeOf(call);
        return { files: await list(path, inside) };
      },
    },
    {
      method: 'GET',
      path: `${MLFLOW}/model-versions/get-signed-download-uri`,
      summary: 'Gives a URL under which a file of a version can be fetched for a while',
      access: [onVersion('model.read-files')],
      async handle(call) {
        const { path } = await placeOf(call);
        await files.stat(path);
        const { origin, access } = call.caller;
        const token = urls.sign({ grant: { does: 'read', path }, holder: access.principal.id });
        return { signed_uri: signedUrl(origin, token), headers: [] };
      },
    },
  ];
}

/** What the caller may do with a model, in the words of this registry. */
function permissionLevel(access: Access, name: ModelName): string {
  const on = securableOf(name);
  const may = (action: Parameters<Access['decide']>[0]): boolean => access.decide(action, on) === 'allowed';
  if (may('model.manage')) return 'CAN_MANAGE';
  if (may('model.promote')) return 'CAN_MANAGE_PRODUCTION_VERSIONS';
  return may('model.create-version') ? 'CAN_EDIT' : 'CAN_READ';
}

/** Its number stands for it in the permissions API. */
const renderWorkspaceModel = (model: RegisteredModel, access: Access): object => ({
  ...renderModel(model),
  id: String(model.row.model_no),
  ...(model.row.created_by !== null && { user_id: model.row.created_by }),
  permission_level: permissionLevel(access, nameOfRow(model.row)),
});

const renderWorkspaceVersion = (version: VersionDetails, access: Access): object => ({
  ...renderVersion(version),
  permission_level: permissionLevel(access, nameOfRow(version.row)),
});
