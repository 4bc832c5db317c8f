import { type EventKind, isEventKind } from '../events/events.ts';
import { invalidArgument } from '../kernel/errors.ts';

const NAME_FORM = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;
const MAX_URL = 2048;
const MAX_SECRET = 1000;
const MAX_DESCRIPTION = 1000;

/** @throws AppError InvalidArgument */
export function checkWebhookName(name: string): void {
  if (NAME_FORM.test(name)) return;
  throw invalidArgument(
    `Webhook name '${name.slice(0, 100)}' is invalid. It must start and end with a letter or digit, have at most 63 ` +
      'characters, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).',
    { field: 'name' },
  );
}

/** @throws AppError InvalidArgument */
export function checkWebhookTexts(texts: {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly secret?: string | undefined;
}): void {
  const limits = [
    ['url', texts.url, MAX_URL],
    ['description', texts.description, MAX_DESCRIPTION],
    ['secret', texts.secret, MAX_SECRET],
  ] as const;
  for (const [field, text, limit] of limits) {
    if (text !== undefined && text.length > limit) {
      throw invalidArgument(`'${field}' exceeds the maximum length of ${limit} characters.`, { field });
    }
  }
}

/** Events in one list each once. @throws AppError InvalidArgument for none, or one that does not exist. */
export function checkWebhookEvents(events: readonly EventKind[]): EventKind[] {
  if (events.length === 0) {
    throw invalidArgument('Webhook events must be a non-empty list.', { field: 'events' });
  }
  for (const { entity, action } of events) {
    if (!isEventKind(entity, action)) {
      throw invalidArgument(`Invalid action '${action}' for entity '${entity}' of a webhook event.`, {
        field: 'events',
      });
    }
  }
  return [...new Map(events.map((event) => [`${event.entity}.${event.action}`, event])).values()];
}
