import { renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect, SqlParam } from '../db/port.ts';
import type { LeafNode, Literal } from '../filters/tree.ts';
import { pythonFloat } from './python-json.ts';
import { MetadataKey } from './trace.ts';

export interface AssessmentScope {
  readonly dialect: Dialect;
  readonly experimentNos: readonly number[];
}

/** A test of a trace's valid feedbacks or expectations of one name: one that matches is enough. */
export function renderAssessment(scope: AssessmentScope, node: LeafNode): SqlFragment {
  const anything: SqlFragment = { text: '1 = 1', params: [] };
  const known = renderCovered(scope, node, anything);
  if (node.kind === 'null') return { text: `NOT ${known.text}`, params: known.params };
  const matching = renderCovered(scope, node, renderValueTest(scope.dialect, node));
  return {
    text: `CASE WHEN ${known.text} THEN ${matching.text} END`,
    params: [...known.params, ...matching.params],
  };
}

/** The assessments of the trace itself, and those of another trace that speak for the whole session. */
function renderCovered(scope: AssessmentScope, node: LeafNode, test: SqlFragment): SqlFragment {
  const { dialect } = scope;
  const condition = `a.kind = ? AND a.name = ? AND a.valid = 1 AND (${test.text})`;
  const params: SqlParam[] = [node.field.scope, node.field.key, ...test.params];
  const prefix = (column: string) => dialect.prefix(column, 120);
  return {
    text: `(EXISTS (SELECT 1 FROM trace_assessments a WHERE a.trace_no = t.trace_no AND ${condition})
      OR EXISTS (SELECT 1 FROM trace_metadata own
        JOIN trace_metadata peer ON peer.key = own.key AND ${prefix('peer.value')} = ${prefix('own.value')} AND peer.value = own.value
        JOIN traces pt ON pt.trace_no = peer.trace_no
        JOIN trace_assessments a ON a.trace_no = peer.trace_no
        WHERE own.trace_no = t.trace_no AND own.key = '${MetadataKey.session}'
          AND ${dialect.inList('pt.experiment_no', 'bigint')} AND a.covers_session = 1 AND ${condition}))`,
    params: [...params, dialect.list(scope.experimentNos), ...params],
  };
}

function renderValueTest(dialect: Dialect, node: Exclude<LeafNode, { kind: 'null' }>): SqlFragment {
  switch (node.kind) {
    case 'compare': {
      if (node.value.kind === 'number') return renderTest(dialect, 'a.number', node);
      const equal = renderEqual(dialect, [node.value]);
      return node.op === '=' ? equal : { text: `NOT (${equal.text})`, params: equal.params };
    }
    case 'in':
      return renderEqual(dialect, node.values);
    case 'like':
    case 'matches':
      return renderTest(dialect, 'a.value', node);
  }
}

/** The literal is the value's JSON (`true`, `5`) or, of a text, the text. */
function renderEqual(dialect: Dialect, literals: readonly Literal[]): SqlFragment {
  const spellings = literals.flatMap((literal) => {
    const text = literal.kind === 'string' ? literal.text : String(literal.value);
    const number = text.trim() === '' ? Number.NaN : Number(text);
    return [text, JSON.stringify(text), ...(Number.isFinite(number) ? [pythonFloat(number)] : [])];
  });
  return { text: dialect.inList('a.value', 'text'), params: [dialect.list(spellings)] };
}
