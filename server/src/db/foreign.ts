import type { Sql } from './port.ts';

/**
 * A database that belongs to another program, open for reading. All reads see one and the same state of it, however
 * long they take; nothing is ever written. On SQLite its owner cannot commit meanwhile: keep it open briefly.
 */
export interface ForeignDatabase {
  readonly sql: Sql;
  /** Names of the columns of a table; empty where there is no such table. */
  columns(table: string): Promise<ReadonlySet<string>>;
  close(): Promise<void>;
}
