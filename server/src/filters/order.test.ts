import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { experimentGrammar, modelVersionGrammar, registeredModelGrammar, runGrammar } from './grammars.ts';
import { MAX_ORDER_TERMS, parseOrderBy } from './order.ts';

function refusalOf(read: () => unknown): AppError {
  try {
    read();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('parseOrderBy', () => {
  it('orders upwards unless DESC says otherwise', () => {
    const terms = ['metrics.a', 'params.`b c` asc', ' tags.d   dEsC ', 'created DESC'];
    expect(parseOrderBy(terms, runGrammar)).toEqual([
      { field: { scope: 'metric', key: 'a', position: 0 }, descending: false },
      { field: { scope: 'param', key: 'b c', position: 0 }, descending: false },
      { field: { scope: 'tag', key: 'd', position: 1 }, descending: true },
      { field: { scope: 'attribute', key: 'start_time', position: 0 }, descending: true },
    ]);
  });

  it('takes dashes and slashes in names without quotes', () => {
    expect(parseOrderBy(['metrics.val/f1-score DESC'], runGrammar)).toMatchObject([
      { field: { key: 'val/f1-score' }, descending: true },
    ]);
  });

  it.each<[string, string, number]>([
    ['', "Invalid order_by clause '': expected a field, found the end", 0],
    ['metrics.a foo', "Invalid ordering key in order_by clause 'metrics.a foo'", 10],
    ['metrics.a desc asc', "expected the end, found 'asc'", 15],
    ['metrics.a, metrics.b', "expected ASC or DESC, found ','", 9],
    ["'name'", 'expected a field', 0],
    ['5', 'expected a field', 0],
    ['dataset.name', "Invalid entity type 'dataset'", 0],
    ['lifecycle_stage', "Invalid attribute key 'lifecycle_stage'", 0],
    ['min(metrics.a)', "Invalid attribute key 'min'", 0],
    ['metrics.a {', "Invalid order_by clause: unexpected character '{'", 10],
  ])('refuses %j', (text, fragment, position) => {
    const error = refusalOf(() => parseOrderBy([text], runGrammar));
    expect(error.message).toContain(fragment);
    expect(error.message).toMatch(new RegExp(` at position ${position} of the order_by\\.$`));
    expect([error.code, error.field]).toEqual(['InvalidArgument', 'order_by']);
  });

  it('refuses a field that stands twice, under another name too', () => {
    const twice: [string[], Parameters<typeof parseOrderBy>[1]][] = [
      [['metrics.a', 'metric.`a` DESC'], runGrammar],
      [['start_time', 'Created'], runGrammar],
      [['timestamp', 'last_updated_timestamp'], registeredModelGrammar],
      [['version_number', 'name', 'version_number desc'], modelVersionGrammar],
    ];
    for (const [terms, grammar] of twice) {
      const error = refusalOf(() => parseOrderBy(terms, grammar));
      expect(error.message).toContain('`order_by` contains duplicate fields');
      expect(error.code).toBe('Contradictory');
    }
  });

  it('holds a metric and a param of one name apart', () => {
    expect(parseOrderBy(['metrics.a', 'params.a'], runGrammar)).toHaveLength(2);
  });

  it('lets the first count where experiments name a field twice', () => {
    expect(parseOrderBy(['name DESC', 'name ASC'], experimentGrammar)).toMatchObject([{ descending: true }]);
  });

  it(`takes ${MAX_ORDER_TERMS} terms and refuses one more`, () => {
    const terms = Array.from({ length: MAX_ORDER_TERMS + 1 }, (_, i) => `metrics.m${i}`);
    expect(parseOrderBy(terms.slice(1), runGrammar)).toHaveLength(MAX_ORDER_TERMS);
    expect(refusalOf(() => parseOrderBy(terms, runGrammar)).message).toContain(`at most ${MAX_ORDER_TERMS}`);
  });
});
