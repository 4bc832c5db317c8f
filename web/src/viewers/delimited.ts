import Papa from 'papaparse';
import { readRange, type ShownFile } from './bytes.ts';
import { MOST_ROWS, type TableData } from './table-data.ts';

/** A larger table is read and shown as far as this: more would hold up the page for seconds. */
const MOST_READ = 8 * 1024 * 1024;

export interface DelimitedTable extends TableData {
  /** Bytes that were read; less than the file has where it is large. */
  readonly readBytes: number;
  readonly hasMoreRows: boolean;
  /** What the parser stumbled over, with the line. */
  readonly fault: string | undefined;
}

/** Reads a table of text; what parts the columns is found by itself. */
export async function readDelimited(file: ShownFile, signal: AbortSignal): Promise<DelimitedTable> {
  const bytes = await readRange(file, { start: 0, end: MOST_READ }, signal);
  const isCut = bytes.length < file.sizeBytes;
  const text = new TextDecoder().decode(bytes);
  const { data, errors } = Papa.parse<string[]>(text, {
    skipEmptyLines: 'greedy',
    // With the header, and one to see whether there are more.
    preview: MOST_ROWS + 2,
    ...(file.path.toLowerCase().endsWith('.tsv') && { delimiter: '\t' }),
  });
  // The last row of a part may be half of one.
  const rows = isCut ? data.slice(0, -1) : data;
  // A single column has nothing that parts it, which is no fault.
  const fault = errors.find(({ type }) => type !== 'Delimiter');
  const header = rows[0] ?? [];
  const body = rows.slice(1, MOST_ROWS + 1);
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  return {
    columns: Array.from({ length: width }, (_, i) => ({
      name: header[i] || `Column ${i + 1}`,
      values: body.map((row) => row[i] ?? ''),
    })),
    rowCount: body.length,
    hasMoreRows: isCut || rows.length - 1 > body.length,
    readBytes: bytes.length,
    fault: fault && `${fault.message}${fault.row === undefined ? '' : ` (row ${fault.row + 1})`}`,
  };
}
