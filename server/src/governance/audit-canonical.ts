/** What canonical JSON is made of here: whole numbers alone, so that no engine writes one differently. */
export type CanonicalJson =
  | string
  | number
  | null
  | readonly CanonicalJson[]
  | { readonly [name: string]: CanonicalJson };

/**
 * The one text of a value (RFC 8785): no blanks, names in the order of their UTF-16 units, texts escaped as JSON.stringify
 * does. What is hashed or signed is always this text.
 * @throws RangeError for a number that is not a safe integer.
 */
export function canonicalJson(value: CanonicalJson): string {
  if (value === null || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no safe integer.`);
    return String(value === 0 ? 0 : value);
  }
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name]!)}`);
  return `{${members.join(',')}}`;
}

// Array.isArray does not narrow lists that are read-only.
const isList = (value: object): value is readonly CanonicalJson[] => Array.isArray(value);
