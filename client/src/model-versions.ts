import {
  readList,
  readNumber,
  readObject,
  readOptionalText,
  readPairs,
  readText,
  readTexts,
  readWord,
  type Texts,
  wirePairs,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import type { JsonObject } from './json.ts';
import { Paged } from './paged.ts';

export type ModelStage = 'None' | 'Staging' | 'Production' | 'Archived';
export type ModelVersionStatus = 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY';

export interface ModelVersion {
  readonly name: string;
  /** A number, as text: '1', '2'… */
  readonly version: string;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
  readonly userId: string | undefined;
  readonly stage: ModelStage;
  readonly description: string | undefined;
  readonly source: string | undefined;
  readonly runId: string | undefined;
  readonly runLink: string | undefined;
  readonly status: ModelVersionStatus;
  readonly statusMessage: string | undefined;
  readonly tags: Texts;
  readonly aliases: readonly string[];
}

export interface NewModelVersion {
  readonly name: string;
  /** Where the model's files are: an artifact URI, `runs:/RUN/path` or `models:/MODEL_ID`. */
  readonly source: string;
  readonly runId?: string | undefined;
  /** The logged model that it is. */
  readonly modelId?: string | undefined;
  readonly runLink?: string | undefined;
  readonly description?: string | undefined;
  readonly tags?: Texts | undefined;
}

/** For models and versions alike. */
export interface RegistrySearch extends CallOptions {
  /** For example `name = 'iris' AND tags.team = 'a'`. */
  readonly filter?: string | undefined;
  /** For example `['last_updated_timestamp DESC']`. */
  readonly orderBy?: readonly string[] | undefined;
  readonly pageSize?: number | undefined;
}

const PATH = 'api/2.0/mlflow/model-versions';

/**
 * Versions of registered models: `client.modelVersions`.
 *
 * @example
 * ```ts
 * const { version } = await client.modelVersions.create({ name: 'iris', source: `runs:/${run.runId}/model` });
 * await client.modelVersions.transitionStage('iris', version, 'Production', { archiveOthers: true });
 * ```
 */
export class ModelVersions {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** Nothing is doubled when an answer is lost. @throws SlipwayError RESOURCE_DOES_NOT_EXIST without the model */
  async create(version: NewModelVersion, options?: CallOptions): Promise<ModelVersion> {
    const { name, source, runId, modelId, runLink, description, tags } = version;
    const message = {
      name,
      source,
      run_id: runId,
      model_id: modelId,
      run_link: runLink,
      description,
      tags: wirePairs(tags),
    };
    return readAnswer(await this.#http.post(`${PATH}/create`, message, options));
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(name: string, version: string, options?: CallOptions): Promise<ModelVersion> {
    return readAnswer(await this.#http.get(`${PATH}/get`, { name, version }, options));
  }

  /** Where its files are; as a root of `client.artifacts`, `{ modelName, version }` finds them by itself. */
  async getDownloadUri(name: string, version: string, options?: CallOptions): Promise<string> {
    const answer = await this.#http.get(`${PATH}/get-download-uri`, { name, version }, options);
    return readText(answer, 'artifact_uri');
  }

  async update(
    name: string,
    version: string,
    { description, ...options }: { readonly description: string } & CallOptions,
  ): Promise<ModelVersion> {
    const message = { name, version, description };
    return readAnswer(await this.#http.call('PATCH', `${PATH}/update`, message, options));
  }

  /** Moves a version to a stage; `archiveOthers` moves those that are there to `Archived`. */
  async transitionStage(
    name: string,
    version: string,
    stage: ModelStage,
    { archiveOthers = false, ...options }: { readonly archiveOthers?: boolean } & CallOptions = {},
  ): Promise<ModelVersion> {
    const message = { name, version, stage, archive_existing_versions: archiveOthers };
    return readAnswer(await this.#http.post(`${PATH}/transition-stage`, message, options));
  }

  async delete(name: string, version: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${PATH}/delete`, { name, version }, options);
  }

  /** @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter */
  search({ filter, orderBy, pageSize = 1000, ...options }: RegistrySearch = {}): Paged<ModelVersion> {
    return new Paged(async (pageToken) => {
      const query = { filter, order_by: orderBy, max_results: pageSize, page_token: pageToken };
      const answer = await this.#http.get(`${PATH}/search`, query, options);
      return {
        items: readList(answer, 'model_versions', readModelVersion),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  async setTag(
    name: string,
    version: string,
    tag: { readonly key: string; readonly value: string },
    options?: CallOptions,
  ): Promise<void> {
    const { key, value } = tag;
    await this.#http.post(`${PATH}/set-tag`, { name, version, key, value }, options);
  }

  async deleteTag(name: string, version: string, key: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${PATH}/delete-tag`, { name, version, key }, options);
  }
}

const readAnswer = (answer: JsonObject): ModelVersion =>
  readModelVersion(readObject(answer, 'model_version'));

export function readModelVersion(message: JsonObject): ModelVersion {
  return {
    name: readText(message, 'name'),
    version: readText(message, 'version'),
    createdAtMs: readNumber(message, 'creation_timestamp'),
    updatedAtMs: readNumber(message, 'last_updated_timestamp'),
    userId: readOptionalText(message, 'user_id'),
    stage: readWord(message, 'current_stage'),
    description: readOptionalText(message, 'description'),
    source: readOptionalText(message, 'source'),
    runId: readOptionalText(message, 'run_id'),
    runLink: readOptionalText(message, 'run_link'),
    status: readWord(message, 'status'),
    statusMessage: readOptionalText(message, 'status_message'),
    tags: readPairs(message, 'tags'),
    aliases: readTexts(message, 'aliases'),
  };
}
