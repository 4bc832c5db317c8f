/** A number whose digits JavaScript would round; it is shown as it was written. */
export class ExactNumber {
  readonly digits: string;
  constructor(digits: string) {
    this.digits = digits;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;
const MARK = '\u0000number ';

/**
 * Reads JSON as Python writes it: with NaN and Infinity, and with integers beyond 2^53.
 * @throws SyntaxError
 */
export function parseLenientJson(text: string): unknown {
  const words = text.replace(TOKEN, (token) =>
    token.startsWith('"') ? token : JSON.stringify(MARK + token),
  );
  return JSON.parse(words, revive);
}

// Browsers tell the digits behind a number since 2023; TypeScript's types do not know it yet.
function revive(
  this: unknown,
  _key: string,
  value: unknown,
  context?: { readonly source?: string },
): unknown {
  if (typeof value === 'string' && value.startsWith(MARK)) return Number(value.slice(MARK.length));
  const isRounded = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value);
  return isRounded && context?.source !== undefined ? new ExactNumber(context.source) : value;
}

/** A value of a document as text: `12`, `"abc"`, `NaN`, `null`. */
export function renderScalar(value: unknown): string {
  if (value instanceof ExactNumber) return value.digits;
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? 'undefined';
}

/** A document in lines of two spaces a level, as people write it. */
export function renderPretty(value: unknown, indent = ''): string {
  if (!isBranch(value)) return renderScalar(value);
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((one) => `${inner}${renderPretty(one, inner)}`)
    : Object.entries(value).map(
        ([key, one]) => `${inner}${JSON.stringify(key)}: ${renderPretty(one, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

/** Whether a value holds others. */
export function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
}
