import { createHash } from 'node:crypto';
import { canonicalJson } from './audit-canonical.ts';

export const OUTCOMES = ['attempted', 'succeeded', 'denied', 'refused', 'failed'] as const;

/**
 * `attempted`: written before the operation began, where no request may pass without its record; a second record tells
 * how it ended. `denied`: the caller lacked the right, or could not say who they are. `refused`: the request was at
 * fault. `failed`: we were.
 */
export type AuditOutcome = (typeof OUTCOMES)[number];

/** What happened. Texts are never secrets, nor what a request carried besides the names of things. */
export interface AuditEntry {
  readonly atMs: number;
  /** The name of who acted; empty where nobody could be made out. */
  readonly principal: string;
  readonly principalId: string;
  /** The peer's address; empty for the program itself. */
  readonly address: string;
  /** As rules name it (`model.promote`), `login`, `access.changed`, or the route's own name (`POST token/create`). */
  readonly action: string;
  /** `POST /api/2.0/mlflow/runs/log-batch`; empty for what no request did. */
  readonly route: string;
  /** Under which its grants are kept (`model:prod.ml.fraud_score`); empty where the call is about no securable. */
  readonly securable: string;
  /** What else names what the call is about: `run_id=1f…, alias=champion`. */
  readonly subject: string;
  readonly outcome: AuditOutcome;
  readonly requestId: string;
  /** How many operations of this kind the record stands for, one after the other. */
  readonly count: number;
  /** Canonical JSON with more, for changes of rights; empty for most. */
  readonly details: string;
}

/** An entry at its place: each process of the server writes its own chain, numbered from 1. */
export interface AuditRecord extends AuditEntry {
  readonly chain: string;
  readonly seq: number;
  /** SHA-256 in hex over the canonical form of everything else and of the hash of the record before. */
  readonly hash: string;
}

/** What the first record of a chain holds as the hash of the one before. */
export const genesisOf = (chain: string): string => sha256(`slipway audit chain ${chain}`);

export function hashOf(
  entry: AuditEntry,
  place: { readonly chain: string; readonly seq: number; readonly previous: string },
): string {
  return sha256(
    canonicalJson({
      action: entry.action,
      address: entry.address,
      at: entry.atMs,
      chain: place.chain,
      count: entry.count,
      details: entry.details,
      outcome: entry.outcome,
      previous: place.previous,
      principal: entry.principal,
      principal_id: entry.principalId,
      request_id: entry.requestId,
      route: entry.route,
      securable: entry.securable,
      seq: place.seq,
      subject: entry.subject,
    }),
  );
}

/** Where a chain ends; `seq` 0 for one without records. */
export interface ChainHead {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
}

/** The entries as the next records of a chain, in order. */
export function link(entries: readonly AuditEntry[], head: ChainHead): readonly AuditRecord[] {
  let { seq, hash } = head;
  return entries.map((entry) => {
    seq += 1;
    hash = hashOf(entry, { chain: head.chain, seq, previous: hash });
    return { ...entry, chain: head.chain, seq, hash };
  });
}

const MAX_CHARS = { principal: 200, address: 60, action: 120, route: 300, subject: 1000, details: 100_000 };

/**
 * An entry as both databases give it back to the letter: no NUL, which PostgreSQL refuses, no half of a pair of
 * surrogates, nothing endless that a caller chose.
 */
export function tidy(entry: AuditEntry): AuditEntry {
  return {
    ...entry,
    principal: cut(entry.principal, MAX_CHARS.principal),
    principalId: cut(entry.principalId, MAX_CHARS.principal),
    address: cut(entry.address, MAX_CHARS.address),
    action: cut(entry.action, MAX_CHARS.action),
    route: cut(entry.route, MAX_CHARS.route),
    securable: cut(entry.securable, MAX_CHARS.subject),
    subject: cut(entry.subject, MAX_CHARS.subject),
    requestId: cut(entry.requestId, MAX_CHARS.principal),
    details: cut(entry.details, MAX_CHARS.details),
  };
}

/** PostgreSQL keeps neither NUL nor halves of characters. */
function cut(text: string, chars: number): string {
  const short = text.length > chars ? `${text.slice(0, chars - 1)}…` : text;
  return short.replaceAll('\0', '␀').toWellFormed();
}

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
