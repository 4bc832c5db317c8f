import type { EventAction, EventEntity, EventKind } from '../../events/events.ts';
import type { Delivery, Webhook, WebhookStatus, Webhooks } from '../../notifications/webhooks.ts';
import {
  asObject,
  invalid,
  objectList,
  optionalEnum,
  optionalInt32,
  optionalString,
  requiredString,
} from './fields.ts';
import type { Json, JsonObject } from './json.ts';
import type { Caller, MlflowRoute } from './routes.ts';

const STATUSES: Readonly<Record<WebhookStatus, number>> = { ACTIVE: 1, DISABLED: 2 };
/** MLflow's own enums; what is not in them is an addition of ours and travels by name alone. */
const ENTITY_NUMBERS: readonly string[] = [
  '',
  'REGISTERED_MODEL',
  'MODEL_VERSION',
  'MODEL_VERSION_TAG',
  'MODEL_VERSION_ALIAS',
  'PROMPT',
  'PROMPT_VERSION',
  'PROMPT_TAG',
  'PROMPT_VERSION_TAG',
  'PROMPT_ALIAS',
];
const ACTION_NUMBERS: readonly string[] = ['', 'CREATED', 'UPDATED', 'DELETED', 'SET'];
/** The combinations that clients of MLflow know. They raise on any other, for a whole list of webhooks. */
const KNOWN_TO_MLFLOW: ReadonlySet<string> = new Set([
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
]);

const PATH = '2.0/mlflow/webhooks';
const DEFAULT_DELIVERIES = 100;

/** The kind may not exist: `notifications/webhook-rules.ts` says so. */
function parseEvent(event: JsonObject, path: string): EventKind {
  const entity = enumName(event.entity, ENTITY_NUMBERS, `${path}.entity`);
  const action = enumName(event.action, ACTION_NUMBERS, `${path}.action`);
  return { entity: entity as EventEntity, action: action as EventAction };
}

function enumName(value: Json | undefined, names: readonly string[], path: string): string {
  const name = typeof value === 'number' ? names[value] : value;
  if (typeof name === 'string' && name !== '') return name.toLowerCase();
  throw invalid(
    path,
    value ?? null,
    'expected the name of a kind of event, such as REGISTERED_MODEL and CREATED.',
  );
}

const parseEvents = (message: JsonObject): EventKind[] =>
  objectList(message, 'events').map((event, i) => parseEvent(event, `events[${i}]`));

const isKnownToMlflow = ({ entity, action }: EventKind): boolean =>
  KNOWN_TO_MLFLOW.has(`${entity}.${action}`);

const eventsShownTo = (caller: Caller, { events }: Webhook): readonly EventKind[] =>
  caller.userAgent.startsWith('mlflow-python-client') ? events.filter(isKnownToMlflow) : events;

function renderWebhook(webhook: Webhook, caller: Caller): object {
  const { row } = webhook;
  return {
    webhook_id: row.webhook_id,
    name: row.name,
    ...(row.description && { description: row.description }),
    url: row.url,
    events: eventsShownTo(caller, webhook).map(({ entity, action }) => ({
      entity: entity.toUpperCase(),
      action: action.toUpperCase(),
    })),
    status: row.status,
    creation_timestamp: row.creation_time,
    last_updated_timestamp: row.last_update_time,
  };
}

function renderDelivery({ row, attempts }: Delivery): object {
  return {
    delivery_id: row.delivery_id,
    entity: row.entity.toUpperCase(),
    action: row.action.toUpperCase(),
    state: row.state,
    created_at: row.created_at,
    ...(row.state === 'pending' && { next_attempt_at: row.next_attempt_at }),
    ...(row.finished_at !== null && { finished_at: row.finished_at }),
    attempts: attempts.map((attempt) => ({
      started_at: attempt.started_at,
      duration_ms: attempt.duration_ms,
      ...(attempt.response_status !== null && { response_status: attempt.response_status }),
      ...(attempt.error !== null && { error_message: attempt.error }),
    })),
  };
}

export function webhookRoutes(webhooks: Webhooks): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: PATH,
      access: 'admin',
      async handle({ message, caller }) {
        const webhook = await webhooks.create({
          name: requiredString(message, 'name'),
          url: requiredString(message, 'url'),
          events: parseEvents(message),
          description: optionalString(message, 'description'),
          secret: optionalString(message, 'secret'),
          status: optionalEnum(message, 'status', STATUSES) ?? 'ACTIVE',
        });
        return { webhook: renderWebhook(webhook, caller) };
      },
    },
    {
      method: 'GET',
      path: PATH,
      access: 'admin',
      async handle({ message, caller }) {
        const maxResults = optionalInt32(message, 'max_results') ?? 0;
        const page = await webhooks.list(maxResults, optionalString(message, 'page_token'));
        // One without an event that the caller's client knows would break the whole list there.
        const shown = page.items.filter((webhook) => eventsShownTo(caller, webhook).length > 0);
        return {
          ...(shown.length > 0 && { webhooks: shown.map((webhook) => renderWebhook(webhook, caller)) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: `${PATH}/:webhook_id`,
      access: 'admin',
      handle: async ({ path, caller }) => ({
        webhook: renderWebhook(await webhooks.get(path.webhook_id!), caller),
      }),
    },
    {
      method: 'PATCH',
      path: `${PATH}/:webhook_id`,
      access: 'admin',
      async handle({ message, path, caller }) {
        const events = parseEvents(message);
        const webhook = await webhooks.update(path.webhook_id!, {
          name: optionalString(message, 'name') || undefined,
          url: optionalString(message, 'url') || undefined,
          events: events.length === 0 ? undefined : events,
          description: optionalString(message, 'description'),
          secret: optionalString(message, 'secret'),
          status: optionalEnum(message, 'status', STATUSES),
        });
        return { webhook: renderWebhook(webhook, caller) };
      },
    },
    {
      method: 'DELETE',
      path: `${PATH}/:webhook_id`,
      access: 'admin',
      async handle({ path }) {
        await webhooks.delete(path.webhook_id!);
        return {};
      },
    },
    {
      method: 'POST',
      path: `${PATH}/:webhook_id/test`,
      access: 'admin',
      async handle({ message, path }) {
        const event =
          message.event === undefined || message.event === null
            ? undefined
            : parseEvent(asObject(message.event, 'event'), 'event');
        const { outcome, responseBody } = await webhooks.test(path.webhook_id!, event);
        if (outcome.kind !== 'answered') {
          return { result: { success: false, error_message: `Failed to test webhook: ${outcome.error}` } };
        }
        // A redirect is not followed, and yet tells that somebody listens there (contract of MLflow's own server).
        const success = outcome.status < 400;
        return { result: { success, response_status: outcome.status, response_body: responseBody ?? '' } };
      },
    },
    // An addition: what became of the deliveries, for whoever looks for a lost one.
    {
      method: 'GET',
      path: `${PATH}/:webhook_id/deliveries`,
      access: 'admin',
      request: [{ name: 'max_results', type: 'int32' }],
      async handle({ message, path }) {
        const limit = optionalInt32(message, 'max_results') ?? DEFAULT_DELIVERIES;
        return { deliveries: (await webhooks.deliveries(path.webhook_id!, limit)).map(renderDelivery) };
      },
    },
  ];
}
