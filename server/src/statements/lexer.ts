import { AppError, invalidArgument } from '../kernel/errors.ts';

/**
 * - `word`: a keyword or a plain name;
 * - `name`: in backquotes or double quotes, `value` is what they enclose;
 * - `string`: a text, `value` is what it means;
 * - `parameter`: `:name`, `value` is the name; `?` has none.
 */
export type TokenKind = 'word' | 'name' | 'string' | 'number' | 'parameter' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** As it stands in the statement. */
  readonly text: string;
  readonly value: string;
  /** Where it begins, and behind its end, in characters of the statement. */
  readonly at: number;
  readonly end: number;
}

const WORD = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const NUMBER = /(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const DOLLAR = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;

/** Many times what people and programs write: all are held at once, on the thread that serves everybody. */
const MAX_TOKENS = 200_000;

/**
 * The words of a statement, with an `end` behind the last; comments and blanks are left out.
 * @throws AppError InvalidArgument for what is opened and never closed, LimitExceeded for more than 200,000 words.
 */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (kind: TokenKind, end: number, value = text.slice(at, end)) => {
    if (tokens.length === MAX_TOKENS)
      throw new AppError('LimitExceeded', `A statement has at most ${MAX_TOKENS} words and signs.`);
    tokens.push({ kind, text: text.slice(at, end), value, at, end });
    at = end;
  };
  while (at < text.length) {
    const next = endOfBlank(text, at);
    if (next !== at) {
      at = next;
      continue;
    }
    const char = text[at]!;
    if (/[eE]/.test(char) && text[at + 1] === "'") {
      const end = endOfEscaped(text, at);
      take('string', end, text.slice(at + 2, end - 1));
      continue;
    }
    if (char === "'" || char === '"' || char === '`') {
      const end = endOfQuoted(text, at, char);
      take(char === "'" ? 'string' : 'name', end, unquote(text.slice(at + 1, end - 1), char));
      continue;
    }
    const dollar = match(DOLLAR, text, at);
    if (dollar !== undefined) {
      const close = text.indexOf(dollar, at + dollar.length);
      if (close < 0) throw syntaxError(text, at, `${dollar} is never closed`);
      take('string', close + dollar.length, text.slice(at + dollar.length, close));
      continue;
    }
    const word = match(WORD, text, at);
    if (word !== undefined) {
      take('word', at + word.length);
      continue;
    }
    const number = match(NUMBER, text, at);
    if (number !== undefined) {
      take('number', at + number.length);
      continue;
    }
    if (char === '?') {
      take('parameter', at + 1, '');
      continue;
    }
    if (text.startsWith('::', at)) {
      take('symbol', at + 2);
      continue;
    }
    const name = char === ':' || char === '$' ? match(WORD, text, at + 1) : undefined;
    if (name !== undefined && char === ':') {
      take('parameter', at + 1 + name.length, name);
      continue;
    }
    // A character beyond the basic plane is two units of the text.
    take('symbol', at + String.fromCodePoint(text.codePointAt(at)!).length);
  }
  take('end', text.length, '');
  return tokens;
}

/** The word that a statement begins with, behind comments and blanks; empty where it begins with none. */
export function firstWord(text: string): string {
  try {
    let at = 0;
    for (let next = endOfBlank(text, at); next !== at; next = endOfBlank(text, at)) at = next;
    return match(WORD, text, at) ?? '';
  } catch (error) {
    // A comment that is never closed.
    if (error instanceof AppError) return '';
    throw error;
  }
}

/** Beyond it a statement is shown as it was written. */
const MAX_SHOWN_CHARS = 1_000_000;

/** A statement on one line, for people: no comments, one blank where there were some; what cannot be read, as it is. */
export function withoutComments(text: string): string {
  if (text.length > MAX_SHOWN_CHARS) return text;
  try {
    let shown = '';
    let end = 0;
    for (const token of readTokens(text)) {
      shown += (token.at > end && shown !== '' ? ' ' : '') + token.text;
      end = token.end;
    }
    return shown.trimEnd();
  } catch (error) {
    if (error instanceof AppError) return text;
    throw error;
  }
}

/** Behind the blanks, or the comment, at a place; the place itself where there are none. */
function endOfBlank(text: string, at: number): number {
  const skipped = match(SPACE, text, at) ?? match(LINE_COMMENT, text, at);
  if (skipped !== undefined) return at + skipped.length;
  return text.startsWith('/*', at) ? endOfComment(text, at) : at;
}

/** An error that says where in the statement it is, as line and column from 1 on. */
export function syntaxError(text: string, at: number, what: string) {
  const before = text.slice(0, at);
  const line = before.split('\n').length;
  const column = at - (before.lastIndexOf('\n') + 1) + 1;
  return invalidArgument(`Line ${line}, column ${column}: ${what}.`, { field: 'statement' });
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function endOfQuoted(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i += 1) {
    if (text[i] !== quote) continue;
    if (text[i + 1] !== quote) return i + 1;
    i += 1;
  }
  throw syntaxError(text, at, `the quote ${quote} is never closed`);
}

function endOfEscaped(text: string, at: number): number {
  for (let i = at + 2; i < text.length; i += 1) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === "'" && text[i + 1] === "'") i += 1;
    else if (text[i] === "'") return i + 1;
  }
  throw syntaxError(text, at, "the quote ' is never closed");
}

/** Comments of this kind nest. */
function endOfComment(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length - 1; i += 1) {
    if (text.startsWith('/*', i)) {
      depth += 1;
      i += 1;
    } else if (text.startsWith('*/', i)) {
      depth -= 1;
      i += 1;
      if (depth === 0) return i + 1;
    }
  }
  throw syntaxError(text, at, 'the comment is never closed');
}

const unquote = (text: string, quote: string): string => text.replaceAll(quote + quote, quote);
