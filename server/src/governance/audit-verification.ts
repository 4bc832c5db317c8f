import type { Database } from '../db/port.ts';
import {
  type Checkpoint,
  hashOfCheckpoint,
  headText,
  NO_CHECKPOINT,
  readStatement,
} from './audit-checkpoint.ts';
import { type AuditRecord, genesisOf, hashOf } from './audit-record.ts';
import type { SignedHead } from './audit-repository.ts';
import * as repository from './audit-repository.ts';
import { isSigned } from './audit-signature.ts';

/** What is read to judge an audit log; lists come in pages, an empty one ends them. */
export interface AuditSource {
  checkpoints(after: number): Promise<readonly Checkpoint[]>;
  heads(after: string): Promise<readonly SignedHead[]>;
  head(chain: string): Promise<SignedHead | undefined>;
  /** The next chain that has records, known or not. */
  nextRecordedChain(after: string): Promise<string | undefined>;
  records(chain: string, after: number): Promise<readonly AuditRecord[]>;
}

/** The first thing that is wrong with one chain, or with the checkpoints. */
export interface AuditFault {
  /** Undefined for checkpoints. */
  readonly chain: string | undefined;
  /** The record or the checkpoint at fault. */
  readonly number: number;
  /** When the record says it was written; undefined where it is gone. */
  readonly atMs: number | undefined;
  /** A sentence. */
  readonly what: string;
}

export interface AuditVerdict {
  /** In the order in which they should be looked at; none for a log that is whole. */
  readonly faults: readonly AuditFault[];
  readonly chains: number;
  readonly records: number;
  readonly checkpoints: number;
  /** Records that no checkpoint holds yet. */
  readonly unsealed: number;
  /** Where the clock of a process went back: no fault, since the order is that of the chain. */
  readonly clockWentBack: readonly { readonly chain: string; readonly seq: number; readonly byMs: number }[];
  /** To be kept elsewhere: a later verification can be held to it. Undefined for no checkpoints. */
  readonly lastCheckpoint: { readonly number: number; readonly hash: string } | undefined;
}

export interface VerificationOptions {
  /** Of whom signatures count. */
  readonly trustedKeys: readonly string[];
  /** A checkpoint that was noted down elsewhere: it must still be there. */
  readonly expected?: { readonly number: number; readonly hash: string } | undefined;
}

type Pins = ReadonlyMap<string, ReadonlyMap<number, string>>;

/** Clock steps told of; more say nothing new. */
const MAX_STEPS = 100;

/**
 * Reads the whole log again. Found are: a record changed, removed, inserted or moved; an end cut off, also after the last
 * checkpoint (unless the signed end of the chain is put back with it to an earlier one); checkpoints changed or removed,
 * their last ones too where `expected` tells of them.
 */
export async function verifyAudit(
  source: AuditSource,
  { trustedKeys, expected }: VerificationOptions,
): Promise<AuditVerdict> {
  const faults: AuditFault[] = [];
  const clockWentBack: { chain: string; seq: number; byMs: number }[] = [];
  const { pins, last, fault } = await readCheckpoints(source, trustedKeys, expected);
  const chains = await listChains(source, pins);
  let records = 0;
  let unsealed = 0;
  for (const chain of chains) {
    const pinned = pins.get(chain) ?? new Map<number, string>();
    const walk = await walkChain(source, chain, { pinned, trustedKeys });
    records += walk.records;
    const lastPin = lastOf(pinned);
    unsealed += Math.max(0, walk.records - lastPin);
    clockWentBack.push(...walk.steps.slice(0, MAX_STEPS - clockWentBack.length));
    if (walk.fault !== undefined) faults.push(walk.fault);
  }
  // Records whose time is known come first, the oldest of them at the top.
  faults.sort((a, b) => (a.atMs ?? Number.MAX_SAFE_INTEGER) - (b.atMs ?? Number.MAX_SAFE_INTEGER));
  if (fault !== undefined) faults.push(fault);
  return {
    faults,
    chains: chains.length,
    records,
    checkpoints: last?.number ?? 0,
    unsealed,
    clockWentBack,
    lastCheckpoint: last,
  };
}

async function readCheckpoints(
  source: AuditSource,
  trustedKeys: readonly string[],
  expected: VerificationOptions['expected'],
) {
  const pins = new Map<string, Map<number, string>>();
  let last: AuditVerdict['lastCheckpoint'];
  let met = expected === undefined;
  const broken = (number: number, what: string, atMs?: number) => ({
    pins: pins as Pins,
    last,
    fault: { chain: undefined, number, atMs, what },
  });
  for (;;) {
    const page = await source.checkpoints(last?.number ?? 0);
    for (const checkpoint of page) {
      const number = (last?.number ?? 0) + 1;
      if (checkpoint.checkpointNo !== number)
        return broken(number, `Checkpoint ${number} is missing.`, undefined);
      const statement = readStatement(checkpoint.body);
      const { atMs } = checkpoint;
      if (!trustedKeys.includes(checkpoint.publicKey))
        return broken(
          number,
          `Checkpoint ${number} is signed with key ${checkpoint.publicKey}, which is not this server's.`,
          atMs,
        );
      if (statement === undefined || !isSigned(checkpoint.body, checkpoint.signature, checkpoint.publicKey))
        return broken(number, `Checkpoint ${number} was changed: its signature does not fit.`, atMs);
      if (statement.number !== number || statement.at !== atMs)
        return broken(number, `Checkpoint ${number} was changed: it states another number or time.`, atMs);
      if (statement.previous !== (last?.hash ?? NO_CHECKPOINT))
        return broken(number, `Checkpoint ${number} does not follow the one before.`, atMs);
      for (const { chain, seq, hash } of statement.heads) {
        let pinned = pins.get(chain);
        if (pinned === undefined) {
          pinned = new Map();
          pins.set(chain, pinned);
        }
        pinned.set(seq, hash);
      }
      last = { number, hash: hashOfCheckpoint(checkpoint) };
      if (expected?.number === number) {
        if (expected.hash !== last.hash)
          return broken(number, `Checkpoint ${number} is not the one that was noted down.`, atMs);
        met = true;
      }
    }
    if (page.length === 0) break;
  }
  if (!met && expected !== undefined) {
    const { number } = expected;
    return broken(
      number,
      `Checkpoint ${number} was noted down and is missing: the end of the log is cut off.`,
    );
  }
  return { pins: pins as Pins, last, fault: undefined };
}

function lastOf(pinned: ReadonlyMap<number, string>): number {
  let last = 0;
  for (const seq of pinned.keys()) last = Math.max(last, seq);
  return last;
}

/** Every chain that a checkpoint, a signed end or a record tells of. */
async function listChains(source: AuditSource, pins: Pins): Promise<readonly string[]> {
  const chains = new Set(pins.keys());
  for (let after = ''; ; ) {
    const page = await source.heads(after);
    if (page.length === 0) break;
    for (const { chain } of page) chains.add(chain);
    after = page.at(-1)!.chain;
  }
  for (let chain = await source.nextRecordedChain(''); chain !== undefined; ) {
    chains.add(chain);
    chain = await source.nextRecordedChain(chain);
  }
  return [...chains].sort();
}

interface Walk {
  readonly records: number;
  readonly steps: readonly { readonly chain: string; readonly seq: number; readonly byMs: number }[];
  readonly fault: AuditFault | undefined;
}

async function walkChain(
  source: AuditSource,
  chain: string,
  {
    pinned,
    trustedKeys,
  }: { readonly pinned: ReadonlyMap<number, string>; readonly trustedKeys: readonly string[] },
): Promise<Walk> {
  const steps: { chain: string; seq: number; byMs: number }[] = [];
  let seq = 0;
  let hash = genesisOf(chain);
  let atMs: number | undefined;
  const broken = (number: number, what: string, at?: number): Walk => ({
    records: seq,
    steps,
    fault: { chain, number, atMs: at, what },
  });
  // Read first: a log in use grows meanwhile.
  const head = await source.head(chain);
  if (head === undefined) return broken(1, `The signed end of chain ${chain} is missing.`);
  if (!trustedKeys.includes(head.publicKey) || !isSigned(headText(head), head.signature, head.publicKey))
    return broken(head.seq, `The signed end of chain ${chain} was changed.`);
  for (;;) {
    const page = await source.records(chain, seq);
    for (const record of page) {
      if (record.seq !== seq + 1)
        return broken(seq + 1, `Record ${seq + 1} of chain ${chain} is missing.`, atMs);
      if (hashOf(record, { chain, seq: record.seq, previous: hash }) !== record.hash)
        return broken(
          record.seq,
          `Record ${record.seq} of chain ${chain} was changed, or the one before: its hash does not fit.`,
          record.atMs,
        );
      const pin = record.seq === head.seq ? head.hash : pinned.get(record.seq);
      const alsoPinned = pinned.get(record.seq) ?? record.hash;
      if ((pin !== undefined && pin !== record.hash) || alsoPinned !== record.hash)
        return broken(
          record.seq,
          `Record ${record.seq} of chain ${chain}, or one before, was replaced: it is not the one that was signed.`,
          record.atMs,
        );
      if (atMs !== undefined && record.atMs < atMs)
        steps.push({ chain, seq: record.seq, byMs: atMs - record.atMs });
      ({ seq, hash, atMs } = record);
    }
    if (page.length === 0) break;
  }
  const signedSeq = Math.max(head.seq, lastOf(pinned));
  if (seq < signedSeq)
    return broken(
      seq + 1,
      `Record ${seq + 1} of chain ${chain} is missing: the chain is cut off, it had ${signedSeq} records.`,
      atMs,
    );
  if (seq > head.seq) {
    const now = await source.head(chain);
    if (now === undefined || now.seq < seq)
      return broken(
        head.seq + 1,
        `Record ${head.seq + 1} of chain ${chain} was added by somebody else.`,
        atMs,
      );
  }
  return { records: seq, steps, fault: undefined };
}

const PAGE = 1000;

/** The log in a database. */
export const auditSource = (db: Database): AuditSource => ({
  checkpoints: (after) => db.read((sql) => repository.listCheckpoints(sql, after, PAGE)),
  heads: (after) => db.read((sql) => repository.listHeads(sql, after, PAGE)),
  head: (chain) => db.read((sql) => repository.findHead(sql, chain)),
  nextRecordedChain: (after) => db.read((sql) => repository.nextRecordedChain(sql, after)),
  records: (chain, after) => db.read((sql) => repository.listRecords(sql, { chain, after, limit: PAGE })),
});
