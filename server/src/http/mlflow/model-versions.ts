import { parseVersion } from '../../registry/model-rules.ts';
import type { Versions } from '../../registry/versions.ts';
import { parseTags } from './experiments.ts';
import { optionalBoolean, optionalString, requiredString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { parseRegistrySearch } from './registered-models.ts';
import { renderVersion } from './registry-rendering.ts';
import type { MlflowRoute } from './routes.ts';

const DEFAULT_PAGE = 200_000;
const PATH = '2.0/mlflow/model-versions';

const keyOf = (message: JsonObject): [name: string, version: number] => [
  requiredString(message, 'name'),
  parseVersion(requiredString(message, 'version')),
];

export function modelVersionRoutes(versions: Versions): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      privilege: 'EDIT',
      async handle({ message, onAnswered }) {
        const version = await versions.create({
          name: requiredString(message, 'name'),
          source: requiredString(message, 'source'),
          runId: optionalString(message, 'run_id'),
          modelId: optionalString(message, 'model_id'),
          runLink: optionalString(message, 'run_link') ?? '',
          description: optionalString(message, 'description') ?? '',
          tags: parseTags(message),
        });
        onAnswered((delivered) => versions.answered(version, delivered));
        return { model_version: renderVersion(version) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      privilege: 'READ',
      handle: async ({ message }) => ({
        model_version: renderVersion(await versions.get(...keyOf(message))),
      }),
    },
    {
      method: 'GET',
      path: `${PATH}/get-download-uri`,
      privilege: 'READ',
      handle: async ({ message }) => ({ artifact_uri: await versions.downloadUri(...keyOf(message)) }),
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      privilege: 'EDIT',
      async handle({ message }) {
        const description = optionalString(message, 'description') ?? null;
        return { model_version: renderVersion(await versions.describe(...keyOf(message), description)) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/transition-stage`,
      privilege: 'EDIT',
      async handle({ message }) {
        const [name, version] = keyOf(message);
        const moved = await versions.transition(name, version, {
          stage: requiredString(message, 'stage'),
          archiveOthers: optionalBoolean(message, 'archive_existing_versions') ?? false,
        });
        return { model_version: renderVersion(moved) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      privilege: 'MANAGE',
      async handle({ message }) {
        await versions.delete(...keyOf(message));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
      privilege: 'READ',
      async handle({ message }) {
        const page = await versions.search(parseRegistrySearch(message, DEFAULT_PAGE));
        return {
          ...(page.items.length > 0 && { model_versions: page.items.map(renderVersion) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      privilege: 'EDIT',
      async handle({ message }) {
        await versions.setTag(...keyOf(message), {
          key: requiredString(message, 'key'),
          value: optionalString(message, 'value') ?? '',
        });
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete-tag`,
      privilege: 'EDIT',
      async handle({ message }) {
        await versions.deleteTag(...keyOf(message), requiredString(message, 'key'));
        return {};
      },
    },
  ];
}
