import { expect, it } from 'vitest';
import { parseTimeSpan } from './time-span.ts';

it.each([
  ['0', 0],
  ['0s', 0],
  ['90s', 90_000],
  ['30d', 30 * 86_400_000],
  ['1d2h3m4s', 86_400_000 + 2 * 3_600_000 + 3 * 60_000 + 4000],
  ['2h1d', undefined],
  ['', undefined],
  ['12', undefined],
  ['-1d', undefined],
  ['1.5h', undefined],
  ['9999999d', undefined],
])('reads %j as %j milliseconds', (text, expected) => {
  expect(parseTimeSpan(text)).toBe(expected);
});
