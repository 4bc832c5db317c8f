import { INT64_MAX, INT64_MIN } from '../../kernel/int64.ts';

const DIGITS = String.raw`\d+(?:_\d+)*`;
const FLOAT = new RegExp(
  `^[+-]?(?:(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:e[+-]?${DIGITS})?|inf(?:inity)?|nan)$`,
  'i',
);
const INTEGER = new RegExp(`^[+-]?${DIGITS}$`);

/** A text as Python's `float()` reads it; undefined where that raises. Digits may be grouped by underscores. */
export function pythonFloat(text: string): number | undefined {
  const trimmed = text.trim();
  if (!FLOAT.test(trimmed)) return undefined;
  const word = /(inf|nan)/i.exec(trimmed)?.[1]?.toLowerCase();
  if (word === 'nan') return Number.NaN;
  if (word === 'inf') return trimmed.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(trimmed.replaceAll('_', ''));
}

/** A text as Python's `int()` reads it, of at most 64 bits; undefined for any other. */
export function pythonInteger(text: string): number | bigint | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 40 || !INTEGER.test(trimmed)) return undefined;
  const big = BigInt(trimmed.replaceAll('_', '').replace(/^\+/, ''));
  if (big > INT64_MAX || big < INT64_MIN) return undefined;
  return big >= MIN_SAFE && big <= MAX_SAFE ? Number(big) : big;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const MIN_SAFE = BigInt(Number.MIN_SAFE_INTEGER);
