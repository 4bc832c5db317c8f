import { describe, expect, it } from 'vitest';
import { createInputReader } from './read-input.ts';
import { readSignature } from './signature.ts';

const tensor = (dtype: string, shape: readonly number[], name?: string) => ({
  type: 'tensor',
  ...(name !== undefined && { name }),
  'tensor-spec': { dtype, shape },
});

function read(inputs: readonly object[], body: unknown) {
  const signature = readSignature({ inputs: JSON.stringify(inputs) });
  const reader = createInputReader({ signature, strict: false, domain: undefined });
  const input = reader('json', Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  return input.kind === 'program'
    ? 'program'
    : { columns: input.rows.columns, rows: input.rows.rows, key: input.joinKey };
}

const MATRIX = [tensor('float32', [-1, 2])];
const NAMED = [tensor('float64', [-1, 2], 'a'), tensor('int64', [-1], 'b')];

describe('a tensor', () => {
  it.each([
    [
      {
        inputs: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    [
      {
        instances: [
          [1, '2'],
          [3, 4],
        ],
      },
    ],
    [
      {
        dataframe_split: {
          data: [
            [1, 2],
            [3, 4],
          ],
        },
      },
    ],
    [
      {
        dataframe_records: [
          { p: 1, q: 2 },
          { p: 3, q: 4 },
        ],
      },
    ],
  ])('comes as nested lists or as a table: %j', (body) => {
    expect(read(MATRIX, body)).toEqual({
      columns: [{ shape: [2, 2], elements: [1, 2, 3, 4] }],
      rows: 2,
      key: '',
    });
  });

  it('goes by its name where there are several', () => {
    const columns = [
      { shape: [2, 2], elements: [1, 2, 3, 4] },
      { shape: [2], elements: [5, 6] },
    ];
    expect(
      read(NAMED, {
        inputs: {
          a: [
            [1, 2],
            [3, 4],
          ],
          b: [5, 6],
        },
      }),
    ).toMatchObject({ columns });
    expect(
      read(NAMED, {
        instances: [
          { a: [1, 2], b: 5 },
          { b: 6, a: [3, 4] },
        ],
      }),
    ).toMatchObject({ columns });
    expect(read([tensor('float64', [-1], 'only')], { inputs: [1, 2] })).toMatchObject({
      columns: [{ shape: [2] }],
    });
  });

  it('of other inner lengths is not joined with it, and one without a free first length with none', () => {
    const free = [tensor('float64', [-1, -1])];
    expect(read(free, { inputs: [[1, 2]] })).toMatchObject({ key: '2|' });
    expect(read(free, { inputs: [[1, 2, 3]] })).toMatchObject({ key: '3|' });
    expect(read([tensor('float64', [1, 2])], { inputs: [[1, 2]] })).toMatchObject({ key: undefined });
  });

  it.each([
    ['float32', '1e39', 'does not fit'],
    ['uint8', '256', 'does not fit'],
    ['int8', '-129', 'does not fit'],
    ['uint32', '-1', 'does not fit'],
    ['int64', '1.5', 'would lose its fraction'],
    ['int64', 'null', 'TypeError'],
    ['float64', '"x"', 'could not convert string to float'],
    ['bool', '2', 'neither true nor false'],
  ])('of %s does not hold %s, and the row is named', (dtype, value, why) => {
    const body = `{"inputs": [[0, 1], [1, ${value}]]}`;
    expect(() => read([tensor(dtype, [-1, 2])], body)).toThrow(why);
    expect(() => read([tensor(dtype, [-1, 2])], body)).toThrow('Row 1, ');
  });

  it.each([
    [{ inputs: [[1, 2], [3]] }, undefined, 'inhomogeneous shape'],
    [{ inputs: [[1, 2], 3] }, undefined, 'inhomogeneous shape'],
    [
      { inputs: [[1, 2, 3]] },
      'SCHEMA_ENFORCEMENT_FAILED',
      'Shape of input (1, 3) does not match expected shape (-1, 2).',
    ],
    [{ inputs: [1, 2] }, 'SCHEMA_ENFORCEMENT_FAILED', 'Shape of input (2,) does not match'],
    [{ inputs: { a: [[1, 2]] } }, undefined, 'expects a single n-dimensional array'],
  ])('of another shape is refused: %j', (body, reason, message) => {
    expect(() => read(MATRIX, body)).toThrow(
      expect.objectContaining({ reason, message: expect.stringContaining(message) }),
    );
  });

  it('that is not there is missed by name', () => {
    expect(() => read(NAMED, { inputs: { a: [[1, 2]], c: [1] } })).toThrow(
      "Model is missing inputs ['b']. Note that there were extra inputs: ['c'].",
    );
  });

  it('keeps its digits', () => {
    expect(read([tensor('int64', [-1])], '{"inputs": [9007199254740993]}')).toMatchObject({
      columns: [{ elements: [9007199254740993n] }],
    });
  });

  it.each([
    ['of a type that has no columns', [tensor('complex64', [-1])], { inputs: [1] }],
    ['whose numbers a double does not hold', [tensor('uint64', [-1])], { inputs: [1] }],
    ['in a table of lists', MATRIX, { dataframe_split: { columns: ['x'], data: [[[1, 2]]] } }],
  ])('%s goes to the program as it came', (_what, inputs, body) => {
    expect(read(inputs, body)).toBe('program');
  });
});
