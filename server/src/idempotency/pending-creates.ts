import { createHash } from 'node:crypto';
import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { randomHexId } from '../kernel/ids.ts';
import * as repository from './pending-creates-repository.ts';

/** Longer than a client goes on trying: 7 retries with doubling waits. */
const KEPT_MS = 15 * 60_000;
const TICK_MS = 1000;
const SWEEP_EVERY_MS = KEPT_MS;
/** Lost creates kept in memory. */
const MAX_LOST = 10_000;
const MAX_FORGOTTEN_AT_ONCE = 5000;

export interface PendingCreatesOptions {
  readonly db: Database;
  readonly clock: Clock;
}

export interface CreateRequest {
  readonly fingerprint: string;
  /** The id that this request will make, unless it repeats an earlier one. */
  readonly createdId: string;
}

/**
 * Tells a create that is sent again from one that is merely equal. Every create is remembered in its transaction until
 * its answer has left; only one whose answer is known to be lost (its connection broke, its process is gone) is given to
 * the next identical request, and to one only.
 *
 * Deliveries are written down within a second. After a kill, an identical request may therefore be given a create of
 * the last second whose answer did arrive: it would have to be equal in every field, the start time's millisecond
 * included. Where several processes share a database, the others hear of the death of one within a second.
 */
export function createPendingCreates({ db, clock }: PendingCreatesOptions) {
  const self = randomHexId();
  /** Creates of this process whose answers are on their way. */
  const answering = new Map<string, string>();
  /** Creates whose answers are lost, by fingerprint: few, and those of a killed process within KEPT_MS. */
  const lost = new Map<string, repository.PendingCreate[]>();
  const knownLost = new Set<string>();
  const delivered: string[] = [];
  let sweptAt = clock.nowMs();

  function addLost(create: repository.PendingCreate): void {
    if (knownLost.has(create.createdId) || knownLost.size >= MAX_LOST) return;
    knownLost.add(create.createdId);
    lost.set(create.fingerprint, [...(lost.get(create.fingerprint) ?? []), create]);
  }

  /** Finds what dead processes left behind. */
  async function inherit(): Promise<void> {
    await db.read(async (sql) => {
      const creates = await repository.listOfOthers(sql, self, MAX_LOST);
      for (const [owner, theirs] of Map.groupBy(creates, (create) => create.owner)) {
        if (!(await db.isPresent(sql, owner))) for (const create of theirs) addLost(create);
      }
    });
  }

  async function writeDeliveries(): Promise<void> {
    const nowMs = clock.nowMs();
    const sweep = nowMs - sweptAt > SWEEP_EVERY_MS;
    if (delivered.length === 0 && !sweep) return;
    if (sweep) {
      sweptAt = nowMs;
      lost.clear();
      knownLost.clear();
    }
    const gone = delivered.splice(0, MAX_FORGOTTEN_AT_ONCE);
    await db.write(async (tx) => {
      if (gone.length > 0) await repository.deletePending(tx, gone);
      if (sweep) await repository.deletePendingBefore(tx, nowMs - KEPT_MS);
    });
  }

  async function tick(): Promise<void> {
    await writeDeliveries();
    if (db.dialect.name === 'postgres') await inherit();
  }

  const timer = setInterval(() => {
    // A failure (the database restarts) costs nothing: what was not crossed off is swept later.
    tick().catch(() => undefined);
  }, TICK_MS);
  timer.unref();

  return {
    /** To be called once before the first create. */
    async start(): Promise<void> {
      await db.announce(self);
      await inherit();
    },

    /**
     * Remembers the requests; for each, the id of the lost create that it repeats, or undefined when it is new. Call
     * it inside the transaction that creates.
     */
    async register(tx: Transaction, requests: readonly CreateRequest[]): Promise<(string | undefined)[]> {
      const nowMs = clock.nowMs();
      const repeated: (string | undefined)[] = [];
      for (const request of requests) repeated.push(await claim(tx, request.fingerprint, nowMs));
      const fresh = requests.filter((_, i) => repeated[i] === undefined);
      await repository.insertPending(
        tx,
        fresh.map((request) => ({ ...request, owner: self })),
        nowMs,
      );
      requests.forEach((request, i) => {
        answering.set(repeated[i] ?? request.createdId, request.fingerprint);
      });
      return repeated;
    },

    /** The answer that told `createdId` has left, or its connection broke before. */
    answered(createdId: string, arrived: boolean): void {
      const fingerprintSent = answering.get(createdId);
      answering.delete(createdId);
      if (arrived) delivered.push(createdId);
      else if (fingerprintSent !== undefined)
        addLost({ createdId, fingerprint: fingerprintSent, owner: self });
    },

    async close(): Promise<void> {
      clearInterval(timer);
      while (delivered.length > 0) await writeDeliveries();
    },
  };

  async function claim(tx: Transaction, sent: string, nowMs: number): Promise<string | undefined> {
    const candidates = lost.get(sent);
    for (let create = candidates?.shift(); create !== undefined; create = candidates?.shift()) {
      knownLost.delete(create.createdId);
      if (candidates?.length === 0) lost.delete(sent);
      if (await repository.takeOver(tx, create, { owner: self, nowMs })) return create.createdId;
    }
    return undefined;
  }
}

export type PendingCreates = ReturnType<typeof createPendingCreates>;

/** One value for all that a request says. */
export function fingerprint(kind: string, fields: readonly unknown[]): string {
  const text = JSON.stringify([kind, ...fields], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
