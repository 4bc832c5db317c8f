import type { Int64 } from '../kernel/int64.ts';
import type { Database } from './port.ts';

/** What a column of a row source holds; NULL besides. `timestamp`: milliseconds since 1970-01-01 UTC. */
export type RowColumnType = 'string' | 'bigint' | 'double' | 'timestamp';

export interface RowColumn {
  readonly name: string;
  readonly type: RowColumnType;
  readonly comment: string;
}

export type SourceRow = readonly (string | Int64 | null)[];

export interface RowQuery<Scope> {
  /** Which rows the reader may see; the others are never read. */
  readonly scope: Scope;
  /**
   * By the names of columns among `narrowing`: rows with other values are not wanted. A source may give them all the
   * same.
   */
  readonly only: Readonly<Record<string, readonly string[]>>;
}

/**
 * A table as readers outside see it, read from its beginning to its end in pages. Each page is read at its own moment;
 * the event loop gets its turn between them. Whoever stops early ends the generator.
 */
export interface RowSource<Scope> {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly RowColumn[];
  readonly narrowing: readonly string[];
  pages(db: Database, query: RowQuery<Scope>): AsyncGenerator<readonly SourceRow[]>;
}
