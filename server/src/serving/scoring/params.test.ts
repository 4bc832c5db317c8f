import { describe, expect, it } from 'vitest';
import { signatureOf } from '../gateway/lanes.fixture.ts';
import { createInputReader } from './read-input.ts';

const PARAMS = [
  { name: 'alpha', type: 'double', default: 1, shape: null },
  { name: 'top_k', type: 'long', default: 5, shape: null },
  { name: 'greedy', type: 'boolean', default: false, shape: null },
  { name: 'words', type: 'string', default: ['a'], shape: [-1] },
];

function read(params: string, options: { specs?: readonly object[] | undefined; strict?: boolean } = {}) {
  const signature = signatureOf([['double', 'x']], 'specs' in options ? options.specs : PARAMS);
  const reader = createInputReader({ signature, strict: options.strict ?? false, domain: undefined });
  const input = reader(
    'json',
    Buffer.from(`{"dataframe_records": [{"x": 1}]${params === '' ? '' : `, "params": ${params}`}}`),
  );
  return input.kind === 'program' ? input : input;
}

describe('params', () => {
  it.each(['', 'null', '{}'])('have their defaults where a request sends %j', (params) => {
    expect(read(params)).toMatchObject({
      params: '{"alpha": 1.0, "top_k": 5, "greedy": false, "words": ["a"]}',
      hasDefaultParams: true,
    });
  });

  it('are taken in the order of the signature, with integers as floats where floats are wanted', () => {
    expect(read('{"words": ["ä", "b"], "alpha": 2}')).toMatchObject({
      params: '{"alpha": 2.0, "top_k": 5, "greedy": false, "words": ["\\u00e4", "b"]}',
      hasDefaultParams: false,
    });
  });

  it('keep all digits', () => {
    expect(read('{"top_k": 9007199254740993}')).toMatchObject({
      params: expect.stringContaining('9007199254740993'),
    });
  });

  it('that the signature does not have are ignored, and told', () => {
    expect(read('{"beta": 1}')).toMatchObject({ ignored: 'params=beta', hasDefaultParams: true });
    expect(() => read('{"beta": 1}', { strict: true })).toThrow(
      'The endpoint is strict: the model takes no params beta.',
    );
  });

  it.each(['5', '{"alpha": "x"}'])('are no matter to a model without any: %s', (params) => {
    expect(read(params, { specs: undefined })).toMatchObject({ params: '', hasDefaultParams: true });
    expect(() => read(params, { specs: undefined, strict: true })).toThrow('takes no params');
  });

  it.each([
    ['[]', "Parameters must be a dictionary. Got type 'list'."],
    ['5', "Parameters must be a dictionary. Got type 'int'."],
    [
      '{"alpha": "x"}',
      `Invalid parameters found: {('alpha', "Failed to validate type and shape for 'alpha': double (default: 1), error: ` +
        "Can not safely convert `<class 'str'>` to `DataType.double` for value `x`\")}",
    ],
    ['{"top_k": 3.5}', '`3.5`'],
    ['{"greedy": "true"}', "`<class 'str'>` to `DataType.boolean`"],
    ['{"words": "a"}', 'Value must be a 1D array with shape (-1,)'],
    ['{"words": [1]}', '`DataType.string` for value `1`'],
    ['{"alpha": true}', '`DataType.double` for value `True`'],
    ['{"alpha": [1]}', 'Value must be a scalar'],
  ])('that are wrong are refused: %s', (params, message) => {
    expect(() => read(params)).toThrow(
      expect.objectContaining({
        reason: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('that are wrong are all named', () => {
    expect(() => read('{"alpha": "x", "top_k": null, "greedy": 1}')).toThrow(/'alpha'.*'greedy'/);
  });
});
