import { isUtf8 } from 'node:buffer';
import { invalidArgument } from '../../kernel/errors.ts';
import type { Int64 } from '../../kernel/int64.ts';
import { type Json, type JsonObject, MAX_JSON_DEPTH, parseJsonText } from '../../kernel/json-text.ts';

/** JSON as MLflow has it on the wire. */
export type { Json, JsonObject };

/**
 * Parses a request body.
 * @throws AppError InvalidArgument for broken UTF-8, broken JSON, or nesting beyond 200 levels.
 */
export function parseJson(body: Uint8Array): Json {
  if (!isUtf8(body)) throw invalidArgument('The request body is not valid UTF-8.');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  if (text.trim() === '') return {};
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // Python's bare words, or broken: the own parser knows the words and says where it broke.
    return parseJsonText(text, refusals);
  }
  return isExact(value) ? value : parseJsonText(text, refusals);
}

/** Whether JSON.parse lost nothing: a number beyond 2^53 may have had more digits. Refuses what nests too deep. */
function isExact(value: Json): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  // A queue instead of recursion: the nesting is the caller's choice, our stack is not.
  let exact = true;
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) throw tooDeep();
    const next: Json[] = [];
    for (const node of level) {
      // Parsed a moment ago: all that is enumerable is its own. Object.values would cost as much as the parsing.
      for (const name in node as JsonObject) {
        const child = (node as JsonObject)[name];
        if (typeof child === 'object' && child !== null) next.push(child);
        else if (typeof child === 'number' && Math.abs(child) > Number.MAX_SAFE_INTEGER) exact = false;
      }
    }
    level = next;
  }
  return exact;
}

const tooDeep = () => invalidArgument(`The request body nests deeper than ${MAX_JSON_DEPTH} levels.`);
const refusals = {
  broken: (position: number) =>
    invalidArgument(`The request body is not valid JSON at position ${position}.`),
  tooDeep,
};

/** What `JSON.stringify` needs to write a 64-bit integer with all its digits. */
export function renderInt64(value: Int64): unknown {
  return typeof value === 'bigint' ? JSON.rawJSON(String(value)) : value;
}

/** A double on MLflow's wire: NaN as the text "NaN", infinities as the largest double (contract, section 6). */
export function renderDouble(value: number): number | string {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? Number.MAX_VALUE : -Number.MAX_VALUE;
}
