import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../migrate.ts';
import type { Database } from '../port.ts';
import { openPostgres } from '../postgres/postgres-database.ts';
import { openSqlite } from '../sqlite/sqlite-database.ts';

export interface OpenedDatabase {
  readonly db: Database;
  /** What actions after a commit threw so far. */
  readonly actionErrors: readonly unknown[];
  /** Opens the same data once more, as a second process would. */
  reopen(): Database;
  /** Closes everything and removes the data. */
  remove(): Promise<void>;
}

export interface TestedDatabase {
  readonly name: 'sqlite' | 'postgres';
  /** A fresh, migrated database. */
  open(): Promise<OpenedDatabase>;
}

/**
 * The databases that every suite over the port runs on: always SQLite, and PostgreSQL where the runner says where one
 * is (`SLIPWAY_TEST_POSTGRES`, a URL whose user may create databases; `npm test` starts one).
 */
export function testedDatabases(): readonly TestedDatabase[] {
  const url = process.env.SLIPWAY_TEST_POSTGRES;
  const sqlite: TestedDatabase = { name: 'sqlite', open: openFreshSqlite };
  return url === undefined ? [sqlite] : [sqlite, { name: 'postgres', open: () => openFreshPostgres(url) }];
}

async function openFreshSqlite(): Promise<OpenedDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-db-'));
  const file = join(folder, 'test.db');
  const actionErrors: unknown[] = [];
  const options = { file, onActionError: (error: unknown) => actionErrors.push(error) };
  const opened: Database[] = [openSqlite(options)];
  await migrate(opened[0]!);
  return {
    db: opened[0]!,
    actionErrors,
    reopen() {
      const again = openSqlite(options);
      opened.push(again);
      return again;
    },
    async remove() {
      for (const db of opened) await db.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function openFreshPostgres(url: string): Promise<OpenedDatabase> {
  const name = `slipway_${randomBytes(6).toString('hex')}`;
  await administer(url, `CREATE DATABASE ${name}`);
  const target = new URL(url);
  target.pathname = `/${name}`;
  const actionErrors: unknown[] = [];
  const options = {
    url: target.href,
    maxConnections: 4,
    onActionError: (error: unknown) => actionErrors.push(error),
  };
  const opened: Database[] = [openPostgres(options)];
  await migrate(opened[0]!);
  return {
    db: opened[0]!,
    actionErrors,
    reopen() {
      const again = openPostgres(options);
      opened.push(again);
      return again;
    },
    async remove() {
      for (const db of opened) await db.close();
      await administer(url, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
