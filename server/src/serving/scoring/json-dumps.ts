import { isoText } from './datetime-text.ts';

/** A double as Python writes it: `1.0`, `1e-05`, `1e+16`, and the words NaN, Infinity and -Infinity. */
export function floatText(value: number): string {
  const size = Math.abs(value);
  if (size < 1e16 && (size >= 1e-4 || size === 0)) {
    if (!Number.isInteger(value)) return String(value);
    return Object.is(value, -0) ? '-0.0' : `${value}.0`;
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const text = value.toExponential();
  // Python's exponents have two digits at least.
  return text.at(-2) === '-' || text.at(-2) === '+' ? `${text.slice(0, -1)}0${text.at(-1)}` : text;
}

/** A text as Python's `json.dumps` writes it: ASCII alone. */
export function stringText(text: string): string {
  const json = JSON.stringify(text);
  return NOT_ASCII.test(json)
    ? json.replace(ALL_NOT_ASCII, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : json;
}

const NOT_ASCII = /[\x7f-\uffff]/;
const ALL_NOT_ASCII = /[\x7f-\uffff]/g;

/** Bytes as Python's `base64.encodebytes` writes them: lines of 76, the last one ended as well. */
export function bytesText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `"${text.replace(/.{1,76}/g, '$&\\n')}"`;
}

export const timeText = (nanoseconds: bigint): string => `"${isoText(nanoseconds)}"`;
