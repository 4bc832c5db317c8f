import type { AppError } from '../kernel/errors.ts';
import { type Int64, parseInt64Text } from '../kernel/int64.ts';
import { looksLikeField, resolveField, type TypedField } from './fields.ts';
import type { Grammar } from './grammars.ts';
import { compareWithInexact } from './integer-bounds.ts';
import { Lexer, type Token } from './lexer.ts';
import {
  found,
  type Inexact,
  number,
  readBareText,
  readDouble,
  readInteger,
  readListedText,
  readText,
  unquotedInteger,
} from './literals.ts';
import { parsePattern } from './pattern.ts';
import { refusal, shown } from './refusal.ts';
import type { CompareOp, FilterNode, History, Literal } from './tree.ts';

/** Parentheses within parentheses. */
export const MAX_DEPTH = 100;
/** In UTF-16 units. */
export const MAX_LENGTH = 1_000_000;
/** SQLite refuses expressions that nest deeper than 1,000, and a chain of ANDs nests as deep as it is long. */
export const MAX_CONDITIONS = 500;

const COMPARE_OPS: Readonly<Record<string, CompareOp>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const HISTORY_FUNCTIONS = ['min', 'max', 'first', 'last', 'count', 'at'] as const;
const RESERVED = new Set(['AND', 'OR', 'NOT', 'IN', 'LIKE', 'ILIKE', 'IS', 'NULL']);

/**
 * Parses a search filter. From loosest to tightest: OR, AND, NOT; words in any case. `undefined` and blank text mean no
 * filter.
 * @throws AppError InvalidArgument saying what was expected and where.
 */
export function parseFilter(text: string | undefined, grammar: Grammar): FilterNode | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  if (text.length > MAX_LENGTH) {
    throw refusal('filter', `A filter is at most ${MAX_LENGTH} characters long, this one ends`, text.length);
  }
  return new Parser(text, grammar).parse();
}

interface Conjunction {
  readonly node: FilterNode | undefined;
  /** Where an AND or an operand of one is missing. */
  readonly loose: Token | undefined;
}

class Parser {
  readonly #lexer: Lexer;
  readonly #grammar: Grammar;
  #token: Token;
  #conditions = 0;

  constructor(text: string, grammar: Grammar) {
    this.#lexer = new Lexer(text, 'filter');
    this.#grammar = grammar;
    this.#token = this.#lexer.next();
  }

  parse(): FilterNode | undefined {
    const node = this.#disjunction(0);
    if (this.#token.kind !== 'end') throw this.#expected('AND, OR or the end');
    return node;
  }

  #disjunction(depth: number): FilterNode | undefined {
    const parts = [this.#conjunction(depth)];
    while (this.#takeWord('OR')) parts.push(this.#conjunction(depth));
    // MLflow reads a plain list of conditions whether ANDs stand between, before or behind them, or not at all. Kept
    // where MLflow has a meaning for it; with OR and parentheses it would hide mistakes.
    if (parts.length === 1 && depth === 0) return parts[0]!.node;
    const nodes = parts.map(({ node, loose }) => {
      if (loose !== undefined) {
        throw refusal(
          'filter',
          `Invalid clause(s) in filter string: expected AND or OR between two conditions, found ${found(loose)}`,
          loose.position,
        );
      }
      if (node === undefined) throw this.#expected('a condition');
      return node;
    });
    return nodes.length === 1 ? nodes[0] : { kind: 'or', nodes };
  }

  #conjunction(depth: number): Conjunction {
    const nodes: FilterNode[] = [];
    let loose: Token | undefined;
    let and: Token | undefined;
    for (;;) {
      if (this.#isWord('AND')) {
        if (and !== undefined || nodes.length === 0) loose ??= this.#token;
        and = this.#advance();
      } else if (this.#token.kind === 'end' || this.#token.kind === ')' || this.#isWord('OR')) {
        loose ??= and;
        break;
      } else {
        if (nodes.length > 0 && and === undefined) {
          this.#requireStart();
          loose ??= this.#token;
        }
        nodes.push(this.#factor(depth));
        and = undefined;
      }
    }
    return { node: nodes.length > 1 ? { kind: 'and', nodes } : nodes[0], loose };
  }

  /** After a condition without an AND: only what begins another one is read on. */
  #requireStart(): void {
    const { kind, text } = this.#token;
    const begins = (kind === 'name' || kind === 'string') && looksLikeField(text, this.#grammar);
    if (!begins) throw this.#expected('AND, OR or the end');
  }

  #factor(depth: number): FilterNode {
    let negated = false;
    while (this.#takeWord('NOT')) negated = !negated;
    if (this.#token.kind !== '(') return not(negated, this.#condition());
    if (depth === MAX_DEPTH) {
      throw refusal(
        'filter',
        `Parentheses may nest ${MAX_DEPTH} deep, the next one opens`,
        this.#token.position,
      );
    }
    this.#advance();
    const node = this.#disjunction(depth + 1)!;
    this.#take(')');
    return not(negated, node);
  }

  #condition(): FilterNode {
    this.#conditions += 1;
    if (this.#conditions > MAX_CONDITIONS) {
      throw refusal(
        'filter',
        `A filter has at most ${MAX_CONDITIONS} conditions, the next one begins`,
        this.#token.position,
      );
    }
    const typed = this.#operand();
    if (this.#token.kind === 'operator') return this.#comparison(typed);
    const negated = this.#takeWord('NOT');
    if (this.#isWord('LIKE') || this.#isWord('ILIKE')) return not(negated, this.#like(typed));
    if (this.#grammar.patterns && this.#isWord('RLIKE')) return not(negated, this.#pattern(typed));
    if (this.#takeWord('IN'))
      return not(negated, { kind: 'in', field: typed.field, values: this.#list(typed) });
    if (!negated && this.#takeWord('IS')) {
      const isNot = this.#takeWord('NOT');
      if (!this.#takeWord('NULL')) throw this.#expected(isNot ? 'NULL' : 'NULL or NOT NULL');
      return not(isNot, { kind: 'null', field: typed.field });
    }
    throw this.#expected(
      negated ? 'LIKE, ILIKE or IN' : 'a comparison (=, !=, <, <=, >, >=, LIKE, ILIKE, IN, IS NULL)',
    );
  }

  #operand(): TypedField {
    const token = this.#token;
    const isQuoted = token.kind === 'string' && token.text.startsWith('"');
    if ((token.kind !== 'name' && !isQuoted) || RESERVED.has(token.text.toUpperCase())) {
      throw refusal(
        'filter',
        `Invalid clause(s) in filter string: Expected 'Identifier' found ${found(token)}`,
        token.position,
      );
    }
    this.#advance();
    if (this.#token.kind === '(' && isHistoryFunction(token.text)) return this.#historyCall(token);
    return this.#resolve(token);
  }

  #resolve(token: Token): TypedField {
    return resolveField({ text: token.text, position: token.position, parameter: 'filter' }, this.#grammar);
  }

  #historyCall(name: Token): TypedField {
    if (!this.#grammar.history) {
      throw refusal(
        'filter',
        `Functions over a metric's history work on runs alone, found ${found(name)}`,
        name.position,
      );
    }
    this.#advance();
    const { field } = this.#operandInCall();
    const fn = name.text.toLowerCase() as (typeof HISTORY_FUNCTIONS)[number];
    const history: History = fn === 'at' ? { fn, step: this.#step() } : { fn };
    this.#take(')');
    return {
      field: { ...field, history, position: name.position },
      type: fn === 'count' ? 'integer' : 'number',
    };
  }

  #operandInCall(): TypedField {
    const token = this.#token;
    if (token.kind !== 'name') throw this.#expected('a metric');
    const typed = this.#resolve(token);
    if (typed.field.scope !== 'metric') throw this.#expected('a metric');
    this.#advance();
    return typed;
  }

  #step() {
    this.#take(',');
    const step = this.#token.kind === 'number' ? parseInt64Text(this.#token.text) : undefined;
    if (step === undefined) throw this.#expected('a step (an integer of 64 bits)');
    this.#advance();
    return step;
  }

  #comparison(typed: TypedField): FilterNode {
    const { field, type } = typed;
    const token = this.#advance();
    const op = Object.hasOwn(COMPARE_OPS, token.text) ? COMPARE_OPS[token.text]! : undefined;
    const ordering = op !== '=' && op !== '!=';
    if (op === undefined || (ordering && type === 'string')) {
      const valid =
        type === 'string' ? '=, !=, LIKE, ILIKE, IN, IS NULL' : Object.values(COMPARE_OPS).join(', ');
      throw refusal(
        'filter',
        `Invalid comparator ${shown(token.text)} for ${field.scope} ${shown(field.key)} (not one of ${valid})`,
        token.position,
      );
    }
    if (type === 'integer') {
      const value = this.#integer(typed);
      if (typeof value === 'object') return compareWithInexact(field, op, value.value);
      return { kind: 'compare', field, op, value: number(value) };
    }
    const value: Literal =
      type === 'number' || (type === 'assessment' && ordering)
        ? number(readDouble(this.#token, typed))
        : { kind: 'string', text: this.#text(typed) };
    if (value.kind === 'number') this.#advance();
    return { kind: 'compare', field, op, value };
  }

  #pattern(typed: TypedField): FilterNode {
    const { field } = typed;
    const word = this.#patternWord(typed);
    const pattern = readText(this.#token, field);
    // Whole spans are too long for it.
    if (field.scope === 'span' && field.key === 'content') {
      throw refusal(
        'filter',
        `span.content comparator ${shown(word.text)} not one of LIKE, ILIKE`,
        word.position,
      );
    }
    parsePattern(pattern);
    this.#advance();
    return { kind: 'matches', field, pattern };
  }

  #like(typed: TypedField): FilterNode {
    const { field } = typed;
    const word = this.#patternWord(typed);
    const pattern = readText(this.#token, field);
    this.#advance();
    return { kind: 'like', field, pattern, caseSensitive: word.text.toUpperCase() === 'LIKE' };
  }

  /** Takes the word that stands before a pattern. */
  #patternWord({ field, type }: TypedField): Token {
    const word = this.#token;
    if (type === 'integer' || type === 'number') {
      throw refusal(
        'filter',
        `Invalid comparator ${shown(word.text)}: ${field.scope} ${shown(field.key)} is a number, and patterns are for text`,
        word.position,
      );
    }
    return this.#advance();
  }

  #list(typed: TypedField): Literal[] {
    this.#take('(', 'While parsing a list in the query, ');
    const values: Literal[] = [];
    do {
      // Python's tuples of one end in a comma: `('a',)`.
      if (this.#token.kind === ')' && values.length > 0) break;
      values.push(this.#listed(typed));
    } while (this.#takeKind(','));
    this.#take(')', 'While parsing a list in the query, ');
    return values;
  }

  #listed(typed: TypedField): Literal {
    const token = this.#token;
    if (token.kind === ')' || token.kind === ',' || token.kind === 'end') {
      throw refusal(
        'filter',
        `While parsing a list in the query, expected a non-empty list of values, found ${found(token)}`,
        token.position,
      );
    }
    if (typed.type === 'number') {
      this.#advance();
      return number(readDouble(token, typed));
    }
    if (typed.type === 'integer') {
      const value = this.#integer(typed);
      if (typeof value !== 'object') return number(value);
      throw refusal(
        'filter',
        `Expected an integer of 64 bits for ${shown(typed.field.key)}, found ${found(token)}`,
        token.position,
      );
    }
    let text = '';
    do {
      text += readListedText(this.#token, typed.field);
      this.#advance();
    } while (this.#token.kind === 'string');
    return { kind: 'string', text };
  }

  #integer(typed: TypedField): Int64 | Inexact {
    const token = this.#grammar.quotedIntegers ? unquotedInteger(this.#token) : this.#token;
    const value = readInteger(token, typed);
    this.#advance();
    return value;
  }

  #text({ field }: TypedField): string {
    const isWord = this.#token.kind === 'name' && RESERVED.has(this.#token.text.toUpperCase());
    const text =
      this.#grammar.bareStrings && !isWord ? readBareText(this.#token, field) : readText(this.#token, field);
    this.#advance();
    return text;
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'name' && this.#token.text.toUpperCase() === word;
  }

  #takeWord(word: string): boolean {
    const matches = this.#isWord(word);
    if (matches) this.#advance();
    return matches;
  }

  #takeKind(kind: Token['kind']): boolean {
    const matches = this.#token.kind === kind;
    if (matches) this.#advance();
    return matches;
  }

  #take(kind: Token['kind'], context = ''): void {
    if (!this.#takeKind(kind)) throw this.#expected(`'${kind}'`, context);
  }

  /** Goes on to the next token and returns the one that is left behind. */
  #advance(): Token {
    const left = this.#token;
    this.#token = this.#lexer.next();
    return left;
  }

  #expected(what: string, context = ''): AppError {
    return refusal(
      'filter',
      `Invalid clause(s) in filter string: ${context}expected ${what}, found ${found(this.#token)}`,
      this.#token.position,
    );
  }
}

function not(negated: boolean, node: FilterNode): FilterNode {
  return negated ? { kind: 'not', node } : node;
}

function isHistoryFunction(text: string): boolean {
  return HISTORY_FUNCTIONS.some((name) => name === text.toLowerCase());
}
