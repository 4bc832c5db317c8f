import { parseMetricFilter } from '../../traces/metric-filter.ts';
import type { Aggregation, AggregationType, MetricView } from '../../traces/metric-query.ts';
import type { MetricPoint, TraceMetrics } from '../../traces/trace-metrics.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import {
  missing,
  objectList,
  optionalDouble,
  optionalEnum,
  optionalInt32,
  optionalInt64,
  optionalString,
  requiredString,
  stringList,
} from './fields.ts';
import { type JsonObject, renderDouble } from './json.ts';
import type { MlflowRoute } from './routes.ts';
import { readableExperiments } from './targets.ts';
import { readTimeMs } from './trace-messages.ts';

const VIEWS: Readonly<Record<MetricView, number>> = { TRACES: 1, SPANS: 2, ASSESSMENTS: 3 };
const AGGREGATIONS: Readonly<Record<AggregationType, number>> = {
  COUNT: 1,
  SUM: 2,
  AVG: 3,
  PERCENTILE: 4,
  MIN: 5,
  MAX: 6,
};
const DEFAULT_PAGE = 1000;

/** Sums over traces, their spans and assessments. */
export function traceMetricRoutes(metrics: TraceMetrics): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: '3.0/mlflow/traces/metrics',
      access: 'filtered',
      async handle({ message, caller }) {
        const experimentIds = stringList(message, 'experiment_ids');
        if (experimentIds.length === 0) throw missing('experiment_ids');
        const view = optionalEnum(message, 'view_type', VIEWS);
        if (view === undefined) throw missing('view_type');
        const metric = requiredString(message, 'metric_name');
        const aggregations = objectList(message, 'aggregations').map(readAggregation);
        if (aggregations.length === 0) throw missing('aggregations');
        const page = await metrics.query({
          experimentNos: readableExperiments(
            caller.access,
            experimentIds.map((id) => parseExperimentId(id, 'experiment_ids')),
          ),
          view,
          metric,
          aggregations,
          dimensions: stringList(message, 'dimensions'),
          filters: stringList(message, 'filters').map(parseMetricFilter),
          intervalS: readInterval(message),
          fromMs: readTimeMs(message, 'start_time_ms'),
          toMs: readTimeMs(message, 'end_time_ms'),
          maxResults: optionalInt32(message, 'max_results') ?? DEFAULT_PAGE,
          pageToken: optionalString(message, 'page_token'),
        });
        return {
          ...(page.items.length > 0 && { data_points: page.items.map((point) => render(metric, point)) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
  ];
}

function readAggregation(message: JsonObject, i: number): Aggregation {
  const type = optionalEnum(message, 'aggregation_type', AGGREGATIONS);
  if (type === undefined) throw missing(`aggregations[${i}].aggregation_type`);
  const path = `aggregations[${i}].percentile_value`;
  return { type, percentile: optionalDouble(message, 'percentile_value', path) };
}

/** None for zero, as on the real server. */
function readInterval(message: JsonObject): number | undefined {
  const value = optionalInt64(message, 'time_interval_seconds');
  return value === undefined || value === 0 ? undefined : Number(value);
}

function render(metric: string, { dimensions, values }: MetricPoint): object {
  return {
    metric_name: metric,
    ...(Object.keys(dimensions).length > 0 && { dimensions }),
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, renderDouble(value)])),
  };
}
