import { invalidResponse } from './errors.ts';
import type { Int64, Json, JsonObject } from './json.ts';

/**
 * Readers of what servers answer: the one place where snake_case and the protocol's forms of numbers end. Each throws
 * INVALID_RESPONSE naming the field; `null` counts as absent.
 */
export function readOptionalText(message: JsonObject, name: string): string | undefined {
  const value = message[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw unexpected(name, 'text');
  return value;
}

export function readText(message: JsonObject, name: string): string {
  const value = readOptionalText(message, name);
  if (value === undefined) throw unexpected(name, 'text');
  return value;
}

/** A word of a closed list. One that is not in it comes from a newer server, and is passed on. */
export const readWord = <Word extends string>(message: JsonObject, name: string): Word =>
  readText(message, name) as Word;

export function readOptionalInt64(message: JsonObject, name: string): Int64 | undefined {
  const value = message[name];
  if (value === undefined || value === null) return undefined;
  return toInt64(value, name);
}

export function readInt64(message: JsonObject, name: string): Int64 {
  return readOptionalInt64(message, name) ?? 0;
}

/** Protobuf's JSON may have 64-bit integers as text. */
export function toInt64(value: Json | undefined, name: string): Int64 {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'string' && /^-?\d{1,19}$/.test(value)) {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : BigInt(value);
  }
  throw unexpected(name, 'an integer');
}

/** An integer that no server makes larger than 2^53: its own clock, counts, sizes. */
export function readOptionalNumber(message: JsonObject, name: string): number | undefined {
  const value = readOptionalInt64(message, name);
  return value === undefined ? undefined : Number(value);
}

export const readNumber = (message: JsonObject, name: string): number =>
  readOptionalNumber(message, name) ?? 0;

/** A double, which may be the text "NaN". */
export function toDouble(value: Json | undefined, name: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  throw unexpected(name, 'a number');
}

export function readFlag(message: JsonObject, name: string): boolean {
  const value = message[name] ?? false;
  if (typeof value !== 'boolean') throw unexpected(name, 'true or false');
  return value;
}

export function toObject(value: Json | undefined, name: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw unexpected(name, 'an object');
}

/** A nested message that is always there. */
export const readObject = (message: JsonObject, name: string): JsonObject => toObject(message[name], name);

/** A nested message that servers leave out when it is empty. */
export const readOptionalObject = (message: JsonObject, name: string): JsonObject =>
  toObject(message[name] ?? {}, name);

/** A repeated field; it is left out when it is empty. */
export function readValues(message: JsonObject, name: string): readonly Json[] {
  const value = message[name] ?? [];
  if (!Array.isArray(value)) throw unexpected(name, 'a list');
  return value;
}

export function readList<Item>(
  message: JsonObject,
  name: string,
  read: (item: JsonObject) => Item,
): readonly Item[] {
  return readValues(message, name).map((item) => read(toObject(item, name)));
}

export const readTexts = (message: JsonObject, name: string): readonly string[] =>
  readValues(message, name).map((value) => {
    if (typeof value !== 'string') throw unexpected(name, 'a list of texts');
    return value;
  });

/** Texts by key. What is read so may have any key: `Object.fromEntries` sets no prototype. */
export type Texts = Readonly<Record<string, string>>;

/** A list of `{key, value}`, as tags and params travel. */
export function readPairs(message: JsonObject, name: string): Texts {
  return Object.fromEntries(
    readList(message, name, (pair) => [readText(pair, 'key'), readOptionalText(pair, 'value') ?? '']),
  );
}

/** An object of texts, as traces have their tags. */
export function readTextMap(message: JsonObject, name: string): Texts {
  const map = readOptionalObject(message, name);
  return Object.fromEntries(Object.keys(map).map((key) => [key, readText(map, key)]));
}

/** Tags or params for a request. */
export function wirePairs(
  texts: Texts | undefined,
): readonly { readonly key: string; readonly value: string }[] {
  return Object.entries(texts ?? {}).map(([key, value]) => ({ key, value }));
}

const unexpected = (name: string, expected: string) =>
  invalidResponse(`The server's answer is not understood: expected ${expected} as '${name}'.`);
