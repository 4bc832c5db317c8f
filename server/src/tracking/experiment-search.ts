import { renderCondition, renderKeyed, renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect, SqlParam } from '../db/port.ts';
import type { FilterNode, LeafNode, Literal, OrderTerm } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';

export type ViewType = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

const COLUMNS: Readonly<Record<string, string>> = {
  name: 'e.name',
  experiment_id: 'e.experiment_no',
  creation_time: 'e.creation_time',
  last_update_time: 'e.last_update_time',
  lifecycle_stage: 'e.lifecycle_stage',
};

export interface ExperimentCondition {
  readonly dialect: Dialect;
  readonly filter: FilterNode | undefined;
  readonly viewType: ViewType;
}

/** The WHERE clause of an experiment search. */
export function renderExperimentFilter({ dialect, filter, viewType }: ExperimentCondition): SqlFragment {
  const texts: string[] = [];
  const params: SqlParam[] = [];
  if (viewType !== 'ALL') {
    texts.push('e.lifecycle_stage = ?');
    params.push(viewType === 'ACTIVE_ONLY' ? 'active' : 'deleted');
  }
  if (filter !== undefined) {
    const condition = renderCondition(filter, (node) => renderLeaf(dialect, node));
    texts.push(condition.text);
    params.push(...condition.params);
  }
  return { text: texts.length === 0 ? '1 = 1' : texts.join(' AND '), params };
}

function renderLeaf(dialect: Dialect, node: LeafNode): SqlFragment {
  if (node.field.scope === 'tag') {
    return renderKeyed(dialect, node, {
      name: 'experiment_tags',
      owner: 'experiment_no',
      outer: 'e.experiment_no',
    });
  }
  const column = COLUMNS[node.field.key]!;
  if (node.field.key !== 'experiment_id') return renderTest(dialect, column, node);
  if (node.kind === 'like') return renderTest(dialect, `CAST(${column} AS TEXT)`, node);
  return renderTest(dialect, column, withNumbers(node));
}

/** Experiment ids are quoted in filters and numbers in the table. */
function withNumbers(node: LeafNode): LeafNode {
  if (node.kind === 'compare') return { ...node, value: toNumber(node.value) };
  if (node.kind === 'in') return { ...node, values: node.values.map(toNumber) };
  return node;
}

function toNumber(literal: Literal): Literal {
  if (literal.kind === 'number') return literal;
  if (!/^\d{1,15}$/.test(literal.text)) {
    throw invalidArgument(
      `Invalid experiment ID '${literal.text.slice(0, 100)}' in the filter: expected a quoted integer.`,
      {
        field: 'filter',
      },
    );
  }
  return { kind: 'number', value: Number(literal.text) };
}

/** The ORDER BY clause: the newest first unless the caller says otherwise. */
export function renderExperimentOrder(terms: readonly OrderTerm[]): string {
  if (terms.length === 0) return 'e.creation_time DESC, e.experiment_no ASC';
  const rendered = terms.map((term) => `${COLUMNS[term.field.key]!} ${term.descending ? 'DESC' : 'ASC'}`);
  if (!terms.some((term) => term.field.key === 'experiment_id')) rendered.push('e.experiment_no DESC');
  return rendered.join(', ');
}
