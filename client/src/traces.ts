import { invalidResponse } from './errors.ts';
import {
  readList,
  readNumber,
  readObject,
  readOptionalObject,
  readOptionalText,
  readText,
  readTextMap,
  readWord,
  type Texts,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import type { JsonObject } from './json.ts';
import { Paged } from './paged.ts';

export type TraceState = 'STATE_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS';

export interface Trace {
  readonly traceId: string;
  readonly clientRequestId: string | undefined;
  /** Undefined for one that lies elsewhere than in an experiment. */
  readonly experimentId: string | undefined;
  readonly state: TraceState;
  /** ms since 1970 */
  readonly requestTimeMs: number;
  /** Undefined while it goes on. */
  readonly durationMs: number | undefined;
  readonly requestPreview: string | undefined;
  readonly responsePreview: string | undefined;
  readonly metadata: Texts;
  readonly tags: Texts;
}

export interface TraceSearch extends CallOptions {
  readonly experimentIds: readonly string[];
  /** For example `trace.status = 'ERROR' AND tags.team = 'a'`. */
  readonly filter?: string | undefined;
  /** For example `['timestamp_ms DESC']`. */
  readonly orderBy?: readonly string[] | undefined;
  /** 1 to 500; 100 without it. */
  readonly pageSize?: number | undefined;
}

/** Which traces of an experiment to delete: named ones, or the oldest. */
export type TraceDeletion =
  | { readonly experimentId: string; readonly traceIds: readonly string[] }
  | {
      readonly experimentId: string;
      /** ms since 1970 */
      readonly upToMs: number;
      readonly maxTraces?: number | undefined;
    };

const PATH = 'api/3.0/mlflow/traces';

/**
 * Traces, as OpenTelemetry and the `mlflow` client send them: `client.traces`.
 *
 * @example
 * ```ts
 * const failed = client.traces.search({ experimentIds: [experimentId], filter: "trace.status = 'ERROR'" });
 * for await (const trace of failed) console.log(trace.traceId, trace.durationMs);
 * ```
 */
export class Traces {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Newest first unless `orderBy` says otherwise. @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter */
  search({ experimentIds, filter, orderBy, pageSize = 100, ...options }: TraceSearch): Paged<Trace> {
    return new Paged(async (pageToken) => {
      const message = {
        locations: experimentIds.map((experimentId) => ({
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experimentId },
        })),
        filter,
        order_by: orderBy,
        max_results: pageSize,
        page_token: pageToken,
      };
      const answer = await this.#http.post(`${PATH}/search`, message, options);
      return {
        items: readList(answer, 'traces', readTrace),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(traceId: string, options?: CallOptions): Promise<Trace> {
    const answer = await this.#http.get(pathOf(traceId), {}, options);
    return readTrace(readObject(readObject(answer, 'trace'), 'trace_info'));
  }

  /** @returns how many are gone */
  async delete(deletion: TraceDeletion, options?: CallOptions): Promise<number> {
    const which =
      'traceIds' in deletion
        ? { request_ids: deletion.traceIds }
        : { max_timestamp_millis: deletion.upToMs, max_traces: deletion.maxTraces };
    const message = { experiment_id: deletion.experimentId, ...which };
    return readNumber(await this.#http.post(`${PATH}/delete-traces`, message, options), 'traces_deleted');
  }

  async setTag(traceId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    await this.#http.call('PATCH', `${pathOf(traceId)}/tags`, { key, value }, options);
  }

  async deleteTag(traceId: string, key: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${pathOf(traceId)}/tags`, { key }, options);
  }

  /** Notes that traces belong to a run. */
  async linkToRun(traceIds: readonly string[], runId: string, options?: CallOptions): Promise<void> {
    const message = { trace_ids: traceIds, run_id: runId };
    await this.#http.post('api/2.0/mlflow/traces/link-to-run', message, options);
  }
}

const pathOf = (traceId: string): string => `${PATH}/${encodeURIComponent(traceId)}`;

function readTrace(info: JsonObject): Trace {
  const location = readOptionalObject(info, 'trace_location');
  const duration = readOptionalText(info, 'execution_duration');
  return {
    traceId: readText(info, 'trace_id'),
    clientRequestId: readOptionalText(info, 'client_request_id'),
    experimentId: readOptionalText(readOptionalObject(location, 'mlflow_experiment'), 'experiment_id'),
    state: readWord(info, 'state'),
    requestTimeMs: parseTime(readText(info, 'request_time')),
    durationMs: duration === undefined ? undefined : parseDuration(duration),
    requestPreview: readOptionalText(info, 'request_preview'),
    responsePreview: readOptionalText(info, 'response_preview'),
    metadata: readTextMap(info, 'trace_metadata'),
    tags: readTextMap(info, 'tags'),
  };
}

/** A protobuf Timestamp's JSON, of which servers give up to nine digits of a second. */
function parseTime(text: string): number {
  const ms = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
  if (Number.isNaN(ms)) throw invalidResponse(`Not a time: '${text}'.`);
  return ms;
}

/** A protobuf Duration's JSON, such as `1.5s`. */
function parseDuration(text: string): number {
  const seconds = /^-?\d+(?:\.\d+)?s$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
  if (Number.isNaN(seconds)) throw invalidResponse(`Not a duration: '${text}'.`);
  return Math.round(seconds * 1000);
}
