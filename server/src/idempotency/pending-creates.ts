import { hash } from 'node:crypto';
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

export interface SentRequest {
  readonly fingerprint: string;
  /** Unlike that of any other request: a transaction that is tried again has it again. */
  readonly requestId: string;
}

export type RememberedCreate = SentRequest & { readonly createdId: string };

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
  const answering = new Map<string, repository.PendingCreate>();
  /** Creates whose answers are lost, by fingerprint: few, and those of a killed process within KEPT_MS. */
  const lost = new Map<string, repository.PendingCreate[]>();
  const knownLost = new Set<string>();
  /** What requests took over or made in transactions of which it is not known yet whether they are durable. */
  const undecided = new Map<string, repository.PendingCreate>();
  const delivered: string[] = [];
  let sweptAt = clock.nowMs();
  let made = 0;

  /** Unlike every other, also of a process on the same database, and after nearly all that were made before. */
  function newPendingId(nowMs: number): string {
    made += 1;
    return `${repository.pendingIdFrom(nowMs)}-${made.toString(36).padStart(7, '0')}-${self}`;
  }

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
      const sent = requests.map((request) => ({ ...request, requestId: request.createdId }));
      const repeated = await claimLost(tx, sent);
      await remember(
        tx,
        sent.filter((_, i) => repeated[i] === undefined),
      );
      return repeated;
    },

    /** The two halves of `register`, for ids that are known only when it is known which requests are new. */
    claimLost,
    remember,

    /** The request's transaction failed. Should it be durable all the same, the next identical request finds it. */
    failed(requestId: string): void {
      const create = undecided.get(requestId);
      if (create === undefined) return;
      undecided.delete(requestId);
      answering.delete(create.createdId);
      addLost(create);
    },

    /** The answer that told `createdId` has left, or its connection broke before. */
    answered(createdId: string, arrived: boolean): void {
      const create = answering.get(createdId);
      if (create === undefined) return;
      answering.delete(createdId);
      if (arrived) delivered.push(create.pendingId);
      else addLost(create);
    },

    async close(): Promise<void> {
      clearInterval(timer);
      const crossOff = async () => {
        while (delivered.length > 0) await writeDeliveries();
      };
      // As above: a database that went before us is no reason to end with an error.
      await crossOff().catch(() => undefined);
    },
  };

  /** For each request the id of the lost create that it repeats, which is no longer lost then; or undefined. */
  async function claimLost(
    tx: Transaction,
    requests: readonly SentRequest[],
  ): Promise<(string | undefined)[]> {
    const nowMs = clock.nowMs();
    const claimed: (string | undefined)[] = [];
    for (const request of requests) claimed.push(await claim(tx, request, nowMs));
    return claimed;
  }

  async function remember(tx: Transaction, creates: readonly RememberedCreate[]): Promise<void> {
    const nowMs = clock.nowMs();
    const pending = creates.map(({ createdId, fingerprint }) => ({
      pendingId: newPendingId(nowMs),
      createdId,
      fingerprint,
      owner: self,
    }));
    await repository.insertPending(tx, pending);
    creates.forEach(({ requestId }, i) => {
      awaitCommit(tx, requestId, { lostIfNot: pending[i]!, made: pending[i]! });
    });
  }

  function awaitCommit(
    tx: Transaction,
    requestId: string,
    {
      lostIfNot,
      made: create,
    }: { readonly lostIfNot: repository.PendingCreate; readonly made: repository.PendingCreate },
  ): void {
    undecided.set(requestId, lostIfNot);
    answering.set(create.createdId, create);
    tx.afterCommit(() => undecided.delete(requestId));
  }

  async function claim(tx: Transaction, request: SentRequest, nowMs: number): Promise<string | undefined> {
    // What an attempt that was rolled back had taken is still to be had.
    const taken = undecided.get(request.requestId);
    if (taken !== undefined) addLost(taken);
    undecided.delete(request.requestId);
    const candidates = lost.get(request.fingerprint);
    for (let create = candidates?.shift(); create !== undefined; create = candidates?.shift()) {
      knownLost.delete(create.createdId);
      if (candidates?.length === 0) lost.delete(request.fingerprint);
      const taken = { ...create, pendingId: newPendingId(nowMs), owner: self };
      if (await repository.takeOver(tx, create, taken)) {
        awaitCommit(tx, request.requestId, { lostIfNot: create, made: taken });
        return create.createdId;
      }
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
  return hash('sha256', text, 'base64url').slice(0, 22);
}
