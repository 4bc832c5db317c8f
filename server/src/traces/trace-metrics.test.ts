import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Ddl } from '../db/migrate.ts';
import { spanMeasures } from '../db/migrations/0009-span-measures.ts';
import { createTracking } from '../tracking/conformance/tracking.ts';
import type { NewAssessment } from './assessment.ts';
import { createAssessments } from './assessments.ts';
import { parseMetricFilter } from './metric-filter.ts';
import type { Aggregation, AggregationType } from './metric-query.ts';
import type { ReceivedSpan } from './received-span.ts';
import { createSpanLog } from './span-log.ts';
import { createTraceMetrics, type PagedMetricQuery } from './trace-metrics.ts';
import { createTraces, type StartedTrace } from './traces.ts';

/** 2025-06-01T00:00:00Z */
const DAY = 1_748_736_000_000;
const HOUR = 3_600_000;

describe.each(testedDatabases())('sums over traces on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let traces: ReturnType<typeof createTraces>;
  let assessments: ReturnType<typeof createAssessments>;
  let metrics: ReturnType<typeof createTraceMetrics>;
  let log: (experimentNo: number, spans: readonly ReceivedSpan[]) => Promise<void>;
  let newExperiment: () => Promise<number>;

  beforeAll(async () => {
    opened = await open();
    const { db } = opened;
    const { experiments } = createTracking(db);
    const clock = { nowMs: () => DAY };
    const artifactLocationOf = (no: number) => experiments.activeLocation(no);
    const onChange = () => undefined;
    let count = 0;
    newExperiment = () => experiments.create({ name: `metrics ${count++}`, tags: [] });
    traces = createTraces({ db, clock, artifactLocationOf, onChange });
    assessments = createAssessments({ db, clock, onChange });
    metrics = createTraceMetrics({ db });
    const spanLog = createSpanLog({ db, artifactLocationOf, onChange });
    log = (experimentNo, spans) =>
      spanLog.log({ experimentNo, runId: undefined, received: [{ resource: new Map(), spans }] });
  });
  afterAll(() => opened.remove());

  let traceCount = 0;
  async function trace(experimentNo: number, given: Partial<StartedTrace> = {}): Promise<string> {
    traceCount += 1;
    const traceId = `tr-metric-${traceCount}`;
    await traces.start({
      traceId,
      experimentNo,
      requestTimeMs: DAY,
      durationMs: 7,
      state: 'OK',
      clientRequestId: undefined,
      requestPreview: undefined,
      responsePreview: undefined,
      tags: new Map(),
      metadata: new Map(),
      assessments: [],
      ...given,
    });
    return traceId;
  }

  let spanCount = 0;
  function span(given: Partial<ReceivedSpan> & { readonly values?: object } = {}): ReceivedSpan {
    spanCount += 1;
    const startNs = BigInt(DAY) * 1_000_000n;
    return {
      traceId: String(spanCount).padStart(32, '0'),
      spanId: '00000000000000a1',
      parentSpanId: undefined,
      name: 'root',
      startNs,
      endNs: startNs + 2_500_000n,
      status: 'OK',
      statusMessage: '',
      attributes: new Map(Object.entries(given.values ?? {})),
      events: [],
      links: [],
      ...given,
    };
  }

  const say = (traceId: string, value: string, given: Partial<NewAssessment> = {}) =>
    assessments.create(traceId, {
      name: 'quality',
      kind: 'feedback',
      value,
      error: undefined,
      createdAtMs: undefined,
      updatedAtMs: undefined,
      source: { type: 'HUMAN', id: undefined },
      spanId: undefined,
      rationale: undefined,
      overrides: undefined,
      metadata: undefined,
      ...given,
    });

  const by = (...types: AggregationType[]): Aggregation[] =>
    types.map((type) => ({ type, percentile: undefined }));
  const percentiles = (...values: number[]): Aggregation[] =>
    values.map((percentile) => ({ type: 'PERCENTILE', percentile }));

  interface Asked extends Partial<Omit<PagedMetricQuery, 'filters'>> {
    readonly filters?: readonly string[];
  }
  const page = (experimentNo: number, { filters = [], ...asked }: Asked) =>
    metrics.query({
      experimentNos: [experimentNo],
      view: 'TRACES',
      metric: 'trace_count',
      aggregations: by('COUNT'),
      dimensions: [],
      filters: filters.map(parseMetricFilter),
      intervalS: undefined,
      fromMs: undefined,
      toMs: undefined,
      maxResults: 1000,
      pageToken: undefined,
      ...asked,
    });
  /** Each point as its dimensions' values, then its aggregated values. */
  const points = async (experimentNo: number, asked: Asked) =>
    (await page(experimentNo, asked)).items.map(({ dimensions, values }) => [
      ...Object.values(dimensions),
      ...Object.values(values),
    ]);

  const named = (name: string) => new Map([['mlflow.traceName', name]]);
  const usage = (tokens: object) => new Map([['mlflow.trace.tokenUsage', JSON.stringify(tokens)]]);

  it('count traces by name and state, of the experiments that were asked for alone', async () => {
    const [one, other] = [await newExperiment(), await newExperiment()];
    await trace(one, { tags: named('b') });
    await trace(one, { tags: named('a'), state: 'ERROR' });
    await trace(one, { tags: named('a') });
    await trace(one);
    await trace(other, { tags: named('a') });
    expect(await points(one, {})).toEqual([[4]]);
    // A trace without a name has no place among the names.
    expect(await points(one, { dimensions: ['trace_name'] })).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(await points(one, { dimensions: ['trace_status', 'trace_name'] })).toEqual([
      ['ERROR', 'a', 1],
      ['OK', 'a', 1],
      ['OK', 'b', 1],
    ]);
    expect(await points(one, { experimentNos: [one, other] })).toEqual([[5]]);
    expect(await points(await newExperiment(), {})).toEqual([[0]]);
    expect(await points(await newExperiment(), { dimensions: ['trace_status'] })).toEqual([]);
  });

  it('interpolate percentiles of durations, and leave out traces without one', async () => {
    const experiment = await newExperiment();
    for (const durationMs of [40, 10, 30, 20, undefined]) await trace(experiment, { durationMs });
    const { items } = await page(experiment, {
      metric: 'latency',
      aggregations: [...by('AVG', 'MIN', 'MAX'), ...percentiles(0, 50, 99.9, 100)],
    });
    expect(items).toEqual([
      {
        dimensions: {},
        values: {
          AVG: 25,
          MIN: 10,
          MAX: 40,
          'P0.0': 10,
          'P50.0': 25,
          'P99.9': expect.closeTo(39.97, 9),
          'P100.0': 40,
        },
      },
    ]);
  });

  it('sum tokens where a trace states them, and answer no point where none does', async () => {
    const experiment = await newExperiment();
    await trace(experiment, { metadata: usage({ input_tokens: 3, output_tokens: 4 }), tags: named('a') });
    await trace(experiment, { metadata: usage({ input_tokens: 10 }), tags: named('b') });
    await trace(experiment);
    const sums = { aggregations: by('SUM', 'AVG') };
    expect(await points(experiment, { ...sums, metric: 'input_tokens' })).toEqual([[13, 6.5]]);
    const byName = { ...sums, metric: 'output_tokens', dimensions: ['trace_name'] };
    expect(await points(experiment, byName)).toEqual([['a', 4, 4]]);
    expect(await points(experiment, { ...sums, metric: 'cache_read_input_tokens' })).toEqual([]);
  });

  it('count a session once', async () => {
    const experiment = await newExperiment();
    for (const session of ['s', 's', 't']) {
      await trace(experiment, { metadata: new Map([['mlflow.trace.session', session]]) });
    }
    await trace(experiment);
    expect(await points(experiment, { metric: 'session_count' })).toEqual([[2]]);
  });

  it('group by intervals, both ends of the time included', async () => {
    const experiment = await newExperiment();
    for (const ms of [-1, 0, HOUR - 1, HOUR, 3 * HOUR, 3 * HOUR + 1]) {
      await trace(experiment, { requestTimeMs: DAY + ms });
    }
    const bounds = { intervalS: 3600, fromMs: DAY, toMs: DAY + 3 * HOUR };
    expect(await points(experiment, bounds)).toEqual([
      ['2025-06-01T00:00:00+00:00', 2],
      ['2025-06-01T01:00:00+00:00', 1],
      ['2025-06-01T03:00:00+00:00', 1],
    ]);
    await trace(experiment, { requestTimeMs: -1 });
    expect(await points(experiment, { intervalS: 60, fromMs: -HOUR, toMs: 0 })).toEqual([
      ['1969-12-31T23:59:00+00:00', 1],
    ]);
  });

  it('filter traces by state, tags, metadata and run', async () => {
    const experiment = await newExperiment();
    const long = 'x'.repeat(200);
    const traceId = await trace(experiment, {
      tags: new Map([['team', long]]),
      metadata: new Map([['env', 'prod']]),
      state: 'ERROR',
    });
    const other = await trace(experiment, { metadata: new Map([['mlflow.sourceRun', 'run-1']]) });
    await trace(experiment, { tags: new Map([['team', `${long}y`]]) });
    await traces.linkToRun([traceId], 'run-1');
    const count = async (...filters: string[]) => (await points(experiment, { filters }))[0]![0];
    expect(await count("trace.status = 'ERROR'")).toBe(1);
    expect(await count(`trace.tag.team = '${long}'`)).toBe(1);
    expect(await count("trace.metadata.env = 'prod'", "trace.status = 'OK'")).toBe(0);
    expect(await count("trace.metadata.`mlflow.sourceRun` = 'run-1'")).toBe(2);
    await traces.delete({
      experimentNo: experiment,
      traceIds: [other],
      upToMs: undefined,
      maxTraces: undefined,
    });
    expect(await count("trace.metadata.`mlflow.sourceRun` = 'run-1'")).toBe(1);
  });

  it('measure spans: how many, how long in whole milliseconds, how dear', async () => {
    const experiment = await newExperiment();
    const root = span({ values: { 'mlflow.spanType': '"CHAIN"' } });
    const call = (spanId: string, model: string, cost: number): ReceivedSpan => ({
      ...root,
      spanId,
      parentSpanId: root.spanId,
      name: 'call',
      status: 'ERROR',
      startNs: root.startNs + BigInt(HOUR) * 1_000_000n,
      endNs: root.startNs + BigInt(HOUR) * 1_000_000n + 9_999_999n,
      attributes: new Map([
        ['mlflow.spanType', '"LLM"'],
        ['mlflow.llm.model', JSON.stringify(model)],
        ['mlflow.llm.provider', '"p"'],
        ['mlflow.llm.cost', JSON.stringify({ input_cost: 0, output_cost: cost, total_cost: cost })],
      ]),
    });
    await log(experiment, [root, call('00000000000000b1', 'm1', 0.5), call('00000000000000b2', 'm2', 0.25)]);
    const spans = { view: 'SPANS', metric: 'span_count' } as const;
    expect(
      await points(experiment, { ...spans, dimensions: ['span_type', 'span_status', 'span_name'] }),
    ).toEqual([
      ['CHAIN', 'OK', 'root', 1],
      ['LLM', 'ERROR', 'call', 2],
    ]);
    const latency = { view: 'SPANS', metric: 'latency', dimensions: ['span_name'] } as const;
    expect(await points(experiment, { ...latency, aggregations: by('AVG', 'MAX') })).toEqual([
      ['call', 9, 9],
      ['root', 2, 2],
    ]);
    const cost = {
      view: 'SPANS',
      metric: 'total_cost',
      aggregations: by('SUM'),
      dimensions: ['span_model_name', 'span_model_provider'],
    } as const;
    expect(await points(experiment, cost)).toEqual([
      ['m1', 'p', 0.5],
      ['m2', 'p', 0.25],
    ]);
    expect(await points(experiment, { ...cost, filters: ["span.name = 'root'"] })).toEqual([]);
    // Costs are told by the time of the span, counts by the time of its trace.
    const late = { fromMs: DAY + HOUR, toMs: DAY + HOUR, dimensions: [] };
    expect(await points(experiment, { ...cost, ...late })).toEqual([[0.75]]);
    expect(await points(experiment, { ...spans, ...late })).toEqual([[0]]);
    expect(await points(experiment, { ...spans, intervalS: 3600, fromMs: DAY, toMs: DAY })).toEqual([
      ['2025-06-01T00:00:00+00:00', 1],
      ['2025-06-01T01:00:00+00:00', 2],
    ]);
  });

  it('measure spans anew when they are sent again', async () => {
    const experiment = await newExperiment();
    const first = span({ endNs: undefined });
    const asked = { view: 'SPANS', metric: 'latency', aggregations: by('MAX') } as const;
    await log(experiment, [first]);
    expect(await points(experiment, asked)).toEqual([]);
    await log(experiment, [{ ...first, endNs: first.startNs + 5_000_000n }]);
    expect(await points(experiment, asked)).toEqual([[5]]);
    await log(experiment, [{ ...first, endNs: 2n ** 64n - 1n }]);
    expect(await points(experiment, asked)).toEqual([
      [Number((2n ** 63n - 1n - first.startNs) / 1_000_000n)],
    ]);
  });

  it('measure spans that an older program stored', async () => {
    const experiment = await newExperiment();
    const values = {
      'mlflow.spanInputs': JSON.stringify('"mlflow.llm.model": "\\"wrong\\""'),
      'mlflow.llm.model': '"m é"',
      'mlflow.llm.cost': '{"input_cost": 1e-05, "total_cost": 0.5}',
      'not json': 'NaN',
    };
    await log(experiment, [span({ values }), span({ endNs: undefined })]);
    const asked = [
      { view: 'SPANS', metric: 'latency', aggregations: by('MAX') },
      { view: 'SPANS', metric: 'total_cost', aggregations: by('SUM'), dimensions: ['span_model_name'] },
      { view: 'SPANS', metric: 'input_cost', aggregations: by('SUM') },
    ] as const;
    const answers = async () => Promise.all(asked.map((one) => points(experiment, one)));
    const now = await answers();
    expect(now).toEqual([[[2]], [['m é', 0.5]], [[1e-5]]]);
    const ddl = { engine: opened.db.dialect.name } as Ddl;
    await opened.db.write(async (tx) => {
      await tx.run('UPDATE spans SET end_ns = NULL, model_name = NULL, input_cost = NULL, total_cost = NULL');
      for (const statement of spanMeasures.statements(ddl)) {
        if (statement.startsWith('UPDATE')) await tx.run(statement);
      }
    });
    expect(await answers()).toEqual(now);
  });

  it('take yes and no, true and false as numbers, and leave out what was overridden', async () => {
    const experiment = await newExperiment();
    const traceId = await trace(experiment);
    for (const value of ['true', 'false', '"yes"', '" No "', '"maybe"', '0.5', 'null'])
      await say(traceId, value);
    const wrong = await say(traceId, '100.0');
    await say(traceId, '2.0', { overrides: wrong.assessmentId });
    await say(traceId, '"yes"', { name: 'other' });
    await say(traceId, '"yes"', { name: 'yes', kind: 'issue' });
    const asked = { view: 'ASSESSMENTS', metric: 'assessment_value' } as const;
    expect(
      await points(experiment, { ...asked, aggregations: by('AVG', 'MAX'), dimensions: ['assessment_name'] }),
    ).toEqual([
      ['other', 1, 1],
      ['quality', 0.75, 2],
    ]);
    const counted = { view: 'ASSESSMENTS', metric: 'assessment_count' } as const;
    expect(await points(experiment, { ...counted, filters: ["assessment.type = 'feedback'"] })).toEqual([
      [9],
    ]);
    expect(
      await points(experiment, {
        ...counted,
        dimensions: ['assessment_value'],
        filters: ["assessment.name = 'quality'", "trace.status = 'OK'"],
      }),
    ).toContainEqual(['"maybe"', 1]);
  });

  it('come page by page', async () => {
    const experiment = await newExperiment();
    for (const name of ['c', 'a', 'b']) await trace(experiment, { tags: named(name) });
    const asked = { dimensions: ['trace_name'], maxResults: 2 };
    const first = await page(experiment, asked);
    expect(first.items.map(({ dimensions }) => dimensions.trace_name)).toEqual(['a', 'b']);
    const second = await page(experiment, { ...asked, pageToken: first.nextPageToken });
    expect(second.items.map(({ dimensions }) => dimensions.trace_name)).toEqual(['c']);
    expect(second.nextPageToken).toBeUndefined();
    expect((await page(experiment, { ...asked, maxResults: 0 })).items).toEqual([]);
  });

  it.each<[string, Asked, string]>([
    [
      'an unknown metric',
      { metric: 'nope' },
      "metric_name must be one of ['trace_count', 'session_count', 'latency'",
    ],
    [
      'a metric of another view',
      { view: 'SPANS' },
      "metric_name must be one of ['span_count', 'latency', 'input_cost'",
    ],
    [
      'an aggregation that makes no sense',
      { aggregations: by('SUM', 'AVG') },
      "aggregation_type(s): ['AVG', 'SUM']. Supported aggregation types: ['COUNT']",
    ],
    [
      'a dimension of another view',
      { dimensions: ['span_name'] },
      "Found invalid dimension(s): ['span_name']. Supported dimensions: ['trace_name', 'trace_status']",
    ],
    [
      'an interval without bounds',
      { intervalS: 60, fromMs: 0 },
      'start_time_ms and end_time_ms are required',
    ],
    ['an interval of nothing', { intervalS: -1, fromMs: 0, toMs: 1 }, 'time_interval_seconds'],
    [
      'a percentile that is none',
      { metric: 'latency', aggregations: percentiles(101) },
      'must be between 0 and 100, got 101.0',
    ],
    [
      'NaN as a percentile',
      { metric: 'latency', aggregations: percentiles(Number.NaN) },
      'must be between 0 and 100',
    ],
    [
      'a percentile without its value',
      { metric: 'latency', aggregations: by('PERCENTILE') },
      'Percentile value is required',
    ],
    [
      'a value that is no percentile',
      { aggregations: [{ type: 'COUNT', percentile: 5 }] },
      'only allowed for PERCENTILE aggregation type, got COUNT',
    ],
    [
      'spans filtered among traces',
      { filters: ["span.name = 'a'"] },
      'Filtering by span is only supported for SPANS view type, got TRACES',
    ],
    [
      'assessments filtered among spans',
      { view: 'SPANS', metric: 'span_count', filters: ["assessment.name = 'a'"] },
      'Filtering by assessment is only supported for ASSESSMENTS',
    ],
    ['too many points', { maxResults: 100_001 }, 'max_results'],
  ])('refuse %s', async (_, asked, message) => {
    await expect(page(1, asked)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(message),
    });
  });
});
