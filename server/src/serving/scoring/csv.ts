import type { Table } from './input-forms.ts';
import { badCsv } from './scoring-errors.ts';

/** What pandas reads as no value. */
const MISSING: ReadonlySet<string> = new Set([
  '',
  '#N/A',
  '#N/A N/A',
  '#NA',
  '-1.#IND',
  '-1.#QNAN',
  '-NaN',
  '-nan',
  '1.#IND',
  '1.#QNAN',
  '<NA>',
  'N/A',
  'NA',
  'NULL',
  'NaN',
  'None',
  'n/a',
  'nan',
  'null',
]);

/**
 * A body of comma-separated values with a header, as `DataFrame.to_csv` writes it. Values are texts, or null where pandas
 * sees none.
 * @throws AppError InvalidArgument for a quote that does not end, more values than columns, or no header
 */
export function readCsv(text: string): Table {
  const lines = splitLines(text);
  const names = lines[0];
  if (names === undefined) throw badCsv('No columns to parse from file');
  const rows = lines.slice(1);
  rows.forEach((row, index) => {
    if (row.length > names.length)
      throw badCsv(
        `Error tokenizing data. C error: Expected ${names.length} fields in line ${index + 2}, saw ${row.length}`,
      );
  });
  return {
    rows: rows.length,
    names,
    column(index) {
      return rows.map((row) => {
        const value = row[index];
        return value === undefined || MISSING.has(value) ? null : value;
      });
    },
  };
}

/** Lines of values; empty lines are no rows. */
function splitLines(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  let at = 0;
  while (at <= text.length) {
    const quoted = text[at] === '"';
    const end = quoted ? endOfQuoted(text, at) : endOfPlain(text, at);
    line.push(quoted ? unquote(text, at, end) : text.slice(at, end));
    const separator = text[end];
    at = end + 1;
    if (separator === ',') continue;
    if (separator === '\r' && text[at] === '\n') at += 1;
    if (line.length > 1 || line[0] !== '') lines.push(line);
    line = [];
  }
  return lines;
}

function endOfPlain(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const char = text[at];
    if (char === ',' || char === '\n' || char === '\r') break;
  }
  return at;
}

/** Where the value that a quote begins is over: at its separator. */
function endOfQuoted(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    at = text.indexOf('"', at);
    if (at < 0) throw badCsv('Error tokenizing data. C error: EOF inside string');
    if (text[at + 1] !== '"') return endOfPlain(text, at + 1);
    at += 2;
  }
}

/** What stands behind the closing quote belongs to the value, as pandas has it. */
function unquote(text: string, start: number, end: number): string {
  const whole = text.slice(start + 1, end);
  const close = whole.lastIndexOf('"');
  return whole.slice(0, close).replaceAll('""', '"') + whole.slice(close + 1);
}
