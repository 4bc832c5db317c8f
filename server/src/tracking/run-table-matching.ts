import { renderTest, type SqlFragment } from '../db/conditions.ts';
import type { Sql } from '../db/port.ts';
import type { FilterNode, LeafNode, Literal } from '../filters/tree.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { renderNumberTest, renderRunFilter } from './run-filter.ts';
import type { RunSet } from './run-set.ts';
import * as repository from './run-table-repository.ts';

export interface MatchQuery {
  readonly experimentNos: readonly number[];
  /** Those of the runs. */
  readonly stages: readonly LifecycleStage[];
  /** All runs of the experiments that may match. */
  readonly runs: RunSet;
  readonly filter: FilterNode;
  /** Up to so many runs are tested one by one; of more, the indexes tell which match each condition. */
  readonly oneByOne: number;
}

/** By place in the set: 1 for a run that matches. */
type Marks = Uint8Array;

/**
 * Which runs match a filter. Over many runs each condition is one walk through the index of its key, and the conditions
 * are joined as sets: testing every run would look each of them up for each condition. NOT is carried down to the
 * conditions first, so that a run without the key never matches, negated or not, as the language wants it.
 */
export async function findMatching(sql: Sql, query: MatchQuery): Promise<Marks> {
  const { runs, oneByOne } = query;
  if (runs.runNos.length <= oneByOne) return testOneByOne(sql, query, runs.runNos, query.filter);
  return evaluate(sql, query, query.filter, false);
}

async function evaluate(sql: Sql, query: MatchQuery, node: FilterNode, negated: boolean): Promise<Marks> {
  switch (node.kind) {
    case 'not':
      return evaluate(sql, query, node.node, !negated);
    case 'and':
    case 'or':
      return (node.kind === 'and') !== negated
        ? evaluateAll(sql, query, node.nodes, negated)
        : evaluateAny(sql, query, node.nodes, negated);
    case 'compare':
    case 'like':
    case 'matches':
    case 'in':
    case 'null':
      return evaluateLeaf(sql, query, node, negated);
  }
}

async function evaluateAny(
  sql: Sql,
  query: MatchQuery,
  nodes: readonly FilterNode[],
  negated: boolean,
): Promise<Marks> {
  const marks = new Uint8Array(query.runs.runNos.length);
  for (const node of nodes) {
    const more = await evaluate(sql, query, node, negated);
    for (let i = 0; i < marks.length; i += 1) marks[i]! |= more[i]!;
  }
  return marks;
}

/** Once few are left, the other conditions are tested on those alone. */
async function evaluateAll(
  sql: Sql,
  query: MatchQuery,
  nodes: readonly FilterNode[],
  negated: boolean,
): Promise<Marks> {
  // The cheap ones come first: the others have less to look at then.
  const ordered = nodes.toSorted((a, b) => costOf(a) - costOf(b));
  let marks: Marks | undefined;
  for (const [i, node] of ordered.entries()) {
    const left = marks === undefined ? undefined : markedRuns(query.runs, marks);
    if (left !== undefined && (left.length <= query.oneByOne || costOf(node) === ONE_BY_ONE)) {
      const rest = ordered.slice(i).map((one): FilterNode => (negated ? { kind: 'not', node: one } : one));
      return testOneByOne(sql, query, left, { kind: 'and', nodes: rest });
    }
    const more = await evaluate(sql, query, node, negated);
    if (marks === undefined) marks = more;
    else for (let place = 0; place < marks.length; place += 1) marks[place]! &= more[place]!;
  }
  return marks ?? new Uint8Array(query.runs.runNos.length).fill(1);
}

function markedRuns({ runNos }: RunSet, marks: Marks): number[] {
  const marked: number[] = [];
  for (let place = 0; place < marks.length; place += 1) if (marks[place] === 1) marked.push(runNos[place]!);
  return marked;
}

async function evaluateLeaf(sql: Sql, query: MatchQuery, node: LeafNode, negated: boolean): Promise<Marks> {
  const { runs } = query;
  const wanted: FilterNode = negated ? { kind: 'not', node } : node;
  const cost = costOf(node);
  if (cost === ONE_BY_ONE) return testOneByOne(sql, query, runs.runNos, wanted);
  const marks = new Uint8Array(runs.runNos.length);
  if (cost === BY_RUN) {
    const test = renderRunFilter(sql.dialect, wanted);
    for (const experimentNo of query.experimentNos) {
      for (const stage of query.stages) {
        for await (const found of repository.scanRunTest(sql, { experimentNo, stage, test }))
          mark(runs, marks, found);
      }
    }
    return marks;
  }
  for (const experimentNo of query.experimentNos) {
    for await (const found of walkLeaf(sql, { experimentNo, atMost: runs.runNos.length, node, negated }))
      mark(runs, marks, found);
  }
  // What was walked are the runs that have the key.
  if (node.kind === 'null' && !negated) for (let i = 0; i < marks.length; i += 1) marks[i] = 1 - marks[i]!;
  return marks;
}

function mark(runs: RunSet, marks: Marks, runNos: readonly number[]): void {
  for (const runNo of runNos) {
    const place = runs.placeOf(runNo);
    if (place >= 0) marks[place] = 1;
  }
}

/** An index of the key tells which runs match: for metrics' latest values, params and tags. */
const BY_KEY = 0;
/** A walk through the runs themselves tells it: for their own columns. */
const BY_RUN = 1;
/** Each run has to be looked up. */
const ONE_BY_ONE = 2;

function costOf(node: FilterNode): number {
  switch (node.kind) {
    case 'not':
      return costOf(node.node);
    case 'and':
    case 'or':
      return Math.max(...node.nodes.map(costOf));
    case 'compare':
    case 'like':
    case 'matches':
    case 'in':
    case 'null': {
      const { scope, key, history } = node.field;
      if (scope === 'metric') return history === undefined || history.fn === 'last' ? BY_KEY : ONE_BY_ONE;
      if (scope === 'param' || scope === 'tag') return BY_KEY;
      // A location is made of the experiment's.
      return scope === 'attribute' && key !== 'artifact_uri' ? BY_RUN : ONE_BY_ONE;
    }
  }
}

interface LeafWalk {
  readonly experimentNo: number;
  readonly atMost: number;
  readonly node: LeafNode;
  readonly negated: boolean;
}

function walkLeaf(
  sql: Sql,
  { experimentNo, atMost, node, negated }: LeafWalk,
): AsyncGenerator<readonly number[]> {
  const of = { experimentNo, key: node.field.key, atMost };
  const render = (test: SqlFragment): SqlFragment =>
    node.kind === 'null'
      ? { text: '1 = 1', params: [] }
      : negated
        ? { text: `NOT (${test.text})`, params: test.params }
        : test;
  if (node.field.scope === 'metric') {
    return repository.scanMetricTest(sql, of, render(renderNumberTest(sql.dialect, 's', node)));
  }
  return repository.scanTextTest(sql, node.field.scope === 'param' ? 'params' : 'run_tags', {
    ...of,
    test: (expression) => render(renderTest(sql.dialect, expression, node)),
    isDecidedByIndex: isDecidedByIndex(node),
  });
}

/** A value that goes on beyond what the index holds is no short text, whatever it is. */
function isDecidedByIndex(node: LeafNode): boolean {
  const isShort = (literal: Literal) => literal.kind === 'string' && literal.text.length < repository.INDEXED;
  switch (node.kind) {
    case 'null':
      return true;
    case 'compare':
      return (node.op === '=' || node.op === '!=') && isShort(node.value);
    case 'in':
      return node.values.every(isShort);
    case 'like':
    case 'matches':
      return false;
  }
}

async function testOneByOne(
  sql: Sql,
  { runs }: MatchQuery,
  runNos: Iterable<number>,
  filter: FilterNode,
): Promise<Marks> {
  const marks = new Uint8Array(runs.runNos.length);
  for await (const found of repository.lookUpMatching(sql, runNos, filter)) mark(runs, marks, found);
  return marks;
}
