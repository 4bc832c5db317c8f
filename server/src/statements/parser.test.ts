import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { parseStatement } from './parser.ts';
import type { Statement } from './statement-tree.ts';

const model = { type: 'MODEL', name: ['prod', 'ml', 'fraud_score'] };

describe('statements of governance', () => {
  it.each<[string, Statement]>([
    [
      'GRANT EXECUTE ON MODEL prod.ml.fraud_score TO `ML Engineers`',
      { kind: 'grant', privileges: ['EXECUTE'], on: model, principal: 'ML Engineers' } as Statement,
    ],
    [
      'grant execute on function prod.ml.fraud_score to `data-scientists`;',
      {
        kind: 'grant',
        privileges: ['EXECUTE'],
        on: { type: 'FUNCTION', name: ['prod', 'ml', 'fraud_score'] },
        principal: 'data-scientists',
      },
    ],
    [
      'GRANT USE CATALOG, CREATE  SCHEMA, ALL PRIVILEGES ON CATALOG `my-cat` TO `jane@acme.com`',
      {
        kind: 'grant',
        privileges: ['USE_CATALOG', 'CREATE_SCHEMA', 'ALL_PRIVILEGES'],
        on: { type: 'CATALOG', name: ['my-cat'] },
        principal: 'jane@acme.com',
      },
    ],
    [
      "REVOKE SELECT ON t FROM 'jane@acme.com'",
      {
        kind: 'revoke',
        privileges: ['SELECT'],
        on: { type: 'TABLE', name: ['t'] },
        principal: 'jane@acme.com',
      },
    ],
    [
      'GRANT CAN_READ ON EXPERIMENT 12 TO users',
      {
        kind: 'grant',
        privileges: ['CAN_READ'],
        on: { type: 'EXPERIMENT', name: ['12'] },
        principal: 'users',
      },
    ],
    [
      'GRANT CREATE CATALOG ON METASTORE TO admins',
      {
        kind: 'grant',
        privileges: ['CREATE_CATALOG'],
        on: { type: 'METASTORE', name: [] },
        principal: 'admins',
      },
    ],
    ['SHOW GRANTS ON DATABASE a.b', { kind: 'show-grants', on: { type: 'SCHEMA', name: ['a', 'b'] } }],
    [
      'SHOW GRANT `a b` ON TABLE c.s.`t``t`',
      { kind: 'show-grants', principal: 'a b', on: { type: 'TABLE', name: ['c', 's', 't`t'] } },
    ],
    // A schema whose name is a word of SQL.
    ['SHOW GRANTS ON schema.x', { kind: 'show-grants', on: { type: 'TABLE', name: ['schema', 'x'] } }],
    ['SHOW CATALOGS', { kind: 'show', what: 'catalogs', place: undefined }],
    ["SHOW CATALOGS LIKE 'p*'", { kind: 'show', what: 'catalogs', place: undefined, like: 'p*' }],
    ['SHOW DATABASES', { kind: 'show', what: 'schemas', place: undefined }],
    ['SHOW SCHEMAS IN `prod`', { kind: 'show', what: 'schemas', place: ['prod'] }],
    ['SHOW SCHEMAS IN ALL CATALOGS', { kind: 'show', what: 'schemas', place: 'everywhere' }],
    ["SHOW TABLES FROM a.b 'x|y'", { kind: 'show', what: 'tables', place: ['a', 'b'], like: 'x|y' }],
    ['SHOW TABLES IN CATALOG a', { kind: 'show', what: 'tables', place: ['a'] }],
    [
      "SHOW TABLES IN CATALOG a SCHEMA LIKE 'm*' LIKE 'r*'",
      { kind: 'show', what: 'tables', place: ['a'], schemaLike: 'm*', like: 'r*' },
    ],
    ['SHOW USER FUNCTIONS IN a.b', { kind: 'show', what: 'functions', place: ['a', 'b'] }],
    ['SHOW MODELS', { kind: 'show', what: 'models', place: undefined }],
    [
      "SHOW COLUMNS IN CATALOG `system` SCHEMA LIKE 'm*' TABLE LIKE 'runs' LIKE 'run_id'",
      {
        kind: 'show',
        what: 'columns',
        place: ['system'],
        schemaLike: 'm*',
        tableLike: 'runs',
        like: 'run_id',
      },
    ],
    [
      "CREATE CATALOG IF NOT EXISTS prod COMMENT 'it''s live'",
      { kind: 'create', on: { type: 'CATALOG', name: ['prod'] }, ifNotExists: true, comment: "it's live" },
    ],
    [
      'CREATE SCHEMA prod.ml',
      { kind: 'create', on: { type: 'SCHEMA', name: ['prod', 'ml'] }, ifNotExists: false },
    ],
    [
      'DROP SCHEMA IF EXISTS ml CASCADE',
      { kind: 'drop', on: { type: 'SCHEMA', name: ['ml'] }, ifExists: true, cascade: true },
    ],
    [
      'DROP CATALOG prod RESTRICT',
      { kind: 'drop', on: { type: 'CATALOG', name: ['prod'] }, ifExists: false, cascade: false },
    ],
    ['DESC CATALOG EXTENDED prod', { kind: 'describe', on: { type: 'CATALOG', name: ['prod'] } }],
    [
      'DESCRIBE system.mlflow.runs',
      { kind: 'describe', on: { type: 'TABLE', name: ['system', 'mlflow', 'runs'] } },
    ],
    ['DESCRIBE TABLE runs', { kind: 'describe', on: { type: 'TABLE', name: ['runs'] } }],
    [
      'ALTER MODEL prod.ml.fraud_score OWNER TO bob',
      { kind: 'set-owner', on: model, principal: 'bob' } as Statement,
    ],
    [
      'ALTER MODEL prod.ml.fraud_score SET OWNER TO bob',
      { kind: 'set-owner', on: model, principal: 'bob' } as Statement,
    ],
    [
      "ALTER CATALOG c SET TAGS ('a' = '1', 'b')",
      { kind: 'set-tags', on: { type: 'CATALOG', name: ['c'] }, tags: { a: '1', b: '' } },
    ],
    [
      "ALTER CATALOG c UNSET TAGS ('a', 'b')",
      { kind: 'unset-tags', on: { type: 'CATALOG', name: ['c'] }, keys: ['a', 'b'] },
    ],
    [
      'SET TAG ON SCHEMA c.s `cost center` = hr',
      { kind: 'set-tags', on: { type: 'SCHEMA', name: ['c', 's'] }, tags: { 'cost center': 'hr' } },
    ],
    [
      'UNSET TAG ON SCHEMA s team',
      { kind: 'unset-tags', on: { type: 'SCHEMA', name: ['s'] }, keys: ['team'] },
    ],
    ["COMMENT ON MODEL m IS 'x'", { kind: 'set-comment', on: { type: 'MODEL', name: ['m'] }, comment: 'x' }],
    [
      'COMMENT ON CATALOG c IS NULL',
      { kind: 'set-comment', on: { type: 'CATALOG', name: ['c'] }, comment: null },
    ],
    ['USE CATALOG prod', { kind: 'use', on: { type: 'CATALOG', name: ['prod'] } }],
    ['USE prod.ml', { kind: 'use', on: { type: 'SCHEMA', name: ['prod', 'ml'] } }],
    ['-- who\nSHOW /* a /* b */ c */ CATALOGS ;;', { kind: 'show', what: 'catalogs', place: undefined }],
  ])('reads %s', (text, statement) => {
    expect(parseStatement(text)).toEqual(statement);
  });

  it.each([
    ['', /Line 1, column 1: expected SELECT, .*, found the end of the statement/],
    ['FROBNICATE x', /column 1: expected SELECT, .*, found 'FROBNICATE'/],
    ['GRANT ON CATALOG c TO a', /column 7: expected a privilege, found 'ON'/],
    [
      'GRANT FLY ON CATALOG c TO a',
      /column 7: expected a privilege, found 'FLY'\. The privileges are ALL PRIVILEGES, /,
    ],
    ['GRANT OWNER ON CATALOG c TO a', /column 7: expected a privilege, found 'OWNER'/],
    ['GRANT EXECUTE CATALOG c TO a', /expected a privilege, found 'EXECUTE CATALOG C TO A'/],
    ['GRANT EXECUTE ON CATALOG c\n  FROM a', /Line 2, column 3: expected TO, found 'FROM'/],
    ['GRANT EXECUTE ON CATALOG a.b TO x', /column 26: expected a name of at most 1 parts, found 2/],
    ['GRANT EXECUTE ON CATALOG c TO jane@acme.com', /column 31: expected a principal: a name, in backquotes/],
    ['GRANT EXECUTE ON CATALOG c TO', /column 30: expected a principal: .*, found the end of the statement/],
    ['GRANT EXECUTE ON CATALOG c TO `` ', /expected a principal/],
    ['GRANT EXECUTE ON CATALOG c TO `a', /column 31: the quote ` is never closed/],
    ['SHOW GRANTS', /expected a principal: .*, found the end/],
    ['SHOW THINGS', /column 6: expected GRANTS, CATALOGS, /],
    ['CREATE TABLE t (a int)', /column 8: expected CATALOG or SCHEMA or DATABASE, found 'TABLE'/],
    ['DROP CATALOG a b', /column 16: expected the end of the statement, found 'b'/],
    ['SHOW CATALOGS; DROP CATALOG c', /column 16: expected the end of the statement, found 'DROP'/],
    ['ALTER CATALOG c RENAME TO d', /column 17: expected SET, UNSET or OWNER, found 'RENAME'/],
    ['EXPLAIN DROP CATALOG c', /column 9: expected a query, found 'DROP'/],
    ['SET x = 1', /column 5: expected TAG, found 'x'/],
    ['SELECT /* never', /column 8: the comment is never closed/],
  ])('refuses %j', (text, message) => {
    const parse = () => parseStatement(text);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});

describe('queries', () => {
  it.each([
    ['SELECT 1;', { kind: 'query', text: 'SELECT 1', query: 'SELECT 1' }],
    [
      ' with a as (select 1) from a',
      { kind: 'query', text: ' with a as (select 1) from a', query: 'with a as (select 1) from a' },
    ],
    ['(SELECT 1)', { kind: 'query', text: '(SELECT 1)', query: '(SELECT 1)' }],
    [
      'EXPLAIN ANALYZE SELECT 1',
      { kind: 'query', about: 'EXPLAIN ANALYZE', text: 'EXPLAIN ANALYZE SELECT 1', query: 'SELECT 1' },
    ],
    ['DESCRIBE SELECT 1', { kind: 'query', about: 'DESCRIBE', text: 'DESCRIBE SELECT 1', query: 'SELECT 1' }],
    // What seems to end it stands in a text, a name or a comment.
    ['SELECT \';\', ";" -- ;\n', { kind: 'query', text: 'SELECT \';\', ";"', query: 'SELECT \';\', ";"' }],
  ])('leaves %j to DuckDB', (text, statement) => {
    expect(parseStatement(text)).toEqual(statement);
  });
});

/** Repeatable random numbers (mulberry32). */
function createRandom(seed: number) {
  let state = seed;
  return (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

describe('whatever is sent', () => {
  const PIECES = [
    'GRANT',
    'REVOKE',
    'SHOW',
    'GRANTS',
    'ON',
    'TO',
    'FROM',
    'CATALOG',
    'SCHEMA',
    'MODEL',
    'EXECUTE',
    'USE',
    ',',
    '.',
    '(',
    ')',
    ';',
    "'a'",
    '`b c`',
    '"d"',
    'x',
    'ключ',
    '😀',
    '1',
    '--c\n',
    '/*',
    '*/',
    "'",
    '`',
    '$$',
    ':p',
    '?',
    '::',
    '=',
    '\0',
  ];

  it('is read, or refused with a place in it', () => {
    for (let seed = 1; seed <= 3000; seed += 1) {
      const random = createRandom(seed);
      const text = Array.from({ length: 1 + random(12) }, () => PIECES[random(PIECES.length)]).join(
        random(4) === 0 ? '' : ' ',
      );
      try {
        parseStatement(text);
      } catch (error) {
        expect(error, `seed ${seed}: ${text}`).toBeInstanceOf(AppError);
        expect((error as AppError).message, `seed ${seed}`).toMatch(/^Line \d+, column \d+: /);
      }
    }
  });

  it('gives back the names that were put in backquotes', () => {
    const CHARACTERS = ['a', 'B', ' ', '.', '`', '"', "'", ';', '-', '@', 'ü', '😀', '\n', '*', '/'];
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = createRandom(seed);
      const name = () =>
        Array.from({ length: 1 + random(8) }, () => CHARACTERS[random(CHARACTERS.length)]).join('');
      const [catalog, schema, last, principal] = [name(), name(), name(), name()];
      const quoted = (text: string) => `\`${text.replaceAll('`', '``')}\``;
      const text = `GRANT EXECUTE ON MODEL ${[catalog, schema, last].map(quoted).join('.')} TO ${quoted(principal)}`;
      expect(parseStatement(text), `seed ${seed}`).toEqual({
        kind: 'grant',
        privileges: ['EXECUTE'],
        on: { type: 'MODEL', name: [catalog, schema, last] },
        principal,
      });
    }
  });

  it('has at most 200,000 words and signs, and strings of any length', () => {
    expect(parseStatement(`SELECT '${'x'.repeat(1_000_000)}'`).kind).toBe('query');
    expect(() => parseStatement(`SELECT ${'('.repeat(300_000)}`)).toThrow(
      expect.objectContaining({ code: 'LimitExceeded' }),
    );
  });

  it('is read in a time that grows with its length', () => {
    const started = performance.now();
    for (const piece of ['(', '`', "''", '/*', '--', '.a', ',a', '%', '$']) {
      try {
        parseStatement(`SHOW GRANTS ON ${piece.repeat(200_000)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
