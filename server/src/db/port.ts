/**
 * The metadata database, seen alike on SQLite and PostgreSQL.
 *
 * What an adapter guarantees:
 * - `write` resolves only after its changes are durable: they survive kill -9 and loss of power.
 * - `write` is all or nothing: when the operation throws, none of its changes remain, and nobody else's are touched.
 * - `write` operations that arrive together may share one durable commit; each still fails alone.
 * - `read` sees committed data only.
 *
 * SQL is written once, for both: `?` stands for a parameter, and what differs comes from `dialect`.
 */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** What differs between the engines, as fragments of SQL. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** `column` is one of the values in the list parameter that stands at this place (see `list`). */
  inList(column: string, type: 'text' | 'bigint' | 'double'): string;
  /** Encodes the values of an `inList` parameter. */
  list(values: readonly (string | number | bigint)[]): SqlValue | readonly (string | number | bigint)[];
  /** Selects a 64-bit integer column so that no digit is lost; read the value with `readInt64`. */
  int64(column: string): string;
  /** Case-sensitive LIKE of `column` against the pattern of `likePattern`. */
  like(column: string, caseSensitive: boolean): string;
  /** Encodes a pattern with `%` and `_` wildcards (no escape character, as in MLflow) for `like`. */
  likePattern(pattern: string, caseSensitive: boolean): string;
  /** Whether a regular expression, a parameter made by `pattern`, is found in `column`; the parameter comes last. */
  matches(column: string): string;
  /** Encodes a regular expression of `filters/pattern.ts`, which has parsed it before, for `matches`. */
  pattern(pattern: string): string;
  /** The first `length` characters of a text column, as the expression that the indexes hold. */
  prefix(column: string, length: number): string;
  /** Where `part` begins in `text`, both SQL expressions: characters from 1 on, 0 where it is not there. */
  indexOf(text: string, part: string): string;
  /** Asks the planner to walk the named index of the table alias it follows; empty where there is no such hint. */
  indexedBy(index: string): string;
  /**
   * Gathers the rows of a subquery into the text of a JSON array of objects (`[]` for none): a row that the database
   * renders costs a third of one that becomes a JavaScript object first. `fields`: names with their SQL expressions.
   */
  jsonObjects(fields: Readonly<Record<string, string>>): string;
  /**
   * Gathers a column of a subquery, in the order of its rows, into the text of a JSON array (`[]` for no rows): for tens
   * of thousands of numbers or texts a quarter of the cost of rows. Infinities come as what JSON.parse makes infinite,
   * or as the texts "Infinity" and "-Infinity". Not for integers beyond 2^53.
   */
  jsonList(expression: string): string;
  /** The number under `name` of a column of JSON objects, as a double; NULL where it is not there. */
  jsonNumber(column: string, name: string): string;
  /**
   * Aggregates a column of doubles into the text of a JSON array: for each fraction of the list parameter (see `list`;
   * from 0 to 1) the value below which it lies, interpolated between its neighbours. NULL for no rows.
   */
  percentiles(column: string): string;
  /** A double as MLflow has it in JSON: "NaN" where `isNan` is 1, infinities as the largest double. */
  jsonDouble(value: string, isNan: string): string;
  /** A join whose left side is the outer loop, whatever the planner estimates. */
  readonly orderedJoin: string;
  /** Ends a SELECT of a write so that nobody else changes the rows of `alias` before the commit. */
  forUpdate(alias: string): string;
  /** As `forUpdate`, but others may hold the same rows so at the same time. */
  forShare(alias: string): string;
}

export type SqlParam = SqlValue | readonly (string | number | bigint)[];

/** A set of key tuples that a query joins against; see `Sql.allFor`. */
export interface KeyRelation {
  readonly columns: readonly string[];
  readonly types: readonly ('text' | 'bigint' | 'double')[];
  readonly tuples: readonly (readonly (string | number | bigint | null)[])[];
}

export interface InsertOptions {
  /** What to do when a row with the same key exists. Default: fail. */
  readonly onConflict?: 'ignore' | { readonly key: readonly string[]; readonly update: readonly string[] };
}

export interface Sql {
  readonly dialect: Dialect;
  /** All rows as objects named by the selected columns. */
  all<Row>(text: string, params?: readonly SqlParam[]): Promise<Row[]>;
  /** The first row, or undefined. */
  get<Row>(text: string, params?: readonly SqlParam[]): Promise<Row | undefined>;
  /** All rows as arrays: the cheap form for many rows. */
  rows<Row extends readonly unknown[]>(text: string, params?: readonly SqlParam[]): Promise<Row[]>;
  /** Runs `text`, in which the relation `keys` holds the given tuples: one round trip for many lookups. */
  allFor<Row>(keys: KeyRelation, text: string, params?: readonly SqlParam[]): Promise<Row[]>;
}

export interface Transaction extends Sql {
  /** Runs a statement; the number of rows it changed. */
  run(text: string, params?: readonly SqlParam[]): Promise<number>;
  /** Inserts many rows in one go; the number of rows inserted (or updated). */
  insertMany(
    table: string,
    columns: Readonly<Record<string, 'text' | 'bigint' | 'double'>>,
    rows: readonly (readonly SqlValue[])[],
    options?: InsertOptions,
  ): Promise<number>;
  /**
   * Inserts those of the rows whose key is not there yet (nor earlier among them); the value of the column `returning`
   * of every row that was inserted.
   */
  insertNew<Value>(
    table: string,
    columns: Readonly<Record<string, 'text' | 'bigint' | 'double'>>,
    rows: readonly (readonly SqlValue[])[],
    returning: string,
  ): Promise<Value[]>;
  /**
   * Calls `action` once the transaction is durable; never when it is rolled back. What it throws is told to whoever
   * opened the database: the write stands.
   */
  afterCommit(action: () => void): void;
}

export interface Database {
  readonly dialect: Dialect;
  /** Whether other processes may change it: what this one does not do itself it has to look for. */
  readonly isShared: boolean;
  read<T>(operation: (sql: Sql) => Promise<T>): Promise<T>;
  /**
   * Runs `operation` in a durable transaction. The operation may await nothing but its own transaction: on SQLite
   * it shares the only writer with everybody else.
   */
  write<T>(operation: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Shows other processes on this database that this one is there, under `name`, for as long as it lives. */
  announce(name: string): Promise<void>;
  /** Whether the process that announced itself under `name` lives. On SQLite this process is the only one. */
  isPresent(sql: Sql, name: string): Promise<boolean>;
  /** Bytes that the database occupies, for metrics. */
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/**
 * A text that depends on the engine alone, built once for each: a statement is found again by its text, and a text made
 * anew for every call would have to be joined and hashed every time.
 */
export function textFor(build: (dialect: Dialect) => string): (dialect: Dialect) => string {
  const built = new Map<Dialect, string>();
  return (dialect) => {
    let text = built.get(dialect);
    if (text === undefined) {
      text = build(dialect);
      built.set(dialect, text);
    }
    return text;
  };
}
