import { statSync } from 'node:fs';
import Connection from 'better-sqlite3';
import { matchesLike } from '../../filters/like.ts';
import { AppError, invalidState, unavailable } from '../../kernel/errors.ts';
import { runAfterCommit } from '../after-commit.ts';
import type { Database, Sql, Transaction } from '../port.ts';
import { createCheckpointer } from './checkpointer.ts';
import { registerPatterns } from './patterns.ts';
import { registerPercentiles } from './percentiles.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { createSqliteSql, createSqliteTransaction, createStatements } from './sqlite-session.ts';

export interface SqliteOptions {
  /** Path of the database file; its folder must exist. */
  readonly file: string;
  /** Hears what actions after a commit threw. */
  readonly onActionError: (error: unknown) => void;
}

interface Queued {
  operation(tx: Transaction): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The most operations that share one commit: bounds how long the event loop is held. */
const MAX_GROUP = 512;

/**
 * SQLite in WAL mode with `synchronous=FULL`: a commit returns when the disk has it. Writes that arrived in the same
 * turn of the event loop share one commit (group commit); a savepoint around each lets it fail alone.
 *
 * Reads see committed data: between writes they go to the writing connection, whose page cache stays warm, and while a
 * write is open to a second connection. (SQLite drops a connection's whole cache when another one has committed.) The
 * reads of one turn of the event loop share a snapshot, since taking and leaving one costs more than finding a row; it
 * ends before the next write begins, so that whoever heard of a write sees it.
 */
export function openSqlite(options: SqliteOptions): Database {
  const writer = connect(options.file, { cacheKib: 32_768 });
  const reader = connect(options.file, { cacheKib: 4096 });
  reader.pragma('query_only = true');

  const onWriter = createStatements(writer);
  const onReader = createStatements(reader);
  const readSql: Sql = createSqliteSql(() => {
    if (writing) return onReader;
    takeSnapshot();
    return onWriter;
  });
  const committed: (() => void)[] = [];
  const transaction = createSqliteTransaction(onWriter, committed);
  const beginRead = writer.prepare('BEGIN');
  const begin = writer.prepare('BEGIN IMMEDIATE');
  const commit = writer.prepare('COMMIT');
  const rollback = writer.prepare('ROLLBACK');
  const savepoint = writer.prepare('SAVEPOINT one');
  const release = writer.prepare('RELEASE one');
  const undo = writer.prepare('ROLLBACK TO one');

  const checkpointer = createCheckpointer({
    file: options.file,
    pendingPages() {
      const [state] = writer.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
      return state!.log - state!.checkpointed;
    },
    finish() {
      leaveSnapshot();
      if (writer.open && !writing) writer.pragma('wal_checkpoint(PASSIVE)');
    },
  });

  const queue: Queued[] = [];
  let scheduled = false;
  let flushing: Promise<void> = Promise.resolve();
  let closed = false;
  let writing = false;
  let hasSnapshot = false;

  function takeSnapshot(): void {
    if (hasSnapshot) return;
    beginRead.run();
    hasSnapshot = true;
    setImmediate(leaveSnapshot);
  }

  function leaveSnapshot(): void {
    if (!hasSnapshot) return;
    hasSnapshot = false;
    // A failing disk may have ended it already.
    if (writer.inTransaction) commit.run();
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      flushing = flush();
    });
  }

  async function flush(): Promise<void> {
    const group = queue.splice(0, MAX_GROUP);
    const settled: (() => void)[] = [];
    leaveSnapshot();
    writing = true;
    try {
      begin.run();
      for (const entry of group) settled.push(await runOne(entry));
      commit.run();
    } catch (error) {
      committed.length = 0;
      if (writer.inTransaction) rollback.run();
      const failure = translate(error);
      for (const entry of group) entry.reject(failure);
      settled.length = 0;
    }
    writing = false;
    const actions = committed.splice(0);
    scheduled = false;
    if (queue.length > 0) schedule();
    for (const settle of settled) settle();
    // Before the actions: one that reads takes a snapshot, under which the log cannot be looked at.
    checkpointer.committed();
    runAfterCommit(actions, options.onActionError);
  }

  /** Runs one operation inside the group; what it returns tells its caller, to be called after the commit. */
  async function runOne(entry: Queued): Promise<() => void> {
    const actionsBefore = committed.length;
    savepoint.run();
    try {
      const value = await entry.operation(transaction);
      release.run();
      return () => entry.resolve(value);
    } catch (error) {
      committed.length = actionsBefore;
      // A full disk or a failing one ends the whole transaction: then nobody's change is there, and all must hear it.
      if (!writer.inTransaction) throw error;
      undo.run();
      release.run();
      const failure = translate(error);
      return () => entry.reject(failure);
    }
  }

  return {
    dialect: sqliteDialect,
    isShared: false,
    read: (operation) => operation(readSql),
    write<T>(operation: (tx: Transaction) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(unavailable('The server is shutting down; try again in a moment.'));
      return new Promise<T>((resolve, reject) => {
        queue.push({ operation, resolve: resolve as (value: unknown) => void, reject });
        schedule();
      });
    },
    announce: async () => {},
    isPresent: async () => false,
    async sizeBytes() {
      let total = 0;
      for (const suffix of ['', '-wal']) {
        total += statSync(options.file + suffix, { throwIfNoEntry: false })?.size ?? 0;
      }
      return total;
    },
    async close() {
      closed = true;
      while (scheduled || queue.length > 0) {
        await flushing;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await checkpointer.close();
      leaveSnapshot();
      reader.close();
      writer.close();
    },
  };
}

/** @throws AppError InvalidState where the file is no database or cannot be opened; Unavailable where the disk is at fault. */
function connect(file: string, settings: { readonly cacheKib: number }): Connection.Database {
  try {
    const connection = new Connection(file);
    configure(connection, settings);
    return connection;
  } catch (error) {
    const code = error instanceof Connection.SqliteError ? error.code : '';
    if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
      throw invalidState(`${file} is not a database, or is damaged: restore it from the backup.`, {
        cause: error,
      });
    }
    if (/^SQLITE_(?:CANTOPEN|READONLY|PERM)/.test(code)) {
      throw invalidState(`${file} cannot be opened: it and its folder must be writable.`, { cause: error });
    }
    throw translate(error);
  }
}

function configure(connection: Connection.Database, { cacheKib }: { readonly cacheKib: number }): void {
  connection.pragma('journal_mode = WAL');
  connection.pragma('synchronous = FULL');
  connection.pragma('foreign_keys = ON');
  connection.pragma('busy_timeout = 10000');
  connection.pragma('temp_store = MEMORY');
  connection.pragma(`cache_size = -${cacheKib}`);
  // Done by the checkpointer.
  connection.pragma('wal_autocheckpoint = 0');
  connection.function('unicode_ilike', { deterministic: true }, (pattern: unknown, text: unknown) =>
    typeof pattern === 'string' && typeof text === 'string'
      ? Number(matchesLike(pattern, text, false))
      : null,
  );
  registerPatterns(connection);
  registerPercentiles(connection);
}

/** SQLite's own failures in the program's words; everything else passes through. */
function translate(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Connection.SqliteError)) return error;
  switch (error.code) {
    case 'SQLITE_FULL':
      return unavailable('The disk that holds the database is full: free some space and try again.', {
        cause: error,
      });
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return unavailable('Another program holds the database: try again.', { cause: error });
    default:
      return error.code.startsWith('SQLITE_IOERR')
        ? unavailable('The disk that holds the database reports an error: try again.', { cause: error })
        : error;
  }
}
