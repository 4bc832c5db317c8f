import type { Sql, Transaction } from '../db/port.ts';
import type { EventAction, EventEntity } from '../events/events.ts';

/** `dropped` = its webhook was disabled or deleted before it was sent. */
export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'dropped';

export interface DeliveryRow {
  readonly delivery_no: number;
  readonly delivery_id: string;
  readonly webhook_no: number;
  readonly entity: EventEntity;
  readonly action: EventAction;
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly next_attempt_at: number;
  readonly created_at: number;
  readonly finished_at: number | null;
}

const COLUMNS = `delivery_no, delivery_id, webhook_no, entity, action, body, state, attempts, next_attempt_at, created_at,
  finished_at`;

export interface NewDelivery {
  readonly deliveryId: string;
  readonly webhookNo: number;
  readonly entity: EventEntity;
  readonly action: EventAction;
  readonly body: string;
}

export async function insertDeliveries(
  tx: Transaction,
  deliveries: readonly NewDelivery[],
  nowMs: number,
): Promise<void> {
  await tx.insertMany(
    'webhook_deliveries',
    {
      delivery_id: 'text',
      webhook_no: 'bigint',
      entity: 'text',
      action: 'text',
      body: 'text',
      state: 'text',
      next_attempt_at: 'bigint',
      created_at: 'bigint',
    },
    deliveries.map((d) => [d.deliveryId, d.webhookNo, d.entity, d.action, d.body, 'pending', nowMs, nowMs]),
  );
}

/** When the next pending delivery may be tried; undefined when none is pending. */
export async function nextDueAt(sql: Sql): Promise<number | undefined> {
  const row = await sql.get<{ next_attempt_at: number }>(
    `SELECT next_attempt_at FROM webhook_deliveries WHERE state = 'pending' ORDER BY next_attempt_at LIMIT 1`,
  );
  return row === undefined ? undefined : Number(row.next_attempt_at);
}

export interface Claim {
  readonly nowMs: number;
  readonly leaseUntilMs: number;
  readonly limit: number;
}

/** Takes due deliveries for this process until the lease ends. Of two that ask at once, one gets a row. */
export async function claimDue(
  tx: Transaction,
  { nowMs, leaseUntilMs, limit }: Claim,
): Promise<DeliveryRow[]> {
  return tx.all<DeliveryRow>(
    `UPDATE webhook_deliveries SET next_attempt_at = ?
     WHERE state = 'pending' AND next_attempt_at <= ? AND delivery_no IN (
       SELECT delivery_no FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= ?
       ORDER BY next_attempt_at LIMIT ?)
     RETURNING ${COLUMNS}`,
    [leaseUntilMs, nowMs, nowMs, limit],
  );
}

export interface AttemptRecord {
  readonly deliveryNo: number;
  readonly attempt: number;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly responseStatus: number | null;
  readonly error: string | null;
}

export async function insertAttempt(tx: Transaction, record: AttemptRecord): Promise<void> {
  await tx.insertMany(
    'webhook_attempts',
    {
      delivery_no: 'bigint',
      attempt: 'bigint',
      started_at: 'bigint',
      duration_ms: 'bigint',
      response_status: 'bigint',
      error: 'text',
    },
    [
      [
        record.deliveryNo,
        record.attempt,
        record.startedAtMs,
        record.durationMs,
        record.responseStatus,
        record.error,
      ],
    ],
    // A slow attempt whose lease ran out and the one that took over: both ended, one line tells of it.
    { onConflict: 'ignore' },
  );
}

export async function finishDelivery(
  tx: Transaction,
  deliveryNo: number,
  end: {
    readonly state: Exclude<DeliveryState, 'pending'>;
    readonly attempts: number;
    readonly nowMs: number;
  },
): Promise<void> {
  await tx.run(
    'UPDATE webhook_deliveries SET state = ?, attempts = ?, finished_at = ? WHERE delivery_no = ?',
    [end.state, end.attempts, end.nowMs, deliveryNo],
  );
}

export async function postponeDelivery(
  tx: Transaction,
  deliveryNo: number,
  next: { readonly attempts: number; readonly nextAttemptAtMs: number },
): Promise<void> {
  await tx.run('UPDATE webhook_deliveries SET attempts = ?, next_attempt_at = ? WHERE delivery_no = ?', [
    next.attempts,
    next.nextAttemptAtMs,
    deliveryNo,
  ]);
}

/** Deletes what ended before a time; how many. */
export async function deleteFinished(tx: Transaction, beforeMs: number, limit: number): Promise<number> {
  return tx.run(
    `DELETE FROM webhook_deliveries WHERE delivery_no IN (
       SELECT delivery_no FROM webhook_deliveries WHERE finished_at IS NOT NULL AND finished_at < ? LIMIT ?)`,
    [beforeMs, limit],
  );
}

/** The newest deliveries of a webhook first. */
export async function listDeliveries(sql: Sql, webhookNo: number, limit: number): Promise<DeliveryRow[]> {
  return sql.all<DeliveryRow>(
    `SELECT ${COLUMNS} FROM webhook_deliveries WHERE webhook_no = ? ORDER BY delivery_no DESC LIMIT ?`,
    [webhookNo, limit],
  );
}

export interface AttemptRow {
  readonly delivery_no: number;
  readonly attempt: number;
  readonly started_at: number;
  readonly duration_ms: number;
  readonly response_status: number | null;
  readonly error: string | null;
}

export async function listAttempts(sql: Sql, deliveryNos: readonly number[]): Promise<AttemptRow[]> {
  return sql.all<AttemptRow>(
    `SELECT delivery_no, attempt, started_at, duration_ms, response_status, error FROM webhook_attempts
     WHERE ${sql.dialect.inList('delivery_no', 'bigint')} ORDER BY delivery_no, attempt`,
    [sql.dialect.list(deliveryNos)],
  );
}
