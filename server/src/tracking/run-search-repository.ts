import type { SqlFragment } from '../db/conditions.ts';
import { literalValue } from '../db/conditions.ts';
import type { Sql, SqlParam } from '../db/port.ts';
import type { FilterNode, LeafNode, OrderTerm } from '../filters/tree.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { renderRunFilter } from './run-filter.ts';
import { renderRunOrder, tieBreakers } from './run-order.ts';
import { type RunRow, readRun, runColumns } from './runs-repository.ts';

/** Characters of a value that the indexes hold (see the migration). */
const INDEXED = 120;

export interface RunScope {
  readonly experimentNos: readonly number[];
  readonly stages: readonly LifecycleStage[];
}

function scopeCondition(sql: Sql, { experimentNos, stages }: RunScope): SqlFragment {
  const experiment =
    experimentNos.length === 1
      ? { text: 'r.experiment_no = ?', params: experimentNos }
      : { text: sql.dialect.inList('r.experiment_no', 'bigint'), params: [sql.dialect.list(experimentNos)] };
  const stage = stageCondition(sql, stages);
  return { text: `${experiment.text} AND ${stage.text}`, params: [...experiment.params, ...stage.params] };
}

function stageCondition(sql: Sql, stages: readonly LifecycleStage[]): SqlFragment {
  return stages.length === 1
    ? { text: 'r.lifecycle_stage = ?', params: stages }
    : { text: sql.dialect.inList('r.lifecycle_stage', 'text'), params: [sql.dialect.list(stages)] };
}

function filterCondition(sql: Sql, filter: FilterNode | undefined, runNo?: string): SqlFragment {
  if (filter === undefined) return { text: '', params: [] };
  const { text, params } = renderRunFilter(sql.dialect, filter, runNo);
  return { text: ` AND (${text})`, params };
}

export interface SortedQuery {
  readonly scope: RunScope;
  readonly filter: FilterNode | undefined;
  readonly order: readonly OrderTerm[];
  /** A condition of the filter whose matches are few: they are found by its index. */
  readonly driver: LeafNode | undefined;
  readonly limit: number;
  readonly offset: number;
}

export async function selectSorted(sql: Sql, query: SortedQuery): Promise<RunRow[]> {
  const order = renderRunOrder(query.order);
  const from = matchingRuns(sql, query);
  const rows = await sql.rows(
    `${from.withText}SELECT ${runColumns(sql.dialect)} FROM ${from.text}
     ${sql.dialect.orderedJoin} experiments e ON e.experiment_no = r.experiment_no ${order.joins.text}
     ${from.where} ORDER BY ${order.orderBy} LIMIT ? OFFSET ?`,
    [...from.fromParams, ...order.joins.params, ...from.whereParams, query.limit, query.offset],
  );
  return rows.map(readRun);
}

interface MatchingRuns {
  readonly withText: string;
  readonly fromParams: readonly SqlParam[];
  /** Ends with `runs r`. */
  readonly text: string;
  readonly where: string;
  readonly whereParams: readonly SqlParam[];
}

/**
 * The runs that match. On PostgreSQL those that a driver finds are settled before anything is joined to them for the
 * order: its planner takes every condition that is a subquery for dear, and would join and sort all runs first.
 */
function matchingRuns(sql: Sql, { scope, filter, driver }: SortedQuery): MatchingRuns {
  const scopeText = scopeCondition(sql, scope);
  const found = driver && indexedRuns(sql, scope, driver);
  const unmet = driver === undefined ? filter : without(filter, driver);
  const filterText = filterCondition(sql, unmet, found && 'found.run_no');
  const where = `WHERE ${scopeText.text}${filterText.text}`;
  const whereParams = [...scopeText.params, ...filterText.params];
  if (found === undefined) return { withText: '', fromParams: [], text: 'runs r', where, whereParams };
  const { orderedJoin } = sql.dialect;
  const text = `(${found.text}) AS found ${orderedJoin} runs r ON r.run_no = found.run_no`;
  if (sql.dialect.name === 'sqlite')
    return { withText: '', fromParams: found.params, text, where, whereParams };
  return {
    withText: `WITH matching AS MATERIALIZED (SELECT r.run_no FROM ${text}
      ${orderedJoin} experiments e ON e.experiment_no = r.experiment_no ${where}) `,
    fromParams: [...found.params, ...whereParams],
    text: `matching ${orderedJoin} runs r ON r.run_no = matching.run_no`,
    where: '',
    whereParams: [],
  };
}

/** What a filter asks besides one of the conditions that must all hold. */
function without(filter: FilterNode | undefined, met: LeafNode): FilterNode | undefined {
  if (filter?.kind !== 'and') return filter === met ? undefined : filter;
  const nodes = filter.nodes.filter((node) => node !== met);
  return nodes.length > 1 ? { kind: 'and', nodes } : nodes[0];
}

export interface StartTimeQuery {
  readonly experimentNo: number;
  readonly stage: LifecycleStage;
  readonly filter: FilterNode | undefined;
  readonly after: { readonly startTimeMs: number; readonly runId: string } | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Walks the index of start times, newest first, until the page is full. */
export async function selectByStartTime(sql: Sql, query: StartTimeQuery): Promise<RunRow[]> {
  const { after } = query;
  const filter = filterCondition(sql, query.filter);
  const position = after === undefined ? '' : ' AND r.start_time <= ? AND (r.start_time < ? OR r.run_id > ?)';
  const at: SqlParam[] = after === undefined ? [] : [after.startTimeMs, after.startTimeMs, after.runId];
  const rows = await sql.rows(
    `SELECT ${runColumns(sql.dialect)} FROM runs r ${sql.dialect.indexedBy('runs_by_start')}
     ${sql.dialect.orderedJoin} experiments e ON e.experiment_no = r.experiment_no
     WHERE r.experiment_no = ? AND r.lifecycle_stage = ?${position}${filter.text}
     ORDER BY r.start_time DESC, r.run_id LIMIT ? OFFSET ?`,
    [query.experimentNo, query.stage, ...at, ...filter.params, query.limit, query.offset],
  );
  return rows.map(readRun);
}

export interface MetricQuery {
  readonly scope: RunScope;
  readonly filter: FilterNode | undefined;
  readonly order: readonly OrderTerm[];
  /** Which runs: those whose metric is a number, NaN, or not there. */
  readonly kind: 'numbers' | 'nan' | 'missing';
  readonly limit: number;
  readonly offset: number;
}

/** Walks the index of a metric's latest values in their order until the page is full. */
export async function selectByMetric(sql: Sql, query: MetricQuery): Promise<RunRow[]> {
  const { text, params, orderBy } = metricSelection(sql, query);
  const rows = await sql.rows(
    `SELECT ${runColumns(sql.dialect)} ${text} ORDER BY ${orderBy} LIMIT ? OFFSET ?`,
    [...params, query.limit, query.offset],
  );
  return rows.map(readRun);
}

export async function countByMetric(sql: Sql, query: MetricQuery): Promise<number> {
  const { text, params } = metricSelection(sql, { ...query, order: query.order.slice(0, 1) });
  const row = await sql.get<{ runs: number }>(`SELECT count(*) AS runs ${text}`, params);
  return Number(row?.runs ?? 0);
}

function metricSelection(sql: Sql, query: MetricQuery): SqlFragment & { readonly orderBy: string } {
  const { scope, filter, kind } = query;
  const [{ field, descending }, ...others] = query.order as [OrderTerm, ...OrderTerm[]];
  const scopeText = scopeCondition(sql, scope);
  const { bounds, others: unbound } = kind === 'numbers' ? takeBounds(filter, field.key) : noBounds(filter);
  const filterText = filterCondition(sql, unbound, kind === 'missing' ? undefined : 'w.run_no');
  const rest = renderRunOrder(others);
  // `renderRunOrder` knows only the other terms: ties of all of them are broken here, once.
  const restTerms = others.length === 0 ? tieBreakers(query.order).join(', ') : rest.orderBy;
  const experiment = 'experiments e ON e.experiment_no = r.experiment_no';
  if (kind === 'missing') {
    return {
      text: `FROM runs r JOIN ${experiment} ${rest.joins.text} WHERE ${scopeText.text}
        AND NOT EXISTS (SELECT 1 FROM metric_series w WHERE w.run_no = r.run_no AND w.key = ?)${filterText.text}`,
      params: [...rest.joins.params, ...scopeText.params, field.key, ...filterText.params],
      orderBy: restTerms,
    };
  }
  // The metric's row carries the experiment. Asked of the run as well, it would tempt PostgreSQL, while it has no
  // statistics yet, to walk all runs of the experiment for each row.
  const stage = stageCondition(sql, scope.stages);
  const walk = sql.dialect;
  return {
    text: `FROM metric_series w ${walk.indexedBy('metric_series_by_value')}
      ${walk.orderedJoin} runs r ON r.run_no = w.run_no ${walk.orderedJoin} ${experiment} ${rest.joins.text}
      WHERE w.experiment_no = ? AND w.key = ? AND w.is_nan = ?${bounds.text} AND ${stage.text}${filterText.text}`,
    params: [
      ...rest.joins.params,
      scope.experimentNos[0]!,
      field.key,
      kind === 'nan' ? 1 : 0,
      ...bounds.params,
      ...stage.params,
      ...filterText.params,
    ],
    orderBy: `w.value ${descending ? 'DESC' : 'ASC'}, ${restTerms}`,
  };
}

interface Bounds {
  readonly bounds: SqlFragment;
  /** What the filter asks besides. */
  readonly others: FilterNode | undefined;
}

const noBounds = (filter: FilterNode | undefined): Bounds => ({
  bounds: { text: '', params: [] },
  others: filter,
});

/** The filter's own bounds on the metric that is walked: the walk then starts and ends at them, and they hold. */
function takeBounds(filter: FilterNode | undefined, key: string): Bounds {
  const nodes = filter?.kind === 'and' ? filter.nodes : filter === undefined ? [] : [filter];
  const texts: string[] = [];
  const params: SqlParam[] = [];
  const others: FilterNode[] = [];
  for (const node of nodes) {
    if (node.kind === 'compare' && node.op !== '!=' && isLatest(node, key)) {
      texts.push(` AND w.value ${node.op} ?`);
      params.push(literalValue(node.value));
    } else others.push(node);
  }
  const [first, ...more] = others;
  return {
    bounds: { text: texts.join(''), params },
    others: first === undefined || more.length === 0 ? first : { kind: 'and', nodes: others },
  };
}

const isLatest = ({ field }: LeafNode, key: string): boolean =>
  field.scope === 'metric' && field.key === key && !field.history;

/** Whether an index finds a condition's matches without reading the runs. */
export function hasIndex(node: FilterNode): node is LeafNode & { kind: 'compare' } {
  if (node.kind !== 'compare' || node.field.history) return false;
  if (node.field.scope === 'metric') return node.op !== '!=';
  return (node.field.scope === 'param' || node.field.scope === 'tag') && node.op === '=';
}

export interface IndexedCount {
  readonly scope: RunScope;
  readonly node: LeafNode;
  readonly atMost: number;
}

/** How many rows of the index match, counted up to `atMost`. */
export async function countIndexed(sql: Sql, { scope, node, atMost }: IndexedCount): Promise<number> {
  const { text, params } = indexedRuns(sql, scope, node);
  const row = await sql.get<{ matches: number }>(
    `SELECT count(*) AS matches FROM (${text} LIMIT ?) AS counted`,
    [...params, atMost],
  );
  return Number(row?.matches ?? 0);
}

function indexedRuns(sql: Sql, { experimentNos }: RunScope, node: LeafNode): SqlFragment {
  if (node.kind !== 'compare') throw new Error('only comparisons have an index');
  const experiment = sql.dialect.inList('experiment_no', 'bigint');
  const experiments = sql.dialect.list(experimentNos);
  const value = literalValue(node.value);
  if (node.field.scope === 'metric') {
    return {
      text: `SELECT run_no FROM metric_series WHERE ${experiment} AND key = ? AND is_nan = 0 AND value ${node.op} ?`,
      params: [experiments, node.field.key, value],
    };
  }
  const table = node.field.scope === 'param' ? 'params' : 'run_tags';
  const prefix = [...String(value)].slice(0, INDEXED).join('');
  // A text shorter than what the index holds is found by the index alone, without reading the rows.
  const isWhole = prefix === value && [...prefix].length < INDEXED;
  return {
    text: `SELECT run_no FROM ${table} WHERE ${experiment} AND key = ? AND ${sql.dialect.prefix('value', INDEXED)} = ?${isWhole ? '' : ' AND value = ?'}`,
    params: [experiments, node.field.key, prefix, ...(isWhole ? [] : [value])],
  };
}
