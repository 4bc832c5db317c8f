import type { Sql, Transaction } from '../db/port.ts';
import type { EventAction, EventEntity, EventKind } from '../events/events.ts';

export type WebhookStatus = 'ACTIVE' | 'DISABLED';

export interface WebhookRow {
  readonly webhook_no: number;
  readonly webhook_id: string;
  readonly name: string;
  readonly url: string;
  readonly description: string | null;
  readonly sealed_secret: string | null;
  readonly status: WebhookStatus;
  readonly creation_time: number;
  readonly last_update_time: number;
}

const COLUMNS =
  'webhook_no, webhook_id, name, url, description, sealed_secret, status, creation_time, last_update_time';

export async function insertWebhook(
  tx: Transaction,
  webhook: Omit<WebhookRow, 'webhook_no'>,
): Promise<WebhookRow> {
  const row = await tx.get<WebhookRow>(
    `INSERT INTO webhooks (webhook_id, name, url, description, sealed_secret, status, creation_time, last_update_time)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
    [
      webhook.webhook_id,
      webhook.name,
      webhook.url,
      webhook.description,
      webhook.sealed_secret,
      webhook.status,
      webhook.creation_time,
      webhook.last_update_time,
    ],
  );
  return row!;
}

export async function findWebhook(sql: Sql, webhookId: string): Promise<WebhookRow | undefined> {
  return sql.get<WebhookRow>(`SELECT ${COLUMNS} FROM webhooks WHERE webhook_id = ? AND deleted_at IS NULL`, [
    webhookId,
  ]);
}

/** The same, held until the commit. */
export async function holdWebhook(tx: Transaction, webhookId: string): Promise<WebhookRow | undefined> {
  return tx.get<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhooks w WHERE webhook_id = ? AND deleted_at IS NULL${tx.dialect.forUpdate('w')}`,
    [webhookId],
  );
}

export async function findWebhooksByNo(
  sql: Sql,
  webhookNos: readonly number[],
): Promise<Map<number, WebhookRow>> {
  const rows = await sql.all<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhooks WHERE deleted_at IS NULL AND ${sql.dialect.inList('webhook_no', 'bigint')}`,
    [sql.dialect.list(webhookNos)],
  );
  return new Map(rows.map((row) => [row.webhook_no, row]));
}

/** The newest first. */
export async function listWebhooks(sql: Sql, limit: number, offset: number): Promise<WebhookRow[]> {
  return sql.all<WebhookRow>(
    `SELECT ${COLUMNS} FROM webhooks WHERE deleted_at IS NULL
     ORDER BY creation_time DESC, webhook_no DESC LIMIT ? OFFSET ?`,
    [limit, offset],
  );
}

export async function updateWebhook(tx: Transaction, row: WebhookRow): Promise<void> {
  await tx.run(
    `UPDATE webhooks SET name = ?, url = ?, description = ?, sealed_secret = ?, status = ?, last_update_time = ?
     WHERE webhook_no = ?`,
    [row.name, row.url, row.description, row.sealed_secret, row.status, row.last_update_time, row.webhook_no],
  );
}

/** The row stays for the delivery log; its secret does not. */
export async function trashWebhook(tx: Transaction, webhookNo: number, nowMs: number): Promise<void> {
  await tx.run(
    'UPDATE webhooks SET deleted_at = ?, last_update_time = ?, sealed_secret = NULL WHERE webhook_no = ?',
    [nowMs, nowMs, webhookNo],
  );
}

export async function replaceEvents(
  tx: Transaction,
  webhookNo: number,
  events: readonly EventKind[],
): Promise<void> {
  await tx.run('DELETE FROM webhook_events WHERE webhook_no = ?', [webhookNo]);
  await tx.insertMany(
    'webhook_events',
    { webhook_no: 'bigint', entity: 'text', action: 'text' },
    events.map(({ entity, action }) => [webhookNo, entity, action]),
  );
}

export interface SubscriptionRow {
  readonly webhook_no: number;
  readonly entity: EventEntity;
  readonly action: EventAction;
}

export async function listEvents(sql: Sql, webhookNos: readonly number[]): Promise<SubscriptionRow[]> {
  return sql.all<SubscriptionRow>(
    `SELECT webhook_no, entity, action FROM webhook_events
     WHERE ${sql.dialect.inList('webhook_no', 'bigint')} ORDER BY webhook_no, entity, action`,
    [sql.dialect.list(webhookNos)],
  );
}

/** Whether any webhook subscribes to the kind. */
export async function hasSubscription(sql: Sql, { entity, action }: EventKind): Promise<boolean> {
  const row = await sql.get('SELECT 1 AS one FROM webhook_events WHERE entity = ? AND action = ? LIMIT 1', [
    entity,
    action,
  ]);
  return row !== undefined;
}

/** Active webhooks that want one of the kinds. */
export async function listSubscriptions(sql: Sql, kinds: readonly EventKind[]): Promise<SubscriptionRow[]> {
  return sql.allFor<SubscriptionRow>(
    {
      columns: ['entity', 'action'],
      types: ['text', 'text'],
      tuples: kinds.map(({ entity, action }) => [entity, action]),
    },
    `SELECT e.webhook_no, e.entity, e.action FROM keys k
     JOIN webhook_events e ON e.entity = k.entity AND e.action = k.action
     JOIN webhooks w ON w.webhook_no = e.webhook_no
     WHERE w.deleted_at IS NULL AND w.status = 'ACTIVE'`,
  );
}
