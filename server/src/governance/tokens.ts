import { hash, randomBytes } from 'node:crypto';
import type { Database, Sql } from '../db/port.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import type { GovernedWrite } from './governed-writes.ts';
import { noSuchPrincipal, readPrincipalNo } from './principal-rules.ts';
import { findPrincipal } from './principals-repository.ts';
import * as repository from './tokens-repository.ts';

export interface TokenInfo {
  /** Tells the token in lists and in `revoke`; 64 hex digits, not the token's value nor its hash. */
  readonly id: string;
  readonly principalId: string;
  readonly comment: string;
  readonly createdAtMs: number;
  /** Undefined for one that does not end. */
  readonly expiresAtMs: number | undefined;
  /** The id of who made it: not always whose it is. */
  readonly createdById: string;
}

export interface NewToken {
  /** Whose rights it carries. */
  readonly principalId: string;
  readonly createdById: string;
  readonly comment?: string | undefined;
  /** Undefined or 0 for one that does not end. */
  readonly lifetimeMs?: number | undefined;
}

/** Personal access tokens: `dapi` and 32 hex digits. Their SHA-256 is kept; the value is told once. */
export interface Tokens {
  /** @throws AppError NotFound for the principal; LimitExceeded; InvalidArgument for a lifetime below zero or a group. */
  create(token: NewToken): Promise<{ readonly value: string; readonly info: TokenInfo }>;
  /** Of one principal, the newest first, without those that have ended. */
  list(principalId: string): Promise<readonly TokenInfo[]>;
  /** Of everybody, for administrators. */
  listAll(): Promise<readonly TokenInfo[]>;
  /** @throws AppError NotFound, also where the token is not `ofPrincipalId`'s; InvalidArgument for a long comment. */
  describe(id: string, comment: string, ofPrincipalId?: string): Promise<TokenInfo>;
  /** @throws AppError NotFound, also where the token is not `ofPrincipalId`'s. */
  revoke(id: string, ofPrincipalId?: string): Promise<void>;
}

export interface TokensDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly write: GovernedWrite;
}

/** As many as Databricks allows. */
const MAX_TOKENS = 600;
const MAX_COMMENT_LENGTH = 1024;
const MAX_LISTED = 100_000;
/** Later than any of them, and well within what a JavaScript date can be. */
const MAX_LIFETIME_MS = 1000 * 366 * 86_400_000;

export function createTokens({ db, clock, write }: TokensDependencies): Tokens {
  return {
    async create({ principalId, createdById, comment = '', lifetimeMs = 0 }) {
      const principalNo = readPrincipalNo(principalId);
      if (!(lifetimeMs >= 0 && lifetimeMs <= MAX_LIFETIME_MS))
        throw invalidArgument('The lifetime of a token is not negative.', { field: 'lifetime_seconds' });
      checkComment(comment);
      const value = `dapi${randomBytes(16).toString('hex')}`;
      const nowMs = clock.nowMs();
      const row: repository.TokenRow = {
        token_id: randomBytes(32).toString('hex'),
        token_hash: hashSecret(value),
        principal_no: principalNo,
        // 0 for the local user of a server without identities.
        created_by_no: createdById === '0' ? 0 : readPrincipalNo(createdById),
        comment,
        created_at: nowMs,
        expires_at: lifetimeMs === 0 ? null : nowMs + lifetimeMs,
      };
      await write(async (tx, changed) => {
        const principal = await findPrincipal(tx, principalNo);
        if (principal === undefined) throw noSuchPrincipal(principalId);
        if (principal.kind === 'group')
          throw invalidArgument('A token belongs to a user or a service principal.');
        for (const hash of await repository.deleteEndedTokens(tx, nowMs)) changed('token', hash);
        if ((await repository.countTokensOf(tx, principalNo)) >= MAX_TOKENS) {
          throw new AppError(
            'LimitExceeded',
            `'${principal.name}' has ${MAX_TOKENS} tokens, which is the most: revoke one first.`,
          );
        }
        await repository.insertToken(tx, row);
        changed('token', row.token_hash);
      });
      return { value, info: infoOf(row) };
    },

    list: (principalId) =>
      db.read(async (sql) => {
        const rows = await repository.listTokensOf(sql, readPrincipalNo(principalId), clock.nowMs());
        return rows.map(infoOf);
      }),

    listAll: () =>
      db.read(async (sql) => (await repository.listAllTokens(sql, clock.nowMs(), MAX_LISTED)).map(infoOf)),

    describe: (id, comment, ofPrincipalId) => {
      checkComment(comment);
      // The comment is nothing that anybody is judged by: nobody has to be told of it.
      return db.write(async (tx) => {
        const row = await getToken(tx, id, ofPrincipalId);
        if (row.expires_at !== null && row.expires_at <= clock.nowMs()) throw noSuchToken(id);
        await repository.setTokenComment(tx, id, comment);
        return infoOf({ ...row, comment });
      });
    },

    async revoke(id, ofPrincipalId) {
      await write(async (tx, changed) => {
        const row = await getToken(tx, id, ofPrincipalId);
        await repository.deleteToken(tx, id);
        changed('token', row.token_hash);
      });
    },
  };
}

/**
 * Under which a secret of ours is kept and found. It is 128 random bits or more: nobody tries them all, so a fast hash
 * is as good as a slow one, and a look-up by the hash tells nothing by its time.
 */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'hex');

async function getToken(
  sql: Sql,
  id: string,
  ofPrincipalId: string | undefined,
): Promise<repository.TokenRow> {
  const row = await repository.findToken(sql, id);
  if (row === undefined || (ofPrincipalId !== undefined && String(row.principal_no) !== ofPrincipalId))
    throw noSuchToken(id);
  return row;
}

const noSuchToken = (id: string): AppError => notFound(`Token ${id.slice(0, 100)} does not exist.`);

function checkComment(comment: string): void {
  if (comment.length > MAX_COMMENT_LENGTH)
    throw invalidArgument(`The comment of a token has at most ${MAX_COMMENT_LENGTH} characters.`, {
      field: 'comment',
    });
}

const infoOf = (row: repository.TokenRow): TokenInfo => ({
  id: row.token_id,
  principalId: String(row.principal_no),
  comment: row.comment,
  createdAtMs: row.created_at,
  expiresAtMs: row.expires_at ?? undefined,
  createdById: String(row.created_by_no),
});
