import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../src/index.ts';
import { parseJson, wireDouble, wireInt64 } from '../src/json.ts';
import { decideRetry, parseRetryAfter } from '../src/retry-policy.ts';

describe('JSON', () => {
  it.each([
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9007199254740991', 9_007_199_254_740_991],
    ['[1,{"a":9223372036854775807}]', [1, { a: 2n ** 63n - 1n }]],
    ['"9007199254740993"', '9007199254740993'],
    [
      String.raw`["a\"9007199254740993","\\",9007199254740993]`,
      ['a"9007199254740993', '\\', 9_007_199_254_740_993n],
    ],
    [
      '[0.12345678901234567, 1234567890123456789.5, 9007199254740993e2]',
      ['0.12345678901234567', '1234567890123456789.5', '9007199254740993e2'].map(Number),
    ],
    ['{"9007199254740993":12345678901234567890}', { '9007199254740993': 12_345_678_901_234_567_890n }],
    ['{"a":1e20,"b":"NaN"}', { a: 1e20, b: 'NaN' }],
  ])('%s is read with every digit', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each(['', '{', '[9007199254740993', '01234567890123456789', 'NaN'])('%j is refused', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('is written with every digit', () => {
    expect(wireInt64(5n, 'step')).toBe(5);
    expect(wireInt64(2n ** 63n - 1n, 'step')).toBe('9223372036854775807');
    expect(() => wireInt64(2 ** 53, 'step')).toThrow(/step/);
    expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5].map(wireDouble)).toEqual([
      'NaN',
      'Infinity',
      '-Infinity',
      0.5,
    ]);
  });
});

describe('retries', () => {
  const failed = { retries: 20, resend: 'always', random: 0.5 } as const;
  const error = (status: number, retryAfterMs?: number) =>
    new SlipwayError('no', { errorCode: 'X', status, retryAfterMs });

  it('wait twice as long each time, up to a bound, and never less than the server asks', () => {
    const waits = Array.from({ length: 10 }, (_, attempt) =>
      decideRetry({ ...failed, error: error(503), attempt }),
    );
    expect(waits.slice(0, 4)).toEqual([187.5, 375, 750, 1500]);
    expect(waits.at(-1)).toBe(11_250);
    expect(decideRetry({ ...failed, error: error(503, 5000), attempt: 0 })).toBe(5000);
    expect(decideRetry({ ...failed, error: error(503, 61_000), attempt: 0 })).toBeUndefined();
  });

  it.each([
    ['5', 5000],
    ['Thu, 01 Jan 1970 00:00:30 GMT', 20_000],
    ['Thu, 01 Jan 1970 00:00:05 GMT', 0],
    ['soon', undefined],
    [null, undefined],
  ])('read Retry-After: %s', (header, waitMs) => {
    expect(parseRetryAfter(header, 10_000)).toBe(waitMs);
  });
});
