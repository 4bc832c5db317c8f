import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../kernel/clock.ts';
import type { GovernedWrite } from './governed-writes.ts';
import { readPrincipalNo } from './principal-rules.ts';
import * as repository from './sessions-repository.ts';
import { hashSecret } from './tokens.ts';

/** What a browser holds after signing in. */
export interface NewSession {
  /** For the cookie; told once. */
  readonly secret: string;
  /** To be sent as `x-slipway-csrf` with everything that changes something. */
  readonly csrfToken: string;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
}

export interface Sessions {
  /** The oldest of the principal's sessions ends where it has a hundred. */
  start(principalId: string): Promise<NewSession>;
  /** Nothing happens where it has ended. */
  end(secret: string): Promise<void>;
  endAllOf(principalId: string): Promise<void>;
}

export interface SessionsDependencies {
  readonly clock: Clock;
  readonly write: GovernedWrite;
}

const LIFETIME_MS = 12 * 60 * 60_000;
const MAX_SESSIONS = 100;

export function createSessions({ clock, write }: SessionsDependencies): Sessions {
  return {
    async start(principalId) {
      const principalNo = readPrincipalNo(principalId);
      const secret = randomBytes(32).toString('base64url');
      const nowMs = clock.nowMs();
      const expiresAtMs = nowMs + LIFETIME_MS;
      await write(async (tx, changed) => {
        const ended = await repository.deleteEndedSessions(tx, nowMs);
        const oldest = (await repository.listSessionsOf(tx, principalNo)).slice(MAX_SESSIONS - 1);
        await repository.deleteSessions(tx, oldest);
        const hash = hashSecret(secret);
        await repository.insertSession(tx, {
          session_hash: hash,
          principal_no: principalNo,
          created_at: nowMs,
          expires_at: expiresAtMs,
        });
        for (const each of [...ended, ...oldest, hash]) changed('session', each);
      });
      return { secret, csrfToken: csrfTokenOf(secret), expiresAtMs, lifetimeMs: LIFETIME_MS };
    },

    async end(secret) {
      const hash = hashSecret(secret);
      await write(async (tx, changed) => {
        await repository.deleteSessions(tx, [hash]);
        changed('session', hash);
      });
    },

    async endAllOf(principalId) {
      await write(async (tx, changed) => {
        const hashes = await repository.listSessionsOf(tx, readPrincipalNo(principalId));
        await repository.deleteSessions(tx, hashes);
        for (const hash of hashes) changed('session', hash);
      });
    },
  };
}

/** Made of the cookie's secret, which pages cannot read: only we can tell it to them. */
export const csrfTokenOf = (secret: string): string =>
  createHash('sha256').update(`slipway-csrf:${secret}`).digest('base64url');

export function isCsrfToken(secret: string, sent: string): boolean {
  const expected = Buffer.from(csrfTokenOf(secret));
  const got = Buffer.from(sent);
  return got.length === expected.length && timingSafeEqual(got, expected);
}
