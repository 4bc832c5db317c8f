import type { Dialect } from '../port.ts';

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  inList: (column) => `${column} IN (SELECT value FROM json_each(?))`,
  list: encodeList,
  // Beyond 2^53 a JavaScript number rounds; text keeps every digit.
  int64: (column) =>
    `CASE WHEN ${column} BETWEEN -9007199254740991 AND 9007199254740991 THEN ${column} ELSE CAST(${column} AS TEXT) END`,
  like: (column, caseSensitive) => (caseSensitive ? `${column} GLOB ?` : `unicode_ilike(?, ${column})`),
  likePattern: (pattern, caseSensitive) => (caseSensitive ? globPattern(pattern) : pattern),
  matches: (column) => `matches_pattern(${column}, ?)`,
  pattern: (pattern) => pattern,
  prefix: (column, length) => `substr(${column}, 1, ${length})`,
  indexOf: (text, part) => `instr(${text}, ${part})`,
  indexedBy: (index) => `INDEXED BY ${index}`,
  jsonObjects: (fields) =>
    `json_group_array(json_object(${Object.entries(fields)
      .map(([name, sql]) => `'${name}', ${sql}`)
      .join(', ')}))`,
  jsonList: (expression) => `json_group_array(${expression})`,
  jsonNumber: (column, name) => `CAST(${column} ->> '$.${name}' AS REAL)`,
  percentiles: (column) => `percentiles(${column}, ?)`,
  jsonDouble: (value, isNan) =>
    `CASE WHEN ${isNan} = 1 THEN 'NaN' ELSE min(max(${value}, -1.7976931348623157e308), 1.7976931348623157e308) END`,
  orderedJoin: 'CROSS JOIN',
  // There is one writer at a time.
  forUpdate: () => '',
  forShare: () => '',
};

/** JSON by hand, because JSON.stringify refuses bigints and SQLite reads integers of 64 bits exactly. */
function encodeList(values: readonly (string | number | bigint)[]): string {
  return `[${values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))).join(',')}]`;
}

/** SQLite's GLOB is the case-sensitive one of its two matchers: `%` becomes `*`, `_` becomes `?`. */
function globPattern(pattern: string): string {
  return pattern.replace(/[%_*?[]/g, (char) => {
    if (char === '%') return '*';
    return char === '_' ? '?' : `[${char}]`;
  });
}
