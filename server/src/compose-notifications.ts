import type { Database } from './db/port.ts';
import type { DomainEvent } from './events/events.ts';
import { createOutbox, type RecordEvents } from './events/outbox.ts';
import type { Clock } from './kernel/clock.ts';
import { changeOf } from './live/event-changes.ts';
import { createJournal, type Journal } from './live/journal.ts';
import { createDeliveries } from './notifications/deliveries.ts';
import { createDeliveryTransport } from './notifications/delivery-transport.ts';
import { createEgressGuard } from './notifications/egress-guard.ts';
import { createWebhooks, type Webhooks } from './notifications/webhooks.ts';
import type { Sealer } from './secrets/sealer.ts';

export interface NotificationParts {
  readonly webhooks: Webhooks;
  /** What changed, for pages that watch; runs already, and is stopped apart from the rest. */
  readonly journal: Journal;
  readonly recordEvents: RecordEvents;
  start(): void;
  /** Once no request is left that records events, and before the database is closed. */
  stop(): Promise<void>;
}

export interface NotificationOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  /** Whether webhooks may go to http:// and to private addresses. */
  readonly allowHttp: boolean;
  readonly allowPrivate: boolean;
  inBackground(what: string): (error: unknown) => void;
  /** Told of what has been committed. */
  onEvents(events: readonly DomainEvent[]): void;
}

/** Who is told of what happens: webhooks, and pages that watch. */
export async function composeNotifications({
  db,
  clock,
  sealer,
  allowHttp,
  allowPrivate,
  inBackground,
  onEvents,
}: NotificationOptions): Promise<NotificationParts> {
  const guard = createEgressGuard({ allowHttp, allowPrivate });
  const transport = createDeliveryTransport({ guard, sealer, clock });
  const deliveries = createDeliveries({
    db,
    clock,
    transport,
    random: Math.random,
    onError: inBackground('webhook delivery'),
  });
  const webhooks = createWebhooks({ db, clock, guard, sealer, transport });
  const journal = createJournal({ db, clock, onError: inBackground('the change journal') });
  await journal.start();
  const reportEvents = (events: readonly DomainEvent[]) => {
    for (const change of events.flatMap((event) => changeOf(event) ?? [])) journal.report(change);
    onEvents(events);
  };
  const outbox = createOutbox({
    db,
    clock,
    consumers: [deliveries.enqueue],
    isAwaited: deliveries.isAwaited,
    onError: inBackground('event dispatch'),
  });
  const recordEvents: RecordEvents = async (tx, events) => {
    await outbox.record(tx, events);
    tx.afterCommit(() => reportEvents(events));
  };

  return {
    webhooks,
    journal,
    recordEvents,
    start() {
      deliveries.start();
      outbox.start();
    },
    async stop() {
      await outbox.stop();
      await deliveries.stop();
    },
  };
}
