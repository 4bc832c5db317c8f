import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { readRange, type ShownFile } from './bytes.ts';
import type { TableData } from './table-data.ts';

export interface ParquetColumn {
  readonly name: string;
  /** As the file says it: `INT64`, `STRING`, `LIST`. */
  readonly type: string;
}

/** A Parquet file that is read as far as it is looked at. */
export interface ParquetSource {
  readonly rowCount: number;
  readonly columns: readonly ParquetColumn[];
  readonly groupCount: number;
  /** Who wrote the file. */
  readonly writer: string | undefined;
  readRows(
    rows: { readonly start: number; readonly end: number },
    columns?: readonly string[],
  ): Promise<ParquetRow[]>;
  readAll(): Promise<TableData>;
}

export type ParquetRow = Readonly<Record<string, unknown>>;

/** Reads the description at the end of the file. */
export async function openParquet(file: ShownFile, signal: AbortSignal): Promise<ParquetSource> {
  const buffer: AsyncBuffer = {
    byteLength: file.sizeBytes,
    slice: async (start, end = file.sizeBytes) => (await readRange(file, { start, end })).buffer,
  };
  const metadata = await parquetMetadataAsync({
    ...buffer,
    slice: async (start, end = file.sizeBytes) => (await readRange(file, { start, end }, signal)).buffer,
  });
  const columns = columnsOf(metadata);
  const rowCount = Number(metadata.num_rows);
  const read = (rowStart: number, rowEnd: number, names?: readonly string[]) =>
    parquetReadObjects({
      file: buffer,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      useOffsetIndex: true,
      ...(names && { columns: [...names] }),
    });
  return {
    rowCount,
    columns,
    groupCount: metadata.row_groups.length,
    writer: metadata.created_by,
    readRows: ({ start, end }, names) => read(start, Math.min(end, rowCount), names),
    async readAll() {
      const rows = await read(0, rowCount);
      return {
        rowCount,
        columns: columns.map(({ name }) => ({ name, values: rows.map((row) => row[name] as unknown) })),
      };
    },
  };
}

function columnsOf(metadata: FileMetaData): readonly ParquetColumn[] {
  return parquetSchema(metadata).children.map(({ element, children }) => {
    const logical = element.logical_type?.type ?? element.converted_type ?? element.type;
    return { name: element.name, type: logical ?? (children.length > 0 ? 'STRUCT' : 'unknown') };
  });
}
