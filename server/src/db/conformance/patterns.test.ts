import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePattern } from '../../filters/pattern.ts';
import { compilePattern } from '../../filters/pattern-matcher.ts';
import { type OpenedDatabase, testedDatabases } from './databases.ts';

const TEXTS = [
  '',
  'a',
  'ab',
  'Größe 10',
  'a\nb',
  'word, word',
  '  x_1\t',
  '[^-]\\$.*+?{}|()',
  '😀',
  'ÄÖ',
  '٣',
  'abcabcabc',
];
const ATOMS = [
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\D',
  '\\w',
  '\\W',
  '\\s',
  '\\S',
  '[\\d_x-]',
  '^',
  '$',
  '\\b',
  '\\B',
  '(a|bc|)',
  '(?:ö|ß)',
  '\\.',
  '[\\]^]',
  '\\\\',
  '😀',
  '\\t',
];
const REPEATS = ['', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?'];

describe.each(testedDatabases())('regular expressions on $name', ({ open }) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await open();
    await opened.db.write(async (tx) => {
      await tx.run('CREATE TABLE texts (id BIGINT PRIMARY KEY, text TEXT)');
      await tx.insertMany(
        'texts',
        { id: 'bigint', text: 'text' },
        [...TEXTS, null].map((text, i) => [i, text]),
      );
    });
  });
  afterAll(() => opened.remove());

  const found = (pattern: string) =>
    opened.db.read(async (sql) =>
      (
        await sql.all<{ text: string }>(
          `SELECT text FROM texts WHERE ${sql.dialect.matches('text')} ORDER BY id`,
          [sql.dialect.pattern(pattern)],
        )
      ).map(({ text }) => text),
    );

  it('find what the matcher finds', async () => {
    let seed = 5;
    const of = (choices: readonly string[]): string => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return choices[Math.floor((seed / 2_147_483_648) * choices.length)]!;
    };
    for (let i = 0; i < 500; i += 1) {
      let pattern = of(['', '', '(?i)', '(?s)', '(?is)']);
      for (let k = 1 + (i % 5); k > 0; k -= 1) {
        const atom = of(ATOMS);
        pattern += /^(?:\^|\$|\\[bB])$/.test(atom) ? atom : atom + of(REPEATS);
        pattern += of(['', '', '', '', '|']);
      }
      const matcher = compilePattern(parsePattern(pattern));
      expect([pattern, await found(pattern)]).toEqual([pattern, TEXTS.filter(matcher)]);
    }
  });

  it('say nothing of what is not there', async () => {
    const rows = await opened.db.read((sql) =>
      sql.all(`SELECT id FROM texts WHERE NOT (${sql.dialect.matches('text')})`, [sql.dialect.pattern('')]),
    );
    expect(rows).toEqual([]);
  });
});
