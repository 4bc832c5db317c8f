import { canonicalJson } from './audit-canonical.ts';
import { type ChainHead, sha256 } from './audit-record.ts';
import type { AuditSigner } from './audit-signature.ts';

/**
 * A signed statement of where chains stood, numbered from 1 over all processes, each holding the hash of the one before:
 * it merges the chains, and what it names can neither be changed nor taken away unseen.
 */
export interface Checkpoint {
  readonly checkpointNo: number;
  readonly atMs: number;
  /** Canonical JSON of the statement. */
  readonly body: string;
  readonly publicKey: string;
  readonly signature: string;
}

/** What a body states. */
export interface Statement {
  readonly number: number;
  readonly at: number;
  /** Hash of the body of the checkpoint before; of nothing for the first. */
  readonly previous: string;
  readonly heads: readonly ChainHead[];
}

export const NO_CHECKPOINT = sha256('slipway audit checkpoints');

export function makeCheckpoint(statement: Statement, signer: AuditSigner): Checkpoint {
  const body = canonicalJson({
    number: statement.number,
    at: statement.at,
    previous: statement.previous,
    heads: statement.heads.map(({ chain, seq, hash }) => ({ chain, seq, hash })),
  });
  return {
    checkpointNo: statement.number,
    atMs: statement.at,
    body,
    publicKey: signer.publicKey,
    signature: signer.sign(body),
  };
}

export const hashOfCheckpoint = ({ body }: Pick<Checkpoint, 'body'>): string => sha256(body);

/** Undefined for a text that states nothing. */
export function readStatement(body: string): Statement | undefined {
  try {
    const statement = JSON.parse(body) as Statement;
    return Array.isArray(statement.heads) ? statement : undefined;
  } catch {
    return undefined;
  }
}

/** What is signed of the head of a chain with every batch of its records. */
export const headText = ({ chain, seq, hash }: ChainHead): string => canonicalJson({ chain, hash, seq });
