import { describe, expect, it } from 'vitest';
import { matches } from '../filters/evaluate.ts';
import { runGrammar } from '../filters/grammars.ts';
import { parseFilter } from '../filters/parser.ts';
import { renderGroupFilter } from './run-group-filter.ts';
import { parseColumn } from './run-table-columns.ts';

const VALUES = [
  'plain',
  '',
  "'",
  "''",
  '"',
  '\\',
  "it's",
  "\\'",
  'ends in \\',
  `both ' and "`,
  "') OR ('1'='1",
  'x`y',
  'a, b',
  'line\nbreak',
  '\u{1F600} שלום',
  'NULL',
  '%_',
];
const KEYS = ['lr', 'a b', 'model/depth', 'x.y.z', '1st', 'or', 'IS', 'a:b-c', 'ключ'];

describe('the condition of a group', () => {
  it('finds the runs with its values and no others, whatever these are made of', () => {
    for (const key of KEYS) {
      const columns = [parseColumn(`params.${key}`, 'x'), parseColumn('tags.team', 'x')];
      for (const value of [...VALUES, null]) {
        const text = renderGroupFilter(columns, [value, value]);
        const filter = parseFilter(text, runGrammar)!;
        for (const other of [...VALUES, null]) {
          const found = matches(filter, (field) => {
            expect(field.key).toBe(field.scope === 'param' ? key : 'team');
            return other === null ? [] : [other];
          });
          expect({ text, other, found }).toEqual({ text, other, found: other === value });
        }
      }
    }
  });

  it('asks for attributes, and for tags where these are what an attribute shows', () => {
    const columns = ['status', 'source_name'].map((name) => parseColumn(`attributes.${name}`, 'x'));
    const text = renderGroupFilter(columns, ['FAILED', 'train.py']);
    expect(text).toBe("attributes.status = 'FAILED' AND tags.`mlflow.source.name` = 'train.py'");
    expect(parseFilter(text, runGrammar)).toMatchObject({ kind: 'and' });
  });
});
