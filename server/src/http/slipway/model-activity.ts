import type { ActivityPage, ModelActivity } from '../../registry/activity.ts';
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
      async handle({ message }) {
        const before = optionalInt64(message, 'before');
        const page = await activity.page({
          name: readModelName(requiredString(message, 'name')).stored,
          before: before === undefined ? undefined : Number(before),
          limit: optionalInt32(message, 'limit') ?? DEFAULT_LIMIT,
        });
        return {
          changes: page.changes.map(renderChange),
          ...(page.next !== undefined && { next: page.next }),
        };
      },
    },
  ];
}

function renderChange(change: ActivityPage['changes'][number]): object {
  return {
    change: change.change_no,
    timestamp: change.at_ms,
    kind: change.kind,
    ...(change.made_by !== null && { user_id: change.made_by }),
    ...(change.version !== null && { version: String(change.version) }),
    ...(change.subject !== null && { subject: change.subject }),
    ...(change.old_value !== null && { from: change.old_value }),
    ...(change.new_value !== null && { to: change.new_value }),
  };
}
