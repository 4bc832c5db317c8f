import { renderCondition, renderKeyed, renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Dialect } from '../db/port.ts';
import type { FilterNode, LeafNode, Literal, OrderTerm } from '../filters/tree.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';
import { splitPromptFilter } from './prompt-filter.ts';
import { renderOriginSeen } from './visible-origins.ts';

const MODEL_COLUMNS: Readonly<Record<string, string>> = {
  name: 'm.name',
  creation_timestamp: 'm.creation_time',
  last_updated_timestamp: 'm.last_update_time',
};
const VERSION_COLUMNS: Readonly<Record<string, string>> = {
  name: 'm.name',
  run_id: 'v.run_id',
  source_path: 'v.source',
  version_number: 'v.version',
  creation_timestamp: 'v.creation_time',
  last_updated_timestamp: 'v.last_update_time',
};

/** A filter whose names of models are as they are kept: each spelling of a name finds its model. */
export function withStoredNames(
  node: FilterNode | undefined,
  storedName: (text: string) => string,
): FilterNode | undefined {
  return node && renamed(node, storedName);
}

function renamed(node: FilterNode, storedName: (text: string) => string): FilterNode {
  const read = (literal: Literal): Literal =>
    literal.kind === 'string' ? { kind: 'string', text: storedName(literal.text) } : literal;
  switch (node.kind) {
    case 'and':
    case 'or':
      return { kind: node.kind, nodes: node.nodes.map((inner) => renamed(inner, storedName)) };
    case 'not':
      return { kind: 'not', node: renamed(node.node, storedName) };
    case 'compare':
      return isName(node) ? { ...node, value: read(node.value) } : node;
    case 'in':
      return isName(node) ? { ...node, values: node.values.map(read) } : node;
    case 'like':
    case 'matches':
    case 'null':
      return node;
  }
}

const isName = ({ field }: LeafNode): boolean => field.scope === 'attribute' && field.key === 'name';

/** The WHERE clause of a search for registered models. */
export function renderModelFilter(dialect: Dialect, parsed: FilterNode | undefined): SqlFragment {
  const { filter, withPrompts } = splitPromptFilter(parsed);
  return joinConditions(withPrompts ? [] : ['m.is_prompt = 0'], filter, (node) =>
    node.field.scope === 'tag'
      ? renderKeyed(dialect, node, {
          name: 'registered_model_tags',
          owner: 'model_no',
          outer: 'm.model_no',
        })
      : renderTest(dialect, MODEL_COLUMNS[node.field.key]!, node),
  );
}

/** Of versions, what tells where they come from. */
const ORIGINS: ReadonlySet<string> = new Set(['run_id', 'source_path']);

/**
 * The WHERE clause of a search for versions. A version of a prompt is a prompt, and so is one that says it is. Questions
 * about an origin in experiments that are not `visible` have no answer, as if there were none.
 */
export function renderVersionFilter(
  dialect: Dialect,
  parsed: FilterNode | undefined,
  visible: VisibleExperiments = 'all',
): SqlFragment {
  const { filter, withPrompts } = splitPromptFilter(parsed);
  return joinConditions(withPrompts ? [] : ['v.is_prompt = 0', 'm.is_prompt = 0'], filter, (node) =>
    node.field.scope === 'tag' ? renderVersionTag(dialect, node) : renderAttribute(dialect, node, visible),
  );
}

function renderAttribute(dialect: Dialect, node: LeafNode, visible: VisibleExperiments): SqlFragment {
  const { key } = node.field;
  const test = renderTest(dialect, VERSION_COLUMNS[key]!, node);
  if (visible === 'all' || !ORIGINS.has(key)) return test;
  const seen = renderOriginSeen(dialect, visible);
  // A copy names the model that it was made of, which may be hidden as well.
  const named = key === 'source_path' ? " AND v.source NOT LIKE 'models:/%'" : '';
  return {
    text: `CASE WHEN ${seen.text}${named} THEN ${test.text} END`,
    params: [...seen.params, ...test.params],
  };
}

function joinConditions(
  fixed: readonly string[],
  filter: FilterNode | undefined,
  leaf: (node: LeafNode) => SqlFragment,
): SqlFragment {
  const condition = filter === undefined ? undefined : renderCondition(filter, leaf);
  const texts = [...fixed, ...(condition === undefined ? [] : [condition.text])];
  return { text: texts.length === 0 ? '1 = 1' : texts.join(' AND '), params: condition?.params ?? [] };
}

function renderVersionTag(dialect: Dialect, node: LeafNode): SqlFragment {
  const from =
    'FROM model_version_tags kv WHERE kv.model_no = v.model_no AND kv.version = v.version AND kv.key = ?';
  if (node.kind === 'null') return { text: `NOT EXISTS (SELECT 1 ${from})`, params: [node.field.key] };
  const test = renderTest(dialect, 'kv.value', node);
  return { text: `(SELECT ${test.text} ${from})`, params: [...test.params, node.field.key] };
}

export function renderModelOrder(terms: readonly OrderTerm[]): string {
  return renderOrder(terms, MODEL_COLUMNS, [['name', 'm.name ASC']]);
}

export function renderVersionOrder(terms: readonly OrderTerm[]): string {
  if (terms.length === 0) return 'v.last_update_time DESC, m.name ASC, v.version DESC';
  return renderOrder(terms, VERSION_COLUMNS, [
    ['name', 'm.name ASC'],
    ['version_number', 'v.version DESC'],
  ]);
}

/** The caller's terms, then those tie-breakers that the caller did not name. */
function renderOrder(
  terms: readonly OrderTerm[],
  columns: Readonly<Record<string, string>>,
  ties: readonly (readonly [key: string, text: string])[],
): string {
  const rendered = terms.map((term) => `${columns[term.field.key]!} ${term.descending ? 'DESC' : 'ASC'}`);
  for (const [key, text] of ties) if (!terms.some((term) => term.field.key === key)) rendered.push(text);
  return rendered.join(', ');
}
