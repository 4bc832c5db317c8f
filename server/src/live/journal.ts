import type { Database } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import type { RecordedChange } from './journal-repository.ts';
import * as repository from './journal-repository.ts';

export type { RecordedChange };

/** `reset`: a page cannot know what it missed and reads anew what it shows. */
export type ChangeKind =
  | 'experiment'
  | 'run'
  | 'points'
  | 'trace'
  | 'logged_model'
  | 'registered_model'
  | 'model_version'
  | 'reset';

/** Something that pages may show has changed. */
export interface Change {
  readonly kind: ChangeKind;
  readonly experimentNo: number | undefined;
  /** The run's or the trace's id, the model's name …; empty for a reset. */
  readonly subject: string;
  /** For points the metrics that grew, for a model version its number. */
  readonly keys: readonly string[];
}

export type ReportChange = (change: Change) => void;

export interface JournalOptions {
  readonly db: Database;
  readonly clock: Clock;
  onError(error: unknown): void;
}

export interface Subscription {
  /** Called with entries in order; never again after `end`, nor once it has thrown. */
  onChanges(changes: readonly RecordedChange[]): void;
  /** It has thrown, and missed what it was to hear: whoever listened comes back and resumes. */
  onLost(): void;
}

/** Changes of one thing within this time are one entry. */
const GATHER_MS = 200;
/** How often to look for entries of other processes while somebody listens. */
const POLL_MS = 250;
const KEPT_MS = 60 * 60_000;
const TRIM_EVERY_MS = 5 * 60_000;
const PAGE = 1000;
/** Things that changed and wait to be written: beyond it, everybody is told to read anew. */
const MAX_WAITING = 10_000;
/** Keys told of one thing; more than a page could show. */
const MAX_KEYS = 100;

export type Journal = ReturnType<typeof createJournal>;

export function createJournal({ db, clock, onError }: JournalOptions) {
  const waiting = new Map<string, { change: Change; keys: Set<string> }>();
  const subscriptions = new Set<Subscription>();
  let lastSeen = 0;
  let writer: NodeJS.Timeout | undefined;
  let reader: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let trimmedAt = clock.nowMs();
  let stopped = false;

  function report(change: Change): void {
    if (stopped) return;
    const identity = `${change.kind}/${change.experimentNo}/${change.subject}`;
    let entry = waiting.get(identity);
    if (entry === undefined) {
      if (waiting.size >= MAX_WAITING) {
        waiting.clear();
        report(RESET);
        return;
      }
      entry = { change, keys: new Set() };
      waiting.set(identity, entry);
    }
    for (const key of change.keys) if (entry.keys.size < MAX_KEYS) entry.keys.add(key);
    writer ??= setTimeout(() => {
      writer = undefined;
      writing = write().catch(onError);
    }, GATHER_MS).unref();
  }

  async function write(): Promise<void> {
    const changes = Array.from(waiting.values(), ({ change, keys }) => ({ ...change, keys: [...keys] }));
    if (changes.length === 0) return;
    waiting.clear();
    const nowMs = clock.nowMs();
    const trim = nowMs - trimmedAt > TRIM_EVERY_MS;
    if (trim) trimmedAt = nowMs;
    await db.write(async (tx) => {
      await repository.insertChanges(tx, changes, nowMs);
      if (trim) await repository.deleteChangesBefore(tx, nowMs - KEPT_MS);
    });
    await read();
  }

  /** Hands on what is new, from whichever process. */
  async function read(): Promise<void> {
    for (;;) {
      if (subscriptions.size === 0) return;
      const from = lastSeen;
      const changes = await db.read((sql) => repository.listChanges(sql, from, PAGE));
      // Another round may have been faster.
      const fresh = changes.filter((change) => change.changeNo > lastSeen);
      if (fresh.length > 0) {
        lastSeen = fresh.at(-1)!.changeNo;
        for (const subscription of subscriptions) hand(subscription, fresh);
      }
      if (changes.length < PAGE) return;
    }
  }

  /** What one listener cannot take is not missed by the others. */
  function hand(subscription: Subscription, changes: readonly RecordedChange[]): void {
    try {
      subscription.onChanges(changes);
    } catch (error) {
      subscriptions.delete(subscription);
      onError(error);
      subscription.onLost();
    }
  }

  function poll(): void {
    reader = setTimeout(() => {
      read()
        .catch(onError)
        .finally(() => {
          if (subscriptions.size > 0 && !stopped) poll();
          else reader = undefined;
        });
    }, POLL_MS).unref();
  }

  return {
    report,

    /** To be called once: a process that was killed may have left changes untold. */
    async start(): Promise<void> {
      await db.write((tx) => repository.insertChanges(tx, [RESET], clock.nowMs()));
      lastSeen = (await db.read(repository.findBounds)).last;
    },

    /**
     * Subscribes from the entry after `lastChangeNo`, or from now on.
     * @returns what is kept of the missed entries, or a reset where some are gone; and how to end it.
     */
    async subscribe(
      subscription: Subscription,
      lastChangeNo: number | undefined,
    ): Promise<{ missed: readonly RecordedChange[]; position: number; end(): void }> {
      const held: RecordedChange[] = [];
      let deliver = (changes: readonly RecordedChange[]): void => {
        held.push(...changes);
      };
      const inner: Subscription = {
        onChanges: (changes) => deliver(changes),
        onLost: () => subscription.onLost(),
      };
      if (subscriptions.size === 0) lastSeen = (await db.read(repository.findBounds)).last;
      subscriptions.add(inner);
      const seenBefore = lastSeen;
      if (reader === undefined) poll();
      const end = () => void subscriptions.delete(inner);
      const missed = await missedSince(lastChangeNo);
      const position = Math.max(seenBefore, missed.at(-1)?.changeNo ?? 0);
      // What came while the missed ones were read, and is not among them, follows once the caller has taken those.
      setImmediate(() => {
        deliver = subscription.onChanges;
        const later = held.filter((change) => change.changeNo > position);
        if (later.length > 0 && subscriptions.has(inner)) hand(inner, later);
      });
      return { missed, position, end };
    },

    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(writer);
      clearTimeout(reader);
      await writing;
      await write().catch(onError);
    },
  };

  async function missedSince(lastChangeNo: number | undefined): Promise<readonly RecordedChange[]> {
    if (lastChangeNo === undefined) return [];
    return db.read(async (sql) => {
      const { first, last } = await repository.findBounds(sql);
      const missed =
        lastChangeNo + 1 >= first && lastChangeNo <= last
          ? await repository.listChanges(sql, lastChangeNo, PAGE)
          : undefined;
      return missed === undefined || missed.length === PAGE ? [{ ...RESET, changeNo: last }] : missed;
    });
  }
}

const RESET: Change = { kind: 'reset', experimentNo: undefined, subject: '', keys: [] };
