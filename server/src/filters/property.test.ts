import { describe, expect, it } from 'vitest';
import { AppError } from '../kernel/errors.ts';
import { evaluate, type FieldValue } from './evaluate.ts';
import { experimentGrammar, loggedModelGrammar, runGrammar, traceGrammar } from './grammars.ts';
import { parseOrderBy } from './order.ts';
import { parseFilter } from './parser.ts';
import type { CompareOp, Field, FilterNode, Literal } from './tree.ts';

/** Repeatable random numbers (mulberry32): a failure names the seed that shows it again. */
class Random {
  #state: number;
  constructor(seed: number) {
    this.#state = seed;
  }
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }
  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
  some<T>(make: () => T, { from, to }: { from: number; to: number }): T[] {
    return Array.from({ length: from + this.below(to - from + 1) }, make);
  }
}

const OPS: CompareOp[] = ['=', '!=', '<', '<=', '>', '>='];
const KEYS = ['a', 'b.c', 'd e', 'f/g', 'say "x"', "it's", 'ключ', '😀', '(', 'AND', '1', 'x.', "'q'"];
const TEXTS = ['', 'x', "it's", 'say "x"', '%_', 'a\\b', 'AND (', 'ß', '\n', '`', '5'];
const NUMBERS = [0, 1, -2, 0.5, -1e-7, 1e21, 1.7976931348623157e308, Number.POSITIVE_INFINITY];
const INTEGERS = [0, 1, -2, 9007199254740991, 9007199254740993n, 9223372036854775807n, -9223372036854775808n];

type FieldKind = 'text' | 'double' | 'integer';

function randomField(random: Random): { field: Field; kind: FieldKind } {
  const scope = random.of(['param', 'tag', 'metric', 'attribute', 'dataset'] as const);
  const position = 0;
  switch (scope) {
    case 'attribute': {
      const key = random.of(['run_id', 'status', 'start_time', 'end_time']);
      return { field: { scope, key, position }, kind: key.endsWith('_time') ? 'integer' : 'text' };
    }
    case 'dataset':
      return { field: { scope, key: random.of(['name', 'digest', 'context']), position }, kind: 'text' };
    case 'metric': {
      const fn = random.of([undefined, 'min', 'max', 'first', 'last', 'count', 'at'] as const);
      const field: Field = { scope, key: random.of(KEYS), position };
      if (fn === undefined) return { field, kind: 'double' };
      const history = fn === 'at' ? { fn, step: random.of(INTEGERS) } : { fn };
      return { field: { ...field, history }, kind: fn === 'count' ? 'integer' : 'double' };
    }
    default:
      return { field: { scope, key: random.of(KEYS), position }, kind: 'text' };
  }
}

function randomTree(random: Random, depth: number): FilterNode {
  const kind = depth === 0 ? 'leaf' : random.of(['and', 'or', 'not', 'leaf'] as const);
  if (kind === 'leaf') return randomLeaf(random);
  if (kind !== 'not')
    return { kind, nodes: random.some(() => randomTree(random, depth - 1), { from: 2, to: 4 }) };
  const node = randomTree(random, depth - 1);
  return node.kind === 'not' ? node : { kind, node };
}

function randomLeaf(random: Random): FilterNode {
  const { field, kind } = randomField(random);
  const literal = (): Literal =>
    kind === 'text'
      ? { kind: 'string', text: random.of(TEXTS) }
      : { kind: 'number', value: random.of<number | bigint>(kind === 'integer' ? INTEGERS : NUMBERS) };
  switch (random.below(4)) {
    case 0:
      return { kind: 'null', field };
    case 1:
      return { kind: 'in', field, values: random.some(literal, { from: 1, to: 4 }) };
    case 2:
      if (kind === 'text')
        return { kind: 'like', field, pattern: random.of(TEXTS), caseSensitive: random.unit() < 0.5 };
  }
  const op = random.of(kind === 'text' ? OPS.slice(0, 2) : OPS);
  return { kind: 'compare', field, op, value: literal() };
}

const quoted = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);

function fieldText({ scope, key, history }: Field): string {
  const name = `${scope}.\`${key}\``;
  if (history === undefined) return name;
  return history.fn === 'at' ? `at(${name}, ${history.step})` : `${history.fn}(${name})`;
}

function literalText(value: Literal, listed: boolean): string {
  if (value.kind === 'number') return String(value.value);
  return quoted(listed ? value.text.replaceAll('\\', '\\\\') : value.text);
}

/** A filter's text for its tree, in words of random case. */
function filterText(node: FilterNode, random: Random, negated = ''): string {
  const word = (text: string) => (random.unit() < 0.5 ? text : text.toLowerCase());
  const inner = (child: FilterNode) =>
    child.kind === 'and' || child.kind === 'or'
      ? `(${filterText(child, random)})`
      : filterText(child, random);
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.map(inner).join(` ${word(node.kind.toUpperCase())} `);
    case 'not': {
      const hasOwnForm = node.node.kind === 'in' || node.node.kind === 'like' || node.node.kind === 'null';
      return hasOwnForm && random.unit() < 0.5
        ? filterText(node.node, random, 'NOT ')
        : `${word('NOT')} ${inner(node.node)}`;
    }
    case 'compare':
      return `${fieldText(node.field)}${random.of(['', ' '])}${node.op}${random.of(['', ' '])}${literalText(node.value, false)}`;
    case 'like':
      return `${fieldText(node.field)} ${negated}${word(node.caseSensitive ? 'LIKE' : 'ILIKE')} ${quoted(node.pattern)}`;
    case 'matches':
      return `${fieldText(node.field)} ${negated}${word('RLIKE')} ${quoted(node.pattern)}`;
    case 'in': {
      const values = node.values.map((value) => literalText(value, true));
      return `${fieldText(node.field)} ${negated}${word('IN')} (${values.join(random.of([',', ' , ']))})`;
    }
    case 'null':
      return `${fieldText(node.field)} ${word('IS')} ${negated}${word('NULL')}`;
  }
}

const withoutPositions = (tree: unknown): unknown =>
  JSON.parse(
    JSON.stringify(tree, (key, value) => {
      if (key === 'position') return undefined;
      return typeof value === 'bigint' || value === Number.POSITIVE_INFINITY
        ? `${typeof value} ${value}`
        : value;
    }),
  );

describe('properties of the filter language', () => {
  it('reads every tree back from its text', () => {
    for (let seed = 0; seed < 3000; seed += 1) {
      const random = new Random(seed);
      const tree = randomTree(random, 4);
      const text = filterText(tree, random);
      expect(withoutPositions(parseFilter(text, runGrammar)), `seed ${seed}: ${text}`).toEqual(
        withoutPositions(tree),
      );
    }
  });

  it('answers any text with a tree or an AppError', () => {
    const pieces = [
      ...['metrics', 'params.a', 'tags', '.', 'status', 'start_time', 'span.', 'feedback.x', 'min', 'at'],
      ...['AND', 'or', 'NOT', 'IN', 'like', 'IS', 'NULL', '(', ')', ',', ';', '=', '!=', '<', '>=', '~'],
      ...["'", '"', '`', "'x'", '"y"', '1', '-', '.5', '1e', '99999999999999999999', 'inf', 'nan', '\\', '%'],
      ...[
        ' ',
        ' ',
        ' ',
        '\n',
        '\u0000',
        '\ud83d',
        '😀',
        'é',
        '--',
        '/*',
        '__proto__',
        'constructor',
        '[',
        '{',
      ],
    ];
    const grammars = [runGrammar, experimentGrammar, loggedModelGrammar, traceGrammar];
    let accepted = 0;
    for (let seed = 0; seed < 20_000; seed += 1) {
      const random = new Random(seed);
      const text = random.some(() => random.of(pieces), { from: 1, to: 14 }).join(random.of(['', ' ']));
      const grammar = random.of(grammars);
      for (const parse of [() => parseFilter(text, grammar), () => parseOrderBy([text], grammar)]) {
        try {
          parse();
          accepted += 1;
        } catch (error) {
          if (!(error instanceof AppError)) throw new Error(`seed ${seed}: ${text}`, { cause: error });
          expect(error.code).toBe('InvalidArgument');
        }
      }
    }
    // Else the texts would say nothing about the paths behind the first token.
    expect(accepted).toBeGreaterThan(100);
  });

  it('lets a condition or its opposite hold for what is known, and neither for what is not', () => {
    const values: (readonly FieldValue[])[] = [
      [],
      ['x'],
      ['5', "it's"],
      [0],
      [1, Number.NaN],
      [9007199254740993n],
    ];
    for (let seed = 0; seed < 3000; seed += 1) {
      const random = new Random(seed);
      const tree = randomTree(random, 3);
      const record = new Map<string, readonly FieldValue[]>();
      const lookup = (field: Field) => {
        const key = fieldText(field);
        if (!record.has(key)) record.set(key, random.of(values));
        return record.get(key)!;
      };
      const truth = evaluate(tree, lookup);
      const opposite = evaluate({ kind: 'not', node: tree }, lookup);
      expect(opposite).toBe(truth === undefined ? undefined : !truth);
      const again = parseFilter(filterText(tree, random), runGrammar)!;
      expect(evaluate(again, lookup), `seed ${seed}`).toBe(truth);
    }
  });
});
