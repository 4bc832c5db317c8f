import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import { AppError } from '../kernel/errors.ts';

/** One part of one result. */
export interface LinkedPart {
  readonly statementId: string;
  readonly part: number;
}

export interface ResultLink {
  /** What stands behind the route's path: `?expires=…&signature=…`. */
  readonly query: string;
  readonly expiresAtMs: number;
}

/** As long as Databricks' own links at most. */
const LIFE_MS = 15 * 60 * 1000;

/**
 * Permissions to read one part of a result that travel in its URL: clients fetch results without their credentials.
 * Whoever has the URL has the right: it never goes to a log.
 * @param key secret bytes, the same in every process of the installation.
 */
export function createResultLinks({ key, clock }: { readonly key: Uint8Array; readonly clock: Clock }) {
  // A key of its own: what is signed here means nothing where the same secret seals other things.
  const own = createHmac('sha256', key).update('links to results of statements, 1').digest();
  const signatureOf = ({ statementId, part }: LinkedPart, expiresAtMs: number): Buffer =>
    createHmac('sha256', own)
      .update(JSON.stringify([statementId, part, expiresAtMs]))
      .digest();

  return {
    sign(of: LinkedPart): ResultLink {
      const expiresAtMs = clock.nowMs() + LIFE_MS;
      const signature = signatureOf(of, expiresAtMs).toString('base64url');
      return { query: `?expires=${expiresAtMs}&signature=${signature}`, expiresAtMs };
    },

    /** @throws AppError PermissionDenied for a link that we did not sign, or that has expired. */
    verify(
      of: LinkedPart,
      { expires, signature }: { readonly expires: string; readonly signature: string },
    ): void {
      const given = Buffer.from(signature, 'base64url');
      const expected = signatureOf(of, Number(expires));
      if (given.length !== expected.length || !timingSafeEqual(given, expected))
        throw new AppError('PermissionDenied', 'This link is not one that this server has signed.');
      if (Number(expires) <= clock.nowMs())
        throw new AppError('PermissionDenied', 'This link has expired: ask the statement for another one.');
    },
  };
}

export type ResultLinks = ReturnType<typeof createResultLinks>;
