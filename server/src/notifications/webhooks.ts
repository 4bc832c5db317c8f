import { randomUUID } from 'node:crypto';
import type { Database, Sql, Transaction } from '../db/port.ts';
import type { EventKind } from '../events/events.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Sealer } from '../secrets/sealer.ts';
import type { AttemptRow, DeliveryRow } from './deliveries-repository.ts';
import { listAttempts, listDeliveries } from './deliveries-repository.ts';
import type { DeliveryTransport, SentDelivery } from './delivery-transport.ts';
import type { EgressGuard } from './egress-guard.ts';
import { exampleData, renderDelivery } from './webhook-payloads.ts';
import { checkWebhookEvents, checkWebhookName, checkWebhookTexts } from './webhook-rules.ts';
import type { WebhookRow, WebhookStatus } from './webhooks-repository.ts';
import * as repository from './webhooks-repository.ts';

export type { WebhookStatus };

export interface Webhook {
  readonly row: WebhookRow;
  readonly events: readonly EventKind[];
}

export interface NewWebhook {
  readonly name: string;
  readonly url: string;
  readonly events: readonly EventKind[];
  readonly description: string | undefined;
  readonly secret: string | undefined;
  readonly status: WebhookStatus;
}

/** What is given changes; an empty secret takes the secret away. */
export type WebhookUpdate = { readonly [Field in keyof NewWebhook]: NewWebhook[Field] | undefined };

export interface WebhookPage {
  readonly items: readonly Webhook[];
  readonly nextPageToken: string | undefined;
}

export interface Delivery {
  readonly row: DeliveryRow;
  readonly attempts: readonly AttemptRow[];
}

export interface WebhooksDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly guard: EgressGuard;
  readonly sealer: Sealer;
  readonly transport: DeliveryTransport;
}

const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

/** Webhooks: addresses that are told of events. */
export function createWebhooks({ db, clock, guard, sealer, transport }: WebhooksDependencies) {
  async function getRow(sql: Sql, webhookId: string): Promise<WebhookRow> {
    const row = await repository.findWebhook(sql, webhookId);
    if (row === undefined) throw webhookNotFound(webhookId);
    return row;
  }

  async function holdRow(tx: Transaction, webhookId: string): Promise<WebhookRow> {
    const row = await repository.holdWebhook(tx, webhookId);
    if (row === undefined) throw webhookNotFound(webhookId);
    return row;
  }

  async function withEvents(sql: Sql, rows: readonly WebhookRow[]): Promise<Webhook[]> {
    if (rows.length === 0) return [];
    const events = Map.groupBy(
      await repository.listEvents(
        sql,
        rows.map((row) => row.webhook_no),
      ),
      (event) => event.webhook_no,
    );
    return rows.map((row) => ({
      row,
      events: (events.get(row.webhook_no) ?? []).map(({ entity, action }) => ({ entity, action })),
    }));
  }

  const seal = (secret: string | undefined): string | null => (secret ? sealer.seal(secret) : null);

  return {
    /** @throws AppError InvalidArgument for a bad name, events that do not exist, or an address that is not allowed. */
    async create(input: NewWebhook): Promise<Webhook> {
      checkWebhookName(input.name);
      checkWebhookTexts(input);
      const events = checkWebhookEvents(input.events);
      await guard.checkTarget(input.url);
      const nowMs = clock.nowMs();
      return db.write(async (tx) => {
        const row = await repository.insertWebhook(tx, {
          webhook_id: randomUUID(),
          name: input.name,
          url: input.url,
          description: input.description || null,
          sealed_secret: seal(input.secret),
          status: input.status,
          creation_time: nowMs,
          last_update_time: nowMs,
        });
        await repository.replaceEvents(tx, row.webhook_no, events);
        return { row, events };
      });
    },

    /** @throws AppError NotFound */
    async get(webhookId: string): Promise<Webhook> {
      return db.read(async (sql) => (await withEvents(sql, [await getRow(sql, webhookId)]))[0]!);
    },

    /** The newest first. @param maxResults 1 to 1,000; 0 = 100. @throws AppError InvalidArgument */
    async list(maxResults: number, pageToken: string | undefined): Promise<WebhookPage> {
      const limit = maxResults === 0 ? DEFAULT_PAGE : maxResults;
      if (limit < 1 || limit > MAX_PAGE) {
        throw invalidArgument(`max_results must be between 1 and ${MAX_PAGE}.`, { field: 'max_results' });
      }
      const { offset } = parsePageToken(pageToken);
      return db.read(async (sql) => {
        const rows = await repository.listWebhooks(sql, limit + 1, offset);
        return {
          items: await withEvents(sql, rows.slice(0, limit)),
          nextPageToken: rows.length > limit ? renderPageToken({ offset: offset + limit }) : undefined,
        };
      });
    },

    /** @throws AppError NotFound, InvalidArgument */
    async update(webhookId: string, update: WebhookUpdate): Promise<Webhook> {
      if (update.name !== undefined) checkWebhookName(update.name);
      checkWebhookTexts(update);
      const events = update.events === undefined ? undefined : checkWebhookEvents(update.events);
      if (update.url !== undefined) await guard.checkTarget(update.url);
      return db.write(async (tx) => {
        const row = await holdRow(tx, webhookId);
        await repository.updateWebhook(tx, {
          ...row,
          name: update.name ?? row.name,
          url: update.url ?? row.url,
          description: update.description ?? row.description,
          sealed_secret: update.secret === undefined ? row.sealed_secret : seal(update.secret),
          status: update.status ?? row.status,
          last_update_time: clock.nowMs(),
        });
        if (events !== undefined) await repository.replaceEvents(tx, row.webhook_no, events);
        return (await withEvents(tx, [await getRow(tx, webhookId)]))[0]!;
      });
    },

    /** @throws AppError NotFound */
    async delete(webhookId: string): Promise<void> {
      await db.write(async (tx) => {
        const row = await holdRow(tx, webhookId);
        await repository.trashWebhook(tx, row.webhook_no, clock.nowMs());
      });
    },

    /**
     * Sends an example of the event, of the webhook's first one when none is named, once and now.
     * @throws AppError NotFound, InvalidArgument for an event that does not exist.
     */
    async test(webhookId: string, event: EventKind | undefined): Promise<SentDelivery> {
      if (event !== undefined) checkWebhookEvents([event]);
      const { row, events } = await this.get(webhookId);
      const kind = event ?? events[0]!;
      const body = renderDelivery(kind, exampleData(kind), clock.nowMs());
      return transport.send(row, { deliveryId: randomUUID(), body });
    },

    /** The newest deliveries with their attempts. @throws AppError NotFound */
    async deliveries(webhookId: string, limit: number): Promise<Delivery[]> {
      return db.read(async (sql) => {
        const row = await getRow(sql, webhookId);
        const rows = await listDeliveries(sql, row.webhook_no, Math.min(Math.max(limit, 1), MAX_PAGE));
        const attempts = Map.groupBy(
          await listAttempts(
            sql,
            rows.map((delivery) => delivery.delivery_no),
          ),
          (attempt) => attempt.delivery_no,
        );
        return rows.map((delivery) => ({
          row: delivery,
          attempts: attempts.get(delivery.delivery_no) ?? [],
        }));
      });
    },
  };
}

const webhookNotFound = (webhookId: string): AppError =>
  notFound(`Webhook with ID ${webhookId.slice(0, 100)} not found.`);

export type Webhooks = ReturnType<typeof createWebhooks>;
