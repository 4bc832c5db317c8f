import { expect, test } from 'vitest';
import { sliceArray, sliceObject } from './json-slices.ts';

test.each([
  ['[]', []],
  ['[ 1.0, -0.0 ,1e-05,NaN, 9007199254740993 ]', ['1.0', '-0.0', '1e-05', 'NaN', '9007199254740993']],
  [
    '["a,]\\"b\\\\", {"x": [1, 2]}, [[3], []], null]',
    ['"a,]\\"b\\\\"', '{"x": [1, 2]}', '[[3], []]', 'null'],
  ],
])('the elements of %s stay as they are', (text, parts) => {
  expect(sliceArray(text)).toEqual(parts);
});

test('the members of an object stay as they are, with their names read', () => {
  expect(sliceObject('{"a\\u00e9": 1.0, "b:,": {"c": "}"}, "": []}')).toEqual([
    ['aé', '1.0'],
    ['b:,', '{"c": "}"}'],
    ['', '[]'],
  ]);
  expect(sliceObject(' {} ')).toEqual([]);
});

test.each(['', '{', '[1', '["a]', '5'])('%j is not taken for a list', (text) => {
  expect(() => sliceArray(text)).toThrow();
});
