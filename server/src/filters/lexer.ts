import { invalidArgument } from '../kernel/errors.ts';
import { type Int64, parseInt64Text } from '../kernel/int64.ts';

export type Token =
  | { readonly kind: 'word'; readonly text: string; readonly position: number }
  | {
      readonly kind: 'quoted';
      readonly text: string;
      readonly quote: "'" | '"' | '`';
      readonly position: number;
    }
  | { readonly kind: 'number'; readonly text: string; readonly value: Int64; readonly position: number }
  | { readonly kind: 'symbol'; readonly text: SymbolText; readonly position: number }
  | { readonly kind: 'end'; readonly text: ''; readonly position: number };

export type SymbolText = '=' | '!=' | '<' | '<=' | '>' | '>=' | '(' | ')' | ',' | '.';

const MAX_LENGTH = 100_000;
const SPACE = /\s+/y;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy;
// What may stand in an unquoted name. A dash and a slash are part of it: `tags.my-key`, `metrics.train/loss`.
const WORD = /[\p{L}\p{M}\p{N}_$@#][\p{L}\p{M}\p{N}_$@#/:-]*/uy;
const SYMBOLS: readonly (readonly [string, SymbolText])[] = [
  ['!=', '!='],
  ['<>', '!='],
  ['<=', '<='],
  ['>=', '>='],
  ['==', '='],
  ['=', '='],
  ['<', '<'],
  ['>', '>'],
  ['(', '('],
  [')', ')'],
  [',', ','],
  ['.', '.'],
];

/**
 * Cuts a filter into tokens, in time linear in its length.
 * @throws AppError InvalidArgument naming the position of what cannot be read.
 */
export function tokenize(text: string): Token[] {
  if (text.length > MAX_LENGTH) {
    throw invalidArgument(`Invalid filter: it is longer than ${MAX_LENGTH} characters.`, { field: 'filter' });
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const skipped = match(SPACE, text, at);
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    const token = quoted(text, at) ?? number(text, at) ?? word(text, at) ?? symbol(text, at);
    if (token === undefined) throw unreadable(text, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', position: text.length });
  return tokens;
}

interface Cut {
  readonly token: Token;
  readonly end: number;
}

function match(form: RegExp, text: string, at: number): string | undefined {
  form.lastIndex = at;
  return form.exec(text)?.[0];
}

function quoted(text: string, position: number): Cut | undefined {
  const quote = text[position];
  if (quote !== "'" && quote !== '"' && quote !== '`') return undefined;
  // A doubled quote stands for itself, as in SQL.
  let content = '';
  let from = position + 1;
  for (;;) {
    const close = text.indexOf(quote, from);
    if (close < 0) {
      throw invalidArgument(`Invalid filter: the ${quote} at position ${position} is never closed.`, {
        field: 'filter',
      });
    }
    content += text.slice(from, close);
    if (text[close + 1] !== quote)
      return { token: { kind: 'quoted', text: content, quote, position }, end: close + 1 };
    content += quote;
    from = close + 2;
  }
}

function number(text: string, position: number): Cut | undefined {
  const found = match(NUMBER, text, position);
  if (found === undefined) return undefined;
  const value = /^[+-]?\d+$/.test(found) ? (parseInt64Text(found) ?? Number(found)) : Number(found);
  return { token: { kind: 'number', text: found, value, position }, end: position + found.length };
}

function word(text: string, position: number): Cut | undefined {
  const found = match(WORD, text, position);
  return found === undefined
    ? undefined
    : { token: { kind: 'word', text: found, position }, end: position + found.length };
}

function symbol(text: string, position: number): Cut | undefined {
  for (const [written, canonical] of SYMBOLS) {
    if (text.startsWith(written, position)) {
      return { token: { kind: 'symbol', text: canonical, position }, end: position + written.length };
    }
  }
  return undefined;
}

function unreadable(text: string, at: number) {
  const char = String.fromCodePoint(text.codePointAt(at)!);
  return invalidArgument(`Invalid filter: unexpected '${char}' at position ${at}.`, { field: 'filter' });
}
