import { readTokens, type Token } from './lexer.ts';

/** Where the tables of the tracking data lie for callers; to DuckDB `system` is a catalog of its own. */
export const TABLES_CATALOG = 'system';
export const TABLES_SCHEMA = 'mlflow';

/**
 * A query in the dialect of Databricks as DuckDB reads it: names in backquotes become names in double quotes, `:name`
 * becomes `$name` where such a parameter is given, and `system.mlflow.runs` loses its catalog. Everything else, and
 * every place that errors may name, stays where it is.
 */
export function renderForDuckDb(query: string, parameterNames: ReadonlySet<string>): string {
  const tokens = readTokens(query);
  let text = '';
  let at = 0;
  const replace = (token: Token, by: string) => {
    text += query.slice(at, token.at) + by;
    at = token.end;
  };
  for (const [i, token] of tokens.entries()) {
    if (token.kind === 'name' && token.text.startsWith('`')) {
      if (isTablesCatalog(tokens, i)) replace(token, ' '.repeat(token.text.length));
      else replace(token, `"${token.value.replaceAll('"', '""')}"`);
    } else if (token.kind === 'parameter' && parameterNames.has(token.value) && !isSlice(tokens, i)) {
      replace(token, `$${token.value}`);
    } else if (isTablesCatalog(tokens, i)) {
      replace(token, ' '.repeat(token.text.length));
    } else if (token.text === '.' && isTablesCatalog(tokens, i - 1)) {
      replace(token, ' ');
    }
  }
  return text + query.slice(at);
}

/** Whether the colon parts two things that touch it, as in `list[1:a]` and `{'k':a}`. */
function isSlice(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1];
  return before !== undefined && before.end === tokens[i]!.at && before.kind !== 'symbol';
}

/** Whether the token is the `system` of `system.mlflow.…`. */
function isTablesCatalog(tokens: readonly Token[], i: number): boolean {
  const [before, catalog, dot, schema, next] = [-1, 0, 1, 2, 3].map((offset) => tokens[i + offset]);
  return (
    isName(catalog, TABLES_CATALOG) &&
    before?.text !== '.' &&
    dot?.text === '.' &&
    isName(schema, TABLES_SCHEMA) &&
    next?.text === '.'
  );
}

const isName = (token: Token | undefined, name: string): boolean =>
  token !== undefined && ['word', 'name'].includes(token.kind) && token.value.toLowerCase() === name;
