import Connection from 'better-sqlite3';
import { invalidArgument } from '../../kernel/errors.ts';
import type { ForeignDatabase } from '../foreign.ts';
import { createSqliteSql, createStatements } from './sqlite-session.ts';

/** @throws AppError InvalidArgument when there is no database in `file`. */
export function openForeignSqlite(file: string): ForeignDatabase {
  const connection = open(file);
  const statements = createStatements(connection);
  const sql = createSqliteSql(() => statements);
  return {
    sql,
    async columns(table) {
      const rows = await sql.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', [table]);
      return new Set(rows.map((row) => row.name));
    },
    async close() {
      connection.close();
    },
  };
}

function open(file: string): Connection.Database {
  let connection: Connection.Database | undefined;
  try {
    connection = new Connection(file, { readonly: true, fileMustExist: true });
    connection.pragma('busy_timeout = 10000');
    connection.exec('BEGIN');
    connection.prepare('SELECT count(*) FROM sqlite_schema').get();
    return connection;
  } catch (cause) {
    connection?.close();
    throw invalidArgument(`There is no SQLite database in ${file}.`, { cause });
  }
}
