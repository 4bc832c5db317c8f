import type { Database, Sql, Transaction } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { registeredModelGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import type { Access, Principal, VisibleModels } from '../governance/access.ts';
import { type GovernedWrite, takeTurn } from '../governance/governed-writes.ts';
import { requireManagement, writeOwner } from '../governance/grants.ts';
import type { Ownership } from '../governance/ownership.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidArgument } from '../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Page } from '../tracking/experiments.ts';
import { checkKey } from '../tracking/key-rules.ts';
import type { Tag } from '../tracking/run-rules.ts';
import type { VisibleExperiments } from '../tracking/visible-experiments.ts';
import { listAliases } from './aliases-repository.ts';
import { nameOf, noteChanges } from './changes.ts';
import { findModelTag } from './changes-repository.ts';
import type { DeletionGuard } from './guards.ts';
import { type ModelName, nameOfRow, schemaNameOf, securableOf } from './model-names.ts';
import { holdPlace, modelNotFound } from './model-places.ts';
import {
  carriesPromptTag,
  checkDescription,
  checkModelName,
  checkTag,
  checkTags,
  isPromptTag,
  PROMPT_TAG,
  parseStage,
  STAGES,
} from './model-rules.ts';
import type { ModelRow } from './models-repository.ts';
import * as repository from './models-repository.ts';
import { registryEvent, shownTags } from './registry-events.ts';
import { renderModelFilter, renderModelOrder, withStoredNames } from './registry-search.ts';
import { renderVisible } from './schema-models-repository.ts';
import { forgetVersionFiles, listSentFiles } from './uploaded-files.ts';
import { readVersions, type VersionDetails } from './version-details.ts';
import { listLatest } from './versions-repository.ts';

export interface RegisteredModel {
  readonly row: ModelRow;
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: number }[];
  /** The newest version of every stage that has one. */
  readonly latestVersions: readonly VersionDetails[];
}

export interface RegistrySearch {
  readonly filter: string | undefined;
  readonly orderBy: readonly string[];
  readonly maxResults: number;
  readonly pageToken: string | undefined;
  /** What the caller may see; nothing else is found, counted or paged over. */
  readonly visible: 'all' | VisibleModels;
  /** Versions cannot be found by an origin in other experiments. */
  readonly visibleExperiments?: VisibleExperiments;
}

export interface ModelListing {
  readonly catalog: string | undefined;
  /** With its catalog. */
  readonly schema: string | undefined;
  /** From 1. */
  readonly maxResults: number;
  readonly pageToken: string | undefined;
  readonly visible: 'all' | VisibleModels;
}

export interface NewModelInput {
  readonly name: ModelName;
  /** `null` for none; texts read back as they are. */
  readonly description: string | null;
  readonly tags: readonly Tag[];
  /** Who makes it, and owns it then. */
  readonly by: Principal;
  readonly deploymentJobId?: string | undefined;
}

/** What is undefined stays. */
export interface ModelChange {
  /** The empty text takes away what is there. */
  readonly description?: string | undefined;
  readonly deploymentJobId?: string | undefined;
}

export interface ModelUpdate extends ModelChange {
  /** Its own name where it stays. */
  readonly to: ModelName;
  /** The new owner's name; undefined where the owner stays. */
  readonly owner: string | undefined;
}

export interface ModelsDependencies {
  readonly db: Database;
  readonly write: GovernedWrite;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  readonly guardDeletion: DeletionGuard;
  readonly ownership: Ownership;
  /** A name as it is kept, of any of its spellings. */
  storedName(text: string): string;
}

const MAX_PAGE = 1000;

/** @throws AppError InvalidArgument for a name that cannot be, NotFound. */
export async function getModelRow(sql: Sql, name: string): Promise<ModelRow> {
  checkModelName(name);
  const row = await repository.findModel(sql, name);
  if (row === undefined) throw modelNotFound(name);
  return row;
}

/** As `getModelRow`; held until the commit, with all that hangs on it. @throws AppError as `getModelRow` */
export async function holdModelRow(tx: Transaction, name: string): Promise<ModelRow> {
  checkModelName(name);
  const [row] = await repository.holdModels(tx, [name]);
  if (row === undefined) throw modelNotFound(name);
  return row;
}

/** Registered models: created, described, renamed, tagged, searched, deleted. */
export function createModels(dependencies: ModelsDependencies) {
  const { db, write, clock, recordEvents, guardDeletion, ownership, storedName } = dependencies;

  async function read(sql: Sql, rows: readonly ModelRow[]): Promise<RegisteredModel[]> {
    if (rows.length === 0) return [];
    const numbers = rows.map((row) => row.model_no);
    const tags = Map.groupBy(await repository.listModelTags(sql, numbers), (tag) => tag.model_no);
    const aliases = Map.groupBy(await listAliases(sql, numbers), (alias) => alias.model_no);
    const latest = await readVersions(sql, await listLatest(sql, numbers), { withAliases: false });
    const byModel = Map.groupBy(latest, (version) => version.row.model_no);
    return rows.map((row) => ({
      row,
      tags: (tags.get(row.model_no) ?? []).map(({ key, value }) => ({ key, value })),
      aliases: aliases.get(row.model_no) ?? [],
      latestVersions: byModel.get(row.model_no) ?? [],
    }));
  }

  const readOne = async (sql: Sql, row: ModelRow): Promise<RegisteredModel> => (await read(sql, [row]))[0]!;

  async function describe(
    tx: Transaction,
    row: ModelRow,
    { description, deploymentJobId, by }: ModelChange & { readonly by: Principal },
  ): Promise<void> {
    const nowMs = clock.nowMs();
    await repository.setFacts(tx, row.model_no, { updatedBy: by.name, deploymentJobId });
    if (description === undefined) {
      await repository.touchModel(tx, row.model_no, nowMs);
      return;
    }
    await repository.setDescription(tx, row.model_no, description, nowMs);
    if (description !== (row.description ?? '')) {
      const noted = { modelNo: row.model_no, kind: 'description' } as const;
      await noteChanges(tx, { by: nameOf(by), nowMs }, [noted]);
    }
    await recordEvents(tx, [
      registryEvent({
        subject: 'model',
        action: 'updated',
        isPrompt: row.is_prompt === 1,
        data: { name: row.name, description },
      }),
    ]);
  }

  /** In a transaction that has its turn. */
  async function renameTo(tx: Transaction, row: ModelRow, to: ModelName, by: Principal): Promise<void> {
    const { name } = row;
    const newName = to.stored;
    const taken = await repository.findModel(tx, newName);
    if (taken !== undefined && taken.model_no !== row.model_no) throw nameTaken(newName);
    if (taken === undefined) await holdPlace(tx, to);
    const place = { name: newName, schemaName: schemaNameOf(to) };
    const nowMs = clock.nowMs();
    await repository.renameModel(tx, row.model_no, place, nowMs);
    if (name !== newName) {
      const noted = { modelNo: row.model_no, kind: 'renamed', from: name, to: newName } as const;
      await noteChanges(tx, { by: nameOf(by), nowMs }, [noted]);
    }
    await repository.setFacts(tx, row.model_no, { updatedBy: by.name });
    await ownership.move(tx, securableOf(nameOfRow(row)), securableOf(to));
    await recordEvents(tx, [
      registryEvent({
        subject: 'model',
        action: 'renamed',
        isPrompt: row.is_prompt === 1,
        data: { name, new_name: newName },
      }),
    ]);
  }

  async function remove(tx: Transaction, row: ModelRow): Promise<void> {
    const { name } = row;
    await guardDeletion(tx, { name, version: undefined });
    const sent = await listSentFiles(tx, row.model_no);
    await repository.deleteModel(tx, row.model_no);
    for (const number of sent) await forgetVersionFiles(tx, number, clock.nowMs());
    await recordEvents(tx, [
      registryEvent({ subject: 'model', action: 'deleted', isPrompt: row.is_prompt === 1, data: { name } }),
    ]);
  }

  return {
    /**
     * @throws AppError NotFound for a catalog or schema that is not there; AlreadyExists for a name in use;
     *   InvalidArgument for a bad name, tag or description.
     */
    async create(input: NewModelInput): Promise<RegisteredModel> {
      const { description, by } = input;
      const { stored: name } = input.name;
      checkModelName(name);
      checkDescription(description);
      const tags = checkTags(input.tags);
      const isPrompt = carriesPromptTag(tags);
      return db.write(async (tx) => {
        await takeTurn(tx);
        await holdPlace(tx, input.name);
        const nowMs = clock.nowMs();
        const row = await repository.insertModel(tx, {
          name,
          schemaName: schemaNameOf(input.name),
          description,
          isPrompt,
          nowMs,
          createdBy: by.name,
          deploymentJobId: input.deploymentJobId ?? null,
        });
        if (row === undefined) throw nameTaken(name);
        await ownership.claim(tx, securableOf(input.name), by);
        await repository.upsertModelTags(tx, row.model_no, tags);
        await noteChanges(tx, { by: nameOf(by), nowMs }, [{ modelNo: row.model_no, kind: 'created' }]);
        const data = { name, tags: shownTags(tags, isPrompt), description };
        await recordEvents(tx, [registryEvent({ subject: 'model', action: 'created', isPrompt, data })]);
        return {
          row,
          tags: Array.from(tags, ([key, value]) => ({ key, value })),
          aliases: [],
          latestVersions: [],
        };
      });
    },

    /** @throws AppError NotFound */
    async get(name: string): Promise<RegisteredModel> {
      return db.read(async (sql) => readOne(sql, await getModelRow(sql, name)));
    },

    /** @throws AppError NotFound, InvalidArgument */
    async change(name: string, to: ModelChange, by: Principal): Promise<RegisteredModel> {
      if (to.description !== undefined) checkDescription(to.description);
      return db.write(async (tx) => {
        await describe(tx, await holdModelRow(tx, name), { ...to, by });
        return readOne(tx, await getModelRow(tx, name));
      });
    },

    /** Versions, tags and aliases go along. @throws AppError NotFound; AlreadyExists when `newName` is taken. */
    async rename(name: string, to: ModelName, by: Principal): Promise<RegisteredModel> {
      checkModelName(to.stored, 'new_name');
      return db.write(async (tx) => {
        await takeTurn(tx);
        await renameTo(tx, await holdModelRow(tx, name), to, by);
        return readOne(tx, await getModelRow(tx, to.stored));
      });
    },

    /**
     * What is to change of a model with its name and its owner: all of it or nothing.
     * @throws AppError as `change` and `rename`; NotFound for the owner, PermissionDenied as `Grants.setOwner`.
     */
    async update(name: string, { to, owner, ...change }: ModelUpdate, by: Access): Promise<RegisteredModel> {
      if (change.description !== undefined) checkDescription(change.description);
      checkModelName(to.stored, 'new_name');
      return write(async (tx, changed) => {
        const row = await holdModelRow(tx, name);
        const from = nameOfRow(row);
        if (owner !== undefined) requireManagement(by, securableOf(from));
        if (change.description !== undefined || change.deploymentJobId !== undefined)
          await describe(tx, row, { ...change, by: by.principal });
        if (to.stored !== name) await renameTo(tx, row, to, by.principal);
        if (owner !== undefined) {
          await repository.setFacts(tx, row.model_no, { updatedBy: by.principal.name });
          await writeOwner(tx, changed, { on: securableOf(to), principal: owner });
        }
        return readOne(tx, await getModelRow(tx, to.stored));
      });
    },

    /** With all versions, in whatever stage. @throws AppError NotFound, and what the deletion guard throws. */
    async delete(name: string): Promise<void> {
      await db.write(async (tx) => {
        await takeTurn(tx);
        const row = await holdModelRow(tx, name);
        await remove(tx, row);
        await ownership.drop(tx, [securableOf(nameOfRow(row))]);
      });
    },

    /** As `delete`, in a transaction that minds the grants. @throws what the deletion guard throws. */
    async deleteWithin(tx: Transaction, name: string): Promise<void> {
      await remove(tx, await holdModelRow(tx, name));
    },

    /** @throws AppError NotFound, InvalidArgument */
    async setTag(name: string, tag: Tag, by: Principal): Promise<void> {
      checkTag(tag);
      await db.write(async (tx) => {
        const row = await holdModelRow(tx, name);
        const from = await findModelTag(tx, row.model_no, tag.key);
        await repository.upsertModelTags(tx, row.model_no, new Map([[tag.key, tag.value]]));
        if (from !== tag.value) {
          await noteChanges(tx, { by: nameOf(by), nowMs: clock.nowMs() }, [
            { modelNo: row.model_no, kind: 'tag', subject: tag.key, from, to: tag.value },
          ]);
        }
        const isPrompt = tag.key === PROMPT_TAG ? isPromptTag(tag.key, tag.value) : row.is_prompt === 1;
        if (tag.key === PROMPT_TAG) await repository.setIsPrompt(tx, row.model_no, isPrompt);
        const data = { name, key: tag.key, value: tag.value };
        await recordEvents(tx, [registryEvent({ subject: 'model tag', action: 'set', isPrompt, data })]);
      });
    },

    /** Nothing happens when there is no such tag. @throws AppError NotFound for the model, InvalidArgument */
    async deleteTag(name: string, key: string, by: Principal): Promise<void> {
      checkKey(key, 'Tag', 'key');
      await db.write(async (tx) => {
        const row = await holdModelRow(tx, name);
        const from = await findModelTag(tx, row.model_no, key);
        if (!(await repository.deleteModelTag(tx, row.model_no, key))) return;
        await noteChanges(tx, { by: nameOf(by), nowMs: clock.nowMs() }, [
          { modelNo: row.model_no, kind: 'tag', subject: key, from },
        ]);
        if (key === PROMPT_TAG) await repository.setIsPrompt(tx, row.model_no, false);
        const isPrompt = row.is_prompt === 1 && key !== PROMPT_TAG;
        await recordEvents(tx, [
          registryEvent({ subject: 'model tag', action: 'deleted', isPrompt, data: { name, key } }),
        ]);
      });
    },

    /** The newest version of each stage; of all stages when none is named. @throws AppError NotFound, InvalidArgument */
    async latestVersions(name: string, stages: readonly string[]): Promise<VersionDetails[]> {
      const wanted = stages.map((stage) => parseStage(stage, 'stages'));
      return db.read(async (sql) => {
        const row = await getModelRow(sql, name);
        const latest = await listLatest(
          sql,
          [row.model_no],
          wanted.length === 0 ? STAGES : [...new Set(wanted)],
        );
        return readVersions(sql, latest, { withAliases: true });
      });
    },

    /** Of all catalogs, of one, or of one schema, by name; without prompts. @throws AppError InvalidArgument for a bad token. */
    async list(listing: ModelListing): Promise<Page<RegisteredModel>> {
      const { maxResults, catalog, schema } = listing;
      const { offset, after } = parsePageToken(listing.pageToken);
      const last = after?.[0] ?? '';
      if (typeof last !== 'string') {
        throw invalidArgument('Invalid page token, it belongs to another list.', { field: 'page_token' });
      }
      return db.read(async (sql) => {
        const rows = await repository.listModels(sql, {
          catalog: catalog?.toLowerCase(),
          schemaName:
            catalog === undefined || schema === undefined ? undefined : schemaNameOf({ catalog, schema }),
          visible: renderVisible(sql.dialect, listing.visible),
          after: last,
          limit: maxResults + 1,
        });
        const shown = rows.slice(0, maxResults);
        return {
          items: await read(sql, shown),
          nextPageToken:
            rows.length > maxResults
              ? renderPageToken({ offset: offset + maxResults, after: [shown.at(-1)!.name] })
              : undefined,
        };
      });
    },

    /** @throws AppError InvalidArgument for a page size over 1,000, a bad filter, order or token. */
    async search(search: RegistrySearch): Promise<Page<RegisteredModel>> {
      const { maxResults } = search;
      if (maxResults < 0 || maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${maxResults} for parameter 'max_results' supplied: it must be at most ${MAX_PAGE} and not negative.`,
          { field: 'max_results' },
        );
      }
      const filter = withStoredNames(parseFilter(search.filter, registeredModelGrammar), storedName);
      const order = parseOrderBy(search.orderBy, registeredModelGrammar);
      const { offset } = parsePageToken(search.pageToken);
      return db.read(async (sql) => {
        const where = renderModelFilter(sql.dialect, filter);
        const seen = renderVisible(sql.dialect, search.visible);
        const rows = await repository.selectModels(sql, {
          where: `${where.text} AND ${seen.text}`,
          params: [...where.params, ...seen.params],
          orderBy: renderModelOrder(order),
          limit: maxResults + 1,
          offset,
        });
        return {
          items: await read(sql, rows.slice(0, maxResults)),
          nextPageToken:
            rows.length > maxResults ? renderPageToken({ offset: offset + maxResults }) : undefined,
        };
      });
    },
  };
}

export type Models = ReturnType<typeof createModels>;

function nameTaken(name: string) {
  return alreadyExists(`Registered Model (name=${name}) already exists.`, { field: 'name' });
}
