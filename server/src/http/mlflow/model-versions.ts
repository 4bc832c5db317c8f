import { parseVersion } from '../../registry/model-rules.ts';
import { type VersionDetails, versionNotFound } from '../../registry/version-details.ts';
import type { Versions } from '../../registry/versions.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { VersionOrigins } from '../version-origins.ts';
import { parseTags } from './experiments.ts';
import { optionalBoolean, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { named, parseRegistrySearch } from './registered-models.ts';
import { renderVersion } from './registry-rendering.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';
import { needs, type Targets } from './targets.ts';

const DEFAULT_PAGE = 200_000;
const PATH = '2.0/mlflow/model-versions';

const versionOf = (message: JsonObject): number => parseVersion(requiredString(message, 'version'));

/** Rules of routes whose call names a version. */
const versioned = {
  ...named,
  missing: (name: string, { message }: MlflowCall) => versionNotFound(name, versionOf(message)),
};

export interface ModelVersionServices {
  readonly versions: Versions;
  readonly targets: Targets;
  readonly origins: VersionOrigins;
  readonly readModelName: ReadModelName;
  /** @throws AppError InvalidState where this server keeps the files of the source, and no model is there. */
  requireModelAt(source: string): Promise<void>;
}

export function modelVersionRoutes({
  versions,
  targets,
  origins,
  readModelName,
  requireModelAt,
}: ModelVersionServices): readonly MlflowRoute[] {
  const nameIn = (message: JsonObject): string => readModelName(requiredString(message, 'name')).stored;
  const keyOf = (message: JsonObject): [name: string, version: number] => [
    nameIn(message),
    versionOf(message),
  ];
  const shown = async (version: VersionDetails, { access }: MlflowCall['caller']): Promise<object> =>
    renderVersion(await origins.ofVersion(access, version));

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      access: [
        onModel('model.create-version', readModelName, named),
        ...targets.ofVersionSource,
        ...needs('experiment.read', targets.ofOptionalRun('run_id')),
        ...needs('experiment.read', targets.ofOptionalLoggedModel('model_id')),
      ],
      async handle({ message, caller, onAnswered }) {
        const modelId = optionalString(message, 'model_id');
        const source = requiredString(message, 'source');
        // Registering a folder closes it: whoever only reads a run cannot do that before the run has logged the model.
        if (!(await targets.mayEditSource(source, caller.access))) await requireModelAt(source);
        const version = await versions.create({
          name: nameIn(message),
          source,
          runId: optionalString(message, 'run_id'),
          modelId,
          mayLink: await targets.mayEditLoggedModel(modelId, caller.access),
          runLink: optionalString(message, 'run_link') ?? '',
          description: optionalString(message, 'description') ?? '',
          tags: parseTags(message),
          by: caller.access.principal,
        });
        onAnswered((delivered) => versions.answered(version, delivered));
        return { model_version: await shown(version, caller) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      access: [onModel('model.see', readModelName, versioned)],
      handle: async ({ message, caller }) => ({
        model_version: await shown(await versions.get(...keyOf(message)), caller),
      }),
    },
    {
      method: 'GET',
      path: `${PATH}/get-download-uri`,
      access: [onModel('model.read-files', readModelName, versioned)],
      handle: async ({ message }) => ({ artifact_uri: await versions.downloadUri(...keyOf(message)) }),
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      access: [onModel('model.create-version', readModelName, versioned)],
      async handle({ message, caller }) {
        const description = optionalString(message, 'description') ?? null;
        const version = await versions.describe(...keyOf(message), description, caller.access.principal);
        return { model_version: await shown(version, caller) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/transition-stage`,
      access: [onModel('model.promote', readModelName, versioned)],
      async handle({ message, caller }) {
        const [name, version] = keyOf(message);
        const moved = await versions.transition(name, version, {
          stage: requiredString(message, 'stage'),
          archiveOthers: optionalBoolean(message, 'archive_existing_versions') ?? false,
          by: caller.access.principal,
        });
        return { model_version: await shown(moved, caller) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      access: [onModel('model.manage', readModelName, versioned)],
      async handle({ message, caller }) {
        await versions.delete(...keyOf(message), caller.access.principal);
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
      access: 'filtered',
      async handle(call) {
        const page = await versions.search(parseRegistrySearch(call, DEFAULT_PAGE));
        const items = await origins.ofVersions(call.caller.access, page.items);
        return {
          ...(items.length > 0 && { model_versions: items.map(renderVersion) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      access: [onModel('model.tag', readModelName, versioned)],
      async handle({ message, caller }) {
        const value = optionalString(message, 'value') ?? '';
        const tag = { key: requiredString(message, 'key'), value };
        await versions.setTag(...keyOf(message), tag, caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete-tag`,
      access: [onModel('model.tag', readModelName, versioned)],
      async handle({ message, caller }) {
        const key = requiredString(message, 'key');
        await versions.deleteTag(...keyOf(message), key, caller.access.principal);
        return {};
      },
    },
  ];
}
