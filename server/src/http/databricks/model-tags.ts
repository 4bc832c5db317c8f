import { invalidArgument } from '../../kernel/errors.ts';
import { parseVersion } from '../../registry/model-rules.ts';
import type { Models } from '../../registry/models.ts';
import { versionNotFound } from '../../registry/version-details.ts';
import type { Versions } from '../../registry/versions.ts';
import { objectList, optionalObject, optionalString, requiredString, stringList } from '../mlflow/fields.ts';
import type { JsonObject } from '../mlflow/json.ts';
import { onModel, type ReadModelName } from '../model-access.ts';
import type { DatabricksCall, DatabricksRoute } from './routes.ts';
import { parseSecurableType } from './securables.ts';

export interface ModelTagRoutesDependencies {
  readonly models: Pick<Models, 'setTag' | 'deleteTag'>;
  readonly versions: Pick<Versions, 'setTag' | 'deleteTag'>;
  readonly readModelName: ReadModelName;
}

const UC = '/api/2.1/unity-catalog';

/** Tags of models and versions, as the mlflow client sets them where it speaks Unity Catalog's own protocol. */
export function modelTagRoutes({
  models,
  versions,
  readModelName,
}: ModelTagRoutesDependencies): readonly DatabricksRoute[] {
  const nameOf = ({ path }: DatabricksCall): string => {
    if (parseSecurableType(path.type!) !== 'model')
      throw invalidArgument(
        'Only models and their versions have tags here; others take entity-tag-assignments.',
        {
          field: 'securable_type',
        },
      );
    return path.name!;
  };
  const stored = (call: DatabricksCall): string => readModelName(nameOf(call)).stored;
  const versionOf = ({ path }: DatabricksCall): number => parseVersion(path.part!);
  return [
    {
      method: 'PATCH',
      path: `${UC}/securable-tags/:type/:name`,
      summary: 'Changes the tags of a model',
      access: [onModel('model.tag', readModelName, { nameOf })],
      async handle(call) {
        const { add, remove } = readChanges(call.body);
        const { principal } = call.caller.access;
        for (const tag of add) await models.setTag(stored(call), tag, principal);
        for (const key of remove) await models.deleteTag(stored(call), key, principal);
        return {};
      },
    },
    {
      method: 'PATCH',
      path: `${UC}/subentity-tags/:type/:name/:part`,
      summary: 'Changes the tags of a version of a model',
      access: [
        onModel('model.tag', readModelName, {
          nameOf,
          missing: (name, call) => versionNotFound(name, versionOf(call)),
        }),
      ],
      async handle(call) {
        const { add, remove } = readChanges(call.body);
        const { principal } = call.caller.access;
        for (const tag of add) await versions.setTag(stored(call), versionOf(call), tag, principal);
        for (const key of remove) await versions.deleteTag(stored(call), versionOf(call), key, principal);
        return {};
      },
    },
  ];
}

function readChanges(body: JsonObject) {
  const changes = optionalObject(body, 'changes') ?? {};
  return {
    add: objectList(changes, 'add_tags', 'changes.add_tags').map((tag, i) => ({
      key: requiredString(tag, 'key', `changes.add_tags[${i}].key`),
      value: optionalString(tag, 'value', `changes.add_tags[${i}].value`) ?? '',
    })),
    remove: stringList(changes, 'remove', 'changes.remove'),
  };
}
