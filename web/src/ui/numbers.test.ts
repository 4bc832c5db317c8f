import { describe, expect, it } from 'vitest';
import { renderAgo, renderBriefly, renderNumber, renderTime } from './numbers.ts';

describe('numbers', () => {
  it.each([
    [0.935, '0.9350', '0.935'],
    [0.22, '0.2200', '0.22'],
    [0.9367, '0.9367', '0.9367'],
    [-0.0017, '−0.001700', '−0.0017'],
    [0.1 + 0.2, '0.3000', '0.3'],
    [0.99999, '1.000', '1'],
    [12.5, '12.50', '12.5'],
    [999.96, '1,000', '1,000'],
    [12_345.6, '12,346', '12,346'],
    [0, '0', '0'],
    [-0, '0', '0'],
    [100, '100', '100'],
    [-12_340, '−12,340', '−12,340'],
    [1.2e-7, '1.200e−7', '1.2e−7'],
    [-2e-9, '−2.000e−9', '−2e−9'],
    [1e10, '1.000e10', '1e10'],
    [Number.NaN, 'NaN', 'NaN'],
    [Number.NEGATIVE_INFINITY, '−∞', '−∞'],
  ])('%d stands as %s in a column and as %s in a sentence', (value, inColumn, inSentence) => {
    expect(renderNumber(value)).toBe(inColumn);
    expect(renderBriefly(value)).toBe(inSentence);
  });

  it.each([
    [0, '0.000'],
    [1, '1.000'],
    [-12, '−12.00'],
    [0.935, '0.9350'],
    [999, '999.0'],
    [1234, '1,234'],
    [12_345_678, '1.235e7'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('%d stands as %s among fractions', (value, shown) => {
    expect(renderNumber(value, true)).toBe(shown);
  });
});

describe('times', () => {
  const at = new Date(2026, 0, 9, 7, 5, 3).getTime();

  it('have two digits each, in the time zone of the reader', () => {
    expect(renderTime(at)).toBe('2026-01-09 07:05:03');
  });

  it('say how long ago, and the date after a month', () => {
    expect(renderAgo(at, at + 10_000)).toBe('just now');
    expect(renderAgo(at, at + 26 * 3_600_000)).toBe('yesterday');
    expect(renderAgo(at, at + 40 * 86_400_000)).toBe('2026-01-09');
  });
});
