import { renderKeyed, renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect, SqlParam } from '../db/port.ts';
import type { FilterNode, LeafNode, Literal } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { renderAssessment } from './assessment-filter.ts';
import { spanAttribute } from './span-attribute.ts';
import { MetadataKey, TagKey } from './trace.ts';

/** Characters of a value in the indexes of `0004-traces.ts`. */
const INDEXED = 120;

/** The trace's columns by attribute, in a query over `traces t`. */
export const TRACE_COLUMNS: Readonly<Record<string, string>> = {
  request_id: 't.trace_id',
  experiment_id: 't.experiment_no',
  status: 't.state',
  client_request_id: 't.client_request_id',
  timestamp_ms: 't.request_time',
  execution_time_ms: 't.duration',
  end_time_ms: '(t.request_time + coalesce(t.duration, 0))',
};

export interface TraceFilterScope {
  readonly dialect: Dialect;
  /** Where the sessions are looked for whose assessments count for all their traces. */
  readonly experimentNos: readonly number[];
}

/**
 * Renders a trace filter as a condition over `traces t`. Conditions on spans that must all hold must hold of one and
 * the same span, as in MLflow.
 * @throws AppError InvalidArgument for comparisons that a prompt or a span's attribute does not have.
 */
export function renderTraceFilter(scope: TraceFilterScope, filter: FilterNode): SqlFragment {
  const required = conjuncts(filter);
  const onSpans = required.filter(isSpanTest);
  const others = required.filter((node) => !isSpanTest(node));
  return all([
    ...(onSpans.length === 0 ? [] : [renderSpans(scope.dialect, onSpans)]),
    ...others.map((node) => renderIndexed(scope.dialect, node) ?? render(scope, node)),
  ]);
}

function conjuncts(node: FilterNode): readonly FilterNode[] {
  return node.kind === 'and' ? node.nodes.flatMap(conjuncts) : [node];
}

function all(parts: readonly SqlFragment[]): SqlFragment {
  return {
    text: `(${parts.map((part) => part.text).join(' AND ')})`,
    params: parts.flatMap((part) => part.params),
  };
}

function render(scope: TraceFilterScope, node: FilterNode): SqlFragment {
  if (isSpanTest(node)) return renderSpans(scope.dialect, [node]);
  switch (node.kind) {
    case 'and':
      return all(node.nodes.map((inner) => render(scope, inner)));
    case 'or': {
      const parts = node.nodes.map((inner) => render(scope, inner));
      return {
        text: `(${parts.map((part) => part.text).join(' OR ')})`,
        params: parts.flatMap((part) => part.params),
      };
    }
    case 'not': {
      const inner = render(scope, node.node);
      return { text: `NOT (${inner.text})`, params: inner.params };
    }
    default:
      return renderLeaf(scope, node);
  }
}

function renderLeaf(scope: TraceFilterScope, node: LeafNode): SqlFragment {
  const { dialect } = scope;
  const { key } = node.field;
  switch (node.field.scope) {
    case 'tag':
      if (key === TagKey.linkedPrompts) return renderPrompt(node);
      return renderKeyed(dialect, node, { name: 'trace_tags', owner: 'trace_no', outer: 't.trace_no' });
    case 'metadata': {
      const keyed = renderKeyed(dialect, node, {
        name: 'trace_metadata',
        owner: 'trace_no',
        outer: 't.trace_no',
      });
      if (key !== MetadataKey.sourceRun || node.kind !== 'compare' || node.op !== '=') return keyed;
      return {
        text: `(coalesce(${keyed.text}, 1 = 0) OR EXISTS (SELECT 1 FROM trace_runs l WHERE l.run_id = ? AND l.trace_id = t.trace_id))`,
        params: [...keyed.params, textOf(node.value)],
      };
    }
    case 'feedback':
    case 'expectation':
      return renderAssessment(scope, node);
    case 'issue':
      return renderIssue(dialect, node);
    default:
      return renderTest(dialect, TRACE_COLUMNS[key]!, node);
  }
}

const textOf = (literal: Literal): string =>
  literal.kind === 'string' ? literal.text : String(literal.value);

/** A required equality of a tag or of metadata, found by its index. */
function renderIndexed(dialect: Dialect, node: FilterNode): SqlFragment | undefined {
  if (node.kind !== 'compare' || node.op !== '=' || node.value.kind !== 'string') return undefined;
  const { scope, key } = node.field;
  if (scope !== 'tag' && scope !== 'metadata') return undefined;
  if (key === TagKey.linkedPrompts || key === MetadataKey.sourceRun) return undefined;
  const table = scope === 'tag' ? 'trace_tags' : 'trace_metadata';
  const { text } = node.value;
  return {
    text: `t.trace_no IN (SELECT kv.trace_no FROM ${table} kv WHERE kv.key = ? AND ${dialect.prefix('kv.value', INDEXED)} = ? AND kv.value = ?)`,
    params: [key, [...text].slice(0, INDEXED).join(''), text],
  };
}

function renderPrompt(node: LeafNode): SqlFragment {
  if (node.kind !== 'compare' || node.op !== '=') {
    throw invalidArgument(
      'Invalid comparator for prompts filter. Only \'=\' is supported with format: prompt = "name/version"',
      { field: 'filter' },
    );
  }
  const prompt = textOf(node.value);
  if (prompt.split('/').length !== 2) {
    throw invalidArgument(
      `Invalid prompts filter value '${prompt.slice(0, 200)}'. Expected format: prompt = "name/version"`,
      { field: 'filter' },
    );
  }
  return {
    text: 'EXISTS (SELECT 1 FROM trace_prompts p WHERE p.trace_no = t.trace_no AND p.prompt = ?)',
    params: [prompt],
  };
}

function renderIssue(dialect: Dialect, node: LeafNode): SqlFragment {
  const from = `FROM trace_assessments a WHERE a.trace_no = t.trace_no AND a.kind = 'issue'`;
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${from})`, params: [] };
  const test = renderTest(dialect, 'a.name', node);
  return { text: `EXISTS (SELECT 1 ${from} AND ${test.text})`, params: test.params };
}

type SpanTest = LeafNode | { readonly kind: 'not'; readonly node: LeafNode };

function isSpanTest(node: FilterNode): node is SpanTest {
  const leaf = node.kind === 'not' ? node.node : node;
  return 'field' in leaf && leaf.field.scope === 'span';
}

/** One span for which every test holds; a negated test means a span for which the test does not hold. */
function renderSpans(dialect: Dialect, tests: readonly SpanTest[]): SqlFragment {
  const texts: string[] = [];
  const params: SqlParam[] = [];
  for (const test of tests) {
    const leaf = test.kind === 'not' ? test.node : test;
    const rendered = renderSpanTest(dialect, leaf);
    texts.push(test.kind === 'not' ? `NOT (${rendered.text})` : rendered.text);
    params.push(...rendered.params);
  }
  return {
    text: `EXISTS (SELECT 1 FROM spans s WHERE s.trace_no = t.trace_no AND ${texts.join(' AND ')})`,
    params,
  };
}

function renderSpanTest(dialect: Dialect, node: LeafNode): SqlFragment {
  const { key } = node.field;
  if (!key.startsWith('attributes.')) return renderTest(dialect, `s.${key}`, node);
  if (node.kind === 'matches' || node.kind === 'compare' || node.kind === 'in') {
    const attribute = spanAttribute(dialect, key.slice('attributes.'.length));
    const test = renderTest(dialect, `(${attribute.text})`, node);
    return { text: test.text, params: [...attribute.params, ...test.params] };
  }
  if (node.kind !== 'like') {
    throw invalidArgument('The absence of a span attribute cannot be asked for.', {
      field: 'filter',
    });
  }
  // The stored text has the attribute's name in quotes, right before its value.
  const pattern = `%${JSON.stringify(key.slice('attributes.'.length))}${node.pattern}%`;
  return renderTest(dialect, 's.content', { ...node, pattern });
}
