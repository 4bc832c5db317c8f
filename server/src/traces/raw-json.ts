/**
 * JSON whose scalars keep their text, so that `1` and `1.0` stay different and no digit of an integer is lost. NaN,
 * Infinity and -Infinity are numbers, as Python writes them.
 */
export type RawJson =
  | { readonly kind: 'string' | 'number' | 'word'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly RawJson[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, value: RawJson])[] };

const MAX_DEPTH = 200;
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|-?Infinity|NaN)|(true|false|null))/y;

interface Token {
  readonly kind: 'mark' | 'string' | 'number' | 'word';
  readonly text: string;
}

/** Parses a JSON text; undefined for one that is broken or nests deeper than 200 levels. */
export function parseRawJson(text: string): RawJson | undefined {
  let at = 0;

  function next(): Token | undefined {
    const quote = skipSpace(text, at);
    if (text[quote] === '"') {
      const end = stringEnd(text, quote);
      if (end < 0) return undefined;
      at = end;
      return { kind: 'string', text: text.slice(quote, end) };
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    at = TOKEN.lastIndex;
    if (match[1] !== undefined) return { kind: 'mark', text: match[1] };
    if (match[2] !== undefined) return { kind: 'number', text: match[2] };
    return { kind: 'word', text: match[3]! };
  }

  function value(token: Token | undefined, depth: number): RawJson | undefined {
    if (token === undefined || depth > MAX_DEPTH) return undefined;
    if (token.kind !== 'mark') return { kind: token.kind, text: token.text };
    if (token.text === '[') return list(depth);
    return token.text === '{' ? object(depth) : undefined;
  }

  function list(depth: number): RawJson | undefined {
    const items: RawJson[] = [];
    let token = next();
    if (isMark(token, ']')) return { kind: 'list', items };
    for (;;) {
      const item = value(token, depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      token = next();
      if (isMark(token, ']')) return { kind: 'list', items };
      if (!isMark(token, ',')) return undefined;
      token = next();
    }
  }

  function object(depth: number): RawJson | undefined {
    const members: [string, RawJson][] = [];
    let key = next();
    if (isMark(key, '}')) return { kind: 'object', members };
    for (;;) {
      if (key?.kind !== 'string' || !isMark(next(), ':')) return undefined;
      const member = value(next(), depth + 1);
      if (member === undefined) return undefined;
      members.push([JSON.parse(key.text) as string, member]);
      const token = next();
      if (isMark(token, '}')) return { kind: 'object', members };
      if (!isMark(token, ',')) return undefined;
      key = next();
    }
  }

  const parsed = value(next(), 0);
  return parsed !== undefined && skipSpace(text, at) === text.length ? parsed : undefined;
}

const isMark = (token: Token | undefined, mark: string): boolean =>
  token?.kind === 'mark' && token.text === mark;

function skipSpace(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return at;
}

/** Where the string that starts at `start` ends; -1 when it is broken. */
function stringEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return -1;
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) break;
  }
  try {
    JSON.parse(text.slice(start, end + 1));
  } catch {
    return -1;
  }
  return end + 1;
}

/** The value's text in Python's spelling. */
export function rawJsonText(value: RawJson): string {
  switch (value.kind) {
    case 'list':
      return `[${value.items.map(rawJsonText).join(', ')}]`;
    case 'object':
      return `{${value.members.map(([key, inner]) => `${JSON.stringify(key)}: ${rawJsonText(inner)}`).join(', ')}}`;
    default:
      return value.text;
  }
}

/** The member of an object, or undefined. */
export function rawMember(value: RawJson | undefined, key: string): RawJson | undefined {
  if (value?.kind !== 'object') return undefined;
  return value.members.find(([name]) => name === key)?.[1];
}

/** A JSON string's text; undefined for anything else. */
export function rawString(value: RawJson | undefined): string | undefined {
  return value?.kind === 'string' ? (JSON.parse(value.text) as string) : undefined;
}
