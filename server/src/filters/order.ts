import { AppError, invalidArgument } from '../kernel/errors.ts';
import { resolveField } from './fields.ts';
import type { Grammar, ScopeGrammar } from './grammars.ts';
import { Lexer } from './lexer.ts';
import { found } from './literals.ts';
import { refusal, shown } from './refusal.ts';
import type { Field, OrderTerm } from './tree.ts';

/** SQLite joins 64 tables at most, and ordering by a param joins one. */
export const MAX_ORDER_TERMS = 60;
const MAX_TERM_LENGTH = 10_000;

/**
 * Parses `order_by` entries: a field, then ASC (as without it) or DESC, in any case.
 * @throws AppError InvalidArgument for what cannot be read, an unknown field, and a field named twice (which experiments
 * and logged models ignore instead, as MLflow does).
 */
export function parseOrderBy(terms: readonly string[], grammar: Grammar): OrderTerm[] {
  if (terms.length > MAX_ORDER_TERMS) {
    throw invalidArgument(`\`order_by\` has ${terms.length} terms, at most ${MAX_ORDER_TERMS} are allowed.`, {
      field: 'order_by',
    });
  }
  const parsed: OrderTerm[] = [];
  for (const text of terms) {
    const term = parseTerm(text, grammar);
    if (!parsed.some(({ field }) => isSame(field, term.field))) parsed.push(term);
    else if (grammar.order.repeated === 'refused') {
      throw new AppError(
        'Contradictory',
        `\`order_by\` contains duplicate fields: ${shown(text)} orders by ${term.field.key} again.`,
        { field: 'order_by' },
      );
    }
  }
  return parsed;
}

function parseTerm(text: string, grammar: Grammar): OrderTerm {
  if (text.length > MAX_TERM_LENGTH) {
    throw refusal('order_by', `Invalid order_by clause ${shown(text)}: too long, it ends`, text.length);
  }
  const lexer = new Lexer(text, 'order_by');
  const name = lexer.next();
  if (name.kind !== 'name' && !(name.kind === 'string' && name.text.startsWith('"'))) {
    throw refusal(
      'order_by',
      `Invalid order_by clause ${shown(text)}: expected a field, found ${found(name)}`,
      name.position,
    );
  }
  const field = resolveOrderField(name, grammar);
  const direction = lexer.next();
  if (direction.kind === 'end') return { field, descending: false };
  const word = direction.text.toUpperCase();
  if (direction.kind !== 'name' || (word !== 'ASC' && word !== 'DESC')) {
    throw refusal(
      'order_by',
      `Invalid ordering key in order_by clause ${shown(text)}: expected ASC or DESC, found ${found(direction)}`,
      direction.position,
    );
  }
  const rest = lexer.next();
  if (rest.kind !== 'end') {
    throw refusal(
      'order_by',
      `Invalid order_by clause ${shown(text)}: expected the end, found ${found(rest)}`,
      rest.position,
    );
  }
  return { field, descending: word === 'DESC' };
}

function resolveOrderField(
  name: { readonly text: string; readonly position: number },
  grammar: Grammar,
): Field {
  const { field } = resolveField({ ...name, parameter: 'order_by' }, orderable(grammar));
  return field;
}

/** The grammar of what rows can be ordered by: other attributes, fewer scopes. */
function orderable(grammar: Grammar): Grammar {
  const { attributes, scopes } = grammar.order;
  const keys = Object.fromEntries(
    Object.entries(attributes).map(([name, key]) => [name, { key, type: 'string' as const }]),
  );
  const allowed = grammar.scopes.flatMap((scope): ScopeGrammar[] => {
    if (scope.scope === 'attribute') return [{ ...scope, keys }];
    return scopes.includes(scope.scope) ? [scope] : [];
  });
  return { ...grammar, scopes: allowed };
}

function isSame(a: Field, b: Field): boolean {
  return a.scope === b.scope && a.key === b.key;
}
