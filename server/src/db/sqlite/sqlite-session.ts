import type Connection from 'better-sqlite3';
import type { InsertOptions, KeyRelation, Sql, SqlParam, SqlValue, Transaction } from '../port.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Prepared statements kept per connection: searches make new texts without end, so the oldest goes. */
const MAX_STATEMENTS = 400;

type Statement = Connection.Statement<unknown[]>;

function statementCache(connection: Connection.Database): (text: string) => Statement {
  const statements = new Map<string, Statement>();
  return (text) => {
    const known = statements.get(text);
    if (known) return known;
    const statement = connection.prepare<unknown[]>(text);
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
    statements.set(text, statement);
    return statement;
  };
}

const NO_PARAMS: readonly SqlParam[] = [];

export function createSqliteSql(connection: Connection.Database): Sql {
  const prepare = statementCache(connection);
  const prepareRaw = rawStatementCache(connection);
  return {
    dialect: sqliteDialect,
    async all<Row>(text: string, params = NO_PARAMS) {
      return prepare(text).all(...params) as Row[];
    },
    async get<Row>(text: string, params = NO_PARAMS) {
      return prepare(text).get(...params) as Row | undefined;
    },
    async rows<Row extends readonly unknown[]>(text: string, params = NO_PARAMS) {
      return prepareRaw(text).all(...params) as unknown as Row[];
    },
    async allFor<Row>(keys: KeyRelation, text: string, params = NO_PARAMS) {
      return prepare(relation(keys) + text).all(encodeTuples(keys), ...params) as Row[];
    },
  };
}

export function createSqliteTransaction(
  connection: Connection.Database,
  committed: (() => void)[],
): Transaction {
  const prepare = statementCache(connection);
  return {
    ...createSqliteSql(connection),
    async run(text, params = NO_PARAMS) {
      return prepare(text).run(...params).changes;
    },
    async insertMany(table, columns, rows, options = {}) {
      const statement = prepare(insertText(table, Object.keys(columns), options));
      let changes = 0;
      for (const row of rows) changes += statement.run(...row).changes;
      return changes;
    },
    afterCommit(action) {
      committed.push(action);
    },
  };
}

function rawStatementCache(connection: Connection.Database): (text: string) => Statement {
  const prepare = statementCache(connection);
  return (text) => prepare(text).raw(true);
}

function relation(keys: KeyRelation): string {
  const values = keys.columns.map((_, i) => `value ->> ${i}`).join(', ');
  return `WITH keys(${keys.columns.join(', ')}) AS (SELECT ${values} FROM json_each(?)) `;
}

function encodeTuples(keys: KeyRelation): SqlValue {
  const encode = (value: string | number | bigint | null) =>
    typeof value === 'string' ? JSON.stringify(value) : String(value);
  return `[${keys.tuples.map((tuple) => `[${tuple.map(encode).join(',')}]`).join(',')}]`;
}

function insertText(table: string, columns: readonly string[], options: InsertOptions): string {
  const head = `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
  if (options.onConflict === undefined) return head;
  if (options.onConflict === 'ignore') return `${head} ON CONFLICT DO NOTHING`;
  const { key, update } = options.onConflict;
  return `${head} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${update.map((c) => `${c} = excluded.${c}`).join(', ')}`;
}
