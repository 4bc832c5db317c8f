import type Connection from 'better-sqlite3';
import type { InsertOptions, KeyRelation, Sql, SqlParam, SqlValue, Transaction } from '../port.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Prepared statements kept per connection: searches make new texts without end, so the oldest goes. */
const MAX_STATEMENTS = 400;

type Statement = Connection.Statement<unknown[]>;

/**
 * The text with every `?` as `+?`, which means the same. SQLite built with STAT4 plans a statement anew on every
 * execution where the value of a bare parameter could influence the plan: 5 to 20 µs for a join or an ORDER BY. Here
 * the plans rest on the indexes alone (nothing runs ANALYZE), and a parameter inside an expression is not looked at.
 * Source: sqlite.org/c3ref/prepare.html, on sqlite3_prepare_v2 and bound parameters in the WHERE clause.
 */
function keepPlan(text: string): string {
  return text.replace(/'(?:[^']|'')*'|\?/g, (token) => (token === '?' ? '+?' : token));
}

function statementCache(connection: Connection.Database): Prepare {
  const statements = new Map<string, Statement>();
  return (text) => {
    const known = statements.get(text);
    if (known) return known;
    const statement = connection.prepare<unknown[]>(keepPlan(text));
    if (statements.size >= MAX_STATEMENTS) statements.delete(statements.keys().next().value as string);
    statements.set(text, statement);
    return statement;
  };
}

/** Rows of one INSERT: what a statement costs by itself is then shared, and more rows would gain little. */
const ROWS_AT_ONCE = 50;

const NO_PARAMS: readonly SqlParam[] = [];

type Prepare = (text: string) => Statement;

export interface Statements {
  readonly prepare: Prepare;
  /** Statements whose rows are arrays. */
  readonly prepareRaw: Prepare;
}

export function createStatements(connection: Connection.Database): Statements {
  const forRows = statementCache(connection);
  return { prepare: statementCache(connection), prepareRaw: (text) => forRows(text).raw(true) };
}

/** Reads with the statements that `current` gives at the time of each. */
export function createSqliteSql(current: () => Statements): Sql {
  const prepare: Prepare = (text) => current().prepare(text);
  const prepareRaw: Prepare = (text) => current().prepareRaw(text);
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

export function createSqliteTransaction(statements: Statements, committed: (() => void)[]): Transaction {
  const { prepare, prepareRaw } = statements;
  return {
    ...createSqliteSql(() => statements),
    async run(text, params = NO_PARAMS) {
      return prepare(text).run(...params).changes;
    },
    async insertMany(table, columns, rows, options = {}) {
      let changes = 0;
      for (const { count, values } of groups(rows)) {
        changes += prepare(insertText(table, Object.keys(columns), options, count)).run(values).changes;
      }
      return changes;
    },
    async insertNew<Value>(
      table: string,
      columns: Readonly<Record<string, string>>,
      rows: readonly (readonly SqlValue[])[],
      returning: string,
    ) {
      const inserted: Value[] = [];
      for (const { count, values } of groups(rows)) {
        const text = insertText(table, Object.keys(columns), { onConflict: 'ignore' }, count);
        const returned = prepareRaw(`${text} RETURNING ${returning}`).all(values) as unknown as [Value][];
        for (const [value] of returned) inserted.push(value);
      }
      return inserted;
    },
    afterCommit(action) {
      committed.push(action);
    },
  };
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

/** The rows in groups for one INSERT each, their values in one list. */
function* groups(
  rows: readonly (readonly SqlValue[])[],
): Generator<{ count: number; values: readonly SqlValue[] }> {
  let at = 0;
  for (; rows.length - at >= ROWS_AT_ONCE; at += ROWS_AT_ONCE) {
    const values: SqlValue[] = [];
    for (let i = at; i < at + ROWS_AT_ONCE; i += 1) values.push(...rows[i]!);
    yield { count: ROWS_AT_ONCE, values };
  }
  for (; at < rows.length; at += 1) yield { count: 1, values: rows[at]! };
}

function insertText(
  table: string,
  columns: readonly string[],
  options: InsertOptions,
  rowCount: number,
): string {
  const row = `(${columns.map(() => '?').join(', ')})`;
  const rows = Array<string>(rowCount).fill(row).join(', ');
  const head = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows}`;
  if (options.onConflict === undefined) return head;
  if (options.onConflict === 'ignore') return `${head} ON CONFLICT DO NOTHING`;
  const { key, update } = options.onConflict;
  return `${head} ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${update.map((c) => `${c} = excluded.${c}`).join(', ')}`;
}
