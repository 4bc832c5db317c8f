import type { Sql, SqlParam } from './port.ts';

/** Whether a text is in a column, as written or, for ASCII, in any case. Takes `containsParams`. */
export function containsText(sql: Sql, column: string): string {
  const { indexOf } = sql.dialect;
  return `(${indexOf(`lower(${column})`, 'CAST(? AS TEXT)')} > 0 OR ${indexOf(column, 'CAST(? AS TEXT)')} > 0)`;
}

/**
 * How near a text that a column has in it comes to the whole of it: 0 where one of the columns is the text, 1 where one
 * begins so, else 2. Takes `rankParams`.
 */
export function rankText(sql: Sql, columns: readonly string[]): string {
  const { indexOf } = sql.dialect;
  const any = (test: (column: string) => string) => columns.map(test).join(' OR ');
  const isText = any((column) => `lower(${column}) = CAST(? AS TEXT) OR ${column} = CAST(? AS TEXT)`);
  const beginsSo = any(
    (column) =>
      `${indexOf(`lower(${column})`, 'CAST(? AS TEXT)')} = 1 OR ${indexOf(column, 'CAST(? AS TEXT)')} = 1`,
  );
  return `CASE WHEN ${isText} THEN 0 WHEN ${beginsSo} THEN 1 ELSE 2 END`;
}

export const rankParams = (text: string, columns: readonly string[]): readonly SqlParam[] =>
  [...columns, ...columns].flatMap(() => containsParams(text));

export const containsParams = (text: string): readonly SqlParam[] => [
  text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
  text,
];
