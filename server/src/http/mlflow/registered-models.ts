import type { Aliases } from '../../registry/aliases.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import type { Models, RegisteredModel, RegistrySearch } from '../../registry/models.ts';
import { creating, intoSchema, onModel, type ReadModelName } from '../model-access.ts';
import type { VersionOrigins } from '../version-origins.ts';
import { parseTags } from './experiments.ts';
import { optionalInt32, optionalString, requiredString, stringList } from './fields.ts';
import type { JsonObject } from './json.ts';
import { renderModel, renderVersion } from './registry-rendering.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';

const DEFAULT_PAGE = 100;
const PATH = '2.0/mlflow/registered-models';

const nameOf = (message: JsonObject): string => requiredString(message, 'name');
const newNameOf = (message: JsonObject): string => requiredString(message, 'new_name');

export function parseRegistrySearch({ message, caller }: MlflowCall, defaultPage: number): RegistrySearch {
  return {
    filter: optionalString(message, 'filter'),
    orderBy: stringList(message, 'order_by'),
    maxResults: optionalInt32(message, 'max_results') ?? defaultPage,
    pageToken: optionalString(message, 'page_token'),
    visible: caller.access.visibleModels(),
    visibleExperiments: caller.access.visibleExperiments(),
  };
}

/** Rules of routes whose call names a model in `name`. */
export const named = { nameOf: ({ message }: MlflowCall) => nameOf(message) };

export interface RegisteredModelServices {
  readonly models: Models;
  readonly aliases: Aliases;
  readonly origins: VersionOrigins;
  readonly readModelName: ReadModelName;
}

export function registeredModelRoutes({
  models,
  aliases,
  origins,
  readModelName,
}: RegisteredModelServices): readonly MlflowRoute[] {
  const nameIn = (message: JsonObject): string => readModelName(nameOf(message)).stored;

  const shown = async (model: RegisteredModel, { access }: MlflowCall['caller']): Promise<object> =>
    renderModel(await origins.ofModel(access, model));

  async function latestVersions({ message, caller }: MlflowCall): Promise<object> {
    const latest = await models.latestVersions(nameIn(message), stringList(message, 'stages'));
    const versions = await origins.ofVersions(caller.access, latest);
    return versions.length > 0 ? { model_versions: versions.map(renderVersion) } : {};
  }

  return [
    {
      method: 'POST',
      path: `${PATH}/create`,
      access: [intoSchema(readModelName, named.nameOf)],
      async handle({ message, caller }) {
        const name = readModelName(nameOf(message));
        const model = await creating(caller.access, name, () =>
          models.create({
            name,
            description: optionalString(message, 'description') ?? '',
            tags: parseTags(message),
            by: caller.access.principal,
          }),
        );
        return { registered_model: await shown(model, caller) };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/get`,
      access: [onModel('model.see', readModelName, named)],
      handle: async ({ message, caller }) => ({
        registered_model: await shown(await models.get(nameIn(message)), caller),
      }),
    },
    {
      method: 'PATCH',
      path: `${PATH}/update`,
      access: [onModel('model.create-version', readModelName, named)],
      async handle({ message, caller }) {
        const description = optionalString(message, 'description') ?? '';
        const model = await models.change(nameIn(message), { description }, caller.access.principal);
        return { registered_model: await shown(model, caller) };
      },
    },
    {
      method: 'POST',
      path: `${PATH}/rename`,
      access: [
        // A call without the new name is told so, whether or not there is a model of the old one.
        onModel('model.manage', readModelName, {
          nameOf({ message }: MlflowCall) {
            const name = nameOf(message);
            newNameOf(message);
            return name;
          },
        }),
        intoSchema(readModelName, ({ message }: MlflowCall) => newNameOf(message)),
      ],
      async handle({ message, caller }) {
        const newName = readModelName(newNameOf(message));
        const model = await creating(caller.access, newName, () =>
          models.rename(nameIn(message), newName, caller.access.principal),
        );
        return { registered_model: await shown(model, caller) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete`,
      access: [onModel('model.manage', readModelName, named)],
      async handle({ message }) {
        await models.delete(nameIn(message));
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/search`,
      access: 'filtered',
      async handle(call) {
        const page = await models.search(parseRegistrySearch(call, DEFAULT_PAGE));
        const items = await origins.ofModels(call.caller.access, page.items);
        return {
          ...(items.length > 0 && { registered_models: items.map(renderModel) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    // Python asks by POST, Java and old clients by GET.
    {
      method: 'GET',
      path: `${PATH}/get-latest-versions`,
      access: [onModel('model.see', readModelName, named)],
      handle: latestVersions,
    },
    {
      method: 'POST',
      path: `${PATH}/get-latest-versions`,
      access: [onModel('model.see', readModelName, named)],
      handle: latestVersions,
    },
    {
      method: 'POST',
      path: `${PATH}/set-tag`,
      access: [onModel('model.tag', readModelName, named)],
      async handle({ message, caller }) {
        const value = optionalString(message, 'value') ?? '';
        const tag = { key: requiredString(message, 'key'), value };
        await models.setTag(nameIn(message), tag, caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/delete-tag`,
      access: [onModel('model.tag', readModelName, named)],
      async handle({ message, caller }) {
        const key = requiredString(message, 'key');
        await models.deleteTag(nameIn(message), key, caller.access.principal);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/alias`,
      access: [onModel('model.promote', readModelName, named)],
      async handle({ message, caller }) {
        const version = parseVersion(requiredString(message, 'version'));
        const alias = requiredString(message, 'alias');
        await aliases.set(nameIn(message), alias, version, caller.access.principal);
        return {};
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/alias`,
      access: [onModel('model.promote', readModelName, named)],
      async handle({ message, caller }) {
        const alias = requiredString(message, 'alias');
        await aliases.delete(nameIn(message), alias, caller.access.principal);
        return {};
      },
    },
    {
      method: 'GET',
      path: `${PATH}/alias`,
      access: [onModel('model.see', readModelName, named)],
      async handle({ message, caller }) {
        const version = await aliases.resolve(nameIn(message), requiredString(message, 'alias'));
        return { model_version: renderVersion(await origins.ofVersion(caller.access, version)) };
      },
    },
  ];
}
