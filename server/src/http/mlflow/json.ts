import { isUtf8 } from 'node:buffer';
import { invalidArgument } from '../../kernel/errors.ts';
import { type Int64, int64 } from '../../kernel/int64.ts';

/**
 * JSON as MLflow has it on the wire: integers of 64 bits keep every digit (those beyond 2^53 become bigints), and the
 * bare words NaN, Infinity and -Infinity, which Python's json writes, are numbers.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

const MAX_DEPTH = 200;
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
    return new Parser(text).parse();
  }
  return isExact(value) ? value : new Parser(text).parse();
}

/** Whether JSON.parse lost nothing: a number beyond 2^53 may have had more digits. Refuses what nests too deep. */
function isExact(value: Json): boolean {
  if (typeof value === 'number') return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'object' || value === null) return true;
  // A queue instead of recursion: the nesting is the caller's choice, our stack is not.
  let exact = true;
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw tooDeep();
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

const tooDeep = () => invalidArgument(`The request body nests deeper than ${MAX_DEPTH} levels.`);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#broken();
    return value;
  }

  #value(depth: number): Json {
    if (depth > MAX_DEPTH) throw tooDeep();
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default: {
        const word = this.#word();
        // Not `??`: null is a word, too.
        return word === undefined ? this.#number() : word;
      }
    }
  }

  #object(depth: number): JsonObject {
    const result: JsonObject = {};
    this.#at += 1;
    this.#space();
    if (this.#take('}')) return result;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#broken();
      const key = this.#string();
      this.#space();
      if (!this.#take(':')) throw this.#broken();
      const value = this.#value(depth + 1);
      // A plain assignment to this one name would set the prototype.
      if (key === '__proto__')
        Object.defineProperty(result, key, { value, enumerable: true, configurable: true });
      else result[key] = value;
      this.#space();
      if (this.#take('}')) return result;
      if (!this.#take(',')) throw this.#broken();
    }
  }

  #array(depth: number): Json[] {
    const result: Json[] = [];
    this.#at += 1;
    this.#space();
    if (this.#take(']')) return result;
    for (;;) {
      result.push(this.#value(depth + 1));
      this.#space();
      if (this.#take(']')) return result;
      if (!this.#take(',')) throw this.#broken();
    }
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    for (; ; end += 1) {
      end = this.#text.indexOf('"', end);
      if (end < 0) throw this.#broken();
      let slashes = 0;
      while (this.#text[end - 1 - slashes] === '\\') slashes += 1;
      if (slashes % 2 === 0) break;
    }
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, end + 1)) as string;
    } catch {
      this.#at = start;
      throw this.#broken();
    }
  }

  static readonly #words: readonly (readonly [string, Json])[] = [
    ['true', true],
    ['false', false],
    ['null', null],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ];

  #word(): Json | undefined {
    for (const [word, value] of Parser.#words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return undefined;
  }

  static readonly #numberForm = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;

  #number(): number | bigint {
    const form = Parser.#numberForm;
    form.lastIndex = this.#at;
    const match = form.exec(this.#text);
    if (match === null) throw this.#broken();
    this.#at = form.lastIndex;
    const text = match[0];
    if (match[1] !== undefined || match[2] !== undefined || text.length < 16) return Number(text);
    return text.length > 400 ? Number(text) : int64(text);
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }

  #broken() {
    return invalidArgument(`The request body is not valid JSON at position ${this.#at}.`);
  }
}

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
