import { int64 } from './int64.ts';

/**
 * JSON as Python writes and reads it: integers of 64 bits keep every digit (those beyond 2^53 become bigints), and the
 * bare words NaN, Infinity and -Infinity are numbers.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

/** Levels of nesting that are read. */
export const MAX_JSON_DEPTH = 200;

/** The errors of whoever asks. */
export interface JsonRefusals {
  /** @param position in UTF-16 units from 0 */
  broken(position: number): Error;
  tooDeep(): Error;
}

/** Several times slower than `JSON.parse`: for what that refuses, or reads without all digits. @throws what `refusals` make */
export function parseJsonText(text: string, refusals: JsonRefusals): Json {
  return new Parser(text, refusals).parse();
}

class Parser {
  readonly #text: string;
  readonly #refusals: JsonRefusals;
  #at = 0;

  constructor(text: string, refusals: JsonRefusals) {
    this.#text = text;
    this.#refusals = refusals;
  }

  parse(): Json {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#broken();
    return value;
  }

  #value(depth: number): Json {
    if (depth > MAX_JSON_DEPTH) throw this.#refusals.tooDeep();
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

  #broken(): Error {
    return this.#refusals.broken(this.#at);
  }
}
