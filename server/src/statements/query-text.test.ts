import { describe, expect, it } from 'vitest';
import { matcherOf } from './like-pattern.ts';
import { renderForDuckDb } from './query-text.ts';

describe('a query as DuckDB reads it', () => {
  it.each([
    ['SELECT * FROM system.mlflow.runs', 'SELECT * FROM        mlflow.runs'],
    ['SELECT * FROM `System`.`MLFLOW`.runs', 'SELECT * FROM          "MLFLOW".runs'],
    ['SELECT system.mlflow.runs.run_id', 'SELECT        mlflow.runs.run_id'],
    // Not the catalog: a column of that name, or a part of a longer path.
    ['SELECT x.system.mlflow.a', 'SELECT x.system.mlflow.a'],
    ['SELECT system.other.a', 'SELECT system.other.a'],
    ['SELECT `a b`, `a"b`, `a``b`', 'SELECT "a b", "a""b", "a`b"'],
    ['SELECT :a, :b, $c, x::int', 'SELECT $a, :b, $c, x::int'],
    ['SELECT \':a\', ":a" -- :a', 'SELECT \':a\', ":a" -- :a'],
    ["SELECT list[1:a], {'k':a}, ?", "SELECT list[1:a], {'k':a}, ?"],
    ['SELECT (:a), 1=:a', 'SELECT ($a), 1=$a'],
  ])('%j becomes %j', (query, text) => {
    expect(renderForDuckDb(query, new Set(['a']))).toBe(text);
  });
});

describe('the pattern of a SHOW', () => {
  it.each([
    ['run*', ['runs', 'RUN', 'run_tags'], ['a_run']],
    ['%id', ['run_id', 'id'], ['ids']],
    ['a*b*c', ['abc', 'a1b2c', 'abcbc'], ['ab', 'acb']],
    ['runs|tags', ['runs', 'tags'], ['run', 'runs|tags']],
    ['run_id', ['run_id'], ['runXid']],
    ['*', ['', 'x'], []],
    ['', [''], ['x']],
    ['a*a', ['aa', 'aba'], ['a']],
  ])('%s', (pattern, like, unlike) => {
    const matches = matcherOf(pattern);
    for (const name of like) expect(matches(name), name).toBe(true);
    for (const name of unlike) expect(matches(name), name).toBe(false);
  });

  it('is read in a time that no pattern makes long', () => {
    const started = performance.now();
    expect(matcherOf(`${'*a'.repeat(1000)}b`)('a'.repeat(100_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
