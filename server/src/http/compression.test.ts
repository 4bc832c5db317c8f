import { describe, expect, it } from 'vitest';
import { chooseEncoding } from './compression.ts';

describe('choosing an encoding', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['gzip, deflate', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['br; q=0.0, gzip; q=0', undefined],
    ['*', 'br'],
    ['*;q=0, gzip', 'gzip'],
    ['GZIP', 'gzip'],
  ] as const)('takes for %s: %s', (header, encoding) => {
    expect(chooseEncoding(header)).toBe(encoding);
  });
});
