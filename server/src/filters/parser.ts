import { type AppError, invalidArgument } from '../kernel/errors.ts';
import { resolveField } from './fields.ts';
import type { Grammar } from './grammars.ts';
import { type Token, tokenize } from './lexer.ts';
import type { CompareOp, Field, FilterNode, History, Literal } from './tree.ts';

const MAX_DEPTH = 100;
const HISTORY_FUNCTIONS: ReadonlySet<string> = new Set(['min', 'max', 'first', 'last', 'count', 'at']);

/**
 * Parses a search filter: MLflow's language and, besides, OR, NOT, parentheses, IN, LIKE and null tests on every
 * field, and functions over a metric's history.
 *
 *     filter     = and { "OR" and }
 *     and        = not { "AND" not }
 *     not        = "NOT" not | "(" filter ")" | predicate
 *     predicate  = operand ( comparator literal | ["NOT"] ("LIKE" | "ILIKE") text | ["NOT"] "IN" list | "IS" ["NOT"] "NULL" )
 *     operand    = field | ("min" | "max" | "first" | "last" | "count") "(" field ")" | "at" "(" field "," integer ")"
 *
 * @returns undefined for an empty filter, which matches everything.
 * @throws AppError InvalidArgument saying what was expected, and at which position.
 */
export function parseFilter(text: string | undefined, grammar: Grammar): FilterNode | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return new Parser(text, grammar).parse();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #grammar: Grammar;
  #next = 0;

  constructor(text: string, grammar: Grammar) {
    this.#tokens = tokenize(text);
    this.#grammar = grammar;
  }

  parse(): FilterNode {
    const node = this.#or(0);
    if (this.#peek().kind !== 'end') throw this.#expected('AND, OR or the end of the filter');
    return node;
  }

  #or(depth: number): FilterNode {
    if (depth > MAX_DEPTH) throw this.#failure(`it nests deeper than ${MAX_DEPTH} levels`);
    const nodes = [this.#and(depth)];
    while (this.#takeWord('OR')) nodes.push(this.#and(depth));
    return nodes.length === 1 ? nodes[0]! : { kind: 'or', nodes };
  }

  #and(depth: number): FilterNode {
    const nodes = [this.#not(depth)];
    while (this.#takeWord('AND')) nodes.push(this.#not(depth));
    return nodes.length === 1 ? nodes[0]! : { kind: 'and', nodes };
  }

  #not(depth: number): FilterNode {
    let negations = 0;
    while (this.#isWord('NOT') && !this.#startsField()) {
      this.#next += 1;
      negations += 1;
    }
    const node = this.#takeSymbol('(') ? this.#parenthesised(depth) : this.#predicate();
    return negations % 2 === 0 ? node : { kind: 'not', node };
  }

  #parenthesised(depth: number): FilterNode {
    const node = this.#or(depth + 1);
    if (!this.#takeSymbol(')')) throw this.#expected("')'");
    return node;
  }

  #predicate(): FilterNode {
    const field = this.#operand();
    const token = this.#peek();
    if (token.kind === 'symbol' && isComparator(token.text)) {
      this.#next += 1;
      return { kind: 'compare', field, op: token.text, value: this.#comparedValue(field, token.text) };
    }
    if (this.#takeWord('IS')) {
      const negated = this.#takeWord('NOT');
      if (!this.#takeWord('NULL')) throw this.#expected('NULL');
      return negate({ kind: 'null', field }, negated);
    }
    const negated = this.#takeWord('NOT');
    if (this.#isWord('LIKE') || this.#isWord('ILIKE')) {
      const caseSensitive = this.#isWord('LIKE');
      if (this.#typeOf(field) === 'number')
        throw this.#failure(
          `${caseSensitive ? 'LIKE' : 'ILIKE'} needs a text field, and this one holds numbers`,
        );
      this.#next += 1;
      return negate({ kind: 'like', field, pattern: this.#text(), caseSensitive }, negated);
    }
    if (this.#takeWord('IN')) return negate({ kind: 'in', field, values: this.#list(field) }, negated);
    throw this.#expected('a comparison (=, !=, <, <=, >, >=, LIKE, ILIKE, IN, IS NULL)');
  }

  #operand(): Field {
    const token = this.#peek();
    const after = this.#tokens[this.#next + 1];
    const name = token.text.toLowerCase();
    const isCall =
      token.kind === 'word' && after?.kind === 'symbol' && after.text === '(' && HISTORY_FUNCTIONS.has(name);
    if (!isCall) return this.#field();
    if (!this.#grammar.history) throw this.#failure(`${name}(…) works in run searches only`);
    this.#next += 2;
    const field = this.#field();
    if (field.scope !== 'metric') throw this.#failure(`${name}(…) takes a metric`, field.position);
    let history: History;
    if (name === 'at') {
      if (!this.#takeSymbol(',')) throw this.#expected("',' and a step");
      const step = this.#peek();
      if (step.kind !== 'number' || !isWhole(step)) throw this.#expected('a step (a whole number)');
      this.#next += 1;
      history = { fn: 'at', step: step.value };
    } else {
      history = { fn: name as 'min' | 'max' | 'first' | 'last' | 'count' };
    }
    if (!this.#takeSymbol(')')) throw this.#expected("')'");
    return { ...field, history, position: token.position };
  }

  /** A name: words, quoted parts and dots that touch one another, up to the operator. */
  #field(): Field {
    const first = this.#peek();
    if (first.kind === 'end') throw this.#expected('a field');
    const parts: string[] = [];
    const quotedParts: boolean[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'word' || token.kind === 'number') {
        parts.push(token.text);
        quotedParts.push(false);
      } else if (token.kind === 'quoted' && token.quote !== "'") {
        parts.push(token.text);
        quotedParts.push(true);
      } else if (token.kind === 'symbol' && token.text === '.' && parts.length > 0) {
        parts.push('.');
        quotedParts.push(false);
      } else {
        break;
      }
      this.#next += 1;
      if (!this.#touches(token)) break;
    }
    if (parts.length === 0) throw this.#expected('a field');
    return resolveField({ parts, quoted: quotedParts, position: first.position }, this.#grammar);
  }

  /** Whether the next token follows without a space: `metrics.a` is one name, `a LIKE` is not. */
  #touches(token: Token): boolean {
    const quotes = token.kind === 'quoted' ? 2 + countQuotes(token) : 0;
    return this.#peek().position === token.position + token.text.length + quotes;
  }

  #comparedValue(field: Field, op: CompareOp): Literal {
    const type = this.#typeOf(field);
    const token = this.#peek();
    if (type === 'number') {
      if (token.kind === 'number') {
        this.#next += 1;
        return { kind: 'number', value: token.value };
      }
      const special = this.#specialNumber();
      if (special !== undefined) return special;
      throw this.#expected(
        `Expected numeric value type for ${field.scope === 'attribute' ? `numeric attribute: ${field.key}` : `metric: ${field.key}`}; a number`,
      );
    }
    if (type === 'text' && op !== '=' && op !== '!=' && field.scope === 'attribute') {
      throw this.#failure(
        `the text attribute ${field.key} is compared by =, !=, LIKE, ILIKE or IN, not by ${op}`,
      );
    }
    if (type === 'any' && token.kind === 'number') {
      this.#next += 1;
      return { kind: 'number', value: token.value };
    }
    return { kind: 'string', text: this.#text() };
  }

  #specialNumber(): Literal | undefined {
    const token = this.#peek();
    if (token.kind !== 'word' || !/^(inf|infinity|nan)$/i.test(token.text)) return undefined;
    this.#next += 1;
    const value = /^nan$/i.test(token.text) ? Number.NaN : Number.POSITIVE_INFINITY;
    return { kind: 'number', value };
  }

  #text(): string {
    const token = this.#peek();
    if (token.kind !== 'quoted' || token.quote === '`') throw this.#expected("a text in quotes ('…')");
    this.#next += 1;
    return token.text;
  }

  #list(field: Field): Literal[] {
    if (!this.#takeSymbol('(')) throw this.#expected("'('");
    const values: Literal[] = [];
    if (this.#takeSymbol(')')) throw this.#failure('IN needs at least one value');
    for (;;) {
      values.push(this.#comparedValue(field, '='));
      if (this.#takeSymbol(')')) return values;
      if (!this.#takeSymbol(',')) throw this.#expected("',' or ')'");
      // A trailing comma is accepted: Python writes one after a tuple's only value.
      if (this.#takeSymbol(')')) return values;
    }
  }

  #typeOf(field: Field): 'text' | 'number' | 'any' {
    if (field.scope === 'metric') return 'number';
    if (field.scope === 'feedback' || field.scope === 'expectation') return 'any';
    return field.scope === 'attribute' ? this.#grammar.attributes[field.key]! : 'text';
  }

  /** `NOT = 'x'` would be a field of the name NOT: nobody means that, but `not.a` can be one. */
  #startsField(): boolean {
    const after = this.#tokens[this.#next + 1];
    return after?.kind === 'symbol' && after.text === '.';
  }

  #peek(): Token {
    return this.#tokens[this.#next]!;
  }

  #isWord(word: string): boolean {
    const token = this.#peek();
    return token.kind === 'word' && token.text.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    if (!this.#isWord(word)) return false;
    this.#next += 1;
    return true;
  }

  #takeSymbol(text: string): boolean {
    const token = this.#peek();
    if (token.kind !== 'symbol' || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #expected(what: string): AppError {
    const token = this.#peek();
    const found = token.kind === 'end' ? 'the end' : `'${token.text.slice(0, 50)}'`;
    return this.#failure(`expected ${what}, found ${found}`);
  }

  #failure(what: string, position = this.#peek().position): AppError {
    return invalidArgument(`Invalid filter: ${what} at position ${position}.`, { field: 'filter' });
  }
}

const negate = (node: FilterNode, negated: boolean): FilterNode => (negated ? { kind: 'not', node } : node);

const isWhole = (token: { readonly text: string }): boolean => /^[+-]?\d+$/.test(token.text);

function isComparator(text: string): text is CompareOp {
  return text === '=' || text === '!=' || text === '<' || text === '<=' || text === '>' || text === '>=';
}

/** Quotes inside a quoted text were written twice. */
function countQuotes(token: Extract<Token, { kind: 'quoted' }>): number {
  return token.text.split(token.quote).length - 1;
}
