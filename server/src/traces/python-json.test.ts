import { describe, expect, it } from 'vitest';
import { type JsonValue, pythonFloat, pythonJson } from './python-json.ts';
import { parseRawJson, rawJsonText } from './raw-json.ts';

describe('JSON in the spelling of Python', () => {
  // Each pair was printed by Python 3.11.
  it.each([
    [1, '1.0'],
    [0.1, '0.1'],
    [-0, '-0.0'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.5e300, '1.5e+300'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [1.25e-7, '1.25e-07'],
    [123456789.123, '123456789.123'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('writes the double %d as %s', (value, text) => {
    expect(pythonFloat(value)).toBe(text);
  });

  it.each<[JsonValue, string]>([
    [{ a: [1, null, true], b: 'ü"\n' }, '{"a": [1.0, null, true], "b": "ü\\"\\n"}'],
    [[], '[]'],
    [{}, '{}'],
  ])('writes %j with spaces after commas and colons', (value, text) => {
    expect(pythonJson(value)).toBe(text);
  });
});

describe('raw JSON', () => {
  it('keeps the text of numbers', () => {
    const text = '{"a": [1, 1.0, 9007199254740993, -1e-05, NaN, -Infinity], "b": {"c": "x\\\\\\"y"}}';
    expect(rawJsonText(parseRawJson(text)!)).toBe(text);
  });

  it.each([
    '',
    '{',
    '[1,]',
    '{"a" 1}',
    '01',
    '1x',
    '"a',
    '"\\x"',
    'nul',
    '[1] 2',
    '{a: 1}',
    `${'['.repeat(300)}${']'.repeat(300)}`,
  ])('refuses %s', (text) => {
    expect(parseRawJson(text)).toBeUndefined();
  });

  it('reads a string of ten million characters', () => {
    expect(parseRawJson(JSON.stringify('x'.repeat(10_000_000)))?.kind).toBe('string');
  });
});
