import {
  readList,
  readNumber,
  readObject,
  readOptionalObject,
  readOptionalText,
  readPairs,
  readText,
  readWord,
  type Texts,
  wirePairs,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import type { JsonObject } from './json.ts';
import { Paged } from './paged.ts';
import { type Metric, readMetric } from './run-messages.ts';

export type LoggedModelStatus =
  | 'LOGGED_MODEL_STATUS_UNSPECIFIED'
  | 'LOGGED_MODEL_PENDING'
  | 'LOGGED_MODEL_READY'
  | 'LOGGED_MODEL_UPLOAD_FAILED';

/** A metric of a model, with the run and the dataset that it was measured in and on. */
export interface LoggedModelMetric extends Metric {
  readonly runId: string;
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

export interface LoggedModel {
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  readonly status: LoggedModelStatus;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
  readonly artifactUri: string;
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly tags: Texts;
  readonly params: Texts;
  readonly metrics: readonly LoggedModelMetric[];
}

export interface NewLoggedModel {
  readonly experimentId: string;
  /** Need not be unlike others; the server finds one without it. */
  readonly name?: string | undefined;
  readonly modelType?: string | undefined;
  readonly sourceRunId?: string | undefined;
  readonly params?: Texts | undefined;
  readonly tags?: Texts | undefined;
}

export interface LoggedModelOrder {
  /** `name`, `creation_timestamp`, `metrics.loss`… */
  readonly field: string;
  /** True without it. */
  readonly ascending?: boolean | undefined;
  /** Of a metric: only values measured on this dataset. */
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface LoggedModelSearch extends CallOptions {
  readonly experimentIds: readonly string[];
  /** For example `metrics.accuracy > 0.9 AND params.depth = '3'`. */
  readonly filter?: string | undefined;
  /** Conditions on metrics mean values measured on one of these. */
  readonly datasets?: readonly { readonly name: string; readonly digest?: string | undefined }[] | undefined;
  readonly orderBy?: readonly LoggedModelOrder[] | undefined;
  /** 100 without it. */
  readonly pageSize?: number | undefined;
}

const PATH = 'api/2.0/mlflow/logged-models';

/**
 * Models as runs log them: `client.loggedModels`. Make one, upload its files to it, then say that it is ready.
 *
 * @example
 * ```ts
 * const model = await client.loggedModels.create({ experimentId, name: 'classifier', sourceRunId: run.runId });
 * await client.artifacts.upload(model, 'MLmodel', 'flavors: {}\n');
 * await client.loggedModels.setStatus(model.modelId, 'LOGGED_MODEL_READY');
 * ```
 */
export class LoggedModels {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Nothing is doubled when an answer is lost. */
  async create(model: NewLoggedModel, options?: CallOptions): Promise<LoggedModel> {
    const { experimentId, name, modelType, sourceRunId, params, tags } = model;
    const message = {
      experiment_id: experimentId,
      name,
      model_type: modelType,
      source_run_id: sourceRunId,
      params: wirePairs(params),
      tags: wirePairs(tags),
    };
    return readAnswer(await this.#http.post(PATH, message, options));
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(modelId: string, options?: CallOptions): Promise<LoggedModel> {
    return readAnswer(await this.#http.get(pathOf(modelId), {}, options));
  }

  /** Newest first unless `orderBy` says otherwise. @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter */
  search(search: LoggedModelSearch): Paged<LoggedModel> {
    const { experimentIds, filter, datasets = [], orderBy = [], pageSize = 100, ...options } = search;
    return new Paged(async (pageToken) => {
      const message = {
        experiment_ids: experimentIds,
        filter,
        datasets: datasets.map(({ name, digest }) => ({ dataset_name: name, dataset_digest: digest })),
        order_by: orderBy.map(({ field, ascending, datasetName, datasetDigest }) => ({
          field_name: field,
          ascending,
          dataset_name: datasetName,
          dataset_digest: datasetDigest,
        })),
        max_results: pageSize,
        page_token: pageToken,
      };
      const answer = await this.#http.post(`${PATH}/search`, message, options);
      return {
        items: readList(answer, 'models', readLoggedModel),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  async setStatus(modelId: string, status: LoggedModelStatus, options?: CallOptions): Promise<LoggedModel> {
    const message = { model_id: modelId, status };
    return readAnswer(await this.#http.call('PATCH', pathOf(modelId), message, options));
  }

  async delete(modelId: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', pathOf(modelId), {}, options);
  }

  async logParams(modelId: string, params: Texts, options?: CallOptions): Promise<void> {
    const message = { model_id: modelId, params: wirePairs(params) };
    await this.#http.post(`${pathOf(modelId)}/params`, message, options);
  }

  async setTags(modelId: string, tags: Texts, options?: CallOptions): Promise<void> {
    const message = { model_id: modelId, tags: wirePairs(tags) };
    await this.#http.call('PATCH', `${pathOf(modelId)}/tags`, message, options);
  }

  async deleteTag(modelId: string, key: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${pathOf(modelId)}/tags/${encodeURIComponent(key)}`, {}, options);
  }
}

const pathOf = (modelId: string): string => `${PATH}/${encodeURIComponent(modelId)}`;

const readAnswer = (answer: JsonObject): LoggedModel => readLoggedModel(readObject(answer, 'model'));

function readLoggedModel(message: JsonObject): LoggedModel {
  const info = readObject(message, 'info');
  const data = readOptionalObject(message, 'data');
  return {
    modelId: readText(info, 'model_id'),
    experimentId: readText(info, 'experiment_id'),
    name: readText(info, 'name'),
    status: readWord(info, 'status'),
    createdAtMs: readNumber(info, 'creation_timestamp_ms'),
    updatedAtMs: readNumber(info, 'last_updated_timestamp_ms'),
    artifactUri: readText(info, 'artifact_uri'),
    modelType: readOptionalText(info, 'model_type'),
    sourceRunId: readOptionalText(info, 'source_run_id'),
    tags: readPairs(info, 'tags'),
    params: readPairs(data, 'params'),
    metrics: readList(data, 'metrics', (metric) => ({
      ...readMetric(metric),
      runId: readOptionalText(metric, 'run_id') ?? '',
      datasetName: readOptionalText(metric, 'dataset_name'),
      datasetDigest: readOptionalText(metric, 'dataset_digest'),
    })),
  };
}
