/** What JSON can say, 64-bit integers included. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/**
 * JSON in the spelling of Python's json module (`ensure_ascii=False`), in which MLflow stores spans and assessments:
 * filters with LIKE look at this text. Every number is a double here, as in protobuf's `Value`.
 */
export function pythonJson(value: JsonValue): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'number':
    case 'bigint':
      return pythonFloat(Number(value));
    case 'string':
      return JSON.stringify(value);
    case 'object':
      return isList(value)
        ? `[${value.map(pythonJson).join(', ')}]`
        : pythonObject(
            Object.entries(value).flatMap(([key, inner]) =>
              inner === undefined ? [] : [[key, pythonJson(inner)] as const],
            ),
          );
  }
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value);

/** An object of members whose values are JSON already. */
export function pythonObject(members: Iterable<readonly [key: string, json: string]>): string {
  const parts: string[] = [];
  for (const [key, json] of members) parts.push(`${JSON.stringify(key)}: ${json}`);
  return `{${parts.join(', ')}}`;
}

/** Python's `repr` of a float: always told from an integer, with an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [digits, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
