import type { Access } from '../governance/access.ts';
import type { TableName } from '../governance/tables.ts';

/** A table whose rows lie in Parquet files, as a query reads it. */
export interface LakeTable {
  /** All its columns, in their order; `type` in DuckDB's words. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** The column that the files do not hold: each has one value of it. */
  readonly partitionColumn: string;
  /** Files on this machine. */
  readonly files: readonly { readonly place: string; readonly partition: string }[];
}

export interface HeldLakeTable extends LakeTable {
  /** The files may go. */
  release(): void;
}

/**
 * A table under the rights of a caller, at its newest version; undefined where there is none, or none that the caller
 * may know of: nobody can tell one from the other.
 * @throws AppError PermissionDenied for one that the caller sees, and may not read; InvalidArgument for one whose rows
 *   are not kept here; LimitExceeded; Unavailable.
 */
export type OpenLakeTable = (
  name: TableName,
  access: Access,
  signal: AbortSignal,
) => Promise<HeldLakeTable | undefined>;

/** What a query calls the table: one to three parts, as it spells them. */
export type SpelledName = readonly string[];
