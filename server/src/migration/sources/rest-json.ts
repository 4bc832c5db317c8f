import { unavailable } from '../../kernel/errors.ts';
import { type Int64, int64, parseInt64Text } from '../../kernel/int64.ts';

/** What stands in a message; readers look at the fields one by one. */
export type WireValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | WireObject
  | readonly WireValue[];
export interface WireObject {
  readonly [field: string]: WireValue;
}

/** Integers that a number would round come as bigints. @throws AppError Unavailable for what is no JSON object. */
export function parseJson(text: string, what: string): WireObject {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text, exactIntegers);
  } catch (cause) {
    throw unavailable(`${what} was not answered in JSON: ${text.slice(0, 100)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unavailable(`${what} was not answered by a JSON object.`);
  }
  return value as WireObject;
}

function exactIntegers(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

export function objects(value: WireValue): readonly WireObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function object(value: WireValue): WireObject {
  return isObject(value) ? value : {};
}

const isObject = (value: WireValue): value is WireObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined where the field is absent or empty: the protocol does not tell them apart. */
export function text(value: WireValue): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
}

/** Integers come as numbers or as digits. */
export function integer(value: WireValue): Int64 | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return int64(value);
  return typeof value === 'string' ? parseInt64Text(value) : undefined;
}

export const time = (value: WireValue): number => Number(integer(value) ?? 0);

/** Doubles come as numbers, and as words where JSON has none. */
export function double(value: WireValue): number {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint'
    ? Number(value)
    : Number.NaN;
}

export function keyed(value: WireValue): { key: string; value: string }[] {
  return objects(value).map((pair) => ({ key: String(pair.key ?? ''), value: String(pair.value ?? '') }));
}
