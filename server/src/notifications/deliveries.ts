import { randomUUID } from 'node:crypto';
import type { Database, Transaction } from '../db/port.ts';
import type { EventConsumer } from '../events/outbox.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DeliveryRow } from './deliveries-repository.ts';
import * as repository from './deliveries-repository.ts';
import type { DeliveryTransport } from './delivery-transport.ts';
import { type AttemptOutcome, decideNext } from './retry-rules.ts';
import { renderDelivery } from './webhook-payloads.ts';
import type { WebhookRow } from './webhooks-repository.ts';
import { findWebhooksByNo, hasSubscription, listSubscriptions } from './webhooks-repository.ts';

export interface DeliveriesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly transport: DeliveryTransport;
  /** From 0 to 1. */
  random(): number;
  onError(error: unknown): void;
}

/** Deliveries that are under way at once. */
const MAX_AT_ONCE = 10;
/** Longer than an attempt can last, with time to write down how it ended. */
const LEASE_MS = 45_000;
/** How often to look without being woken: for deliveries of other processes and of those that died. */
const POLL_MS = 10_000;
const KEPT_MS = 30 * 24 * 60 * 60_000;
const SWEEP_EVERY_MS = 60 * 60_000;
const SWEEP_ROWS = 1_000;

/**
 * The queue of webhook deliveries. They are rows: whoever stops the program, by whatever signal, stops no delivery. One
 * that was under way then is sent again with the same id: at least once.
 */
export function createDeliveries({ db, clock, transport, random, onError }: DeliveriesOptions) {
  const underWay = new Set<Promise<void>>();
  let stopping = new AbortController();
  let running = false;
  let looking = false;
  let lookAgain = false;
  let timer: NodeJS.Timeout | undefined;
  let sweptAt = 0;

  /** Writes down a delivery for every webhook that subscribes to the event. */
  const enqueue: EventConsumer = async (tx, events) => {
    const kinds = new Map(events.map(({ event }) => [`${event.entity}.${event.action}`, event]));
    const subscriptions = Map.groupBy(
      await listSubscriptions(tx, [...kinds.values()]),
      ({ entity, action }) => `${entity}.${action}`,
    );
    const deliveries = events.flatMap(({ event, happenedAtMs }) => {
      const { entity, action, data } = event;
      const subscribers = subscriptions.get(`${entity}.${action}`) ?? [];
      if (subscribers.length === 0) return [];
      const body = renderDelivery(event, data, happenedAtMs);
      return subscribers.map(({ webhook_no }) => ({
        deliveryId: randomUUID(),
        webhookNo: webhook_no,
        entity,
        action,
        body,
      }));
    });
    if (deliveries.length === 0) return;
    await repository.insertDeliveries(tx, deliveries, clock.nowMs());
    tx.afterCommit(look);
  };

  function look(): void {
    if (!running) return;
    if (looking) {
      lookAgain = true;
      return;
    }
    looking = true;
    clearTimeout(timer);
    void takeDue()
      .catch((error: unknown) => {
        onError(error);
        return POLL_MS;
      })
      .then((waitMs) => {
        looking = false;
        if (!running) return;
        if (lookAgain) {
          lookAgain = false;
          look();
        } else {
          timer = setTimeout(look, waitMs);
        }
      });
  }

  /** Starts what is due, as far as there is room; how long to wait before looking again. */
  async function takeDue(): Promise<number> {
    await sweep();
    const room = MAX_AT_ONCE - underWay.size;
    // Each delivery that ends looks again.
    if (room === 0) return POLL_MS;
    const dueAt = await db.read(repository.nextDueAt);
    const nowMs = clock.nowMs();
    if (dueAt === undefined) return POLL_MS;
    if (dueAt > nowMs) return Math.min(dueAt - nowMs, POLL_MS);
    const claimed = await db.write(async (tx) => {
      const rows = await repository.claimDue(tx, { nowMs, leaseUntilMs: nowMs + LEASE_MS, limit: room });
      const webhooks = await findWebhooksByNo(
        tx,
        rows.map((row) => row.webhook_no),
      );
      return rows.map((row) => ({ row, webhook: webhooks.get(row.webhook_no) }));
    });
    for (const { row, webhook } of claimed) {
      const sending = deliver(row, webhook)
        .catch(onError)
        .finally(() => {
          underWay.delete(sending);
          look();
        });
      underWay.add(sending);
    }
    return claimed.length > 0 && underWay.size < MAX_AT_ONCE ? 0 : POLL_MS;
  }

  async function deliver(row: DeliveryRow, webhook: WebhookRow | undefined): Promise<void> {
    if (webhook === undefined || webhook.status !== 'ACTIVE') {
      const end = { state: 'dropped', attempts: row.attempts, nowMs: clock.nowMs() } as const;
      return db.write((tx) => repository.finishDelivery(tx, row.delivery_no, end));
    }
    const startedAtMs = clock.nowMs();
    let outcome: AttemptOutcome;
    try {
      const { delivery_id: deliveryId, body } = row;
      ({ outcome } = await transport.send(webhook, { deliveryId, body, signal: stopping.signal }));
    } catch {
      // The program stops: the delivery goes back, and the next start sends it.
      const next = { attempts: row.attempts, nextAttemptAtMs: clock.nowMs() };
      return db.write((tx) => repository.postponeDelivery(tx, row.delivery_no, next));
    }
    await db.write((tx) => settle(tx, row, { outcome, startedAtMs }));
  }

  async function settle(
    tx: Transaction,
    row: DeliveryRow,
    { outcome, startedAtMs }: { readonly outcome: AttemptOutcome; readonly startedAtMs: number },
  ): Promise<void> {
    const attempts = row.attempts + 1;
    const nowMs = clock.nowMs();
    await repository.insertAttempt(tx, {
      deliveryNo: row.delivery_no,
      attempt: attempts,
      startedAtMs,
      durationMs: nowMs - startedAtMs,
      responseStatus: outcome.kind === 'answered' ? outcome.status : null,
      error: outcome.kind === 'answered' ? null : outcome.error,
    });
    const verdict = decideNext(outcome, { attempts, random: random(), nowMs });
    if (verdict.kind === 'again') {
      const nextAttemptAtMs = nowMs + verdict.afterMs;
      await repository.postponeDelivery(tx, row.delivery_no, { attempts, nextAttemptAtMs });
      return;
    }
    const state = verdict.kind === 'delivered' ? 'delivered' : 'failed';
    await repository.finishDelivery(tx, row.delivery_no, { state, attempts, nowMs });
  }

  /** The log is kept for 30 days. */
  async function sweep(): Promise<void> {
    const nowMs = clock.nowMs();
    if (nowMs - sweptAt < SWEEP_EVERY_MS) return;
    sweptAt = nowMs;
    await db.write((tx) => repository.deleteFinished(tx, nowMs - KEPT_MS, SWEEP_ROWS));
  }

  return {
    enqueue,
    /** Whether any webhook subscribes to events of the kind. */
    isAwaited: hasSubscription,
    /** Begins with what an earlier process left behind. */
    start(): void {
      running = true;
      stopping = new AbortController();
      look();
    },
    /** Breaks off what is under way, which goes back to the queue. */
    async stop(): Promise<void> {
      running = false;
      clearTimeout(timer);
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}

export type Deliveries = ReturnType<typeof createDeliveries>;
