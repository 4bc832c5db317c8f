import pg from 'pg';
import { unavailable } from '../../kernel/errors.ts';
import type { ForeignDatabase } from '../foreign.ts';
import { columnTypes } from './postgres-database.ts';
import { createPostgresSql } from './postgres-session.ts';

const CONNECT_TIMEOUT_MS = 10_000;

/** @throws AppError Unavailable when nobody answers there, or not to us. */
export async function openForeignPostgres(url: string): Promise<ForeignDatabase> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'slipway import',
    types: columnTypes,
  });
  // A connection that breaks is told to the query that runs, or to the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  } catch (cause) {
    await client.end().catch(() => undefined);
    throw unavailable(`The database to import from cannot be read: ${(cause as Error).message}.`, { cause });
  }
  const sql = createPostgresSql(client);
  return {
    sql,
    async columns(table) {
      const rows = await sql.all<{ name: string }>(
        `SELECT column_name AS name FROM information_schema.columns
         WHERE table_name = ? AND table_schema = ANY (current_schemas(false))`,
        [table],
      );
      return new Set(rows.map((row) => row.name));
    },
    close: () => client.end(),
  };
}
