import type { Access } from '../../governance/access.ts';
import type { ActivityPage, ModelActivity } from '../../registry/activity.ts';
import { type ModelName, schemaNameOf } from '../../registry/model-names.ts';
import { optionalInt32, optionalInt64, requiredString } from '../mlflow/fields.ts';
import type { MlflowCall, MlflowRoute } from '../mlflow/routes.ts';
import { onModel, type ReadModelName } from '../model-access.ts';

const DEFAULT_LIMIT = 100;

/** What happened to a model and its versions. */
export function modelActivityRoutes(
  activity: ModelActivity,
  readModelName: ReadModelName,
): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: 'slipway/v1/registered-models/activity',
      access: [
        onModel('model.see', readModelName, {
          nameOf: ({ message }: MlflowCall) => requiredString(message, 'name'),
        }),
      ],
      request: [
        { name: 'name', type: 'string', required: true },
        { name: 'before', type: 'int64' },
        { name: 'limit', type: 'int32' },
      ],
      async handle({ message, caller }) {
        const before = optionalInt64(message, 'before');
        const name = readModelName(requiredString(message, 'name'));
        const page = await activity.page({
          name: name.stored,
          before: before === undefined ? undefined : Number(before),
          limit: optionalInt32(message, 'limit') ?? DEFAULT_LIMIT,
        });
        return {
          changes: page.changes.map((change) =>
            renderChange(change, (former) => isPlaceSeen(caller.access, readModelName(former), name)),
          ),
          ...(page.next !== undefined && { next: page.next }),
        };
      },
    },
  ];
}

/** Names say in which catalog and schema a model lay: whoever sees where it lies now may not see where it lay before. */
function isPlaceSeen(access: Access, former: ModelName, now: ModelName): boolean {
  const { catalog, schema } = former;
  return (
    schemaNameOf(former) === schemaNameOf(now) ||
    access.decide('schema.see', { type: 'schema', catalog, schema }) === 'allowed'
  );
}

function renderChange(change: ActivityPage['changes'][number], mayTell: (name: string) => boolean): object {
  const shown = (value: string | null): value is string =>
    value !== null && (change.kind !== 'renamed' || mayTell(value));
  return {
    change: change.change_no,
    timestamp: change.at_ms,
    kind: change.kind,
    ...(change.made_by !== null && { user_id: change.made_by }),
    ...(change.version !== null && { version: String(change.version) }),
    ...(change.subject !== null && { subject: change.subject }),
    ...(shown(change.old_value) && { from: change.old_value }),
    ...(shown(change.new_value) && { to: change.new_value }),
  };
}
