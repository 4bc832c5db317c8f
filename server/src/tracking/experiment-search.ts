import {
  literalValue,
  renderCondition,
  renderKeyed,
  renderTest,
  type SqlFragment,
} from '../db/conditions.ts';
import type { Dialect, SqlParam } from '../db/port.ts';
import type { FilterNode, LeafNode, Literal, OrderTerm } from '../filters/tree.ts';
import { invalidArgument } from '../kernel/errors.ts';
import { folderEnd, folderKey, parseFolder, TOP_LEVEL } from './experiment-path.ts';
import { andVisible, type VisibleExperiments } from './visible-experiments.ts';

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
  readonly visible: VisibleExperiments;
}

/** The WHERE clause of an experiment search. */
export function renderExperimentFilter({
  dialect,
  filter,
  viewType,
  visible,
}: ExperimentCondition): SqlFragment {
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
  const scope = andVisible(dialect, 'e.experiment_no', visible);
  const text = texts.length === 0 ? '1 = 1' : texts.join(' AND ');
  return { text: text + scope.text, params: [...params, ...scope.params] };
}

function renderLeaf(dialect: Dialect, node: LeafNode): SqlFragment {
  if (node.field.scope === 'tag') {
    return renderKeyed(dialect, node, {
      name: 'experiment_tags',
      owner: 'experiment_no',
      outer: 'e.experiment_no',
    });
  }
  if (node.field.key === 'folder') return renderFolder(dialect, node);
  if (node.field.key === 'within') return renderWithin(node);
  const column = COLUMNS[node.field.key]!;
  if (node.field.key !== 'experiment_id') return renderTest(dialect, column, node);
  if (node.kind === 'like') return renderTest(dialect, `CAST(${column} AS TEXT)`, node);
  return renderTest(dialect, column, withNumbers(node));
}

const parseFolderLiteral = (literal: Literal): string => parseFolder(String(literalValue(literal)), 'filter');

/** The folder that an experiment is directly in: keys for what an index can find, else the text without its slash. */
function renderFolder(dialect: Dialect, node: LeafNode): SqlFragment {
  const withKey = (literal: Literal): Literal => ({
    kind: 'string',
    text: folderKey(parseFolderLiteral(literal)),
  });
  if (node.kind === 'in') {
    return renderTest(dialect, 'e.folder', { ...node, values: node.values.map(withKey) });
  }
  if (node.kind === 'compare' && (node.op === '=' || node.op === '!=')) {
    return renderTest(dialect, 'e.folder', { ...node, value: withKey(node.value) });
  }
  return renderTest(dialect, "rtrim(e.folder, '/')", node);
}

/** Whether one of the folders above an experiment is the named one: a range of the index. */
function renderWithin(node: LeafNode): SqlFragment {
  if (node.kind === 'in') {
    const parts = node.values.map((value) => withinRange(parseFolderLiteral(value)));
    return {
      text: `(${parts.map((part) => part.text).join(' OR ')})`,
      params: parts.flatMap((part) => part.params),
    };
  }
  if (node.kind !== 'compare' || (node.op !== '=' && node.op !== '!=')) {
    throw invalidArgument(
      "The attribute 'within' takes =, !=, IN and NOT IN, as in within = '/Users/jane'; for patterns there is 'folder'.",
      { field: 'filter' },
    );
  }
  const range = withinRange(parseFolderLiteral(node.value));
  return node.op === '=' ? range : { text: `NOT ${range.text}`, params: range.params };
}

function withinRange(path: string): SqlFragment {
  if (path === TOP_LEVEL) return { text: '(1 = 1)', params: [] };
  return { text: '(e.folder >= ? AND e.folder < ?)', params: [folderKey(path), folderEnd(path)] };
}

/** Holds folders in the order of their paths (migration 8). */
export const FOLDER_INDEX = 'experiments_by_folder';

/** Whether nothing matches outside of one folder, so that its part of the index is all there is to read. */
export function isWithinFolder(filter: FilterNode | undefined): boolean {
  if (filter?.kind === 'and') return filter.nodes.some(isWithinFolder);
  if (filter?.kind !== 'compare' || filter.op !== '=' || filter.field.scope !== 'attribute') return false;
  const { key } = filter.field;
  return key === 'folder' || (key === 'within' && parseFolderLiteral(filter.value) !== TOP_LEVEL);
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
