import { createHash } from 'node:crypto';
import type { Database, Sql, Transaction } from '../db/port.ts';
import { loggedModelGrammar } from '../filters/grammars.ts';
import { parseFilter } from '../filters/parser.ts';
import { fingerprint, type PendingCreates } from '../idempotency/pending-creates.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, invalidArgument, notFound } from '../kernel/errors.ts';
import { newLoggedModelId } from '../kernel/ids.ts';
import { experimentNotFound, type Page } from './experiments.ts';
import { findExperiment } from './experiments-repository.ts';
import {
  type DatasetFilter,
  type ModelOrder,
  renderModelFilter,
  renderModelOrder,
} from './logged-model-search.ts';
import type { LoggedModelRow, LoggedModelStatus } from './logged-models-repository.ts';
import * as repository from './logged-models-repository.ts';
import { randomRunName } from './run-name.ts';
import type { Param, Tag } from './run-rules.ts';
import type { ModelMetrics } from './run-writes.ts';

export type { LoggedModelStatus };

export interface LoggedModel {
  readonly row: LoggedModelRow;
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
  readonly metrics: Awaited<ReturnType<typeof repository.listModelMetrics>>;
}

export interface NewLoggedModelInput {
  readonly experimentNo: number;
  readonly name: string | undefined;
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
}

export interface LoggedModelSearch {
  readonly experimentNos: readonly number[];
  readonly filter: string | undefined;
  readonly datasets: readonly DatasetFilter[];
  readonly orderBy: readonly ModelOrder[];
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

const MAX_NAME_LENGTH = 500;
const FORBIDDEN_IN_NAMES = /[/:.%"']/;
const MAX_PAGE = 50_000;

/** A model's own artifact location: below its experiment's. */
export function modelArtifactLocation(model: {
  readonly artifact_location: string;
  readonly model_id: string;
}): string {
  return `${model.artifact_location.replace(/\/+$/, '')}/models/${model.model_id}/artifacts`;
}

/** Logged models: what a training run saved, before anybody registers it. */
export function createLoggedModels({
  db,
  clock,
  pendingCreates,
}: {
  readonly db: Database;
  readonly clock: Clock;
  readonly pendingCreates: PendingCreates;
}) {
  async function getModel(sql: Sql, modelId: string, allowDeleted = false): Promise<LoggedModelRow> {
    const row = await repository.findLoggedModel(sql, modelId);
    if (row === undefined || (row.lifecycle_stage === 'deleted' && !allowDeleted)) {
      throw loggedModelNotFound(modelId);
    }
    return row;
  }

  async function withDetails(sql: Sql, rows: readonly LoggedModelRow[]): Promise<LoggedModel[]> {
    if (rows.length === 0) return [];
    const numbers = rows.map((row) => row.model_no);
    const params = Map.groupBy(await repository.listModelParams(sql, numbers), (param) => param.model_no);
    const tags = Map.groupBy(await repository.listModelTags(sql, numbers), (tag) => tag.model_no);
    const metrics = Map.groupBy(await repository.listModelMetrics(sql, numbers), (metric) => metric.modelNo);
    const keyValue = ({ key, value }: Param): Param => ({ key, value });
    return rows.map((row) => ({
      row,
      params: (params.get(row.model_no) ?? []).map(keyValue),
      tags: (tags.get(row.model_no) ?? []).map(keyValue),
      metrics: metrics.get(row.model_no) ?? [],
    }));
  }

  async function read(sql: Sql, row: LoggedModelRow): Promise<LoggedModel> {
    return (await withDetails(sql, [row]))[0]!;
  }

  async function addParams(tx: Transaction, model: LoggedModelRow, params: readonly Param[]): Promise<void> {
    const known = new Set((await repository.listModelParams(tx, [model.model_no])).map((param) => param.key));
    for (const [i, { key }] of params.entries()) {
      if (known.has(key)) {
        throw invalidArgument(
          `Param '${key.slice(0, 250)}' of logged model ${model.model_id} is logged already: params of a logged model never change.`,
          { field: `params[${i}].key` },
        );
      }
      known.add(key);
    }
    await repository.insertModelParams(tx, model.model_no, params);
  }

  return {
    /** @throws AppError NotFound for an unknown experiment; InvalidArgument for a bad name, a doubled param, or an experiment in the trash. */
    async create(input: NewLoggedModelInput): Promise<LoggedModel> {
      const name = input.name || randomRunName();
      checkModelName(name);
      const modelId = newLoggedModelId();
      const sent = fingerprint('logged model', [input]);
      const creation = db.write(async (tx) => {
        const experiment = await findExperiment(tx, input.experimentNo);
        if (experiment === undefined) throw experimentNotFound(input.experimentNo);
        if (experiment.lifecycle_stage !== 'active') {
          throw invalidArgument(
            `The experiment ${input.experimentNo} must be in the 'active' state. Current state is deleted.`,
            { field: 'experiment_id' },
          );
        }
        const [repeated] = await pendingCreates.register(tx, [{ fingerprint: sent, createdId: modelId }]);
        if (repeated !== undefined) return read(tx, await getModel(tx, repeated, true));
        await repository.insertLoggedModel(tx, { ...input, modelId, name, nowMs: clock.nowMs() });
        const row = await getModel(tx, modelId);
        await addParams(tx, row, input.params);
        await repository.upsertModelTags(tx, row.model_no, input.tags);
        return read(tx, row);
      });
      return creation.catch((error: unknown) => {
        pendingCreates.failed(modelId);
        throw error;
      });
    },

    /** The answer that told of a created model has left, or its connection broke before. */
    answered(model: LoggedModel, delivered: boolean): void {
      pendingCreates.answered(model.row.model_id, delivered);
    },

    /** @throws AppError NotFound, also for a model in the trash unless `allowDeleted`. */
    async get(modelId: string, { allowDeleted }: { readonly allowDeleted: boolean }): Promise<LoggedModel> {
      return db.read(async (sql) => read(sql, await getModel(sql, modelId, allowDeleted)));
    },

    /** Also of a model in the trash: training may end after it was put there. @throws AppError NotFound */
    async setStatus(modelId: string, status: LoggedModelStatus): Promise<LoggedModel> {
      return db.write(async (tx) => {
        const row = await getModel(tx, modelId, true);
        await repository.setModelStatus(tx, row.model_no, { status, nowMs: clock.nowMs() });
        return read(tx, await getModel(tx, modelId, true));
      });
    },

    /** @throws AppError NotFound; InvalidArgument for a param that is there already. */
    async logParams(modelId: string, params: readonly Param[]): Promise<void> {
      await db.write(async (tx) => addParams(tx, await getModel(tx, modelId), params));
    },

    /** @throws AppError NotFound */
    async setTags(modelId: string, tags: readonly Tag[]): Promise<LoggedModel> {
      return db.write(async (tx) => {
        const row = await getModel(tx, modelId);
        await repository.upsertModelTags(tx, row.model_no, tags);
        return read(tx, row);
      });
    },

    /** @throws AppError NotFound when the model or the tag is not there. */
    async deleteTag(modelId: string, key: string): Promise<void> {
      await db.write(async (tx) => {
        const row = await getModel(tx, modelId);
        if (!(await repository.deleteModelTag(tx, row.model_no, key))) {
          throw notFound(`No tag with key '${key.slice(0, 250)}' found for model with ID '${modelId}'.`);
        }
      });
    },

    /** To the trash; one that is there already stays. @throws AppError NotFound */
    async delete(modelId: string): Promise<void> {
      await db.write(async (tx) => {
        const row = await getModel(tx, modelId, true);
        if (row.lifecycle_stage === 'deleted') return;
        await repository.trashModel(tx, row.model_no, clock.nowMs());
      });
    },

    /** @throws AppError InvalidArgument for a bad filter, order, page size, or a token of another query. */
    async search(search: LoggedModelSearch): Promise<Page<LoggedModel>> {
      if (search.maxResults < 1 || search.maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${search.maxResults} for parameter 'max_results' supplied: it must be a positive integer of at most ${MAX_PAGE}.`,
          { field: 'max_results' },
        );
      }
      const filter = parseFilter(search.filter, loggedModelGrammar);
      const order = renderModelOrder(search.orderBy);
      const query = queryIdentity(search);
      const offset = search.pageToken ? readToken(search.pageToken, query) : 0;
      return db.read(async (sql) => {
        const where = renderModelFilter({ ...search, dialect: sql.dialect, filter });
        const rows = await repository.selectLoggedModels(sql, {
          joins: order.joins,
          where: where.text,
          orderBy: order.orderBy,
          params: [...order.params, ...where.params],
          limit: search.maxResults + 1,
          offset,
        });
        const items = await withDetails(sql, rows.slice(0, search.maxResults));
        const next =
          rows.length > search.maxResults ? writeToken(offset + search.maxResults, query) : undefined;
        return { items, nextPageToken: next };
      });
    },
  };
}

export const loggedModelNotFound = (modelId: string): AppError =>
  notFound(`Logged model with ID '${modelId.slice(0, 100)}' not found.`);

export type LoggedModels = ReturnType<typeof createLoggedModels>;

/** Metrics that name a model are recorded on it as well. */
export const modelMetrics: ModelMetrics = {
  async findExisting(tx, modelIds) {
    return new Set((await repository.findModelNumbers(tx, modelIds)).keys());
  },
  async record(tx, run, metrics) {
    const ids = metrics.flatMap((metric) => metric.modelId ?? []);
    const numbers = await repository.findModelNumbers(tx, [...new Set(ids)]);
    await repository.insertModelMetrics(
      tx,
      run,
      metrics.map((metric) => ({ ...metric, modelNo: numbers.get(metric.modelId!)! })),
    );
  },
};

function checkModelName(name: string): void {
  const bad = FORBIDDEN_IN_NAMES.exec(name);
  if (bad !== null || name.trim() === '') {
    throw invalidArgument(
      `Invalid model name ('${name.slice(0, 100)}') provided. Model name must be a non-empty string and cannot contain the following characters: / : . % " '`,
      { field: 'name' },
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw invalidArgument(`'name' exceeds the maximum length of ${MAX_NAME_LENGTH} characters.`, {
      field: 'name',
    });
  }
}

/** A token belongs to its query: with another filter or order its offset would mean other rows. */
function queryIdentity(search: LoggedModelSearch): string {
  const text = JSON.stringify([search.experimentNos, search.filter ?? '', search.orderBy, search.datasets]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}

const writeToken = (offset: number, query: string): string =>
  Buffer.from(JSON.stringify({ offset, query })).toString('base64');

function readToken(token: string, query: string): number {
  let decoded: { offset?: unknown; query?: unknown };
  try {
    decoded = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as typeof decoded;
  } catch (cause) {
    throw invalidArgument('Invalid page token, could not decode it as base64 JSON.', {
      field: 'page_token',
      cause,
    });
  }
  if (
    decoded === null ||
    typeof decoded.offset !== 'number' ||
    !Number.isSafeInteger(decoded.offset) ||
    decoded.offset < 0
  ) {
    throw invalidArgument('Invalid page token, parsed value has no offset.', { field: 'page_token' });
  }
  if (decoded.query !== query) {
    throw invalidArgument(
      'The page token belongs to another search: experiment_ids, filter, order_by and datasets must be the same on every page.',
      { field: 'page_token' },
    );
  }
  return decoded.offset;
}
