import type { SqlFragment } from '../db/conditions.ts';
import type { Dialect, Sql, SqlParam } from '../db/port.ts';
import { INT64_MAX, INT64_MIN } from '../kernel/int64.ts';
import type { MetricFilter } from './metric-filter.ts';
import type { Aggregation, MetricQuery, MetricView } from './metric-query.ts';
import { MetadataKey, TagKey } from './trace.ts';

const NS_PER_MS = 1_000_000n;
/** Characters of a value in the indexes of `0004-traces.ts`. */
const INDEXED = 120;

export interface PointRow {
  /** The beginning of the interval in ms since 1970; undefined where the query has no interval. */
  readonly bucketMs: number | undefined;
  /** In the order of the query's dimensions. */
  readonly dimensions: readonly string[];
  /** In the order of the query's aggregations; null where nothing was measured. */
  readonly values: readonly (number | null)[];
}

/** Groups that hold something, by interval and then by the dimensions. */
export async function selectPoints(
  sql: Sql,
  query: MetricQuery,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<PointRow[]> {
  const { dialect } = sql;
  const source = sourceOf(dialect, query);
  const bucket = query.intervalS === undefined ? undefined : bucketOf(query.view, query.intervalS);
  const groups = [
    ...(bucket === undefined ? [] : [bucket]),
    ...query.dimensions.map(
      (dimension): SqlFragment => ({ text: DIMENSIONS[dimension]!.column, params: [] }),
    ),
  ];
  const fractions = query.aggregations.flatMap(({ percentile }) =>
    percentile === undefined ? [] : percentile / 100,
  );
  const selected = [
    ...groups,
    ...query.aggregations.map((one) => aggregate(one, source.measure)),
    // One sorting serves all percentiles.
    fractions.length === 0
      ? { text: 'NULL', params: [] }
      : { text: dialect.percentiles(source.measure), params: [dialect.list(fractions)] },
  ];
  const numbers = groups.map((_, i) => i + 1).join(', ');
  const grouping = groups.length === 0 ? '' : `GROUP BY ${numbers} ORDER BY ${numbers}`;
  const rows = await sql.rows<(string | number | bigint | null)[]>(
    `SELECT ${selected.map(({ text }) => text).join(', ')} FROM ${source.from}
     WHERE ${source.where.map(({ text }) => text).join(' AND ')} ${grouping} LIMIT ? OFFSET ?`,
    [
      ...selected.flatMap(({ params }) => params),
      ...source.where.flatMap(({ params }) => params),
      limit,
      offset,
    ],
  );
  return rows.map((row) => ({
    bucketMs: bucket === undefined ? undefined : Number(row[0]),
    dimensions: row.slice(groups.length - query.dimensions.length, groups.length).map(String),
    values: valuesOf(query.aggregations, row.slice(groups.length)),
  }));
}

function valuesOf(
  aggregations: readonly Aggregation[],
  row: readonly (string | number | bigint | null)[],
): (number | null)[] {
  const percentiles = row.at(-1);
  const inOrder =
    typeof percentiles === 'string' ? (JSON.parse(percentiles) as number[]).values() : undefined;
  return aggregations.map(({ percentile }, i) => {
    if (percentile !== undefined) return inOrder?.next().value ?? null;
    const value = row[i]!;
    return value === null ? null : Number(value);
  });
}

interface Source {
  readonly from: string;
  readonly where: readonly SqlFragment[];
  /** What is aggregated: a column of doubles, or for a count what is counted. */
  readonly measure: string;
}

function sourceOf(dialect: Dialect, query: MetricQuery): Source {
  const joins = new Set<string>();
  const where: SqlFragment[] = [experimentScope(dialect, query.experimentNos)];
  if (query.view === 'SPANS') {
    joins.add(
      `${dialect.orderedJoin} spans s ${dialect.indexedBy('spans_measured')} ON s.trace_no = t.trace_no`,
    );
  }
  if (query.view === 'ASSESSMENTS') {
    joins.add(`${dialect.orderedJoin} trace_assessments a ON a.trace_no = t.trace_no`);
    where.push({ text: 'a.valid = 1', params: [] });
  }
  const measure = measureOf(dialect, query, joins);
  where.push({ text: `${measure} IS NOT NULL`, params: [] });
  for (const dimension of query.dimensions) {
    const { column, join } = DIMENSIONS[dimension]!;
    if (join !== undefined) joins.add(keyedJoin(dialect, join));
    where.push({ text: `${column} IS NOT NULL`, params: [] });
  }
  where.push(...query.filters.map((filter) => renderFilter(dialect, filter)), ...timeBounds(query));
  return { from: `traces t ${[...joins].join(' ')}`, where, measure };
}

function experimentScope(dialect: Dialect, experimentNos: readonly number[]): SqlFragment {
  const [only, ...others] = experimentNos;
  return only !== undefined && others.length === 0
    ? { text: 't.experiment_no = ?', params: [only] }
    : { text: dialect.inList('t.experiment_no', 'bigint'), params: [dialect.list(experimentNos)] };
}

interface KeyedJoin {
  readonly table: 'trace_tags' | 'trace_metadata';
  readonly alias: string;
  readonly key: string;
}

const NAME: KeyedJoin = { table: 'trace_tags', alias: 'n', key: TagKey.name };
const SESSION: KeyedJoin = { table: 'trace_metadata', alias: 'x', key: MetadataKey.session };
const USAGE: KeyedJoin = { table: 'trace_metadata', alias: 'u', key: MetadataKey.tokenUsage };

const keyedJoin = (dialect: Dialect, { table, alias, key }: KeyedJoin): string =>
  `${dialect.orderedJoin} ${table} ${alias} ON ${alias}.trace_no = t.trace_no AND ${alias}.key = '${key}'`;

const DIMENSIONS: Readonly<Record<string, { readonly column: string; readonly join?: KeyedJoin }>> = {
  trace_name: { column: 'n.value', join: NAME },
  trace_status: { column: 't.state' },
  span_name: { column: 's.name' },
  span_type: { column: 's.type' },
  span_status: { column: 's.status' },
  span_model_name: { column: 's.model_name' },
  span_model_provider: { column: 's.model_provider' },
  assessment_name: { column: 'a.name' },
  assessment_value: { column: 'a.value' },
};

/** Feedback in words counts as its number: `true` and "yes" as 1. Source: `assessment_aggregate` of MLflow 3.17.2. */
const ASSESSMENT_NUMBER = `CASE WHEN a.number IS NOT NULL THEN a.number WHEN a.kind = 'issue' THEN NULL
  WHEN a.value = 'true' THEN 1.0 WHEN a.value = 'false' THEN 0.0
  WHEN length(a.value) < 100 THEN CASE lower(trim(trim(a.value, '"'))) WHEN 'yes' THEN 1.0 WHEN 'no' THEN 0.0 END END`;

const double = (expression: string): string => `CAST(${expression} AS DOUBLE PRECISION)`;

function measureOf(dialect: Dialect, { view, metric }: MetricQuery, joins: Set<string>): string {
  switch (metric) {
    case 'trace_count':
      return 't.trace_no';
    case 'session_count':
      joins.add(keyedJoin(dialect, SESSION));
      return 'x.value';
    case 'span_count':
      return 's.span_no';
    case 'assessment_count':
      return 'a.assessment_no';
    case 'latency':
      // Whole milliseconds, as MLflow cuts them.
      return double(view === 'TRACES' ? 't.duration' : '((s.end_ns - s.start_ns) / 1000000)');
    case 'input_cost':
    case 'output_cost':
    case 'total_cost':
      return `s.${metric}`;
    case 'assessment_value':
      return double(ASSESSMENT_NUMBER);
    default:
      joins.add(keyedJoin(dialect, USAGE));
      return dialect.jsonNumber('u.value', metric);
  }
}

/** A percentile has its place here, its value comes with the others'. */
function aggregate({ type }: Aggregation, measure: string): SqlFragment {
  if (type === 'PERCENTILE') return { text: 'NULL', params: [] };
  // A session is counted once, however many traces it has.
  if (type === 'COUNT' && measure === 'x.value') return { text: 'count(DISTINCT x.value)', params: [] };
  return { text: type === 'COUNT' ? 'count(*)' : `${type.toLowerCase()}(${measure})`, params: [] };
}

/** The beginning of the interval, also before 1970, in ms. Spans lie where they begin, all else where its trace does. */
function bucketOf(view: MetricView, intervalS: number): SqlFragment {
  const floor = (column: string) => `(${column} - ((${column} % ?) + ?) % ?)`;
  if (view !== 'SPANS') {
    const size = intervalS * 1000;
    return { text: floor('t.request_time'), params: [size, size, size] };
  }
  const size = BigInt(intervalS) * 1000n * NS_PER_MS;
  return { text: `${floor('s.start_ns')} / 1000000`, params: [size, size, size] };
}

/** Costs are told by the span's own time, all else by its trace's, as in MLflow. Both ends are included. */
function timeBounds({ metric, fromMs, toMs }: MetricQuery): SqlFragment[] {
  const from = fromMs === undefined ? undefined : BigInt(fromMs);
  const to = toMs === undefined ? undefined : BigInt(toMs);
  return metric.endsWith('_cost')
    ? within('s.start_ns', from && from * NS_PER_MS, to && (to + 1n) * NS_PER_MS - 1n)
    : within('t.request_time', from, to);
}

function within(column: string, from: bigint | undefined, to: bigint | undefined): SqlFragment[] {
  const bound = (operator: string, value: bigint | undefined): SqlFragment[] =>
    value === undefined ? [] : [{ text: `${column} ${operator} ?`, params: [clamped(value)] }];
  return [...bound('>=', from), ...bound('<=', to)];
}

const clamped = (value: bigint): bigint =>
  value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value;

function renderFilter(dialect: Dialect, filter: MetricFilter): SqlFragment {
  switch (filter.subject) {
    case 'span':
      return { text: `s.${filter.field} = ?`, params: [filter.value] };
    case 'assessment':
      return { text: `a.${filter.field === 'type' ? 'kind' : 'name'} = ?`, params: [filter.value] };
    case 'trace':
      if (filter.field === 'status') return { text: 't.state = ?', params: [filter.value] };
      return renderKeyedFilter(dialect, filter);
  }
}

function renderKeyedFilter(
  dialect: Dialect,
  { field, key, value }: Extract<MetricFilter, { readonly key: string }>,
): SqlFragment {
  const table = field === 'tag' ? 'trace_tags' : 'trace_metadata';
  const params: SqlParam[] = [key, [...value].slice(0, INDEXED).join(''), value];
  const keyed = `t.trace_no IN (SELECT kv.trace_no FROM ${table} kv
    WHERE kv.key = ? AND ${dialect.prefix('kv.value', INDEXED)} = ? AND kv.value = ?)`;
  if (field === 'tag' || key !== MetadataKey.sourceRun) return { text: keyed, params };
  return {
    text: `(${keyed} OR t.trace_id IN (SELECT l.trace_id FROM trace_runs l WHERE l.run_id = ?))`,
    params: [...params, value],
  };
}
