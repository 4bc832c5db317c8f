import type { Int64 } from '../kernel/int64.ts';
import { matchesLike } from './like.ts';
import { parsePattern } from './pattern.ts';
import { compilePattern } from './pattern-matcher.ts';
import type { CompareOp, Field, FilterNode, LeafNode, Literal } from './tree.ts';

/** `undefined` is unknown. */
export type Truth = boolean | undefined;

export type FieldValue = string | number | Int64;

/**
 * The values of a field in a record; none when the key is absent. Where there are several (the datasets of a run, the
 * points of a logged model's metric), one that matches is enough.
 */
export type Lookup = (field: Field) => readonly FieldValue[];

/** Whether a record matches: unknown is no match. */
export function matches(node: FilterNode, lookup: Lookup): boolean {
  return evaluate(node, lookup) === true;
}

/** The three-valued meaning of a filter, which SQL renderings have to equal. */
export function evaluate(node: FilterNode, lookup: Lookup): Truth {
  switch (node.kind) {
    case 'and':
      return conjunction(node.nodes.map((inner) => evaluate(inner, lookup)));
    case 'or':
      return negation(conjunction(node.nodes.map((inner) => negation(evaluate(inner, lookup)))));
    case 'not':
      return negation(evaluate(node.node, lookup));
    case 'null':
      return lookup(node.field).length === 0;
    case 'compare':
    case 'like':
    case 'matches':
    case 'in': {
      const values = lookup(node.field);
      return values.length === 0 ? undefined : values.some((value) => test(node, value));
    }
  }
}

function conjunction(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(undefined) ? undefined : true;
}

function negation(truth: Truth): Truth {
  return truth === undefined ? undefined : !truth;
}

function test(node: Exclude<LeafNode, { kind: 'null' }>, value: FieldValue): boolean {
  switch (node.kind) {
    case 'compare':
      return compare(value, node.op, node.value);
    case 'like':
      return typeof value === 'string' && matchesLike(node.pattern, value, node.caseSensitive);
    case 'matches':
      return typeof value === 'string' && compilePattern(parsePattern(node.pattern))(value);
    case 'in':
      return node.values.some((literal) => compare(value, '=', literal));
  }
}

/** Texts and numbers are never equal, nor is one less than the other. NaN is unequal to everything. */
function compare(value: FieldValue, op: CompareOp, literal: Literal): boolean {
  if ((typeof value === 'string') !== (literal.kind === 'string')) return op === '!=';
  const right = literal.kind === 'string' ? literal.text : literal.value;
  // Not `===`, which holds 1 and 1n apart.
  const equal = value <= right && value >= right;
  switch (op) {
    case '=':
      return equal;
    case '!=':
      return !equal;
    case '<':
      return value < right;
    case '<=':
      return value <= right;
    case '>':
      return value > right;
    case '>=':
      return value >= right;
  }
}
