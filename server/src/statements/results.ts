/** How the rows of a result are written. */
export type ResultFormat = 'JSON_ARRAY' | 'ARROW_STREAM' | 'CSV';

/** Whether a result goes with the answer about its statement, or is fetched by links. */
export type Disposition = 'INLINE' | 'EXTERNAL_LINKS' | 'INLINE_OR_EXTERNAL_LINKS';

export interface ResultColumn {
  readonly name: string;
  /** Databricks' word for the kind of type: `LONG`, `DECIMAL`, `ARRAY`. */
  readonly typeName: string;
  /** The type as SQL writes it: `BIGINT`, `DECIMAL(18,3)`, `ARRAY<STRING>`. */
  readonly typeText: string;
  readonly precision?: number;
  readonly scale?: number;
}

/** Where the parts of a result end, and where it ends. */
export interface ResultLimits {
  /** A part ends behind the row with which it has as many bytes; `'whole'` for one part alone. */
  readonly partBytes: number | 'whole';
  /** More bytes than these end the statement with an error. */
  readonly maxBytes: number;
  /** The result ends here, and is called truncated if there was more. */
  readonly rowLimit: number | undefined;
  readonly byteLimit: number | undefined;
}

export const stringColumn = (name: string): ResultColumn => ({
  name,
  typeName: 'STRING',
  typeText: 'STRING',
});

/** One row in JSON: every value is a text or null. */
export const writeJsonRow = (row: readonly (string | null)[]): string => JSON.stringify(row);

/** RFC 4180; null is the word. */
export function writeCsvRow(row: readonly (string | null)[]): string {
  return `${row.map(writeCsvValue).join(',')}\r\n`;
}

function writeCsvValue(value: string | null): string {
  if (value === null) return 'null';
  // A text that reads `null` is no null.
  return /[",\r\n]|^\s|\s$|^null$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
