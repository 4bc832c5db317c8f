import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { DomainEvent, EventKind } from './events.ts';
import * as repository from './outbox-repository.ts';

/** Writes events down in the transaction of the change they tell of: both are there, or neither. */
export type RecordEvents = (tx: Transaction, events: readonly DomainEvent[]) => Promise<void>;

/** What the dispatcher hands on. */
export interface RecordedEvent {
  readonly event: DomainEvent;
  readonly happenedAtMs: number;
}

/**
 * Handles events in the transaction that takes them out of the outbox, so that each is handled once whatever crashes.
 * It may await nothing but that transaction: what talks to the world writes down its work here and does it later.
 */
export type EventConsumer = (tx: Transaction, events: readonly RecordedEvent[]) => Promise<void>;

/** Whether a consumer waits for events of the kind. What nobody waits for is not written down. */
export type IsAwaited = (tx: Transaction, kind: EventKind) => Promise<boolean>;

export interface OutboxOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly consumers: readonly EventConsumer[];
  readonly isAwaited: IsAwaited;
  /** Told when a round fails; the events stay and are tried again. */
  onError(error: unknown): void;
}

/** The most events of one round: bounds a transaction. */
const ROUND = 500;
/** Events that follow one another closely share a round, and with it a commit. */
const GATHER_MS = 50;
/** How often to look for events of other processes, and of those that died. */
const POLL_MS = 5_000;

export interface Outbox {
  readonly record: RecordEvents;
  /** Begins with what an earlier process left behind. */
  start(): void;
  /** Ends after the round that runs; what is not handed on stays for the next start. */
  stop(): Promise<void>;
}

/** The outbox and the loop that empties it. */
export function createOutbox({ db, clock, consumers, isAwaited, onError }: OutboxOptions): Outbox {
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let running = false;
  /** Whether the timer that runs is the short one. */
  let gathering = false;
  let again = false;

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    if (running) timer = setTimeout(begin, delayMs);
  }

  function begin(): void {
    gathering = false;
    again = false;
    round = drain().finally(() => {
      round = undefined;
      if (again) wake();
      else schedule(POLL_MS);
    });
  }

  function wake(): void {
    if (round !== undefined) again = true;
    else if (!gathering) {
      gathering = true;
      schedule(GATHER_MS);
    }
  }

  async function drain(): Promise<void> {
    try {
      if (!(await db.read(repository.hasEvents))) return;
      // A round that is not full has taken all there was; what comes meanwhile gathers for the next.
      let taken = ROUND;
      while (running && taken === ROUND) taken = await db.write(handOn);
    } catch (error) {
      again = false;
      onError(error);
    }
  }

  async function handOn(tx: Transaction): Promise<number> {
    const events = await repository.takeEvents(tx, ROUND);
    if (events.length > 0) for (const consume of consumers) await consume(tx, events);
    return events.length;
  }

  async function selectAwaited(tx: Transaction, events: readonly DomainEvent[]): Promise<DomainEvent[]> {
    const known = new Map<string, boolean>();
    const awaited: DomainEvent[] = [];
    for (const event of events) {
      const kind = `${event.entity}.${event.action}`;
      const wanted = known.get(kind) ?? (await isAwaited(tx, event));
      known.set(kind, wanted);
      if (wanted) awaited.push(event);
    }
    return awaited;
  }

  return {
    async record(tx, events) {
      const awaited = await selectAwaited(tx, events);
      if (awaited.length === 0) return;
      await repository.insertEvents(tx, awaited, clock.nowMs());
      tx.afterCommit(wake);
    },
    start() {
      running = true;
      schedule(0);
    },
    async stop() {
      running = false;
      clearTimeout(timer);
      await round;
    },
  };
}
