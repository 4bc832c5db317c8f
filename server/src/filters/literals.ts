import { type Int64, int64, parseInt64Text } from '../kernel/int64.ts';
import type { TypedField } from './fields.ts';
import type { Token } from './lexer.ts';
import { refusal, shown } from './refusal.ts';
import type { Field, Literal } from './tree.ts';

/** A number outside the language of integers: with a fraction, or beyond 64 bits. */
export interface Inexact {
  readonly kind: 'inexact';
  readonly value: number;
}

const PYTHON_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
};

/**
 * Text between quotes, as it is: neither a doubled quote nor a backslash means anything, as in MLflow.
 * @throws AppError InvalidArgument for anything but a text in ' or ".
 */
export function readText(token: Token, field: Field): string {
  if (token.kind === 'string') return token.text.slice(1, -1);
  const of =
    field.scope === 'attribute' ? `attribute ${shown(field.key)}` : `${field.scope} ${shown(field.key)}`;
  if (token.kind === 'name') {
    throw refusal(
      'filter',
      `Expected a quoted string value for ${of}: the parameter value is either not quoted or unidentified quote types used, found ${found(token)}`,
      token.position,
    );
  }
  throw refusal(
    'filter',
    `Expected a quoted string value for ${of} (e.g. 'my-value'), found ${found(token)}`,
    token.position,
  );
}

/** A text that need not be quoted: what is written is the value. */
export function readBareText(token: Token, field: Field): string {
  return token.kind === 'name' || token.kind === 'number' ? token.text : readText(token, field);
}

/**
 * A text in an IN list. MLflow reads these lists as Python does, so that backslashes escape there and two literals
 * that touch are one: both are kept.
 */
export function readListedText(token: Token, field: Field): string {
  const raw = readText(token, field);
  const quote = token.text[0]!;
  if (!raw.includes('\\') && !raw.includes(quote)) return raw;
  let text = '';
  for (let i = 0; i < raw.length; i += 1) {
    const c = raw[i]!;
    const escaped = c === '\\' ? PYTHON_ESCAPES[raw[i + 1] ?? ''] : undefined;
    if (escaped !== undefined) {
      text += escaped;
      i += 1;
    } else if (c === quote) {
      i += 1;
    } else {
      text += c;
    }
  }
  return text;
}

/** A number for a metric: what a double holds. */
export function readDouble(token: Token, typed: TypedField): number {
  const text = numberText(token, typed);
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(text);
}

/** A number for an integer field; what is no integer of 64 bits comes back as `Inexact`. */
export function readInteger(token: Token, typed: TypedField): Int64 | Inexact {
  const text = numberText(token, typed);
  const exact = /^[+-]?\d+$/.test(text) ? parseInt64Text(text) : undefined;
  if (exact !== undefined) return exact;
  const value = readDouble(token, typed);
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return int64(BigInt(value));
  return { kind: 'inexact', value };
}

function numberText(token: Token, { field }: TypedField): string {
  if (token.kind === 'number') return token.text;
  if (token.kind === 'name' && /^inf(inity)?$/i.test(token.text)) return token.text;
  const what = field.scope === 'attribute' ? 'numeric attribute' : field.scope;
  throw refusal(
    'filter',
    `Expected numeric value type for ${what} ${shown(field.key)} (a number without quotes), found ${found(token)}`,
    token.position,
  );
}

/** The token without its quotes where they enclose an integer. */
export function unquotedInteger(token: Token): Token {
  const text = token.kind === 'string' ? token.text.slice(1, -1) : '';
  return /^[+-]?\d+$/.test(text) ? { kind: 'number', text, position: token.position } : token;
}

export function number(value: Int64 | number): Literal {
  return { kind: 'number', value };
}

/** A token in a message. */
export function found(token: Token): string {
  return token.kind === 'end' ? 'the end' : shown(token.text);
}
