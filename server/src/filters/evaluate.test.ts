import { describe, expect, it } from 'vitest';
import { evaluate, type FieldValue, type Lookup, matches, type Truth } from './evaluate.ts';
import { runGrammar } from './grammars.ts';
import { matchesLike } from './like.ts';
import { parseFilter } from './parser.ts';

const RUN: Record<string, readonly FieldValue[]> = {
  'metric.a': [1.5],
  'metric.nan': [Number.NaN],
  'metric.inf': [Number.POSITIVE_INFINITY],
  'metric.a min': [0.5],
  'metric.a at 3': [0.7],
  'param.p': ['Straße'],
  'attribute.start_time': [9007199254740993n],
  'attribute.end_time': [7],
  'dataset.name': ['train', 'test'],
};

const lookup: Lookup = ({ scope, key, history }) => {
  const of = history === undefined ? '' : history.fn === 'at' ? ` at ${history.step}` : ` ${history.fn}`;
  return RUN[`${scope}.${key}${of}`] ?? [];
};

const truth = (text: string): Truth => evaluate(parseFilter(text, runGrammar)!, lookup);

describe('evaluate', () => {
  it.each<[string, Truth]>([
    ['metrics.a > 1', true],
    ['metrics.a <= 1', false],
    ['metrics.a = 1.50', true],
    ['NOT metrics.a = 1.5', false],
    ['metrics.a IN (1, 1.5)', true],
    ['metrics.a NOT IN (1, 1.5)', false],
    ['metrics.inf > 1e308', true],
    ['metrics.inf = inf', true],
    ['min(metrics.a) < 0.6', true],
    ['at(metrics.a, 3) = 0.7', true],
    ['at(metrics.a, 4) = 0.7', undefined],
    ['end_time = 7', true],
    ['start_time = 9007199254740993', true],
    ['start_time = 9007199254740992', false],
    ['start_time > 9007199254740992', true],
    ['start_time != 1.5', true],
    ['start_time < inf', true],
    ["params.p = 'Straße'", true],
    ["params.p LIKE 'stra%'", false],
    ["params.p ILIKE 'STRAß_'", true],
    ["params.p NOT LIKE '%x%'", true],
  ])('%s is %s', (text, expected) => {
    expect(truth(text)).toBe(expected);
  });

  it('lets NaN match nothing but !=', () => {
    for (const op of ['=', '<', '<=', '>', '>=']) expect(truth(`metrics.nan ${op} 1`)).toBe(false);
    expect(truth('metrics.nan != 1')).toBe(true);
    expect(truth('metrics.nan IN (1, 2)')).toBe(false);
  });

  it('knows nothing of an absent key, whether asked for it or for its opposite', () => {
    for (const text of [
      'metrics.x > 1',
      'metrics.x != 1',
      "params.x LIKE '%'",
      "params.x NOT LIKE '%'",
      "tags.x IN ('a')",
      "tags.x NOT IN ('a')",
      'NOT metrics.x > 1',
      'start_time > 1 AND NOT (metrics.x > 1 OR metrics.a > 5)',
    ]) {
      expect(truth(text)).toBeUndefined();
      expect(matches(parseFilter(text, runGrammar)!, lookup)).toBe(false);
    }
    expect(truth('metrics.x IS NULL')).toBe(true);
    expect(truth('metrics.a IS NULL')).toBe(false);
    expect(truth('metrics.x IS NOT NULL')).toBe(false);
  });

  it('lets what is known decide where it can', () => {
    expect(truth('metrics.x > 1 OR metrics.a > 1')).toBe(true);
    expect(truth('metrics.x > 1 AND metrics.a > 5')).toBe(false);
    expect(truth('metrics.x > 1 OR metrics.a > 5')).toBeUndefined();
    expect(truth('metrics.x > 1 AND metrics.a > 1')).toBeUndefined();
  });

  it('takes one of several datasets for enough', () => {
    expect(truth("dataset.name = 'test'")).toBe(true);
    expect(truth("dataset.name != 'test'")).toBe(true);
    expect(truth("dataset.name = 'dev'")).toBe(false);
    expect(truth("dataset.digest = 'x'")).toBeUndefined();
  });
});

describe('matchesLike', () => {
  it.each<[string, string, boolean]>([
    ['', '', true],
    ['', 'a', false],
    ['%', '', true],
    ['_', '', false],
    ['_', '😀', true],
    ['__', '😀', false],
    ['a%', 'abc', true],
    ['%c', 'abc', true],
    ['%b%', 'abc', true],
    ['a_c', 'abc', true],
    ['a_c', 'abbc', false],
    ['%a_b%c', 'xxaabaxbcc', true],
    ['a', 'ab', false],
    ['A%', 'abc', false],
    ['a.c', 'abc', false],
    ['%\n%', 'a\nb', true],
  ])('%j LIKE %j: %s', (pattern, text, expected) => {
    expect(matchesLike(pattern, text, true)).toBe(expected);
  });

  it('folds letters of every alphabet without case', () => {
    expect(matchesLike('ПРИВЕТ%', 'привет, мир', false)).toBe(true);
    expect(matchesLike('éCOLE', 'École', false)).toBe(true);
    expect(matchesLike('école', 'École', true)).toBe(false);
  });

  it('takes no exponential time', () => {
    const start = performance.now();
    expect(matchesLike(`${'%a'.repeat(2000)}b`, 'a'.repeat(8000), true)).toBe(false);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
