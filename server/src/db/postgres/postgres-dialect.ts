import type { Dialect } from '../port.ts';
import { postgresPattern } from './postgres-pattern.ts';

export const postgresDialect: Dialect = {
  name: 'postgres',
  inList: (column, type) => `${column} = ANY(?::${type === 'double' ? 'double precision' : type}[])`,
  list: (values) => values,
  // The driver reads bigint columns exactly (see postgres-database.ts).
  int64: (column) => column,
  like: (column, caseSensitive) =>
    // Columns sort by code point ("C"), under which lower() folds ASCII only: the fold is ICU's, as JavaScript's is.
    caseSensitive ? `${column} LIKE ?` : `lower(${column} COLLATE "und-x-icu") LIKE ?`,
  likePattern: (pattern, caseSensitive) => {
    // The language has no escape character, PostgreSQL's LIKE has.
    const literal = pattern.replaceAll('\\', '\\\\');
    return caseSensitive ? literal : literal.toLowerCase();
  },
  // As above: the classes of characters and their cases are ICU's.
  matches: (column) => `${column} COLLATE "und-x-icu" ~ ?`,
  pattern: postgresPattern,
  prefix: (column, length) => `left(${column}, ${length})`,
  indexOf: (text, part) => `strpos(${text}, ${part})`,
  indexedBy: () => '',
  jsonObjects: (fields) =>
    `coalesce(json_agg(json_build_object(${Object.entries(fields)
      .map(([name, sql]) => `'${name}', ${sql}`)
      .join(', ')}))::text, '[]')`,
  jsonList: (expression) => `coalesce(json_agg(${expression})::text, '[]')`,
  jsonNumber: (column, name) => `(${column}::json ->> '${name}')::float8`,
  percentiles: (column) => `to_json(percentile_cont(?::float8[]) WITHIN GROUP (ORDER BY ${column}))::text`,
  jsonDouble: (value, isNan) =>
    `CASE WHEN ${isNan} = 1 THEN to_json('NaN'::text)
       ELSE to_json(least(greatest(${value}, -1.7976931348623157e308::float8), 1.7976931348623157e308::float8)) END`,
  orderedJoin: 'JOIN',
  forUpdate: (alias) => ` FOR UPDATE OF ${alias}`,
  forShare: (alias) => ` FOR SHARE OF ${alias}`,
};
