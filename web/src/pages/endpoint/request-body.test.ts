import { describe, expect, it } from 'vitest';
import type { EntityInput, SignatureInput } from '../../data/endpoints.ts';
import { bodyOfRow, firstBody, hasForm, pretty, rowOf } from './request-body.ts';

const column = (name: string, type: string, required = true): SignatureInput => ({
  name,
  kind: 'column',
  type,
  required,
});
const inputs = [
  column('age', 'long'),
  column('name', 'string'),
  column('vip', 'boolean'),
  column('x', 'double', false),
];
const flat: EntityInput = { name: 'e', signature: { named: true, inputs } };

describe('what is asked of a model', () => {
  it('begins with its example, and is made of the signature without one', () => {
    expect(firstBody({ ...flat, example: '{"inputs":[[1,2]]}' })).toBe(
      '{\n  "inputs": [\n    [1, 2]\n  ]\n}',
    );
    expect(JSON.parse(firstBody(flat))).toEqual({
      dataframe_records: [{ age: 0, name: '', vip: false, x: 0 }],
    });
    expect(JSON.parse(firstBody({ name: 'e' }))).toEqual({ inputs: [] });
  });

  it('has zeros in the shape of a tensor', () => {
    const tensor: SignatureInput = { kind: 'tensor', type: 'float32', shape: [-1, 2, 3], required: true };
    const body = firstBody({ name: 'e', signature: { named: false, inputs: [tensor] } });
    expect(JSON.parse(body)).toEqual({
      inputs: [
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ],
    });
    expect(hasForm({ name: 'e', signature: { named: false, inputs: [tensor] } })).toBe(false);
  });

  it.each([
    ['{"dataframe_split": {"columns": ["name", "age"], "data": [["Ada", 36]]}}'],
    ['{"dataframe_records": [{"name": "Ada", "age": 36}]}'],
    ['{"inputs": {"name": ["Ada"], "age": [36]}}'],
    ['{"instances": [{"name": "Ada", "age": 36}]}'],
  ])('fills the form from %s', (body) => {
    expect(rowOf(body, inputs)).toEqual({ age: '36', name: 'Ada', vip: '', x: '' });
  });

  it('leaves the form empty for what has no rows by name', () => {
    expect(rowOf('{"inputs": [[1, 2]]}', inputs)).toBeUndefined();
    expect(rowOf('{', inputs)).toBeUndefined();
  });

  it('sends what was typed with the types of the columns, and leaves out what is empty and may be', () => {
    expect(JSON.parse(bodyOfRow(inputs, { age: '36', name: '5', vip: 'true', x: '' }))).toEqual({
      dataframe_records: [{ age: 36, name: '5', vip: true }],
    });
    const long = '9007199254740993';
    expect(JSON.parse(bodyOfRow(inputs, { age: long, name: '', vip: '', x: 'many' }))).toEqual({
      dataframe_records: [{ age: long, name: '', vip: false, x: 'many' }],
    });
  });

  it('keeps what is no JSON as it is', () => {
    expect(pretty('{"a": NaN}')).toBe('{"a": NaN}');
  });
});
