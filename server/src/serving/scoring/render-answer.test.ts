import { describe, expect, it } from 'vitest';
import type { NumberColumn, PackedAnswer, PackedColumn } from './columns.ts';
import { bytesText, floatText, stringText } from './json-dumps.ts';
import { renderAnswers } from './render-answer.ts';

/** As CPython 3.11's `repr` has them. */
const floats: readonly (readonly [number, string])[] = [
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [-2, '-2.0'],
  [0.1, '0.1'],
  [5.1, '5.1'],
  [1e-4, '0.0001'],
  [1e-5, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [1e-10, '1e-10'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1.2345678901234567e19, '1.2345678901234567e+19'],
  [1e22, '1e+22'],
  [1.7976931348623157e308, '1.7976931348623157e+308'],
  [5e-324, '5e-324'],
  [Math.fround(0.1), '0.10000000149011612'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
];

const head = { ranOneByOne: false, modelMicros: 0 };
const numbers = (
  dtype: NumberColumn['dtype'],
  values: NumberColumn['values'],
  name?: string,
): NumberColumn => ({
  dtype,
  name,
  validity: undefined,
  values,
});
const texts = (...values: string[]): PackedColumn => {
  const offsets = new Uint32Array(values.length + 1);
  values.forEach((value, i) => {
    offsets[i + 1] = offsets[i]! + Buffer.byteLength(value);
  });
  return {
    dtype: 'string',
    name: 'label',
    validity: Buffer.of(0b01),
    offsets,
    bytes: Buffer.from(values.join('')),
  };
};

describe('an answer as text', () => {
  it.each(floats)('writes %d as Python does', (value, text) => {
    expect(floatText(value)).toBe(text);
  });

  it('writes texts and bytes as Python does', () => {
    expect(stringText('a"\\\n\u007fä😀')).toBe('"a\\"\\\\\\n\\u007f\\u00e4\\ud83d\\ude00"');
    expect(bytesText(Buffer.alloc(60))).toBe(`"${'A'.repeat(76)}\\n${'A'.repeat(4)}\\n"`);
  });

  it('is cut where the requests end', () => {
    const tensor = {
      dtype: 'tensor',
      name: undefined,
      shape: [3],
      elements: numbers('int64', BigInt64Array.of(1n, 2n, 2n ** 60n)),
    } as const;
    expect(renderAnswers({ ...head, kind: 'tensor', rows: 3, segments: [1, 0, 2], tensor })).toEqual([
      '{"predictions": [1]}',
      '{"predictions": []}',
      '{"predictions": [2, 1152921504606846976]}',
    ]);
  });

  it('shows a frame as records, and what is missing as null', () => {
    const answer: PackedAnswer = {
      ...head,
      kind: 'columns',
      rows: 2,
      segments: [2],
      columns: [
        numbers('float32', Float32Array.of(0.5, Number.NaN), 'p'),
        texts('ja', ''),
        numbers('bool', Uint8Array.of(1, 0), 'ok'),
        numbers('datetime', BigInt64Array.of(0n, 1_500_000_000n), 'at'),
      ],
    };
    expect(renderAnswers(answer)).toEqual([
      '{"predictions": [{"p": 0.5, "label": "ja", "ok": true, "at": "1970-01-01T00:00:00"}, ' +
        '{"p": NaN, "label": null, "ok": false, "at": "1970-01-01T00:00:01.500000"}]}',
    ]);
  });

  it('shows arrays of arrays as nested lists', () => {
    const elements = numbers('float64', Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7));
    const tensor = { dtype: 'tensor', name: undefined, shape: [2, 2, 2], elements } as const;
    expect(renderAnswers({ ...head, kind: 'tensor', rows: 2, segments: [1, 1], tensor })).toEqual([
      '{"predictions": [[[0.0, 1.0], [2.0, 3.0]]]}',
      '{"predictions": [[[4.0, 5.0], [6.0, 7.0]]]}',
    ]);
    const scalar = { ...tensor, shape: [], elements: numbers('float64', Float64Array.of(9)) } as const;
    expect(renderAnswers({ ...head, kind: 'tensor', rows: 1, segments: [1], tensor: scalar })).toEqual([
      '{"predictions": 9.0}',
    ]);
  });

  it('that a program has rendered is passed on', () => {
    const answer: PackedAnswer = {
      ...head,
      kind: 'json',
      rows: 0,
      segments: [0],
      texts: ['{"a": 1}'],
      failures: new Map(),
      wholeBodies: false,
    };
    expect(renderAnswers(answer)).toEqual(['{"predictions": {"a": 1}}']);
    expect(renderAnswers({ ...answer, wholeBodies: true })).toEqual(['{"a": 1}']);
  });
});
