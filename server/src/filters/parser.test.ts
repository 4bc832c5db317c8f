import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import {
  experimentGrammar,
  type Grammar,
  loggedModelGrammar,
  modelVersionGrammar,
  registeredModelGrammar,
  runGrammar,
  traceGrammar,
} from './grammars.ts';
import { MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, parseFilter } from './parser.ts';
import type { Field, FilterNode } from './tree.ts';

const metric = (key: string, position: number): Field => ({ scope: 'metric', key, position });
const param = (key: string, position: number): Field => ({ scope: 'param', key, position });
const above = (field: Field, value: number): FilterNode => ({
  kind: 'compare',
  field,
  op: '>',
  value: { kind: 'number', value },
});
const is = (field: Field, text: string): FilterNode => ({
  kind: 'compare',
  field,
  op: '=',
  value: { kind: 'string', text },
});

function refusalOf(text: string, grammar: Grammar = runGrammar): AppError {
  try {
    parseFilter(text, grammar);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

describe('parseFilter', () => {
  it.each([undefined, '', '  ', '\n\t', 'AND'])('reads %j as no filter', (text) => {
    expect(parseFilter(text, runGrammar)).toBeUndefined();
  });

  it('binds NOT tighter than AND, and AND tighter than OR', () => {
    expect(parseFilter('metrics.a > 1 or not metrics.b > 2 and metrics.c > 3', runGrammar)).toEqual({
      kind: 'or',
      nodes: [
        above(metric('a', 0), 1),
        {
          kind: 'and',
          nodes: [{ kind: 'not', node: above(metric('b', 21), 2) }, above(metric('c', 39), 3)],
        },
      ],
    });
  });

  it('lets parentheses overrule that, and NOT stand before them', () => {
    expect(parseFilter("NOT (metrics.a > 1 OR params.b = 'x') AND params.c='y'", runGrammar)).toEqual({
      kind: 'and',
      nodes: [
        { kind: 'not', node: { kind: 'or', nodes: [above(metric('a', 5), 1), is(param('b', 22), 'x')] } },
        is(param('c', 42), 'y'),
      ],
    });
  });

  it('reads two NOTs as none', () => {
    expect(parseFilter('NOT NOT metrics.a > 1', runGrammar)).toEqual(above(metric('a', 8), 1));
  });

  it.each<[string, FilterNode]>([
    ["params.a LIKE 'x%'", { kind: 'like', field: param('a', 0), pattern: 'x%', caseSensitive: true }],
    [
      "params.a not ilike 'x%'",
      { kind: 'not', node: { kind: 'like', field: param('a', 0), pattern: 'x%', caseSensitive: false } },
    ],
    [
      'params.a IN(\'x\', "y",)',
      {
        kind: 'in',
        field: param('a', 0),
        values: [
          { kind: 'string', text: 'x' },
          { kind: 'string', text: 'y' },
        ],
      },
    ],
    [
      'metrics.a NOT IN (1, -2.5, inf)',
      {
        kind: 'not',
        node: {
          kind: 'in',
          field: metric('a', 0),
          values: [
            { kind: 'number', value: 1 },
            { kind: 'number', value: -2.5 },
            { kind: 'number', value: Number.POSITIVE_INFINITY },
          ],
        },
      },
    ],
    ['metrics.a IS NULL', { kind: 'null', field: metric('a', 0) }],
    ['metrics.a is NOT  null', { kind: 'not', node: { kind: 'null', field: metric('a', 0) } }],
  ])('reads %s', (text, tree) => {
    expect(parseFilter(text, runGrammar)).toEqual(tree);
  });

  it.each<[string, Field['history']]>([
    ['min(metrics.loss) > 1', { fn: 'min' }],
    ['MAX( metrics.loss ) > 1', { fn: 'max' }],
    ['first(metrics.loss) > 1', { fn: 'first' }],
    ['last(metrics.loss) > 1', { fn: 'last' }],
    ['count(metrics.loss) > 1', { fn: 'count' }],
    ['at(metrics.loss, 100) > 1', { fn: 'at', step: 100 }],
    ['at(metrics.loss,-9223372036854775808) > 1', { fn: 'at', step: -9223372036854775808n }],
  ])('reads %s', (text, history) => {
    expect(parseFilter(text, runGrammar)).toEqual(above({ ...metric('loss', 0), history }, 1));
  });

  it('keeps integers exact to 64 bits', () => {
    const tree = parseFilter('start_time = 9007199254740993', runGrammar);
    expect(tree).toMatchObject({ value: { kind: 'number', value: 9007199254740993n } });
    const inList = parseFilter('start_time IN (9223372036854775807)', runGrammar);
    expect(inList).toMatchObject({ values: [{ value: 9223372036854775807n }] });
  });

  it.each<[string, string, number | bigint]>([
    ['start_time > 1.5', '>=', 2],
    ['start_time <= -1.5', '<=', -2],
    ['start_time >= 1.7e12', '>=', 1_700_000_000_000],
    ['start_time < 1e30', '<=', 9223372036854775807n],
    ['start_time > -1e30', '>=', -9223372036854775808n],
    ['start_time > 99999999999999999999', '>', 9223372036854775807n],
    ['start_time < -1e30', '>', 9223372036854775807n],
    ['start_time = 1.5', '>', 9223372036854775807n],
  ])('says %s in 64-bit integers', (text, op, value) => {
    expect(parseFilter(text, runGrammar)).toMatchObject({ kind: 'compare', op, value: { value } });
  });

  it('takes no name of a JavaScript object for one of its own', () => {
    expect(refusalOf("constructor = 'x'").message).toContain("Invalid attribute key 'constructor'");
    expect(refusalOf("__proto__.x = 'x'").message).toContain("Invalid entity type '__proto__'");
    expect(refusalOf("tags.toString > 'x'", traceGrammar).message).toContain('Invalid comparator');
  });

  it.each<[string, string, number]>([
    ['m.acc >= 0.94', "Invalid entity type 'm'", 0],
    ['acc >= 0.94', "Invalid attribute key 'acc'", 0],
    ["dataset.status = 'x'", "Invalid dataset key 'status'", 0],
    ['metrics.a > 1 AND metrics.b', 'found the end', 27],
    ['metrics.a > 1 NAND metrics.b > 1', "expected AND, OR or the end, found 'NAND'", 14],
    ['metrics.a > 1 OR', 'expected a condition, found the end', 16],
    ['OR metrics.a > 1', 'expected a condition', 16],
    ['metrics.a > 1 AND OR metrics.b > 1', "expected AND or OR between two conditions, found 'AND'", 14],
    ['metrics.a > 1 metrics.b > 1 OR metrics.c > 1', "found 'metrics.b'", 14],
    ['(metrics.a > 1 AND)', "found 'AND'", 15],
    ['()', "expected a condition, found ')'", 1],
    ['(metrics.a > 1', "expected ')', found the end", 14],
    ['metrics.a > 1)', "expected AND, OR or the end, found ')'", 13],
    ["metrics.a > '1'", "Expected numeric value type for metric 'a'", 12],
    ['metrics.a > nan', 'Expected numeric value type for metric', 12],
    ['params.a = 5', "Expected a quoted string value for param 'a'", 11],
    ['params.a = LR', 'either not quoted or unidentified quote types used', 11],
    ["params.a < 'x'", "Invalid comparator '<' for param 'a'", 9],
    ['metrics.a ~= 1', "Invalid comparator '~='", 10],
    ["metrics.a LIKE '1%'", "Invalid comparator 'LIKE': metric 'a' is a number", 10],
    ["start_time ILIKE '1%'", "Invalid comparator 'ILIKE': attribute 'start_time' is a number", 11],
    ["name RLIKE 'x'", 'Invalid attribute key', 0],
    [
      "run_name RLIKE 'x'",
      "expected a comparison (=, !=, <, <=, >, >=, LIKE, ILIKE, IN, IS NULL), found 'RLIKE'",
      9,
    ],
    ["'0.9' = params.a", "Expected 'Identifier' found ''0.9''", 0],
    ['metrics.a > 1; metrics.b > 1', 'Search filter contained multiple expression', 13],
    ['`metrics.A > 0.1', 'the quote ` is not closed', 0],
    ["params.a = 'x", "the quote ' is not closed", 11],
    ['metrics.a > 12abc', "expected a number, found '12abc'", 12],
    ['metrics.a > ☃', "unexpected character '☃'", 12],
    ['metrics.a > 😀', "unexpected character '😀'", 12],
    ['params.a IN ()', 'expected a non-empty list', 13],
    ["params.a IN ('x' , , 'y')", 'expected a non-empty list', 19],
    ["params.a IN ('x'", "expected ')', found the end", 16],
    ["params.a IN 'x'", "expected '(', found ''x''", 12],
    ['params.a IN (1)', 'Expected a quoted string value', 13],
    ["metrics.a IN ('x')", 'Expected numeric value type', 14],
    ['start_time IN (1.5)', 'Expected an integer of 64 bits', 15],
    ['params.a IS 1', 'expected NULL or NOT NULL', 12],
    ['params.a NOT NULL', 'expected LIKE, ILIKE or IN', 13],
    ['min(params.a) > 1', "expected a metric, found 'params.a'", 4],
    ['min(metrics.a, 1) > 1', "expected ')', found ','", 13],
    ['at(metrics.a) > 1', "expected ',', found ')'", 12],
    ['at(metrics.a, 1.5) > 1', 'expected a step', 14],
    ['at(metrics.a, 9223372036854775808) > 1', 'expected a step', 14],
    ['avg(metrics.a) > 1', "Invalid attribute key 'avg'", 0],
    ["metrics. = 'x'", 'a name must follow the dot', 0],
  ])('refuses %s', (text, fragment, position) => {
    const error = refusalOf(text);
    expect(error.message).toContain(fragment);
    expect(error.message).toMatch(new RegExp(` at position ${position} of the filter\\.$`));
    expect([error.code, error.field]).toEqual(['InvalidArgument', 'filter']);
  });

  it('knows functions over histories for runs alone', () => {
    expect(refusalOf('min(metrics.a) > 1', loggedModelGrammar).message).toContain('work on runs alone');
  });

  it.each<[Grammar, string]>([
    [experimentGrammar, "status = 'x'"],
    [registeredModelGrammar, 'version_number = 1'],
    [modelVersionGrammar, "stage = 'x'"],
    [loggedModelGrammar, "artifact_path = 'x'"],
    [traceGrammar, "span.foo = 'x'"],
    [traceGrammar, "span.attributes. = 'x'"],
  ])('refuses an attribute that %o does not have: %s', (grammar, text) => {
    expect(refusalOf(text, grammar).message).toMatch(/^Invalid (attribute|span) key/);
  });

  it('compares assessments by number in order, by text else', () => {
    expect(parseFilter('feedback.score >= 0.5', traceGrammar)).toMatchObject({ value: { value: 0.5 } });
    expect(parseFilter("feedback.score = '0.5'", traceGrammar)).toMatchObject({ value: { text: '0.5' } });
    expect(refusalOf("feedback.score > '5'", traceGrammar).message).toContain('Expected numeric value type');
    expect(refusalOf('feedback.score = 5', traceGrammar).message).toContain('Expected a quoted string value');
  });

  it('shortens what it quotes from a filter', () => {
    expect(refusalOf(`${'x'.repeat(5000)} = 1`).message.length).toBeLessThan(500);
  });
});

describe('limits of parseFilter', () => {
  const nested = (depth: number) => `${'('.repeat(depth)}metrics.a > 1${')'.repeat(depth)}`;

  it(`reads ${MAX_DEPTH} parentheses within one another and refuses one more`, () => {
    expect(parseFilter(nested(MAX_DEPTH), runGrammar)).toEqual(above(metric('a', MAX_DEPTH), 1));
    expect(refusalOf(nested(MAX_DEPTH + 1)).message).toContain(`nest ${MAX_DEPTH} deep`);
    expect(refusalOf(nested(400_000)).message).toContain(`nest ${MAX_DEPTH} deep`);
  });

  it(`reads ${MAX_CONDITIONS} conditions and refuses one more`, () => {
    const chain = (length: number) => Array(length).fill('metrics.a > 1').join(' AND ');
    expect(parseFilter(chain(MAX_CONDITIONS), runGrammar)).toMatchObject({ kind: 'and' });
    expect(refusalOf(chain(MAX_CONDITIONS + 1)).message).toContain(`at most ${MAX_CONDITIONS} conditions`);
  });

  it('refuses a filter that is too long without reading it', () => {
    expect(refusalOf(`${' '.repeat(MAX_LENGTH)}metrics.a > 1`).message).toContain(`at most ${MAX_LENGTH}`);
  });

  const long = MAX_LENGTH - 100;
  it.each<[string, string]>([
    ['NOTs', `${'NOT '.repeat(long / 4)}metrics.a > 1`],
    ['ANDs', `${'AND '.repeat(long / 4)}metrics.a > 1`],
    ['quotes', `params.a = '${"''".repeat(long / 2)}'`],
    ['escaped quotes', `params.a = '${"\\'".repeat(long / 2)}'`],
    ['open quotes', `params.a = ${"'' ".repeat(long / 3)}'`],
    ['digits', `metrics.a > ${'1'.repeat(long)}`],
    ['digits and a letter', `metrics.a > ${'1'.repeat(long)}x`],
    ['dots', `metrics${'.a'.repeat(long / 2)} > 1`],
    ['backticked parts', `tags${'.`a`'.repeat(long / 4)} = 'x'`],
    ['operators', `metrics.a ${'='.repeat(long)} 1`],
    ['list items', `run_id IN (${"'a',".repeat(long / 4)}'b')`],
    ['letters beyond ASCII', `tags.${'é'.repeat(long)} = 'x'`],
  ])('takes linear time for a million characters of %s', (_, text) => {
    const start = performance.now();
    try {
      parseFilter(text, runGrammar);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
    }
    // Quadratic time would be hours.
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
