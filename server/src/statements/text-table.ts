const MAX_WIDTH = 60;

/** Rows under their headings, in columns as wide as what they hold; long values are cut. */
export function writeTextTable(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): string {
  const shown = rows.map((row) => row.map((value) => cut(harmless(value ?? 'NULL'))));
  const heads = columns.map((name) => cut(harmless(name)));
  const widths = heads.map((head, i) =>
    shown.reduce((width, row) => Math.max(width, lengthOf(row[i]!)), lengthOf(head)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => pad(cell, widths[i]!))
      .join('  ')
      .trimEnd();
  const count = `(${rows.length} row${rows.length === 1 ? '' : 's'})`;
  return [
    line(heads),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...shown.map(line),
    count,
    '',
  ].join('\n');
}

/** What comes out of a database is shown, and never commands a terminal. */
const harmless = (text: string): string => text.replace(/\p{Cc}/gu, ' ');
const lengthOf = (text: string): number => [...text].length;
const cut = (text: string): string =>
  lengthOf(text) > MAX_WIDTH ? `${[...text].slice(0, MAX_WIDTH - 1).join('')}…` : text;
const pad = (text: string, width: number): string => text + ' '.repeat(width - lengthOf(text));
