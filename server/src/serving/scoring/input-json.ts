import { isUtf8 } from 'node:buffer';
import { type Json, MAX_JSON_DEPTH, parseJsonText } from '../../kernel/json-text.ts';
import { badInput, notJson } from './scoring-errors.ts';

/** A body as JSON. */
export interface ParsedBody {
  readonly value: Json;
  /** Whether integers beyond 2^53 have all their digits, as bigints. */
  readonly exact: boolean;
}

/**
 * Parses the body of a request by the quick parser; by our own where that refuses what Python's takes (NaN, Infinity).
 * @throws AppError InvalidArgument for what is no JSON, with the position; the body itself is never shown
 */
export function parseBody(body: Buffer): ParsedBody {
  const text = textOf(body);
  try {
    return { value: JSON.parse(text) as Json, exact: false };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { value: parseJsonText(text, refusalsFor(text)), exact: true };
  }
}

/** The same with every digit. @throws as `parseBody` */
export function parseExactly(body: Buffer): ParsedBody {
  const text = textOf(body);
  return { value: parseJsonText(text, refusalsFor(text)), exact: true };
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw notJson('the body is not UTF-8');
  const text = body.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** Windows programs write it before their texts; Python's parser passes over it. */
const BYTE_ORDER_MARK = 0xfeff;

const refusalsFor = (text: string) => ({
  broken(position: number) {
    const before = text.slice(0, position);
    const line = before.split('\n').length;
    const column = position - before.lastIndexOf('\n');
    const end = position >= text.length ? ', where the body ends' : '';
    return notJson(`Expecting value: line ${line} column ${column} (char ${position})${end}`);
  },
  tooDeep: () => badInput(`The body nests deeper than ${MAX_JSON_DEPTH} levels.`),
});
