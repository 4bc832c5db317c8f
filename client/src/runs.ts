import { ActiveRun, type LoggingOptions, type ParamValue, type RunEnd } from './active-run.ts';
import type { ViewType } from './experiment-folders.ts';
import { readList, readObject, readOptionalText, type Texts, wirePairs } from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import { type Int64, type Message, wireInt64 } from './json.ts';
import { Paged } from './paged.ts';
import {
  type ModelOutput,
  type NewDatasetInput,
  type NewMetric,
  type Run,
  type RunInfo,
  type RunStatus,
  readRun,
  readRunInfo,
  wireDatasetInput,
  wireMetric,
} from './run-messages.ts';

export interface NewRun extends LoggingOptions {
  readonly experimentId: string;
  /** The server finds one without it. */
  readonly name?: string | undefined;
  readonly userId?: string | undefined;
  /** ms since 1970; now without it. */
  readonly startTimeMs?: Int64 | undefined;
  /** `mlflow.parentRunId` makes it a child of another run. */
  readonly tags?: Texts | undefined;
}

export interface RunSearch extends CallOptions {
  readonly experimentIds: readonly string[];
  /** For example `metrics.loss < 0.1 AND params.depth IN ('3', '4')`. */
  readonly filter?: string | undefined;
  /** For example `['metrics.loss ASC']`; newest first without it. */
  readonly orderBy?: readonly string[] | undefined;
  readonly viewType?: ViewType | undefined;
  /** 1 to 50,000; 1000 without it. */
  readonly pageSize?: number | undefined;
}

export interface RunUpdate {
  readonly status?: RunStatus | undefined;
  /** ms since 1970 */
  readonly endTimeMs?: Int64 | undefined;
  readonly name?: string | undefined;
}

/** What one `logBatch` may hold: 1000 metrics, 100 params, 100 tags, 1000 together. */
export interface RunBatch {
  readonly metrics?: readonly NewMetric[] | undefined;
  readonly params?: Readonly<Record<string, ParamValue>> | undefined;
  readonly tags?: Texts | undefined;
}

export interface RunInputs {
  readonly datasets?: readonly NewDatasetInput[] | undefined;
  readonly modelIds?: readonly string[] | undefined;
}

const PATH = 'api/2.0/mlflow/runs';
const DEFAULT_FLUSH_INTERVAL_MS = 500;
const DEFAULT_MAX_QUEUED = 10_000;

/**
 * Runs: `client.runs`. To log from a program, `create` or `track` and use the `ActiveRun`; the other calls each send one
 * request.
 *
 * @example
 * ```ts
 * await client.runs.track({ experimentId, name: 'baseline' }, async (run) => {
 *   await run.logParams({ depth: 3 });
 *   await run.logMetric('loss', 0.25, { step: 1 });
 * });
 * for await (const run of client.runs.search({ experimentIds: [experimentId], orderBy: ['metrics.loss'] })) {
 *   console.log(run.name, run.metrics.loss?.value);
 * }
 * ```
 */
export class Runs {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Starts a run. Nothing is doubled when an answer is lost. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async create(newRun: NewRun, options?: CallOptions): Promise<ActiveRun> {
    const { experimentId, name, userId, startTimeMs = Date.now(), tags } = newRun;
    const answer = await this.#http.post(
      `${PATH}/create`,
      {
        experiment_id: experimentId,
        run_name: name,
        user_id: userId,
        start_time: wireInt64(startTimeMs, 'startTimeMs'),
        tags: wirePairs(tags),
      },
      options,
    );
    return this.#activate(readRun(readObject(answer, 'run')), newRun);
  }

  /** Goes on logging to a run that is there, and marks it as running. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async resume(runId: string, logging: LoggingOptions = {}, options?: CallOptions): Promise<ActiveRun> {
    return this.#activate(await this.update(runId, { status: 'RUNNING' }, options), logging);
  }

  /**
   * Runs `body` with a new run, and ends that: as finished, or as failed when `body` throws.
   * @returns what `body` returns. @throws what `body` throws, else what was refused
   */
  async track<Result>(newRun: NewRun, body: (run: ActiveRun) => Promise<Result>): Promise<Result> {
    const run = await this.create(newRun);
    let result: Result;
    try {
      result = await body(run);
    } catch (error) {
      // The body's own error says more than that of a value which was not logged.
      await run.end({ status: 'FAILED' }).catch(() => undefined);
      throw error;
    }
    await run.end();
    return result;
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(runId: string, options?: CallOptions): Promise<Run> {
    return readRun(readObject(await this.#http.get(`${PATH}/get`, { run_id: runId }, options), 'run'));
  }

  /** @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter, with the place of the fault */
  search({ experimentIds, filter, orderBy, viewType, pageSize = 1000, ...options }: RunSearch): Paged<Run> {
    return new Paged(async (pageToken) => {
      const answer = await this.#http.post(
        `${PATH}/search`,
        {
          experiment_ids: experimentIds,
          filter,
          order_by: orderBy,
          run_view_type: viewType,
          max_results: pageSize,
          page_token: pageToken,
        },
        options,
      );
      return {
        items: readList(answer, 'runs', readRun),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  async update(runId: string, update: RunUpdate, options?: CallOptions): Promise<RunInfo> {
    const { status, endTimeMs, name } = update;
    const message = {
      run_id: runId,
      status,
      end_time: endTimeMs === undefined ? undefined : wireInt64(endTimeMs, 'endTimeMs'),
      run_name: name,
    };
    return readRunInfo(readObject(await this.#http.post(`${PATH}/update`, message, options), 'run_info'));
  }

  /** To the trash. */
  delete(runId: string, options?: CallOptions): Promise<void> {
    return this.#send('delete', { run_id: runId }, options);
  }

  /** Back from the trash. */
  restore(runId: string, options?: CallOptions): Promise<void> {
    return this.#send('restore', { run_id: runId }, options);
  }

  logMetric(runId: string, metric: NewMetric, options?: CallOptions): Promise<void> {
    return this.#send('log-metric', { run_id: runId, ...wireMetric(metric) }, options);
  }

  /** A param keeps its first value. @throws SlipwayError INVALID_PARAMETER_VALUE for another one */
  logParam(runId: string, key: string, value: ParamValue, options?: CallOptions): Promise<void> {
    return this.#send('log-parameter', { run_id: runId, key, value: String(value) }, options);
  }

  /** All of it or, when it throws, nothing. @throws SlipwayError INVALID_PARAMETER_VALUE naming what is at fault */
  logBatch(
    runId: string,
    { metrics = [], params = {}, tags }: RunBatch,
    options?: CallOptions,
  ): Promise<void> {
    const message = {
      run_id: runId,
      metrics: metrics.map(wireMetric),
      params: Object.entries(params).map(([key, value]) => ({ key, value: String(value) })),
      tags: wirePairs(tags),
    };
    return this.#send('log-batch', message, options);
  }

  setTag(runId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    return this.#send('set-tag', { run_id: runId, key, value }, options);
  }

  deleteTag(runId: string, key: string, options?: CallOptions): Promise<void> {
    return this.#send('delete-tag', { run_id: runId, key }, options);
  }

  /** Notes what the run works on. A dataset that is linked already stays as it is. */
  logInputs(
    runId: string,
    { datasets = [], modelIds = [] }: RunInputs,
    options?: CallOptions,
  ): Promise<void> {
    const message = {
      run_id: runId,
      datasets: datasets.map(wireDatasetInput),
      models: modelIds.map((modelId) => ({ model_id: modelId })),
    };
    return this.#send('log-inputs', message, options);
  }

  /** Notes which logged models came out of the run. */
  logOutputs(runId: string, outputs: readonly ModelOutput[], options?: CallOptions): Promise<void> {
    const models = outputs.map(({ modelId, step }) => ({
      model_id: modelId,
      step: wireInt64(step, 'step'),
    }));
    return this.#send('outputs', { run_id: runId, models }, options);
  }

  /**
   * A new run with the params and tags of another, linked to it by the tag `slipway.clonedFrom`. Slipway only.
   * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
   */
  async clone(
    runId: string,
    { name, userId }: { readonly name?: string | undefined; readonly userId?: string | undefined } = {},
    options?: CallOptions,
  ): Promise<Run> {
    const message = { run_id: runId, run_name: name, user_id: userId };
    const answer = await this.#http.post('api/2.0/slipway/runs/clone', message, {
      ...options,
      resend: 'when-refused',
    });
    return readRun(readObject(answer, 'run'));
  }

  #activate(info: RunInfo, logging: LoggingOptions): ActiveRun {
    const { runId } = info;
    return new ActiveRun({
      info,
      flushIntervalMs: logging.flushIntervalMs ?? DEFAULT_FLUSH_INTERVAL_MS,
      maxQueued: logging.maxQueued ?? DEFAULT_MAX_QUEUED,
      send: (batch) => this.#send('log-batch', { run_id: runId, ...batch }),
      end: async (end: Required<RunEnd>) => {
        await this.update(runId, end);
      },
    });
  }

  async #send(name: string, message: Message, options?: CallOptions): Promise<void> {
    await this.#http.post(`${PATH}/${name}`, message, options);
  }
}
