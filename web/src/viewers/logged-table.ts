import { ExactNumber, isBranch } from './lenient-json.ts';
import type { TableData } from './table-data.ts';

/**
 * A table as `mlflow.log_table` writes it: `{"columns": […], "data": [[…], …]}`; undefined for any other document.
 */
export function readLoggedTable(document: unknown): TableData | undefined {
  if (!isBranch(document) || Array.isArray(document)) return undefined;
  const { columns, data } = document;
  if (!Array.isArray(columns) || !Array.isArray(data) || columns.length === 0) return undefined;
  if (!columns.every((name) => typeof name === 'string') || !data.every(Array.isArray)) return undefined;
  const rows = data as readonly unknown[][];
  return {
    columns: columns.map((name, i) => {
      const values = rows.map((row) => plain(row[i] ?? null));
      return { name: name as string, values };
    }),
    rowCount: rows.length,
  };
}

/** A picture in a cell of a table, as `mlflow.Image` is logged. */
export function pictureInCell(value: unknown): string | undefined {
  if (!isBranch(value) || Array.isArray(value) || value.type !== 'image') return undefined;
  const path = value.compressed_filepath ?? value.filepath;
  return typeof path === 'string' ? path : undefined;
}

const plain = (value: unknown): unknown => (value instanceof ExactNumber ? value.digits : value);
