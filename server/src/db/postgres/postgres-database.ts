import pg from 'pg';
import { AppError, unavailable } from '../../kernel/errors.ts';
import { int64 } from '../../kernel/int64.ts';
import { runAfterCommit } from '../after-commit.ts';
import type { Database, Transaction } from '../port.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { isRetriable, translate } from './postgres-errors.ts';
import { createPresence, presenceKey } from './postgres-presence.ts';
import { createPostgresSql, createPostgresTransaction } from './postgres-session.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The most connections that this process holds. */
  readonly maxConnections?: number;
  /** Hears what actions after a commit threw. */
  readonly onActionError: (error: unknown) => void;
}

/** How often a transaction is tried again that the database ended for another's sake. */
const MAX_ATTEMPTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;

/** How columns are read, on every connection of this program. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    // bigint, and numeric as count and sum give it: exact, and a number where a number is exact.
    if (oid === 20) return (text: string) => int64(text);
    if (oid === 1700) return (text: string) => Number(text);
    return pg.types.getTypeParser(oid, format as 'text');
  },
} as pg.CustomTypesConfig;

/** PostgreSQL: many processes may share one database; commits are durable by its own settings. */
export function openPostgres(options: PostgresOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 30_000,
    application_name: 'slipway',
    types: columnTypes,
  });
  // An idle connection that breaks (the server restarts) is dropped by the pool; the next call opens another.
  pool.on('error', () => undefined);
  // One that breaks in use fails the query that runs on it, or the next; unheard, the event would end the process.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // Compiling a statement of ours takes longer than running it. Sent ahead of the connection's first statement, which
    // tells what broke if this cannot be sent.
    client.query('SET jit = off').catch(() => undefined);
  });

  async function connect(): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (cause) {
      throw unavailable('The database cannot be reached: try again in a moment.', { cause });
    }
  }

  async function attempt<T>(operation: (tx: Transaction) => Promise<T>): Promise<T> {
    const client = await connect();
    const committed: (() => void)[] = [];
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await operation(createPostgresTransaction(client, committed));
      await client.query('COMMIT');
      runAfterCommit(committed, options.onActionError);
      return result;
    } catch (error) {
      broken = await rollback(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  const presence = createPresence(options.url);

  return {
    dialect: postgresDialect,
    isShared: true,
    async read(operation) {
      const client = await connect();
      let broken: Error | undefined;
      try {
        return await operation(createPostgresSql(client));
      } catch (error) {
        if (!(error instanceof AppError)) broken = connectionError(error);
        throw translate(error);
      } finally {
        client.release(broken);
      }
    },
    async write(operation) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(operation);
        } catch (error) {
          // Nothing of the attempt remains, so it can be made again.
          if (tries >= MAX_ATTEMPTS || !isRetriable(error)) throw translate(error);
        }
      }
    },
    announce: (name) => presence.announce(name),
    async isPresent(sql, name) {
      // Got the lock: nobody holds it, so its owner is gone. It goes back with the transaction.
      const row = await sql.get<{ free: boolean }>(
        `SELECT pg_try_advisory_xact_lock(${presenceKey(name)}) AS free`,
      );
      return row?.free !== true;
    },
    async sizeBytes() {
      const { rows } = await pool.query<{ bytes: number }>(
        'SELECT pg_database_size(current_database()) AS bytes',
      );
      return Number(rows[0]!.bytes);
    },
    async close() {
      await presence.close();
      await pool.end();
    },
  };
}

/** Undefined when the connection can be used again. */
async function rollback(client: pg.PoolClient): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** An error without an SQLSTATE came from the socket: the connection is gone. */
function connectionError(error: unknown): Error | undefined {
  return error instanceof Error && !(error instanceof pg.DatabaseError) ? error : undefined;
}
