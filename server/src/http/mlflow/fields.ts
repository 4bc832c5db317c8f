import { type AppError, invalidArgument } from '../../kernel/errors.ts';
import { type Int64, parseInt64Text } from '../../kernel/int64.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * Readers of request fields. Each names the bad field and what was expected; `null` counts as absent, as in protobuf's
 * JSON, and unknown fields are never looked at. `path` is the field's name as the caller would write it
 * (`metrics[0].key`) where the object is nested.
 */
export function missing(path: string): AppError {
  return invalidArgument(`Missing value for required parameter '${path}'.`, { field: path });
}

export function invalid(path: string, value: unknown, expected: string): AppError {
  return invalidArgument(`Invalid value ${describe(value)} for parameter '${path}' supplied: ${expected}`, {
    field: path,
  });
}

function describe(value: unknown): string {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  const text = JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? String(inner) : inner,
  );
  return text === undefined ? 'undefined' : text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

const camelNames = new Map<string, string>();

/**
 * A field under its name or, as protobuf's JSON has it too, under its camelCase name.
 * @throws AppError InvalidArgument when both are there.
 */
function read(message: JsonObject, name: string, path: string): Json | undefined {
  const value = message[name];
  if (!name.includes('_')) return value;
  let camel = camelNames.get(name);
  if (camel === undefined) {
    camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    camelNames.set(name, camel);
  }
  const other = message[camel];
  if (other === undefined) return value;
  if (value !== undefined) {
    throw invalidArgument(`The field '${path}' stands twice, as '${name}' and as '${camel}'.`, {
      field: path,
    });
  }
  return other;
}

export function optionalString(message: JsonObject, name: string, path = name): string | undefined {
  const value = read(message, name, path);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalid(path, value, `Hint: Value was of type '${typeof value}', expected a string.`);
}

/** Text that must be there, under this very name; the empty text counts as missing, as on the real server. */
export function requiredString(message: JsonObject, name: string, path = name): string {
  if (message[name] === undefined) throw missing(path);
  const value = optionalString(message, name, path);
  if (value === undefined || value === '') throw missing(path);
  return value;
}

/** Clients before 1.x call it run_uuid, and newer ones send both. */
export function parseRunId(message: JsonObject): string {
  // A required field counts under its own name alone, not in camelCase.
  if (message.run_id === undefined && message.run_uuid === undefined) throw missing('run_id');
  const runId = optionalString(message, 'run_id') || optionalString(message, 'run_uuid');
  if (!runId) throw missing('run_id');
  return runId;
}

export function optionalInt64(message: JsonObject, name: string, path = name): Int64 | undefined {
  const value = read(message, name, path);
  if (value === undefined || value === null || value === '') return undefined;
  const parsed = toInt64(value);
  if (parsed === undefined) throw invalid(path, value, 'expected an integer of 64 bits.');
  return parsed;
}

function toInt64(value: Json): Int64 | undefined {
  if (typeof value === 'number') {
    // The real server lets a fraction through and cuts it (contract, section 2.10).
    if (!Number.isFinite(value)) return undefined;
    const whole = Math.trunc(value);
    return Number.isSafeInteger(whole) ? whole : parseInt64Text(BigInt(whole).toString());
  }
  if (typeof value === 'bigint') return parseInt64Text(String(value));
  return typeof value === 'string' ? parseInt64Text(value.trim()) : undefined;
}

/** An integer that fits a page size or an offset. */
export function optionalInt32(message: JsonObject, name: string, path = name): number | undefined {
  const value = optionalInt64(message, name, path);
  if (value === undefined) return undefined;
  if (typeof value === 'bigint' || Math.abs(value) > 2_147_483_647) {
    throw invalid(path, message[name], 'expected an integer of 32 bits.');
  }
  return value;
}

const SPECIAL_DOUBLES: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  nan: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  inf: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
};

export function optionalDouble(message: JsonObject, name: string, path = name): number | undefined {
  const value = read(message, name, path);
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number') return value;
  // Protobuf's parser takes booleans for 1 and 0 here, and for integers does not.
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (typeof value === 'string') {
    const special = SPECIAL_DOUBLES[value];
    if (special !== undefined) return special;
    if (value.trim() !== '' && /^[\d\s.eE+-]+$/.test(value)) {
      const parsed = Number(value);
      if (!Number.isNaN(parsed)) return parsed;
    }
  }
  throw invalid(path, value, 'expected a valid double (64-bit floating point).');
}

export function optionalBoolean(message: JsonObject, name: string, path = name): boolean | undefined {
  const value = read(message, name, path);
  if (value === undefined || value === null) return undefined;
  // Python writes a boolean into a query string as `True`.
  const written = typeof value === 'string' ? value.toLowerCase() : value;
  if (written === true || written === 'true') return true;
  if (written === false || written === 'false') return false;
  throw invalid(path, value, 'expected true or false.');
}

/** A repeated field. A query string that names the field once gives one text: a list of one. */
function optionalList(message: JsonObject, name: string, path = name): readonly Json[] {
  const value = read(message, name, path);
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return [value];
  throw invalid(path, value, 'expected a list.');
}

export function stringList(message: JsonObject, name: string, path = name): readonly string[] {
  return optionalList(message, name, path).map((value, i) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'bigint') return String(value);
    throw invalid(`${path}[${i}]`, value, 'expected a string.');
  });
}

export function asObject(value: Json | undefined, path: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid(path, value, 'expected an object.');
}

export function objectList(message: JsonObject, name: string, path = name): readonly JsonObject[] {
  return optionalList(message, name, path).map((value, i) => asObject(value, `${path}[${i}]`));
}

export function optionalObject(message: JsonObject, name: string, path = name): JsonObject | undefined {
  const value = read(message, name, path);
  return value === undefined || value === null ? undefined : asObject(value, path);
}

/**
 * An enum by its name or its protobuf number. An unknown name is dropped, as protobuf's parser does with
 * `ignore_unknown_fields` (contract, section 2.4).
 */
export function optionalEnum<Name extends string>(
  message: JsonObject,
  name: string,
  names: Readonly<Record<Name, number>>,
): Name | undefined {
  const value = read(message, name, name);
  if (typeof value === 'string' && Object.hasOwn(names, value)) return value as Name;
  const asNumber = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof asNumber !== 'number') return undefined;
  for (const key of Object.keys(names) as Name[]) if (names[key] === asNumber) return key;
  return undefined;
}
