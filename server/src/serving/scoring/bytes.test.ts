import { describe, expect, it } from 'vitest';
import { signatureOf } from '../gateway/lanes.fixture.ts';
import { packAnswer, readAnswer } from './answer-bytes.ts';
import { packRaw, packRows, type ReadyRows, readBatch } from './batch-bytes.ts';
import { ANSWER_FLAGS, ANSWER_KINDS, type PackedTable, type PackedTensor } from './columns.ts';
import { readSignature } from './signature.ts';

const EVERYTHING = signatureOf([
  ['boolean', 'flag'],
  ['integer', 'small'],
  ['long', 'big'],
  ['float', 'single'],
  ['double', 'double'],
  ['string', 'text'],
  ['binary', 'bytes'],
  ['datetime', 'time'],
  ['string', 'left out', false],
]);
const first: ReadyRows = {
  rows: 2,
  columns: [
    [1, 0],
    [1, -2],
    [-5, 2n ** 62n],
    [1.5, Number.NaN],
    [0.1, -0],
    ['ä', null],
    [Buffer.from('ab'), Buffer.alloc(0)],
    [5n, null],
    undefined,
  ],
};
const second: ReadyRows = {
  rows: 1,
  columns: [
    [1],
    [3],
    [-(2n ** 63n)],
    [Number.POSITIVE_INFINITY],
    [1e300],
    ['日本'],
    [Buffer.from([0])],
    [-1n],
    undefined,
  ],
};

/** The same bytes stand in the tests of the program on the other side. */
const GOLDEN = `0100020003000000020000000100000010000000${Buffer.from('{"alpha": 0.100}').toString('hex')}0900`;

describe('a batch', () => {
  it('holds the rows of all requests, each column as one', () => {
    const batch = packRows(EVERYTHING, [first, second], '{"alpha": 0.100}');
    const read = readBatch(Uint8Array.from(batch.payload));
    expect(Buffer.from(batch.payload).toString('hex').startsWith(GOLDEN)).toBe(true);
    expect(read).toMatchObject({ rows: 3, segments: [2, 1], params: '{"alpha": 0.100}' });
    expect(read.columns).toMatchObject([
      { dtype: 'bool', values: Uint8Array.of(1, 0, 1) },
      { dtype: 'int32', values: Int32Array.of(1, -2, 3) },
      { dtype: 'int64', values: BigInt64Array.of(-5n, 2n ** 62n, -(2n ** 63n)) },
      { dtype: 'float32', values: Float32Array.of(1.5, Number.NaN, Number.POSITIVE_INFINITY) },
      { dtype: 'float64', values: Float64Array.of(0.1, -0, 1e300), validity: undefined },
      { dtype: 'string', offsets: Uint32Array.of(0, 2, 2, 8), validity: Buffer.of(0b101) },
      { dtype: 'binary', offsets: Uint32Array.of(0, 2, 2, 3), validity: undefined },
      { dtype: 'datetime', values: BigInt64Array.of(5n, 0n, -1n), validity: Buffer.of(0b101) },
      { dtype: 'absent' },
    ]);
    expect(read.columns.map(({ dtype }) => dtype)).toEqual(batch.columns.map(({ dtype }) => dtype));
  });

  it('shows its columns in place: what is seen is what is sent', () => {
    const batch = packRows(signatureOf([['double', 'x']]), [{ rows: 2, columns: [[1, 2]] }], '');
    const [column] = batch.columns;
    expect(column).toMatchObject({ values: { buffer: batch.payload.buffer } });
  });

  it('adds tensors along their first dimension', () => {
    const signature = readSignature({
      inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "uint8", "shape": [-1, 2, 2]}}]',
    })!;
    const tensor = (shape: number[], ...elements: number[]): ReadyRows => ({
      rows: shape[0]!,
      columns: [{ shape, elements }],
    });
    const batch = packRows(signature, [tensor([1, 2, 2], 1, 2, 3, 4), tensor([1, 2, 2], 5, 6, 7, 255)], '');
    expect(readBatch(batch.payload).columns).toMatchObject([
      {
        dtype: 'tensor',
        shape: [2, 2, 2],
        elements: { dtype: 'uint8', values: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 255) },
      },
    ]);
  });

  it('of a body as it came holds the body', () => {
    const { payload, segments } = packRaw('csv', Buffer.from('a\n1'));
    expect(segments).toEqual([0]);
    expect(Buffer.from(payload).toString('hex')).toBe(
      '0200010000000000' + '00000000' + '00000000' + '0200000003000000' + '610a31',
    );
  });
});

describe('an answer', () => {
  const numbers = {
    dtype: 'float64',
    name: 'score',
    validity: undefined,
    values: Float64Array.of(1, 2, 3),
  } as const;
  const table: PackedTable = {
    kind: 'columns',
    rows: 3,
    segments: [1, 2],
    ranOneByOne: true,
    modelMicros: 7,
    columns: [numbers],
  };

  it('is read as it was packed', () => {
    expect(readAnswer(packAnswer(table), { asked: 2, modelMicros: 7 })).toEqual(table);
  });

  it('of texts tells which requests failed', () => {
    const failure = Buffer.from(
      '{"at": "input", "message": "no", "error": {"error_code": "INVALID_PARAMETER_VALUE"}}',
    );
    const bytes = Buffer.concat([
      Buffer.from([ANSWER_KINDS.json, ANSWER_FLAGS.runOneByOne | ANSWER_FLAGS.someFailed, 0, 0]),
      Buffer.alloc(4 + 8),
      Buffer.from([3, 0, 0, 0]),
      Buffer.from('[1]'),
      Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, failure.length, 0, 0, 0]),
      failure,
    ]);
    expect(readAnswer(Uint8Array.from(bytes), { asked: 2, modelMicros: 0 })).toMatchObject({
      kind: 'json',
      texts: ['[1]', ''],
      failures: new Map([[1, { at: 'input', message: 'no', reason: 'INVALID_PARAMETER_VALUE' }]]),
      wholeBodies: false,
    });
  });

  it.each(['segments', 'rows', 'dtype', 'length', 'nothing', 'rank'])(
    'that lies about its %s is refused',
    (what) => {
      const tensor: PackedTensor = {
        ...table,
        kind: 'tensor',
        tensor: { dtype: 'tensor', name: undefined, shape: [3], elements: { ...numbers, name: undefined } },
      };
      const bytes = packAnswer(what === 'rank' ? tensor : table);
      if (what === 'segments') bytes[8] = 9;
      if (what === 'rows') bytes[4] = 200;
      if (what === 'dtype') bytes[16] = 77;
      if (what === 'length') bytes[20] = 255;
      if (what === 'rank') bytes[25] = 200;
      const sent = what === 'nothing' ? bytes.slice(0, 12) : bytes;
      expect(() => readAnswer(sent, { asked: 2, modelMicros: 0 })).toThrow(
        expect.objectContaining({ code: 'Internal', reason: 'answer-unusable' }),
      );
    },
  );

  it('cut anywhere, or with any byte changed, is read or refused, and never anything else', () => {
    const whole = packAnswer(table);
    for (let cut = 0; cut < whole.length; cut += 1)
      expect(() => readAnswer(whole.slice(0, cut), { asked: 2, modelMicros: 0 })).toThrow(
        expect.objectContaining({ reason: 'answer-unusable' }),
      );
    for (let at = 0; at < whole.length; at += 1) {
      for (const value of [0, 1, 127, 255]) {
        const bytes = whole.slice();
        bytes[at] = value;
        try {
          readAnswer(bytes, { asked: 2, modelMicros: 0 });
        } catch (error) {
          expect(error).toMatchObject({ reason: 'answer-unusable' });
        }
      }
    }
  });
});
