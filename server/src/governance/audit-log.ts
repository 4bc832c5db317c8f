import type { Database, Transaction } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { entriesOf } from './audit-changes.ts';
import { hashOfCheckpoint, headText, makeCheckpoint, NO_CHECKPOINT } from './audit-checkpoint.ts';
import { type AuditEntry, type ChainHead, genesisOf, link, tidy } from './audit-record.ts';
import * as repository from './audit-repository.ts';
import { type AuditSigner, isSigned } from './audit-signature.ts';

export interface AuditLogOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly signer: AuditSigner;
  /** Told when records or checkpoints could not be written; they are tried again. */
  onError(error: unknown): void;
}

export interface AuditLog {
  /** Writes the entry down soon, together with others; what a crash takes from it is at most GATHER_MS. */
  append(entry: AuditEntry): void;
  /** Resolves when the entry is durable. @throws AppError Unavailable when that cannot be said. */
  write(entry: AuditEntry): Promise<void>;
  /** Whether the last attempt to write succeeded. */
  isWorking(): boolean;
  /** Makes records of the changes of rights that other programs and processes left. @throws AppError Unavailable */
  recordChanges(): Promise<void>;
  /** Signs where the chains of all processes stand, those of processes that died included. */
  checkpoint(): Promise<void>;
  start(): void;
  /** Writes what waits, signs it, and ends. */
  stop(): Promise<void>;
}

const GATHER_MS = 200;
const RETRY_MS = 1_000;
const CHECKPOINT_MS = 60_000;
/** The most records of one transaction. */
const BATCH = 500;
/** The most that wait while the database is away; what comes beyond is counted and told when it is back. */
const MAX_WAITING = 20_000;
/** The most chains that one checkpoint names. */
const MAX_HEADS = 1_000;

interface Waiting {
  /** Undefined for who waits for changes of rights alone. */
  readonly entry: AuditEntry | undefined;
  /** Undefined where nobody waits for it: then it is tried again. */
  readonly settle: ((error?: unknown) => void) | undefined;
}

/** The chain of this process: one writer, one transaction at a time, so that the order of records is that of the chain. */
export function createAuditLog({ db, clock, signer, onError }: AuditLogOptions): AuditLog {
  const chain = randomHexId();
  let head: ChainHead = { chain, seq: 0, hash: genesisOf(chain) };
  let waiting: Waiting[] = [];
  let lost = 0;
  let working = true;
  /** Whether a transaction ended without telling how: then the database knows where the chain stands. */
  let uncertain = false;
  let timer: NodeJS.Timeout | undefined;
  let sealer: NodeJS.Timeout | undefined;
  let draining: Promise<void> | undefined;
  let sealing: Promise<void> | undefined;
  let stopped = false;

  async function findKnownHead(tx: Transaction): Promise<ChainHead> {
    if (!uncertain) return head;
    const found = await repository.findHead(tx, chain);
    if (found === undefined || found.seq <= head.seq) return head;
    // Only this process writes this chain: anything else was not written by a Slipway.
    if (!isSigned(headText(found), found.signature, signer.publicKey))
      throw new AppError('Internal', 'The end of the audit chain was changed.', { details: { chain } });
    return { chain, seq: found.seq, hash: found.hash };
  }

  /** Whether more changes of rights may wait in the database. */
  async function writeBatch(entries: readonly AuditEntry[]): Promise<boolean> {
    const written = await db.write(async (tx) => {
      const from = await findKnownHead(tx);
      const changes = await entriesOf(tx, await repository.takeAccessChanges(tx, BATCH));
      const records = link([...changes, ...entries], from);
      const last = records.at(-1);
      if (last === undefined) return { head: from, more: false };
      await repository.insertRecords(tx, records);
      await repository.setHead(tx, last, {
        signature: signer.sign(headText(last)),
        publicKey: signer.publicKey,
        nowMs: clock.nowMs(),
      });
      return { head: { chain, seq: last.seq, hash: last.hash }, more: changes.length === BATCH };
    });
    head = written.head;
    uncertain = false;
    return written.more;
  }

  async function drain(): Promise<void> {
    let more = false;
    while (waiting.length > 0 || more) {
      // Whoever waits in this turn of the event loop goes along.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting.splice(0, BATCH);
      const told = lost;
      const entries = batch.flatMap(({ entry }) => entry ?? []);
      try {
        more = await writeBatch(told === 0 ? entries : [...entries, lossOf(told, clock.nowMs())]);
        lost -= told;
        working = true;
        for (const { settle } of batch) settle?.();
      } catch (error) {
        working = false;
        uncertain = true;
        waiting = [...batch.filter(({ settle }) => settle === undefined), ...waiting];
        for (const { settle } of batch) settle?.(error);
        onError(error);
        return;
      }
    }
  }

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    draining ??= drain().finally(() => {
      draining = undefined;
      if (waiting.some(({ settle }) => settle !== undefined)) begin();
      else if (waiting.length > 0) beginIn(working ? GATHER_MS : RETRY_MS);
    });
  }

  function beginIn(delayMs: number): void {
    if (draining === undefined) timer ??= setTimeout(begin, delayMs).unref();
  }

  async function checkpoint(): Promise<void> {
    await db.write(async (tx) => {
      await repository.lockCheckpoints(tx);
      const heads = (await repository.listUnsealedHeads(tx, MAX_HEADS)).filter(isOurs);
      if (heads.length === 0) return;
      const last = await repository.findLastCheckpoint(tx);
      const statement = {
        number: (last?.checkpointNo ?? 0) + 1,
        at: clock.nowMs(),
        previous: last === undefined ? NO_CHECKPOINT : hashOfCheckpoint(last),
        heads,
      };
      await repository.insertCheckpoint(tx, makeCheckpoint(statement, signer));
      for (const sealed of heads) await repository.setSealed(tx, sealed);
    });
  }

  /** What somebody else put there is not signed again: verification finds it. */
  function isOurs(found: repository.SignedHead): boolean {
    if (isSigned(headText(found), found.signature, signer.publicKey)) return true;
    onError(new AppError('InvalidState', `The end of audit chain ${found.chain} was changed.`));
    return false;
  }

  function enqueue(entry: AuditEntry | undefined): Promise<void> {
    if (waiting.length >= MAX_WAITING) return Promise.reject(unwritable());
    return new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown) => (error === undefined ? resolve() : reject(unwritable(error)));
      waiting.push({ entry: entry && tidy(entry), settle });
      begin();
    });
  }

  async function seal(): Promise<void> {
    await enqueue(undefined);
    await checkpoint();
  }

  function sealRegularly(): void {
    sealer = setTimeout(() => {
      sealing = seal()
        .catch(onError)
        .finally(() => {
          if (!stopped) sealRegularly();
        });
    }, CHECKPOINT_MS).unref();
  }

  return {
    checkpoint,
    isWorking: () => working,
    append(entry) {
      if (waiting.length >= MAX_WAITING) {
        lost += 1;
        return;
      }
      waiting.push({ entry: tidy(entry), settle: undefined });
      beginIn(working ? GATHER_MS : RETRY_MS);
    },
    write: enqueue,
    recordChanges: () => enqueue(undefined),
    start() {
      sealing = seal().catch(onError).finally(sealRegularly);
    },
    async stop() {
      stopped = true;
      clearTimeout(sealer);
      await sealing;
      clearTimeout(sealer);
      clearTimeout(timer);
      timer = undefined;
      await draining;
      if (waiting.length > 0) await drain();
      clearTimeout(timer);
      await checkpoint().catch(onError);
    },
  };
}

const unwritable = (cause?: unknown): AppError =>
  new AppError('Unavailable', 'The audit log cannot be written: try again in a moment.', { cause });

/** What is said of records that found no room while the database was away. */
const lossOf = (count: number, atMs: number): AuditEntry => ({
  atMs,
  principal: '',
  principalId: '',
  address: '',
  action: 'audit.lost',
  route: '',
  securable: '',
  subject: '',
  outcome: 'failed',
  requestId: '',
  count,
  details: '',
});
