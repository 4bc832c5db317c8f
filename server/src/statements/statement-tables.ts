import type { Database } from '../db/port.ts';
import type { RowColumn, RowSource, SourceRow } from '../db/row-source.ts';
import type { Access } from '../governance/access.ts';

/** A table that queries may name, whoever asks; its rows are those that the caller sees. */
export interface StatementTable {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly RowColumn[];
  readonly narrowing: readonly string[];
  pages(
    db: Database,
    access: Access,
    only: Readonly<Record<string, readonly string[]>>,
  ): AsyncGenerator<readonly SourceRow[]>;
}

/** Offers row sources to queries; `scopeOf` says what of them a caller sees. */
export function offerTables<Scope>(
  sources: readonly RowSource<Scope>[],
  scopeOf: (access: Access) => Scope,
): readonly StatementTable[] {
  return sources.map((source) => ({
    name: source.name,
    comment: source.comment,
    columns: source.columns,
    narrowing: source.narrowing,
    pages: (db, access, only) => source.pages(db, { scope: scopeOf(access), only }),
  }));
}
