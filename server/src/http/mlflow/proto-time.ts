import { invalid } from './fields.ts';
import type { Json } from './json.ts';

/** 0001-01-01 to 9999-12-31, the range of protobuf's Timestamp, in ms. */
const MIN_MS = -62_135_596_800_000;
const MAX_MS = 253_402_300_799_999;
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;
const DURATION = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** A protobuf Timestamp's JSON as whole milliseconds since 1970, cut as the real server cuts them. */
export function parseTimestamp(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const match = typeof value === 'string' ? TIMESTAMP.exec(value) : null;
  if (match !== null) {
    const [, day, time, fraction = '', zone] = match;
    const ms = Date.parse(`${day}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${zone!.toUpperCase()}`);
    if (ms >= MIN_MS && ms <= MAX_MS) return ms;
  }
  throw invalid(path, value, 'expected a time like 2025-01-31T12:00:00.123Z.');
}

/** A protobuf Duration's JSON (`1.5s`) in whole milliseconds. */
export function parseDuration(value: Json | undefined, path: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const match = typeof value === 'string' ? DURATION.exec(value) : null;
  if (match === null) throw invalid(path, value, 'expected a duration like 1.5s.');
  const [, sign, seconds, fraction = ''] = match;
  const ms = Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  return sign === '-' ? -ms : ms;
}

export function renderTimestamp(ms: number): string {
  return new Date(Math.min(MAX_MS, Math.max(MIN_MS, ms))).toISOString().replace('.000Z', 'Z');
}

export function renderDuration(ms: number): string {
  const size = Math.abs(ms);
  const rest = size % 1000;
  const fraction = rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`;
  return `${ms < 0 ? '-' : ''}${Math.floor(size / 1000)}${fraction}s`;
}
