import { describe, expect, it } from 'vitest';
import { signatureOf } from '../gateway/lanes.fixture.ts';
import { createInputReader, type ReadInput } from './read-input.ts';

type Column = readonly [type: string, name?: string, required?: boolean];

function read(
  type: string,
  value: string,
  options: { strict?: boolean; required?: boolean } = {},
): ReadInput {
  const reader = createInputReader({
    signature: signatureOf([[type, 'x', options.required ?? true]]),
    strict: options.strict ?? false,
    domain: undefined,
  });
  return reader('json', Buffer.from(`{"dataframe_split": {"columns": ["x"], "data": [[${value}]]}}`));
}

function cell(type: string, value: string, options?: { strict?: boolean }): unknown {
  const input = read(type, value, options);
  if (input.kind === 'program') return 'program';
  return (input.rows.columns[0] as readonly unknown[])[0];
}

const day = (text: string) => BigInt(Date.parse(`${text}Z`)) * 1_000_000n;

/** Column type, JSON value, what the model sees. */
const taken: readonly (readonly [string, string, unknown])[] = [
  ['boolean', 'true', 1],
  ['boolean', 'false', 0],
  ['boolean', '0', 0],
  ['boolean', '1', 1],
  ['boolean', '"true"', 1],
  ['boolean', '"False"', 0],
  ['integer', '2147483647', 2147483647],
  ['integer', '-2147483648', -2147483648],
  ['integer', '2.0', 2],
  ['integer', 'true', 1],
  ['long', '1e3', 1000],
  ['long', '"42"', 42],
  ['long', '" +4_2 "', 42],
  ['long', 'false', 0],
  ['long', '9007199254740993', 9007199254740993n],
  ['long', '9223372036854775807', 9223372036854775807n],
  ['long', '"-9223372036854775808"', -9223372036854775808n],
  ['long', '1e18', 1000000000000000000n],
  ['double', '5', 5],
  ['double', '5.1', 5.1],
  ['double', 'true', 1],
  ['double', '" 5.1 "', 5.1],
  ['double', '"1e3"', 1000],
  ['double', '"1_0"', 10],
  ['double', '".5"', 0.5],
  ['double', '"nan"', Number.NaN],
  ['double', '"-inf"', Number.NEGATIVE_INFINITY],
  ['double', '"Infinity"', Number.POSITIVE_INFINITY],
  ['double', 'null', Number.NaN],
  ['double', 'NaN', Number.NaN],
  ['double', 'Infinity', Number.POSITIVE_INFINITY],
  ['double', '-Infinity', Number.NEGATIVE_INFINITY],
  ['double', '9007199254740992', 9007199254740992],
  ['double', '1e300', 1e300],
  ['float', '3.4e38', 3.4e38],
  ['float', '-Infinity', Number.NEGATIVE_INFINITY],
  ['string', '"ä"', 'ä'],
  ['string', 'null', null],
  ['binary', '"AQI="', Buffer.from([1, 2])],
  ['binary', '"AQ\\nI=\\n"', Buffer.from([1, 2])],
  ['datetime', '"2024-02-29"', day('2024-02-29T00:00:00')],
  ['datetime', '"2024-02-29 10:11:12"', day('2024-02-29T10:11:12')],
  ['datetime', '"2024-02-29T10:11:12.000000001"', day('2024-02-29T10:11:12') + 1n],
  ['datetime', '"1969-12-31T23:59:59.5"', -500_000_000n],
  ['datetime', 'null', null],
  // Only a DataFrame holds numbers among texts, and only pandas knows other forms of dates.
  ['string', '5', 'program'],
  ['string', 'true', 'program'],
  ['datetime', '"yesterday"', 'program'],
  ['datetime', '"2024-02-30"', 'program'],
  ['datetime', '5', 'program'],
];

/** Column type, JSON value, what the message says of it. */
const refused: readonly (readonly [string, string, string])[] = [
  ['boolean', '2', 'neither true nor false'],
  ['boolean', '"yes"', 'neither true nor false'],
  ['boolean', 'null', 'neither true nor false'],
  ['boolean', '[true]', 'neither true nor false'],
  ['integer', '2147483648', 'does not fit'],
  ['integer', '2.5', '2.5 would lose its fraction'],
  ['long', '2.5', '2.5 would lose its fraction'],
  ['long', '"2.5"', '2.5 would lose its fraction'],
  ['long', '9223372036854775808', '9223372036854775808 does not fit'],
  ['long', '1e19', 'does not fit'],
  ['long', 'NaN', 'is no whole number'],
  ['long', 'null', 'TypeError'],
  ['long', '"a"', 'invalid literal'],
  ['long', '{}', 'TypeError'],
  ['double', '"a"', 'could not convert string to float'],
  ['double', '""', 'could not convert string to float'],
  ['double', '"0x10"', 'could not convert string to float'],
  ['double', '[1]', 'TypeError'],
  ['double', '{"a": 1}', 'TypeError'],
  ['double', '9007199254740993', '9007199254740993 would lose digits'],
  ['float', '1e39', 'does not fit'],
  ['float', '-3.5e38', 'does not fit'],
  ['string', '["a"]', 'is no text'],
  ['binary', '"A"', 'not base64'],
  ['binary', '5', 'not base64'],
  ['binary', 'null', 'not base64'],
];

describe('values of a request', () => {
  it.each(taken)('%s takes %s', (type, value, expected) => {
    expect(cell(type, value)).toEqual(expected);
  });

  it.each(refused)('%s refuses %s and says why', (type, value, why) => {
    expect(() => cell(type, value)).toThrow(
      expect.objectContaining({
        code: 'InvalidArgument',
        reason: undefined,
        message: expect.stringMatching(
          /^Invalid input\. Data is not compatible with model signature\. Failed to convert column x to type/,
        ),
      }),
    );
    expect(() => cell(type, value)).toThrow(why);
    expect(() => cell(type, value)).toThrow(`Row 0, column 'x': expected ${type}, got `);
  });

  it.each([
    ['double', '"5.1"'],
    ['double', 'true'],
    ['long', '"5"'],
    ['long', 'true'],
    ['boolean', '1'],
    ['boolean', '"true"'],
    ['string', '5'],
  ])('%s of a strict endpoint refuses %s, which would have to be converted', (type, value) => {
    expect(() => cell(type, value, { strict: true })).toThrow(
      expect.objectContaining({ reason: 'SCHEMA_ENFORCEMENT_FAILED' }),
    );
  });

  it.each([
    ['double', '5', 5],
    ['long', '2.0', 2],
    ['string', '"a"', 'a'],
    ['double', 'null', Number.NaN],
  ])('%s of a strict endpoint takes %s: JSON does not tell them apart', (type, value, expected) => {
    expect(cell(type, value, { strict: true })).toEqual(expected);
  });

  it('counts rows from 0, and shortens what is long', () => {
    const reader = createInputReader({
      signature: signatureOf([['double', 'x']]),
      strict: false,
      domain: undefined,
    });
    const rows = [[1], [2], ['y'.repeat(300)]];
    expect(() =>
      reader('json', Buffer.from(JSON.stringify({ dataframe_split: { columns: ['x'], data: rows } }))),
    ).toThrow(/Row 2, column 'x': expected double, got "y{98}…\.$/);
  });
});

describe('columns of a request', () => {
  const reader = (columns: readonly Column[], strict = false) =>
    createInputReader({ signature: signatureOf(columns), strict, domain: undefined });
  const ask = (columns: readonly Column[], body: unknown, strict?: boolean) => {
    const input = reader(columns, strict)('json', Buffer.from(JSON.stringify(body)));
    return input.kind === 'program'
      ? 'program'
      : { columns: input.rows.columns, ignored: input.ignored, key: input.joinKey };
  };
  const AB: readonly Column[] = [
    ['double', 'a'],
    ['string', 'b', false],
  ];

  it('may leave out optional ones, and are joined only with those that leave out the same', () => {
    const without = ask(AB, { dataframe_records: [{ a: 1 }] });
    const within = ask(AB, { dataframe_records: [{ a: 1, b: null }] });
    expect(without).toMatchObject({ columns: [[1], undefined] });
    expect(within).toMatchObject({ columns: [[1], [null]] });
    expect(without).not.toMatchObject({ key: (within as { key: string }).key });
  });

  it('hold null where a record lacks them', () => {
    expect(ask(AB, { dataframe_records: [{ a: 1 }, { b: 'x' }] })).toMatchObject({
      columns: [
        [1, Number.NaN],
        [null, 'x'],
      ],
    });
    expect(() => ask(AB, { instances: [{ a: 1 }, { b: 'x' }] })).toThrow(
      'The length of values for each input/column',
    );
  });

  it('may have names that objects inherit', () => {
    const odd: readonly Column[] = [
      ['double', 'constructor'],
      ['double', 'toString', false],
    ];
    expect(ask(odd, { dataframe_records: [{ constructor: 1 }] })).toMatchObject({
      columns: [[1], undefined],
    });
    expect(() => ask(odd, { dataframe_records: [{ toString: 1 }] })).toThrow(
      "missing inputs ['constructor']",
    );
  });

  it('are refused by name by a strict endpoint where they are too many', () => {
    expect(ask(AB, { dataframe_records: [{ a: 1, c: 2, d: 3 }] })).toMatchObject({ ignored: 'columns=c,d' });
    expect(() => ask(AB, { dataframe_records: [{ a: 1, c: 2 }] }, true)).toThrow("takes no columns 'c'");
  });

  it.each([
    ['a single value in a list', { inputs: [1, 2] }, [[1, 2]]],
    ['one value', { inputs: { a: 1 } }, [[1]]],
    ['a list', { instances: { a: [1, 2] } }, [[1, 2]]],
    ['positions', { dataframe_split: { columns: ['a'], data: [[1], [2]] } }, [[1, 2]]],
  ])('of a model with one column are found in %s', (_what, body, columns) => {
    expect(ask([['double', 'a']], body)).toMatchObject({ columns });
  });

  it('without names in the signature are those at the front', () => {
    const unnamed: readonly Column[] = [['double'], ['long']];
    expect(ask(unnamed, { inputs: [[1, 2, 9]] })).toMatchObject({
      columns: [[1], [2]],
      ignored: 'columns=2',
    });
    expect(ask(unnamed, { dataframe_split: { columns: ['p', 'q'], data: [[1, 2]] } })).toMatchObject({
      columns: [[1], [2]],
    });
    expect(() => ask(unnamed, { inputs: [[1]] })).toThrow(
      'declares 2 inputs  but the provided value only has 1 inputs',
    );
  });

  it('repeat a value that stands beside lists, and must be of one length', () => {
    const two: readonly Column[] = [
      ['double', 'a'],
      ['double', 'b'],
    ];
    expect(ask(two, { inputs: { a: [1, 2], b: 3 } })).toMatchObject({
      columns: [
        [1, 2],
        [3, 3],
      ],
    });
    expect(() => ask(two, { inputs: { a: [1, 2], b: [3] } })).toThrow(
      expect.objectContaining({ reason: 'SCHEMA_ENFORCEMENT_FAILED' }),
    );
    expect(() => ask(two, { instances: { a: [1, 2], b: [3] } })).toThrow('are not the same');
  });

  it('go to the program as they came where only pandas knows what to make of them', () => {
    expect(ask(AB, { dataframe_split: { columns: ['a', 'b'], data: [{ a: 1, b: 'x' }] } })).toBe('program');
    expect(ask([['string', 'prompt']], { prompt: 'x' })).toBe('program');
    expect(reader(AB)('parquet', Buffer.from('PAR1'))).toEqual({ kind: 'program', ignored: undefined });
  });

  it('are not streamed back, whoever parses the body', () => {
    const streamed = { stream: true, dataframe_records: [{ a: 1 }], messages: [] };
    expect(() => ask(AB, streamed)).toThrow(expect.objectContaining({ code: 'NotSupported' }));
    const raw = createInputReader({ signature: undefined, strict: false, domain: undefined });
    expect(() => raw('json', Buffer.from(JSON.stringify(streamed)))).toThrow('not streamed yet');
    expect(raw('json', Buffer.from('{"stream": false}'))).toMatchObject({ kind: 'program' });
  });

  it.each([
    [{ dataframe_records: { a: 1 } }, 'Dataframe records format must be a list of records. Got dictionary.'],
    [{ dataframe_split: [1] }, 'Dataframe split format must be a dictionary. Got list.'],
    [{ dataframe_split: { rows: [] } }, "Dataframe split format must have 'data' field"],
    [{ dataframe_split: { columns: ['a', 'a'], data: [[1, 2]] } }, 'two columns have the same name'],
    [{ dataframe_split: { columns: ['a', 'b'], data: [[1, 'x']], index: [0, 1] } }, 'index has 2 values'],
  ])('in a form that is none are refused: %j', (body, message) => {
    expect(() => ask(AB, body)).toThrow(message);
  });
});

describe('CSV', () => {
  const columns: readonly Column[] = [
    ['double', 'a'],
    ['string', 'b'],
    ['boolean', 'c', false],
  ];
  const csv = (text: string) => {
    const input = createInputReader({ signature: signatureOf(columns), strict: true, domain: undefined })(
      'csv',
      Buffer.from(text),
    );
    return input.kind === 'program' ? input : input.rows.columns;
  };

  it('has values in quotes, lines of any ending and missing values', () => {
    expect(csv('a,b,c\r\n1.5,"x, ""y""\nz",True\r\n\r\nNA,,false\n')).toEqual([
      [1.5, Number.NaN],
      ['x, "y"\nz', null],
      [1, 0],
    ]);
    expect(csv('b,a\nx,2')).toEqual([[2], ['x'], undefined]);
  });

  it.each([
    ['', 'No columns to parse from file'],
    ['a,b\n1,2,3', 'Expected 2 fields in line 2, saw 3'],
    ['a,b\n1,"x', 'EOF inside string'],
    ['a,b\nq,x', 'Failed to convert column a'],
  ])('that cannot be read is refused in the words of MLflow: %j', (text, why) => {
    expect(() => csv(text)).toThrow(
      /^Failed to parse input as a Pandas DataFrame\. Ensure that the input is a valid CSV/,
    );
    expect(() => csv(text)).toThrow(why);
  });
});
