import { AppError, invalidArgument } from '../kernel/errors.ts';
import { resolveField } from './fields.ts';
import type { Grammar } from './grammars.ts';
import { tokenize } from './lexer.ts';
import type { OrderTerm } from './tree.ts';

/**
 * Parses `order_by`: each entry a field, then ASC (the default) or DESC in any case.
 * @throws AppError InvalidArgument for an unknown field, another word, or a field that stands twice.
 */
export function parseOrderBy(entries: readonly string[], grammar: Grammar): OrderTerm[] {
  const terms = entries.map((entry) => parseTerm(entry, grammar));
  const seen = new Set<string>();
  for (const { field } of terms) {
    const identity = `${field.scope}.${field.key}`;
    if (seen.has(identity)) {
      throw invalidArgument(`\`order_by\` contains duplicate fields: ${field.key} stands there twice.`, {
        field: 'order_by',
      });
    }
    seen.add(identity);
  }
  return terms;
}

function parseTerm(entry: string, grammar: Grammar): OrderTerm {
  const { name, direction } = splitDirection(entry);
  const parts: string[] = [];
  const quoted: boolean[] = [];
  let end = 0;
  for (const token of tokensOf(name, entry)) {
    if (token.kind === 'end') break;
    const isName =
      token.kind === 'word' || token.kind === 'number' || (token.kind === 'quoted' && token.quote !== "'");
    const isDot = token.kind === 'symbol' && token.text === '.';
    // `Run name` is the one name with a space that needs no quotes.
    if (parts.length > 0 && token.position > end && isName) parts.push(' ');
    else if (!isName && !isDot) throw invalidTerm(entry);
    if (parts.at(-1) === ' ') quoted.push(false);
    parts.push(token.text);
    quoted.push(token.kind === 'quoted');
    end = token.position + token.text.length + (token.kind === 'quoted' ? 2 : 0);
  }
  if (parts.length === 0) throw invalidTerm(entry);
  const field = resolve(parts, quoted, { entry, grammar });
  if (field.scope !== 'attribute' && !grammar.orderableScopes.includes(field.scope)) throw invalidTerm(entry);
  return { field, descending: direction === 'DESC' };
}

function tokensOf(name: string, entry: string) {
  try {
    return tokenize(name);
  } catch (error) {
    if (error instanceof AppError) throw invalidTerm(entry);
    throw error;
  }
}

function resolve(
  parts: string[],
  quoted: boolean[],
  { entry, grammar }: { entry: string; grammar: Grammar },
) {
  try {
    return resolveField({ parts, quoted, position: 0 }, grammar);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw invalidArgument(`Invalid order_by clause '${entry.slice(0, 200)}': ${error.message}`, {
      field: 'order_by',
    });
  }
}

function splitDirection(entry: string): { name: string; direction: 'ASC' | 'DESC' } {
  const text = entry.trim();
  const space = text.search(/\s\S*$/);
  if (space < 0) return { name: text, direction: 'ASC' };
  const last = text.slice(space + 1).toUpperCase();
  if (last === 'ASC' || last === 'DESC') return { name: text.slice(0, space).trim(), direction: last };
  return { name: text, direction: 'ASC' };
}

function invalidTerm(entry: string): AppError {
  return invalidArgument(
    `Invalid order_by clause '${entry.slice(0, 200)}': expected a field and ASC or DESC, such as 'metrics.accuracy DESC'.`,
    { field: 'order_by' },
  );
}
