import {
  readList,
  readNumber,
  readObject,
  readOptionalText,
  readPairs,
  readText,
  type Texts,
  wirePairs,
} from './fields.ts';
import type { CallOptions, Http } from './http.ts';
import type { JsonObject } from './json.ts';
import {
  type ModelStage,
  type ModelVersion,
  type RegistrySearch,
  readModelVersion,
} from './model-versions.ts';
import { Paged } from './paged.ts';

export interface RegisteredModel {
  readonly name: string;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
  readonly description: string;
  /** The newest version of each stage. */
  readonly latestVersions: readonly ModelVersion[];
  readonly tags: Texts;
  /** Version by alias. */
  readonly aliases: Texts;
}

export interface NewRegisteredModel {
  readonly name: string;
  readonly description?: string | undefined;
  readonly tags?: Texts | undefined;
}

const PATH = 'api/2.0/mlflow/registered-models';

/**
 * The model registry: `client.registeredModels`.
 *
 * @example
 * ```ts
 * await client.registeredModels.create({ name: 'iris', description: 'Sorts flowers' });
 * await client.registeredModels.setAlias('iris', 'champion', '1');
 * const champion = await client.registeredModels.getVersionByAlias('iris', 'champion');
 * ```
 */
export class RegisteredModels {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** @throws SlipwayError RESOURCE_ALREADY_EXISTS, also after a lost answer */
  async create(
    { name, description, tags }: NewRegisteredModel,
    options?: CallOptions,
  ): Promise<RegisteredModel> {
    const message = { name, description, tags: wirePairs(tags) };
    return readAnswer(await this.#http.post(`${PATH}/create`, message, options));
  }

  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(name: string, options?: CallOptions): Promise<RegisteredModel> {
    return readAnswer(await this.#http.get(`${PATH}/get`, { name }, options));
  }

  async update(
    name: string,
    { description }: { readonly description: string },
    options?: CallOptions,
  ): Promise<RegisteredModel> {
    return readAnswer(await this.#http.call('PATCH', `${PATH}/update`, { name, description }, options));
  }

  async rename(name: string, newName: string, options?: CallOptions): Promise<RegisteredModel> {
    return readAnswer(await this.#http.post(`${PATH}/rename`, { name, new_name: newName }, options));
  }

  /** With all its versions. */
  async delete(name: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${PATH}/delete`, { name }, options);
  }

  /** By name unless `orderBy` says otherwise. @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter */
  search({ filter, orderBy, pageSize = 100, ...options }: RegistrySearch = {}): Paged<RegisteredModel> {
    return new Paged(async (pageToken) => {
      const query = { filter, order_by: orderBy, max_results: pageSize, page_token: pageToken };
      const answer = await this.#http.get(`${PATH}/search`, query, options);
      return {
        items: readList(answer, 'registered_models', readRegisteredModel),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /** The newest version of each of the stages; of every stage without them. */
  async getLatestVersions(
    name: string,
    { stages, ...options }: { readonly stages?: readonly ModelStage[] } & CallOptions = {},
  ): Promise<readonly ModelVersion[]> {
    const answer = await this.#http.post(`${PATH}/get-latest-versions`, { name, stages }, options);
    return readList(answer, 'model_versions', readModelVersion);
  }

  async setTag(
    name: string,
    { key, value }: { readonly key: string; readonly value: string },
    options?: CallOptions,
  ): Promise<void> {
    await this.#http.post(`${PATH}/set-tag`, { name, key, value }, options);
  }

  async deleteTag(name: string, key: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${PATH}/delete-tag`, { name, key }, options);
  }

  /** Makes an alias mean a version, whichever it meant before. */
  async setAlias(name: string, alias: string, version: string, options?: CallOptions): Promise<void> {
    await this.#http.post(`${PATH}/alias`, { name, alias, version }, options);
  }

  async deleteAlias(name: string, alias: string, options?: CallOptions): Promise<void> {
    await this.#http.call('DELETE', `${PATH}/alias`, { name, alias }, options);
  }

  /** @throws SlipwayError when there is no such alias */
  async getVersionByAlias(name: string, alias: string, options?: CallOptions): Promise<ModelVersion> {
    const answer = await this.#http.get(`${PATH}/alias`, { name, alias }, options);
    return readModelVersion(readObject(answer, 'model_version'));
  }
}

const readAnswer = (answer: JsonObject): RegisteredModel =>
  readRegisteredModel(readObject(answer, 'registered_model'));

function readRegisteredModel(message: JsonObject): RegisteredModel {
  const aliases = readList(message, 'aliases', (one) => [readText(one, 'alias'), readText(one, 'version')]);
  return {
    name: readText(message, 'name'),
    createdAtMs: readNumber(message, 'creation_timestamp'),
    updatedAtMs: readNumber(message, 'last_updated_timestamp'),
    description: readOptionalText(message, 'description') ?? '',
    latestVersions: readList(message, 'latest_versions', readModelVersion),
    tags: readPairs(message, 'tags'),
    aliases: Object.fromEntries(aliases),
  };
}
