import { INT64_MAX, INT64_MIN } from '../../kernel/int64.ts';

const FORM = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$/;

/**
 * Nanoseconds since 1970 of a date, or of a date and time without zone, in ISO 8601. Undefined for any other form: what
 * pandas makes of those, only pandas knows.
 */
export function isoNanoseconds(text: string): bigint | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // A day that the month does not have would have become one of the next.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const nanoseconds = BigInt(date.getTime()) * 1_000_000n + BigInt((match[7] ?? '').padEnd(9, '0'));
  return nanoseconds <= INT64_MAX && nanoseconds > INT64_MIN ? nanoseconds : undefined;
}

/** The same back, as Python's `isoformat` writes it: with as many decimals as it takes, 0, 6 or 9. */
export function isoText(nanoseconds: bigint): string {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const text = new Date(Number((nanoseconds - rest) / 1_000_000n)).toISOString().slice(0, 19);
  if (rest === 0n) return text;
  const digits = String(rest).padStart(9, '0');
  return `${text}.${digits.endsWith('000') ? digits.slice(0, 6) : digits}`;
}
