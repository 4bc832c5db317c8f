import { refusal, type SearchParameter, shown, unreadable } from './refusal.ts';

export interface Token {
  /**
   * `name`: a field or a keyword, quoted parts included (`tags."a b"`). `string`: a literal in ' or ". `end`: no more.
   */
  readonly kind: 'name' | 'string' | 'number' | 'operator' | '(' | ')' | ',' | 'end';
  /** As written, quotes included. */
  readonly text: string;
  /** 0-based offset in UTF-16 units. */
  readonly position: number;
}

const QUOTES = '\'"`';
const OPERATOR_CHARACTERS = '=!<>~';
const WORD_PUNCTUATION = '_.-/:@#$';
const UNICODE_WORD = /[\p{L}\p{N}\p{M}]/u;
const NUMBER = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf|infinity)$/i;

/** Cuts a text into tokens, one a call. Every character is looked at a bounded number of times. */
export class Lexer {
  readonly #text: string;
  readonly #parameter: SearchParameter;
  #at = 0;

  constructor(text: string, parameter: SearchParameter) {
    this.#text = text;
    this.#parameter = parameter;
  }

  /** @throws AppError InvalidArgument for a character or number that is not of the language, or an open quote. */
  next(): Token {
    this.#at = skipSpace(this.#text, this.#at);
    const start = this.#at;
    const c = this.#text[start];
    if (c === undefined) return { kind: 'end', text: '', position: start };
    if (c === '(' || c === ')' || c === ',') return this.#token(c, start, start + 1);
    if (c === "'") return this.#token('string', start, this.#quoteEnd(start));
    if (c === '"' || c === '`' || isNameStart(this.#text, start)) return this.#name(start);
    if (OPERATOR_CHARACTERS.includes(c)) return this.#operator(start);
    if (isDigit(c) || ((c === '-' || c === '+' || c === '.') && isNumberTail(this.#text, start + 1))) {
      return this.#number(start);
    }
    if (c === ';') {
      const message = 'Search filter contained multiple expressions: expected the end, found a semicolon';
      throw refusal(this.#parameter, message, start);
    }
    const character = String.fromCodePoint(this.#text.codePointAt(start)!);
    throw this.#unreadable(`unexpected character ${shown(character)}`, start);
  }

  #unreadable(message: string, position: number) {
    return refusal(this.#parameter, `${unreadable(this.#parameter)}: ${message}`, position);
  }

  #token(kind: Token['kind'], start: number, end: number): Token {
    this.#at = end;
    return { kind, text: this.#text.slice(start, end), position: start };
  }

  #operator(start: number): Token {
    let end = start + 1;
    while (end < this.#text.length && OPERATOR_CHARACTERS.includes(this.#text[end]!)) end += 1;
    return this.#token('operator', start, end);
  }

  #number(start: number): Token {
    let end = start + 1;
    for (;;) {
      const c = this.#text[end];
      if (c === '+' && /[eE]/.test(this.#text[end - 1]!)) end += 1;
      else if (isWordCharacter(this.#text, end)) end += 1;
      else break;
    }
    const text = this.#text.slice(start, end);
    if (!NUMBER.test(text)) {
      throw this.#unreadable(`expected a number, found ${shown(text)}`, start);
    }
    return this.#token('number', start, end);
  }

  /** A name is words and quoted parts without space between; a quoted part stands at its start or after a dot. */
  #name(start: number): Token {
    let end = start;
    let quotedOnly = false;
    for (;;) {
      const c = this.#text[end];
      if (c !== undefined && QUOTES.includes(c) && (end === start || this.#text[end - 1] === '.')) {
        quotedOnly = end === start && c === '"';
        end = this.#quoteEnd(end);
        if (this.#text[end] !== '.') break;
      } else if (isWordCharacter(this.#text, end)) {
        quotedOnly = false;
        end += wordCharacterLength(this.#text, end);
      } else {
        break;
      }
    }
    return this.#token(quotedOnly ? 'string' : 'name', start, end);
  }

  /**
   * The offset behind the quote that closes the one at `start`. A doubled quote, and in ' and " one after a backslash,
   * does not close, unless it is the last of the text: `'C:\'` is whole. Neither is taken out of the value, as in MLflow.
   */
  #quoteEnd(start: number): number {
    const quote = this.#text[start]!;
    const last = this.#text.lastIndexOf(quote);
    let at = start + 1;
    for (;;) {
      const found = this.#text.indexOf(quote, at);
      if (found < 0) {
        throw this.#unreadable(`the quote ${quote} is not closed, opened`, start);
      }
      if (found === last) return found + 1;
      if (quote !== '`' && this.#text[found - 1] === '\\' && found > at) at = found + 1;
      else if (this.#text[found + 1] === quote && found + 1 < last) at = found + 2;
      else return found + 1;
    }
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at += 1;
  return at;
}

function isDigit(c: string | undefined): boolean {
  return c !== undefined && c >= '0' && c <= '9';
}

function isNumberTail(text: string, at: number): boolean {
  return isDigit(text[at]) || text[at] === '.' || /[iI]/.test(text[at] ?? '');
}

function isNameStart(text: string, at: number): boolean {
  const c = text[at]!;
  return !isDigit(c) && (c === '_' || (!WORD_PUNCTUATION.includes(c) && isWordCharacter(text, at)));
}

function isWordCharacter(text: string, at: number): boolean {
  const c = text[at];
  if (c === undefined) return false;
  if (c < '\u0080')
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || isDigit(c) || WORD_PUNCTUATION.includes(c);
  return UNICODE_WORD.test(String.fromCodePoint(text.codePointAt(at)!));
}

function wordCharacterLength(text: string, at: number): number {
  return text.codePointAt(at)! > 0xffff ? 2 : 1;
}
