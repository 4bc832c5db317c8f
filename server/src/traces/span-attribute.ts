import type { SqlFragment } from '../db/conditions.ts';
import type { Dialect } from '../db/port.ts';

/**
 * The text of an attribute, in a query over `spans s`: NULL where the span has none of that name or it is no text. In
 * the content (see `span-content.ts`) an attribute is a text that holds JSON.
 */
export function spanAttribute(dialect: Dialect, name: string): SqlFragment {
  return dialect.name === 'sqlite' ? onSqlite(name) : onPostgres(name);
}

function onSqlite(name: string): SqlFragment {
  const json = 's.content ->> ?';
  const path = `$.attributes.${JSON.stringify(name)}`;
  return {
    text: `CASE WHEN json_valid(${json}, 2) THEN CASE json_type(${json}) WHEN 'text' THEN (${json}) ->> '$' END END`,
    params: [path, path, path],
  };
}

/** PostgreSQL's JSON refuses some of what contents may hold (NaN, the escape of U+0000): the place is found in the text. */
function onPostgres(name: string): SqlFragment {
  const key = JSON.stringify(name).replace(/[^\w\s"]/g, '\\$&');
  // A span's attributes are what follows its status, which ends in a text.
  const attributes = `substr(s.content, strpos(s.content, '"}, "attributes": {"'))`;
  const value = `(substring(${attributes} from ?::text)::json #>> '{}')`;
  const pattern = `${key}: ("(?:[^"\\\\]|\\\\.)*")`;
  return {
    text: `CASE WHEN ${value} LIKE '"%' AND strpos(${value}, '\\u0000') = 0 THEN ${value}::json #>> '{}' END`,
    params: [pattern, pattern, pattern],
  };
}
