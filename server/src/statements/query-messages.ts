import type { RowColumnType, SourceRow } from '../db/row-source.ts';
import type { LakeTable, SpelledName } from './lake-tables.ts';
import type { NeededTable } from './query-analysis.ts';
import type { KnownTable } from './query-narrowing.ts';
import type { ResultColumn, ResultFormat, ResultLimits } from './results.ts';

/** What the server and a process that runs queries say to one another. */
export interface QueryJob {
  /** In DuckDB's dialect. */
  readonly query: string;
  readonly about: 'EXPLAIN' | 'EXPLAIN ANALYZE' | 'DESCRIBE' | undefined;
  readonly tables: readonly JobTable[];
  readonly parameters: readonly QueryParameter[];
  readonly format: ResultFormat;
  readonly limits: ResultLimits;
  readonly memoryMb: number;
  readonly threads: number;
}

export interface JobTable extends KnownTable {
  readonly types: readonly RowColumnType[];
}

export interface QueryParameter {
  /** Undefined for those that `?` stands for, in their order. */
  readonly name: string | undefined;
  readonly value: string | null;
  /** DuckDB's word for the type. */
  readonly type: string;
}

/** Rows that are there already, to be written in a format that needs more than texts. */
export interface EncodingJob {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A table that a query named and may read, under the name that it used. */
export interface OfferedTable extends LakeTable {
  readonly name: SpelledName;
}

export type ToProcess =
  | { readonly kind: 'query'; readonly job: QueryJob }
  | { readonly kind: 'encode'; readonly job: EncodingJob }
  | { readonly kind: 'rows'; readonly table: string; readonly rows: readonly SourceRow[] }
  /** Of the tables that were asked for those that are there. */
  | { readonly kind: 'offers'; readonly tables: readonly OfferedTable[] }
  /** The query comes to nothing; the server knows why. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'loaded' }
  /** The last part has been kept; the next may come. */
  | { readonly kind: 'kept' }
  | { readonly kind: 'interrupt' };

export type FromProcess =
  /** The query names tables that are not among those of the job. */
  | { readonly kind: 'asks'; readonly names: readonly SpelledName[] }
  | { readonly kind: 'needs'; readonly tables: readonly NeededTable[] }
  /** The rows have been taken; more may come. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'columns'; readonly columns: readonly ResultColumn[] }
  | { readonly kind: 'part'; readonly rows: number; readonly bytes: Uint8Array }
  | { readonly kind: 'done'; readonly truncated: boolean }
  | { readonly kind: 'failed'; readonly error: QueryFailure };

export interface QueryFailure {
  readonly code: 'InvalidArgument' | 'LimitExceeded' | 'Internal';
  readonly message: string;
  readonly reason: string | undefined;
}
