import type { TableColumn } from './schema.ts';

/** What the server and the process that reads and writes Parquet files say to one another. */
export type Job =
  /** Rows of a file in a format of ours become a Parquet file for each value of the partition. */
  | {
      readonly kind: 'convert';
      /** The name of the format, as the program knows it. */
      readonly format: string;
      readonly file: string;
      /** Where to leave the files; it is there. */
      readonly into: string;
    }
  /** Parquet files become one, in the order of a column. */
  | {
      readonly kind: 'join';
      readonly files: readonly string[];
      readonly into: string;
      readonly columns: readonly TableColumn[];
      readonly orderBy: string;
      readonly spillFolder: string;
    }
  /** Lines of JSON, in a file, become the Parquet file of a checkpoint, and the other way round. */
  | { readonly kind: 'write-checkpoint'; readonly lines: string; readonly into: string }
  | { readonly kind: 'read-checkpoint'; readonly file: string; readonly into: string }
  /** What Parquet files hold. */
  | { readonly kind: 'describe-rows'; readonly parts: readonly RowPart[] }
  /** Some of their rows become lines of JSON. */
  | {
      readonly kind: 'write-row-lines';
      readonly parts: readonly RowPart[];
      readonly from: number;
      readonly count: number;
      readonly into: string;
    }
  /** Lines of JSON become columns beside their rows. */
  | {
      readonly kind: 'add-columns';
      readonly parts: readonly RowPart[];
      readonly lines: string;
      readonly columns: readonly AddedColumn[];
      readonly into: string;
      readonly spillFolder: string;
      /** Whether times without a zone are written as times in UTC, as Delta has them. */
      readonly timesInUtc: boolean;
    };

/** Parquet files, and columns that have one value in all of their rows. */
export interface RowPart {
  readonly files: readonly string[];
  readonly constants: readonly {
    readonly name: string;
    /** As DuckDB calls it. */
    readonly type: string;
    readonly value: string | null;
  }[];
}

export interface FileColumn {
  readonly name: string;
  /** As DuckDB calls it. */
  readonly type: string;
}

export interface AddedColumn {
  readonly name: string;
  /** `JSON`: texts, each a value of JSON. */
  readonly type: 'BIGINT' | 'DOUBLE' | 'BOOLEAN' | 'VARCHAR' | 'JSON';
}

export interface PartitionFile {
  readonly file: string;
  /** The value of the table's partition column. */
  readonly partition: string;
  readonly rows: number;
  /** The least and the largest value of the format's column of time, as JSON has them. */
  readonly least: string | number;
  readonly largest: string | number;
}

export type JobResult =
  | { readonly kind: 'converted'; readonly files: readonly PartitionFile[] }
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'described'; readonly columns: readonly FileColumn[]; readonly rows: number }
  | { readonly kind: 'done' };

export interface ToDelta {
  readonly id: number;
  readonly job: Job;
}

export type FromDelta =
  | { readonly id: number; readonly result: JobResult }
  | {
      readonly id: number;
      readonly failure: { readonly message: string; readonly reason: 'input' | 'disk' | 'other' };
    };
