import {
  deleteFolder,
  type ExperimentFolder,
  FOLDERS_PATH,
  type FolderDeletion,
  type FolderSearch,
  listFolders,
  renameFolder,
  restoreFolder,
  type ViewType,
} from './experiment-folders.ts';
import {
  readFlag,
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

export type LifecycleStage = 'active' | 'deleted';

export interface Experiment {
  readonly experimentId: string;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  /** ms since 1970 */
  readonly createdAtMs: number;
  /** ms since 1970 */
  readonly updatedAtMs: number;
  readonly tags: Texts;
}

export interface NewExperiment {
  /** Unlike any other; slashes make folders: `/teams/vision/resnet`. */
  readonly name: string;
  /** Where artifacts go; the server chooses without it. */
  readonly artifactLocation?: string | undefined;
  readonly tags?: Texts | undefined;
}

export interface ExperimentSearch extends CallOptions {
  /** For example `name LIKE 'vision%' AND tags.team = 'a'`. */
  readonly filter?: string | undefined;
  /** For example `['last_update_time DESC']`. */
  readonly orderBy?: readonly string[] | undefined;
  readonly viewType?: ViewType | undefined;
  /** 1 to 50,000; 1000 without it. */
  readonly pageSize?: number | undefined;
}

export interface FinishedRunsLock {
  readonly locked: boolean;
  /** Keys of tags that may change nevertheless. */
  readonly mutableTags: readonly string[];
}

/** A dataset that runs of an experiment have as an input. */
export interface DatasetSummary {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  /** What for: `training`, `evaluation`… */
  readonly context: string | undefined;
}

const PATH = 'api/2.0/mlflow/experiments';
const LOCK_PATH = 'api/2.0/slipway/experiments/finished-runs-lock';

/**
 * Experiments: `client.experiments`.
 *
 * @example
 * ```ts
 * const experimentId = await client.experiments.create({ name: 'fraud-detection', tags: { team: 'risk' } });
 * for await (const experiment of client.experiments.search({ filter: "tags.team = 'risk'" })) {
 *   console.log(experiment.name);
 * }
 * ```
 */
export class Experiments {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  /** @returns the new experiment's id. @throws SlipwayError RESOURCE_ALREADY_EXISTS, also after a lost answer */
  async create({ name, artifactLocation, tags }: NewExperiment, options?: CallOptions): Promise<string> {
    const message = { name, artifact_location: artifactLocation, tags: wirePairs(tags) };
    return readText(await this.#http.post(`${PATH}/create`, message, options), 'experiment_id');
  }

  /** One of the trash as well. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async get(experimentId: string, options?: CallOptions): Promise<Experiment> {
    const answer = await this.#http.get(`${PATH}/get`, { experiment_id: experimentId }, options);
    return readExperiment(readObject(answer, 'experiment'));
  }

  /** One of the trash as well. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async getByName(name: string, options?: CallOptions): Promise<Experiment> {
    const answer = await this.#http.get(`${PATH}/get-by-name`, { experiment_name: name }, options);
    return readExperiment(readObject(answer, 'experiment'));
  }

  /** Newest first unless `orderBy` says otherwise. @throws SlipwayError INVALID_PARAMETER_VALUE for a bad filter */
  search(search: ExperimentSearch = {}): Paged<Experiment> {
    const { filter, orderBy, viewType, pageSize = 1000, ...options } = search;
    return new Paged(async (pageToken) => {
      const answer = await this.#http.post(
        `${PATH}/search`,
        {
          filter,
          order_by: orderBy,
          view_type: viewType,
          max_results: pageSize,
          page_token: pageToken,
        },
        options,
      );
      return {
        items: readList(answer, 'experiments', readExperiment),
        nextPageToken: readOptionalText(answer, 'next_page_token'),
      };
    });
  }

  /** Gives it another name. @throws SlipwayError RESOURCE_DOES_NOT_EXIST, RESOURCE_ALREADY_EXISTS */
  async update(
    experimentId: string,
    { name }: { readonly name: string },
    options?: CallOptions,
  ): Promise<void> {
    await this.#http.post(`${PATH}/update`, { experiment_id: experimentId, new_name: name }, options);
  }

  /** To the trash, with its runs. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async delete(experimentId: string, options?: CallOptions): Promise<void> {
    await this.#http.post(`${PATH}/delete`, { experiment_id: experimentId }, options);
  }

  /** Back from the trash. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async restore(experimentId: string, options?: CallOptions): Promise<void> {
    await this.#http.post(`${PATH}/restore`, { experiment_id: experimentId }, options);
  }

  async setTag(experimentId: string, key: string, value: string, options?: CallOptions): Promise<void> {
    const message = { experiment_id: experimentId, key, value };
    await this.#http.post(`${PATH}/set-experiment-tag`, message, options);
  }

  async deleteTag(experimentId: string, key: string, options?: CallOptions): Promise<void> {
    await this.#http.post(`${PATH}/delete-experiment-tag`, { experiment_id: experimentId, key }, options);
  }

  /** The datasets that runs of the experiments have as inputs. */
  async searchDatasets(
    experimentIds: readonly string[],
    options?: CallOptions,
  ): Promise<readonly DatasetSummary[]> {
    // Only the prefix of web pages has it, on every server.
    const path = 'ajax-api/2.0/mlflow/experiments/search-datasets';
    const answer = await this.#http.post(path, { experiment_ids: experimentIds }, options);
    return readList(answer, 'dataset_summaries', (summary) => ({
      experimentId: readText(summary, 'experiment_id'),
      name: readText(summary, 'name'),
      digest: readText(summary, 'digest'),
      context: readOptionalText(summary, 'context'),
    }));
  }

  /** Whether finished runs of the experiment refuse writes. Slipway only. */
  async getFinishedRunsLock(experimentId: string, options?: CallOptions): Promise<FinishedRunsLock> {
    const answer = await this.#http.get(LOCK_PATH, { experiment_id: experimentId }, options);
    return { locked: readFlag(answer, 'locked'), mutableTags: readTexts(answer, 'mutable_tags') };
  }

  /** Slipway only. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  async setFinishedRunsLock(
    experimentId: string,
    { locked, mutableTags = [] }: { readonly locked: boolean; readonly mutableTags?: readonly string[] },
    options?: CallOptions,
  ): Promise<void> {
    const message = { experiment_id: experimentId, locked, mutable_tags: mutableTags };
    await this.#http.call('PUT', LOCK_PATH, message, options);
  }

  /**
   * The folders directly in `parent` (`''` is the top level), by name, with what is below each. Slipway only.
   *
   * @example
   * ```ts
   * for await (const { path, activeExperiments } of client.experiments.folders('/Users')) {
   *   console.log(path, activeExperiments);
   * }
   * ```
   */
  folders(parent = '', search: FolderSearch = {}): Paged<ExperimentFolder> {
    return listFolders(this.#http, parent, search);
  }

  /** The experiments directly in a folder (`''` is the top level), by name. Slipway only. */
  inFolder(folder: string, search: FolderSearch = {}): Paged<Experiment> {
    const { viewType, pageSize = 100, ...options } = search;
    return new Paged(async (pageToken) => {
      const answer = await this.#http.get(
        FOLDERS_PATH,
        {
          parent: folder,
          view_type: viewType,
          max_folders: 0,
          max_experiments: pageSize,
          experiments_page_token: pageToken,
        },
        options,
      );
      return {
        items: readList(answer, 'experiments', readExperiment),
        nextPageToken: readOptionalText(answer, 'next_experiments_page_token'),
      };
    });
  }

  /**
   * Renames every experiment below `from`, so that its name begins with `to` instead: all, or none. Slipway only.
   * @returns how many. @throws SlipwayError RESOURCE_DOES_NOT_EXIST for an empty folder, RESOURCE_ALREADY_EXISTS naming
   * the first name that is in use
   */
  renameFolder(from: string, to: string, options?: CallOptions): Promise<number> {
    return renameFolder(this.#http, { from, to }, options);
  }

  /**
   * Every active experiment below the folder to the trash, with its runs: all, or none. Slipway only.
   * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
   */
  deleteFolder(path: string, options?: CallOptions): Promise<FolderDeletion> {
    return deleteFolder(this.#http, path, options);
  }

  /**
   * What is below the folder back from the trash: everything, or what one `deleteFolder` put there. Slipway only.
   * @returns how many experiments. @throws SlipwayError RESOURCE_DOES_NOT_EXIST
   */
  restoreFolder(
    path: string,
    { deletedAtMs, ...options }: CallOptions & { readonly deletedAtMs?: number | undefined } = {},
  ): Promise<number> {
    return restoreFolder(this.#http, { path, deletedAtMs }, options);
  }
}

function readExperiment(message: JsonObject): Experiment {
  return {
    experimentId: readText(message, 'experiment_id'),
    name: readText(message, 'name'),
    artifactLocation: readText(message, 'artifact_location'),
    lifecycleStage: readWord(message, 'lifecycle_stage'),
    createdAtMs: readNumber(message, 'creation_time'),
    updatedAtMs: readNumber(message, 'last_update_time'),
    tags: readPairs(message, 'tags'),
  };
}
