import { invalidArgument } from '../kernel/errors.ts';
import type { MetricFilter } from './metric-filter.ts';
import { pythonFloat } from './python-json.ts';

/** What is counted and summed up: traces, their spans, or what is said about them. */
export type MetricView = 'TRACES' | 'SPANS' | 'ASSESSMENTS';

export type AggregationType = 'COUNT' | 'SUM' | 'AVG' | 'PERCENTILE' | 'MIN' | 'MAX';

export interface Aggregation {
  readonly type: AggregationType;
  /** From 0 to 100; of a PERCENTILE alone. */
  readonly percentile: number | undefined;
}

export interface MetricQuery {
  readonly experimentNos: readonly number[];
  readonly view: MetricView;
  readonly metric: string;
  readonly aggregations: readonly Aggregation[];
  readonly dimensions: readonly string[];
  /** All must hold. */
  readonly filters: readonly MetricFilter[];
  /** Groups by intervals of so many seconds, counted from 1970-01-01 UTC. */
  readonly intervalS: number | undefined;
  /** The first and the last millisecond that count. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

interface Measure {
  readonly aggregations: readonly AggregationType[];
  readonly dimensions: readonly string[];
}

const COUNT = ['COUNT'] as const;
const SPREAD = ['AVG', 'MAX', 'MIN', 'PERCENTILE'] as const;
const SUMS = [...SPREAD, 'SUM'] as const;

const tokens: Measure = { aggregations: SUMS, dimensions: ['trace_name'] };
const cost: Measure = { aggregations: SUMS, dimensions: ['span_model_name', 'span_model_provider'] };

/** What each view measures, and by what it can be taken apart; names and order as in MLflow 3.17.2. */
const MEASURES: Readonly<Record<MetricView, Readonly<Record<string, Measure>>>> = {
  TRACES: {
    trace_count: { aggregations: COUNT, dimensions: ['trace_name', 'trace_status'] },
    session_count: { aggregations: COUNT, dimensions: [] },
    latency: { aggregations: SPREAD, dimensions: ['trace_name'] },
    input_tokens: tokens,
    output_tokens: tokens,
    total_tokens: tokens,
    cache_read_input_tokens: tokens,
    cache_creation_input_tokens: tokens,
  },
  SPANS: {
    span_count: {
      aggregations: COUNT,
      dimensions: ['span_model_name', 'span_model_provider', 'span_name', 'span_status', 'span_type'],
    },
    latency: { aggregations: SPREAD, dimensions: ['span_name', 'span_status'] },
    input_cost: cost,
    output_cost: cost,
    total_cost: cost,
  },
  ASSESSMENTS: {
    assessment_count: { aggregations: COUNT, dimensions: ['assessment_name', 'assessment_value'] },
    assessment_value: { aggregations: SPREAD, dimensions: ['assessment_name'] },
  },
};

/** A hundred years: an interval in nanoseconds then still fits 64 bits. */
const MAX_INTERVAL_S = 3_155_760_000;
/** Each is sorted by itself. */
const MAX_AGGREGATIONS = 50;
/** Percentiles that end in the same answer under their names are one. */
export const aggregationName = ({ type, percentile }: Aggregation): string =>
  type === 'PERCENTILE' ? `P${pythonFloat(percentile!)}` : type;

/** @throws AppError InvalidArgument for what does not go together. */
export function checkMetricQuery(query: MetricQuery): void {
  const measures = MEASURES[query.view];
  const measure = Object.hasOwn(measures, query.metric) ? measures[query.metric] : undefined;
  if (measure === undefined) {
    throw invalidArgument(
      `metric_name must be one of ${listed(Object.keys(measures))}, got '${query.metric.slice(0, 200)}'`,
      { field: 'metric_name' },
    );
  }
  if (query.aggregations.length > MAX_AGGREGATIONS) {
    throw invalidArgument(`At most ${MAX_AGGREGATIONS} aggregations are computed at once.`, {
      field: 'aggregations',
    });
  }
  for (const aggregation of query.aggregations) checkPercentile(aggregation);
  const types = others(
    query.aggregations.map(({ type }) => type),
    measure.aggregations,
  );
  if (types.length > 0) {
    throw invalidArgument(
      `Found invalid aggregation_type(s): ${listed(types)}. Supported aggregation types: ${listed(measure.aggregations)}`,
      { field: 'aggregations' },
    );
  }
  const dimensions = others(query.dimensions, measure.dimensions);
  if (dimensions.length > 0) {
    throw invalidArgument(
      `Found invalid dimension(s): ${listed(dimensions)}. Supported dimensions: ${listed(measure.dimensions)}`,
      { field: 'dimensions' },
    );
  }
  checkInterval(query);
  for (const { subject } of query.filters) {
    if (subject !== 'trace' && subject !== VIEW_SUBJECT[query.view]) {
      const needed = subject === 'span' ? 'SPANS' : 'ASSESSMENTS';
      throw invalidArgument(
        `Filtering by ${subject} is only supported for ${needed} view type, got ${query.view}`,
        { field: 'filters' },
      );
    }
  }
}

const VIEW_SUBJECT: Readonly<Record<MetricView, MetricFilter['subject']>> = {
  TRACES: 'trace',
  SPANS: 'span',
  ASSESSMENTS: 'assessment',
};

function checkPercentile({ type, percentile }: Aggregation): void {
  const field = { field: 'aggregations' };
  if (type !== 'PERCENTILE') {
    if (percentile === undefined) return;
    throw invalidArgument(
      `Percentile value is only allowed for PERCENTILE aggregation type, got ${type}`,
      field,
    );
  }
  if (percentile === undefined) {
    throw invalidArgument('Percentile value is required for PERCENTILE aggregation', field);
  }
  if (!(percentile >= 0 && percentile <= 100)) {
    throw invalidArgument(
      `Percentile value must be between 0 and 100, got ${pythonFloat(percentile)}`,
      field,
    );
  }
}

function checkInterval({ intervalS, fromMs, toMs }: MetricQuery): void {
  if (intervalS === undefined) return;
  if (fromMs === undefined || toMs === undefined) {
    throw invalidArgument('start_time_ms and end_time_ms are required if time_interval_seconds is set', {
      field: 'time_interval_seconds',
    });
  }
  if (intervalS < 1 || intervalS > MAX_INTERVAL_S) {
    throw invalidArgument(
      `Invalid value ${intervalS} for parameter 'time_interval_seconds' supplied: expected 1 to ${MAX_INTERVAL_S}.`,
      { field: 'time_interval_seconds' },
    );
  }
}

const others = (given: readonly string[], known: readonly string[]): string[] =>
  [...new Set(given)].filter((name) => !known.includes(name)).sort();

/** Names as Python shows a list of them. */
const listed = (names: readonly string[]): string =>
  `[${names.map((name) => `'${name.slice(0, 200)}'`).join(', ')}]`;
