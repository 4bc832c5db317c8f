import { invalidResponse } from './errors.ts';
import { readList, readNumber, readOptionalText, readText, readValues, toDouble, toInt64 } from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import { type Int64, type JsonObject, wireInt64 } from './json.ts';
import { Paged } from './paged.ts';
import { type Metric, readMetric } from './run-messages.ts';

export interface HistorySearch extends CallOptions {
  /** Points a request; 25,000 without it. */
  readonly pageSize?: number | undefined;
}

export interface StepRange {
  readonly startStep: Int64;
  /** Included. */
  readonly endStep: Int64;
}

export interface ChartQuery extends CallOptions {
  /** 1 to 200. */
  readonly runIds: readonly string[];
  readonly key: string;
  /** The whole history without it. */
  readonly range?: StepRange | undefined;
  /** 2 to 20,000 points a run; 1000 without it. Twice the width of the chart in pixels shows every extreme. */
  readonly maxPoints?: number | undefined;
}

export interface IntervalQuery extends CallOptions {
  /** 1 to 100. */
  readonly runIds: readonly string[];
  readonly key: string;
  readonly range?: StepRange | undefined;
  /** 1 to 2500 points a run, which is also the default. */
  readonly pointsPerRun?: number | undefined;
}

/** A history as columns of equal length, in the order of steps. */
export interface ChartSeries {
  readonly runId: string;
  /** Points of the whole history, thinned out or not. */
  readonly count: number;
  readonly steps: readonly Int64[];
  /** ms since 1970 */
  readonly timestampsMs: readonly Int64[];
  readonly values: readonly number[];
}

export interface MetricOfRun extends Metric {
  readonly runId: string;
}

const PATH = 'api/2.0/mlflow/metrics';

/**
 * Histories of metrics: `client.metrics`.
 *
 * @example
 * ```ts
 * for await (const { step, value } of client.metrics.history(runId, 'loss')) console.log(step, value);
 * const [series] = await client.metrics.chart({ runIds: [runId], key: 'loss', maxPoints: 2 * 800 });
 * ```
 */
export class Metrics {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Every point of a metric, by time, step and value; nothing for a metric or a run that does not exist. */
  history(runId: string, key: string, { pageSize = 25_000, ...options }: HistorySearch = {}): Paged<Metric> {
    return new Paged(async (pageToken) => {
      const query = { run_id: runId, metric_key: key, max_results: pageSize, page_token: pageToken };
      const answer = await this.#http.get(`${PATH}/get-history`, query, options);
      return {
        items: readList(answer, 'metrics', readMetric),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /**
   * Histories of one metric over many runs as a chart draws them: thinned by keeping the extremes of neighbours, in the
   * same time whatever their length. Runs without the metric are left out. Slipway only.
   * @throws SlipwayError INVALID_PARAMETER_VALUE
   */
  async chart({ runIds, key, range, maxPoints, ...options }: ChartQuery): Promise<readonly ChartSeries[]> {
    const query = { run_ids: runIds, metric_key: key, ...wireRange(range), max_points: maxPoints };
    const answer = await this.#http.get('api/2.0/slipway/metrics/chart', query, options);
    return readList(answer, 'series', readSeries);
  }

  /** Points of one metric over many runs, sampled evenly by steps, as MLflow's own pages ask for them. */
  async interval({
    runIds,
    key,
    range,
    pointsPerRun,
    ...options
  }: IntervalQuery): Promise<readonly MetricOfRun[]> {
    const query = { run_ids: runIds, metric_key: key, ...wireRange(range), max_results: pointsPerRun };
    const answer = await this.#http.get(`${PATH}/get-history-bulk-interval`, query, options);
    return readList(answer, 'metrics', (message) => ({
      ...readMetric(message),
      runId: readText(message, 'run_id'),
    }));
  }
}

function wireRange(range: StepRange | undefined) {
  if (range === undefined) return {};
  const { startStep, endStep } = range;
  return { start_step: wireInt64(startStep, 'startStep'), end_step: wireInt64(endStep, 'endStep') };
}

function readSeries(message: JsonObject): ChartSeries {
  const runId = readText(message, 'run_id');
  const steps = readValues(message, 'steps').map((step) => toInt64(step, 'steps'));
  const timestampsMs = readValues(message, 'timestamps').map((time) => toInt64(time, 'timestamps'));
  const values = readValues(message, 'values').map((value) => toDouble(value, 'values'));
  if (steps.length !== values.length || timestampsMs.length !== values.length) {
    throw invalidResponse(`The columns of run ${runId} differ in length.`);
  }
  return { runId, count: readNumber(message, 'count'), steps, timestampsMs, values };
}
