import { describe, expect, it } from 'vitest';
import { signatureOf } from '../gateway/lanes.fixture.ts';
import { type Random, randomFrom } from '../gateway/random.fixture.ts';
import { createInputReader } from './read-input.ts';

/**
 * The table of conversions once more, as plainly as it can be said: JSON text of a value and a column's type to what the
 * model sees; undefined where it is refused. Written apart from the code, for values at its edges.
 */
const TABLE: Readonly<Record<string, readonly (readonly [text: string, seen: unknown])[]>> = {
  boolean: [
    ['true', 1],
    ['false', 0],
    ['1', 1],
    ['"False"', 0],
    ['null', undefined],
    ['2', undefined],
    ['"x"', undefined],
  ],
  integer: [
    ['5', 5],
    ['-2147483648', -2147483648],
    ['3.0', 3],
    ['true', 1],
    ['"7"', 7],
    ['2147483648', undefined],
    ['0.5', undefined],
    ['null', undefined],
  ],
  long: [
    ['5', 5],
    ['9007199254740993', 9007199254740993n],
    ['-9223372036854775808', -9223372036854775808n],
    ['"12"', 12],
    ['9223372036854775808', undefined],
    ['1.25', undefined],
    ['null', undefined],
    ['NaN', undefined],
  ],
  double: [
    ['5', 5],
    ['0.1', 0.1],
    ['-0.0', -0],
    ['NaN', Number.NaN],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['null', Number.NaN],
    ['"1e3"', 1000],
    ['false', 0],
    ['9007199254740993', undefined],
    ['"x"', undefined],
    ['[1]', undefined],
  ],
  string: [
    ['"a"', 'a'],
    ['""', ''],
    ['"\\ud83d\\ude00"', '😀'],
    ['null', null],
    ['["a"]', undefined],
  ],
};
const TYPES = Object.keys(TABLE);

interface RandomTable {
  readonly types: readonly string[];
  readonly names: readonly string[];
  /** By row, then column: texts of JSON. */
  readonly texts: readonly (readonly string[])[];
  readonly columns: readonly (readonly unknown[])[];
  readonly isRefused: boolean;
}

/** @param badIn one cell in so many is one that is refused */
function randomTable(random: Random, badIn: number): RandomTable {
  const types = Array.from({ length: 1 + random.below(5) }, () => random.of(TYPES));
  const names = types.map(
    (_, index) => `${random.of(['a', 'b c', 'ü', '0', '__proto__', 'length'])}${index}`,
  );
  const rows = 1 + random.below(5);
  let isRefused = false;
  const columns: unknown[][] = types.map(() => []);
  const texts = Array.from({ length: rows }, () =>
    types.map((type, index) => {
      const wantsBad = random.below(badIn) === 0;
      const [text, seen] = random.of(TABLE[type]!.filter(([, value]) => (value === undefined) === wantsBad));
      isRefused ||= seen === undefined;
      columns[index]!.push(seen);
      return text;
    }),
  );
  return { types, names, texts, columns, isRefused };
}

/** The same rows in each of the forms, columns in another order than the signature's where names allow it. */
function bodies({ names, texts }: RandomTable, random: Random): readonly string[] {
  const order = names.map((_, index) => index).sort(() => random.unit() - 0.5);
  const quoted = order.map((index) => JSON.stringify(names[index]));
  const record = (row: readonly string[]) =>
    `{${order.map((index, at) => `${quoted[at]}: ${row[index]}`).join(',')}}`;
  const records = `[${texts.map(record).join(',')}]`;
  const lists = order.map((index, at) => `${quoted[at]}: [${texts.map((row) => row[index]).join(',')}]`);
  return [
    `{"dataframe_split": {"columns": [${quoted}], "data": [${texts.map((row) => `[${order.map((index) => row[index])}]`)}]}}`,
    `{"dataframe_records": ${records}}`,
    `{"inputs": ${records}}`,
    `{"instances": ${records}}`,
    `{"inputs": {${lists.join(',')}}}`,
  ];
}

describe('random rows of random signatures', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))(
    'are taken and refused as the table says (seed %i)',
    (seed) => {
      const random = randomFrom(seed);
      for (let round = 0; round < 20; round += 1) {
        const table = randomTable(random, round % 2 === 0 ? 1_000_000 : 12);
        const read = createInputReader({
          signature: signatureOf(table.types.map((type, index) => [type, table.names[index]!])),
          strict: false,
          domain: undefined,
        });
        for (const body of bodies(table, random)) {
          const reading = () => read('json', Buffer.from(body));
          if (table.isRefused) expect(reading, body).toThrow(/Failed to convert column/);
          else expect(reading(), body).toMatchObject({ kind: 'columns', rows: { columns: table.columns } });
        }
      }
    },
  );

  it('are 1,200 tables of which about half are refused', () => {
    let refused = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const random = randomFrom(seed);
      for (let round = 0; round < 20; round += 1)
        refused += Number(randomTable(random, round % 2 === 0 ? 1_000_000 : 12).isRefused);
    }
    expect(refused).toBeGreaterThan(200);
    expect(refused).toBeLessThan(700);
  });
});
