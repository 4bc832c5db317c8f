import type { Aliases } from '../../registry/aliases.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import type { Models, RegistrySearch } from '../../registry/models.ts';
import { parseTags } from './experiments.ts';
import { optionalInt32, optionalString, requiredString, stringList } from './fields.ts';
import type { JsonObject } from './json.ts';
import { renderModel, renderVersion } from './registry-rendering.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';

const DEFAULT_PAGE = 100;
const PATH = '2.0/mlflow/registered-models';

const nameOf = (message: JsonObject): string => requiredString(message, 'name');

export function parseRegistrySearch(message: JsonObject, defaultPage: number): RegistrySearch {
  return {
    filter: optionalString(message, 'filter'),
    orderBy: stringList(message, 'order_by'),
    maxResults: optionalInt32(message, 'max_results') ?? defaultPage,
    pageToken: optionalString(message, 'page_token'),
  };
}

export function registeredModelRoutes(models: Models, aliases: Aliases): readonly MlflowRoute[] {
  async function latestVersions({ message }: MlflowCall): Promise<object> {
    const versions = await models.latestVersions(nameOf(message), stringList(message, 'stages'));
    return versions.length > 0 ? { model_versions: versions.map(renderVersion) } : {};
  }

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      privilege: 'EDIT',
      async handle({ message }) {
        const model = await models.create({
          name: nameOf(message),
          description: optionalString(message, 'description') ?? '',
          tags: parseTags(message),
        });
        return { registered_model: renderModel(model) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      privilege: 'READ',
      handle: async ({ message }) => ({ registered_model: renderModel(await models.get(nameOf(message))) }),
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      privilege: 'EDIT',
      async handle({ message }) {
        const description = optionalString(message, 'description') ?? '';
        return { registered_model: renderModel(await models.describe(nameOf(message), description)) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/rename`,
      privilege: 'EDIT',
      async handle({ message }) {
        const model = await models.rename(nameOf(message), requiredString(message, 'new_name'));
        return { registered_model: renderModel(model) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      privilege: 'MANAGE',
      async handle({ message }) {
        await models.delete(nameOf(message));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
      privilege: 'READ',
      async handle({ message }) {
        const page = await models.search(parseRegistrySearch(message, DEFAULT_PAGE));
        return {
          ...(page.items.length > 0 && { registered_models: page.items.map(renderModel) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    // Python asks by POST, Java and old clients by GET.
    { method: 'GET', path: `${PATH}/get-latest-versions`, privilege: 'READ', handle: latestVersions },
    { method: 'POST', path: `${PATH}/get-latest-versions`, privilege: 'READ', handle: latestVersions },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      privilege: 'EDIT',
      async handle({ message }) {
        await models.setTag(nameOf(message), {
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
        await models.deleteTag(nameOf(message), requiredString(message, 'key'));
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/alias`,
      privilege: 'EDIT',
      async handle({ message }) {
        const version = parseVersion(requiredString(message, 'version'));
        await aliases.set(nameOf(message), requiredString(message, 'alias'), version);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/alias`,
      privilege: 'EDIT',
      async handle({ message }) {
        await aliases.delete(nameOf(message), requiredString(message, 'alias'));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/alias`,
      privilege: 'READ',
      async handle({ message }) {
        const version = await aliases.resolve(nameOf(message), requiredString(message, 'alias'));
        return { model_version: renderVersion(version) };
      },
    },
  ];
}
