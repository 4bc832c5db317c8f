import type { FilterNode, LeafNode, Literal } from '../filters/tree.ts';
import type { Dialect, SqlParam } from './port.ts';

/** A piece of SQL and the parameters of its question marks, in order. */
export interface SqlFragment {
  readonly text: string;
  readonly params: readonly SqlParam[];
}

/**
 * Renders a filter as an SQL condition. SQL's own three-valued logic gives the language's meaning: a leaf must be NULL
 * where the entity lacks the key, so that neither the comparison nor its NOT matches.
 */
export function renderCondition(node: FilterNode, leaf: (node: LeafNode) => SqlFragment): SqlFragment {
  switch (node.kind) {
    case 'and':
    case 'or': {
      const parts = node.nodes.map((inner) => renderCondition(inner, leaf));
      const word = node.kind === 'and' ? ' AND ' : ' OR ';
      return {
        text: `(${parts.map((part) => part.text).join(word)})`,
        params: parts.flatMap((part) => part.params),
      };
    }
    case 'not': {
      const inner = renderCondition(node.node, leaf);
      return { text: `NOT (${inner.text})`, params: inner.params };
    }
    case 'compare':
    case 'like':
    case 'matches':
    case 'in':
    case 'null':
      return leaf(node);
  }
}

/** Tests one SQL expression against a leaf's literal. */
export function renderTest(dialect: Dialect, expression: string, node: LeafNode): SqlFragment {
  switch (node.kind) {
    case 'compare':
      return {
        text: `${expression} ${node.op === '!=' ? '<>' : node.op} ?`,
        params: [literalValue(node.value)],
      };
    case 'like':
      return {
        text: dialect.like(expression, node.caseSensitive),
        params: [dialect.likePattern(node.pattern, node.caseSensitive)],
      };
    case 'matches':
      return { text: dialect.matches(expression), params: [dialect.pattern(node.pattern)] };
    case 'in':
      return {
        text: dialect.inList(expression, listType(node)),
        params: [dialect.list(node.values.map(literalValue))],
      };
    case 'null':
      return { text: `${expression} IS NULL`, params: [] };
  }
}

function listType(node: Extract<LeafNode, { kind: 'in' }>): 'text' | 'bigint' | 'double' {
  if (node.values[0]?.kind !== 'number') return 'text';
  return node.field.scope === 'attribute' ? 'bigint' : 'double';
}

export function literalValue(literal: Literal): string | number | bigint {
  return literal.kind === 'string' ? literal.text : literal.value;
}

/** A leaf on a key–value table: NULL where the owner has no such key, which `IS NULL` alone matches. */
export function renderKeyed(
  dialect: Dialect,
  node: LeafNode,
  table: { readonly name: string; readonly owner: string; readonly outer: string },
): SqlFragment {
  const where = `FROM ${table.name} kv WHERE kv.${table.owner} = ${table.outer} AND kv.key = ?`;
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${where})`, params: [node.field.key] };
  const test = renderTest(dialect, 'kv.value', node);
  return { text: `(SELECT ${test.text} ${where})`, params: [...test.params, node.field.key] };
}
