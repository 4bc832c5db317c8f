import { invalidArgument } from './errors.ts';

/** An integer of 64 bits: a number where that is exact, a bigint beyond 2^53. */
export type Int64 = number | bigint;

export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

/** A message to send; what is undefined is left out. */
export interface Message {
  readonly [name: string]: MessageValue;
}
export type MessageValue =
  | undefined
  | boolean
  | number
  | string
  | { readonly [name: string]: MessageValue }
  | readonly MessageValue[];

// Whole numbers of 16 digits and more, the only ones that JSON.parse rounds.
const LONG_INTEGER = /(?<![\d.])-?[1-9]\d{15,}(?![\d.eE])/;
const STRING_OR_LONG_INTEGER = /"(?:[^"\\]|\\.)*"|(?<![\d.])-?[1-9]\d{15,}(?![\d.eE])/g;

/** Parses JSON without rounding integers. @throws SyntaxError */
export function parseJson(text: string): Json {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text) as Json;
  // No text of a server can begin so: the mark differs from call to call.
  const mark = `integer ${Math.random()} `;
  const marked = text.replace(STRING_OR_LONG_INTEGER, (token) =>
    token.startsWith('"') ? token : JSON.stringify(mark + token),
  );
  return JSON.parse(marked, (_, value: Json) =>
    typeof value === 'string' && value.startsWith(mark) ? exactInteger(value.slice(mark.length)) : value,
  ) as Json;
}

function exactInteger(digits: string): Int64 {
  const rounded = Number(digits);
  return Number.isSafeInteger(rounded) ? rounded : BigInt(digits);
}

/**
 * An integer as the protocol takes it: beyond 2^53 as text, since not every runtime can write its digits as a number.
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a fraction and for a number that has lost digits
 */
export function wireInt64(value: Int64, name: string): number | string {
  if (typeof value === 'bigint') return exactNumber(value) ?? String(value);
  if (Number.isSafeInteger(value)) return value;
  throw invalidArgument(`${name} is a whole number (a bigint beyond 2^53), got ${value}.`);
}

function exactNumber(value: bigint): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** A double as the protocol takes it: what JSON has no number for is a word. */
export function wireDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
