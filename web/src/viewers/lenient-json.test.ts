import { expect, it } from 'vitest';
import { jsonRows } from './json-rows.ts';
import { ExactNumber, parseLenientJson, renderPretty, renderScalar } from './lenient-json.ts';

it('reads what Python writes: NaN, Infinity and long integers', () => {
  const document = parseLenientJson(
    '{"a": [NaN, -Infinity, Infinity], "b": 9007199254740993, "c": "NaN, 9007199254740993"}',
  );
  expect(document).toEqual({
    a: [Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    b: new ExactNumber('9007199254740993'),
    c: 'NaN, 9007199254740993',
  });
});

it('keeps escaped quotes and the words in strings as they are', () => {
  expect(parseLenientJson(String.raw`{"a \" NaN": "Infinity \\"}`)).toEqual({ 'a " NaN': 'Infinity \\' });
});

it('refuses what is no JSON', () => {
  expect(() => parseLenientJson('{a: 1}')).toThrow(SyntaxError);
});

it('writes a document as people do', () => {
  expect(renderPretty({ a: [1, {}], b: null })).toBe('{\n  "a": [\n    1,\n    {}\n  ],\n  "b": null\n}');
  expect(renderScalar(new ExactNumber('12345678901234567890'))).toBe('12345678901234567890');
});

it('gives each value of a tree a place of its own, whatever its key', () => {
  const rows = jsonRows({ 'a/b': { c: 1 }, a: { 'b/c': 2 } }, () => true);
  expect(rows.map(({ pointer }) => pointer)).toEqual(['', '/a~1b', '/a~1b/c', '/a', '/a/b~1c']);
});
