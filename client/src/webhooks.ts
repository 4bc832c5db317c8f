import {
  readFlag,
  readList,
  readNumber,
  readObject,
  readOptionalNumber,
  readOptionalText,
  readText,
  readWord,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import type { JsonObject } from './json.ts';
import { Paged } from './paged.ts';

/** What a webhook is told of: `{ entity: 'MODEL_VERSION', action: 'CREATED' }`. */
export interface WebhookEvent {
  readonly entity: string;
  readonly action: string;
}

export type WebhookStatus = 'ACTIVE' | 'DISABLED';

export interface Webhook {
  readonly webhookId: string;
  readonly name: string;
  readonly description: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly status: WebhookStatus;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
}

export interface NewWebhook {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description?: string | undefined;
  /** Signs what is sent; no answer ever shows it. */
  readonly secret?: string | undefined;
  readonly status?: WebhookStatus | undefined;
}

export interface WebhookTest {
  readonly success: boolean;
  readonly responseStatus: number | undefined;
  readonly responseBody: string | undefined;
  readonly errorMessage: string | undefined;
}

export interface WebhookAttempt {
  /** ms since 1970 */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly responseStatus: number | undefined;
  readonly errorMessage: string | undefined;
}

export interface WebhookDelivery extends WebhookEvent {
  readonly deliveryId: string;
  /** `pending`, then how it ended. */
  readonly state: string;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly nextAttemptAtMs: number | undefined;
  /** ms since 1970 */
  readonly finishedAtMs: number | undefined;
  readonly attempts: readonly WebhookAttempt[];
}

const PATH = 'api/2.0/mlflow/webhooks';

/**
 * Webhooks of the registry: `client.webhooks`.
 *
 * @example
 * ```ts
 * await client.webhooks.create({
 *   name: 'deploy',
 *   url: 'https://ci.example.com/hooks/slipway',
 *   events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
 *   secret: 'a long random text',
 * });
 * ```
 */
export class Webhooks {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Sent again only where the server says that it did nothing. */
  async create(webhook: NewWebhook, options?: CallOptions): Promise<Webhook> {
    const { name, url, events, description, secret, status } = webhook;
    const message = { name, url, events: events.map(wireEvent), description, secret, status };
    return readAnswer(await this.#http.post(PATH, message, { ...options, resend: 'when-refused' }));
  }

  list({ pageSize = 100, ...options }: { readonly pageSize?: number } & CallOptions = {}): Paged<Webhook> {
    return new Paged(async (pageToken) => {
      const answer = await this.#http.get(PATH, { max_results: pageSize, page_token: pageToken }, options);
      return {
        items: readList(answer, 'webhooks', readWebhook),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(webhookId: string, options?: CallOptions): Promise<Webhook> {
    return readAnswer(await this.#http.get(pathOf(webhookId), {}, options));
  }

  /** Changes what is given. */
  async update(webhookId: string, changes: Partial<NewWebhook>, options?: CallOptions): Promise<Webhook> {
    const { name, url, events, description, secret, status } = changes;
    const message = { name, url, events: events?.map(wireEvent), description, secret, status };
    return readAnswer(await this.#http.call('PATCH', pathOf(webhookId), message, options));
  }

  async delete(webhookId: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', pathOf(webhookId), {}, options);
  }

  /** Sends an example event now; one of the webhook's own without `event`. */
  async test(
    webhookId: string,
    { event, ...options }: { readonly event?: WebhookEvent } & CallOptions = {},
  ): Promise<WebhookTest> {
    const message = { event: event === undefined ? undefined : wireEvent(event) };
    const answer = await this.#http.post(`${pathOf(webhookId)}/test`, message, {
      ...options,
      resend: 'when-refused',
    });
    const result = readObject(answer, 'result');
    return {
      success: readFlag(result, 'success'),
      responseStatus: readOptionalNumber(result, 'response_status'),
      responseBody: readOptionalText(result, 'response_body'),
      errorMessage: readOptionalText(result, 'error_message'),
    };
  }

  /** What became of the last deliveries, newest first. Slipway only. */
  async deliveries(
    webhookId: string,
    { limit = 100, ...options }: { readonly limit?: number } & CallOptions = {},
  ): Promise<readonly WebhookDelivery[]> {
    const answer = await this.#http.get(`${pathOf(webhookId)}/deliveries`, { max_results: limit }, options);
    return readList(answer, 'deliveries', readDelivery);
  }
}

const pathOf = (webhookId: string): string => `${PATH}/${encodeURIComponent(webhookId)}`;

const wireEvent = ({ entity, action }: WebhookEvent) => ({ entity, action });

const readEvent = (message: JsonObject): WebhookEvent => ({
  entity: readText(message, 'entity'),
  action: readText(message, 'action'),
});

const readAnswer = (answer: JsonObject): Webhook => readWebhook(readObject(answer, 'webhook'));

function readWebhook(message: JsonObject): Webhook {
  return {
    webhookId: readText(message, 'webhook_id'),
    name: readText(message, 'name'),
    description: readOptionalText(message, 'description') ?? '',
    url: readText(message, 'url'),
    events: readList(message, 'events', readEvent),
    status: readWord(message, 'status'),
    createdAtMs: readNumber(message, 'creation_timestamp'),
    updatedAtMs: readNumber(message, 'last_updated_timestamp'),
  };
}

function readDelivery(message: JsonObject): WebhookDelivery {
  return {
    ...readEvent(message),
    deliveryId: readText(message, 'delivery_id'),
    state: readText(message, 'state'),
    createdAtMs: readNumber(message, 'created_at'),
    nextAttemptAtMs: readOptionalNumber(message, 'next_attempt_at'),
    finishedAtMs: readOptionalNumber(message, 'finished_at'),
    attempts: readList(message, 'attempts', (attempt) => ({
      startedAtMs: readNumber(attempt, 'started_at'),
      durationMs: readNumber(attempt, 'duration_ms'),
      responseStatus: readOptionalNumber(attempt, 'response_status'),
      errorMessage: readOptionalText(attempt, 'error_message'),
    })),
  };
}
