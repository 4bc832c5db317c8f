import { createBatcher } from '../db/batcher.ts';
import type { Database, Sql } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { modelVersionGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import type { Principal } from '../governance/access.ts';
import { fingerprint, type PendingCreates } from '../idempotency/pending-creates.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, invalidArgument } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import type { Page } from '../tracking/experiments.ts';
import { checkKey } from '../tracking/key-rules.ts';
import type { Tag } from '../tracking/run-rules.ts';
import { deleteAliasesOfVersion } from './aliases-repository.ts';
import { nameOf, noteChanges } from './changes.ts';
import { emptyChangesOfVersion, findVersionTag } from './changes-repository.ts';
import type { DeletionGuard, PromotionGuard } from './guards.ts';
import {
  carriesPromptTag,
  checkDescription,
  checkModelName,
  checkTag,
  checkTags,
  isPromptTag,
  notReady,
  PENDING,
  PROMPT_TAG,
  parseStage,
} from './model-rules.ts';
import { getModelRow, type RegistrySearch } from './models.ts';
import { touchModel } from './models-repository.ts';
import { type RegistryEvent, registryEvent } from './registry-events.ts';
import { renderVersionFilter, renderVersionOrder, withStoredNames } from './registry-search.ts';
import { renderVisible } from './schema-models-repository.ts';
import { forgetVersionFiles } from './uploaded-files.ts';
import { createdIdOf, createVersionWriter, type UploadedFacts } from './version-creation.ts';
import {
  getVersion,
  getVersionDetails,
  holdVersion,
  readVersions,
  type VersionDetails,
} from './version-details.ts';
import { resolveSource, resolveUploaded, type SourcePolicy } from './version-sources.ts';
import type { VersionRow } from './versions-repository.ts';
import * as repository from './versions-repository.ts';

export interface NewVersionInput {
  /** The stored name of the model; so are the others here. */
  readonly name: string;
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  readonly runLink: string;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly by: Principal;
  /** Whether the logged model may be told of the version; it is, where nothing is said. */
  readonly mayLink?: boolean;
}

/** A version whose files the caller sends to the registry; the source only tells where they come from. */
export interface UploadedVersionInput extends UploadedFacts {
  readonly name: string;
  readonly source: string;
  readonly runId: string | undefined;
  readonly modelId: string | undefined;
  /** Whether the logged model may be told of the version. */
  readonly mayLink: boolean;
  readonly description: string | null;
  readonly tags: readonly Tag[];
  readonly by: Principal;
}

export interface StageTransition {
  readonly stage: string;
  /** Whether the others that are in the stage leave it for Archived. */
  readonly archiveOthers: boolean;
  readonly by: Principal;
}

export interface VersionsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
  readonly pendingCreates: PendingCreates;
  readonly sourcePolicy: SourcePolicy;
  readonly guardPromotion: PromotionGuard;
  readonly guardDeletion: DeletionGuard;
  /** A name as it is kept, of any of its spellings. */
  storedName(text: string): string;
}

const MAX_PAGE = 200_000;

/** Versions of registered models: created, described, tagged, moved between stages, searched, deleted. */
export function createVersions(dependencies: VersionsDependencies) {
  const { db, clock, recordEvents, pendingCreates, sourcePolicy, guardPromotion, guardDeletion, storedName } =
    dependencies;
  const submit = createBatcher(db, createVersionWriter({ clock, recordEvents, pendingCreates }));

  const changeOf = (row: VersionRow): repository.VersionChange => ({
    modelNo: row.model_no,
    version: row.version,
    nowMs: clock.nowMs(),
  });

  const reread = (sql: Sql, row: VersionRow): Promise<VersionDetails> =>
    getVersionDetails(sql, row.name, row.version);

  async function eventOf(
    sql: Sql,
    row: VersionRow,
    event: Pick<RegistryEvent, 'subject' | 'action' | 'data'>,
  ) {
    const model = await getModelRow(sql, row.name);
    const data = { name: row.name, version: String(row.version), ...event.data };
    return registryEvent({ ...event, data, isPrompt: model.is_prompt === 1 });
  }

  return {
    /**
     * Makes a version; one that repeats a create whose answer was lost gets that one's version. Call `answered` when
     * the answer has left.
     * @throws AppError NotFound for the model or what the source names; InvalidArgument, see `resolveSource`.
     */
    async create(input: NewVersionInput): Promise<VersionDetails> {
      checkModelName(input.name);
      checkDescription(input.description);
      const tags = checkTags(input.tags);
      const isPrompt = carriesPromptTag(tags);
      const source = await db.read((sql) =>
        resolveSource(sql, { ...input, isPrompt }, { ...sourcePolicy, storedName }),
      );
      const { name, description, runLink, runId, modelId } = input;
      const requestId = randomHexId();
      const userId = nameOf(input.by) ?? null;
      const said = [name, input.source, runId, modelId, runLink, description, input.tags];
      const order = { name, description, runLink, tags, isPrompt, source, userId };
      try {
        return await submit({ ...order, requestId, fingerprint: fingerprint('version', said) });
      } catch (error) {
        pendingCreates.failed(requestId);
        throw error;
      }
    },

    /**
     * Makes a version that is PENDING_REGISTRATION until its files are there (`uploaded-versions.ts`).
     * @throws AppError NotFound for the model; InvalidArgument.
     */
    async createUploaded(input: UploadedVersionInput): Promise<VersionDetails> {
      checkModelName(input.name);
      checkDescription(input.description);
      const tags = checkTags(input.tags);
      const source = await db.read((sql) => resolveUploaded(sql, input));
      const { name, description, runWorkspaceId, dependencies } = input;
      const requestId = randomHexId();
      const version = await submit({
        name,
        description,
        runLink: null,
        tags,
        isPrompt: false,
        source,
        userId: nameOf(input.by) ?? null,
        uploaded: { runWorkspaceId, dependencies },
        requestId,
        // Sent again, the request makes another version: the files of the first may come yet.
        fingerprint: requestId,
      });
      pendingCreates.answered(createdIdOf(version.row), true);
      return version;
    },

    /** The answer that told of a created version has left, or its connection broke before. */
    answered(version: VersionDetails, delivered: boolean): void {
      pendingCreates.answered(createdIdOf(version.row), delivered);
    },

    /** @throws AppError NotFound */
    async get(name: string, version: number): Promise<VersionDetails> {
      return db.read((sql) => getVersionDetails(sql, name, version));
    },

    /** Where the files of the version lie. @throws AppError NotFound */
    async downloadUri(name: string, version: number): Promise<string> {
      const row = await db.read((sql) => getVersion(sql, name, version));
      return row.storage_location ?? row.source ?? '';
    },

    /** `null` takes the description away. @throws AppError NotFound, InvalidArgument */
    async describe(
      name: string,
      version: number,
      description: string | null,
      by: Principal,
    ): Promise<VersionDetails> {
      checkDescription(description);
      return db.write(async (tx) => {
        const row = await holdVersion(tx, name, version);
        const change = changeOf(row);
        await repository.setDescription(tx, { ...change, by: by.name }, description);
        if ((description ?? '') !== (row.description ?? '')) {
          const noted = { modelNo: row.model_no, kind: 'description', version } as const;
          await noteChanges(tx, { by: nameOf(by), nowMs: change.nowMs }, [noted]);
        }
        await recordEvents(tx, [
          await eventOf(tx, row, { subject: 'version', action: 'updated', data: { description } }),
        ]);
        return reread(tx, row);
      });
    },

    /** @throws AppError NotFound; InvalidArgument for an unknown stage; Contradictory; what the promotion guard throws. */
    async transition(name: string, version: number, transition: StageTransition): Promise<VersionDetails> {
      const stage = parseStage(transition.stage);
      if (transition.archiveOthers && stage !== 'Staging' && stage !== 'Production') {
        throw new AppError(
          'Contradictory',
          `Model version transition cannot archive existing model versions because '${transition.stage}' is not an Active stage. Valid stages are Staging, Production.`,
          { field: 'archive_existing_versions' },
        );
      }
      return db.write(async (tx) => {
        const row = await holdVersion(tx, name, version);
        if (row.status === PENDING) throw notReady(name, version);
        await guardPromotion(tx, { kind: 'stage', name, version, stage });
        const change = changeOf(row);
        const archived = transition.archiveOthers ? await repository.archiveOthers(tx, change, stage) : [];
        await repository.setStage(tx, change, stage);
        await touchModel(tx, row.model_no, change.nowMs);
        await noteChanges(tx, { by: nameOf(transition.by), nowMs: change.nowMs }, [
          ...(row.stage === stage
            ? []
            : [{ modelNo: row.model_no, kind: 'stage' as const, version, from: row.stage, to: stage }]),
          ...archived.map((other) => ({
            modelNo: row.model_no,
            kind: 'stage' as const,
            version: other,
            from: stage,
            to: 'Archived',
          })),
        ]);
        const moved = (of: VersionRow, from: string, to: string) =>
          eventOf(tx, of, {
            subject: 'version',
            action: 'stage_transitioned',
            data: { from_stage: from, to_stage: to },
          });
        const events = [await moved(row, row.stage, stage)];
        for (const other of archived) events.push(await moved({ ...row, version: other }, stage, 'Archived'));
        // Prompts have no stages, and subscribers of theirs are told of none.
        await recordEvents(
          tx,
          events.filter((event) => event.entity === 'model_version'),
        );
        return reread(tx, row);
      });
    },

    /** Empties the version and drops its aliases; its number stays taken. @throws AppError NotFound, and the guard's. */
    async delete(name: string, version: number, by: Principal): Promise<void> {
      await db.write(async (tx) => {
        const row = await holdVersion(tx, name, version);
        await guardDeletion(tx, { name, version });
        const change = changeOf(row);
        const event = await eventOf(tx, row, { subject: 'version', action: 'deleted', data: {} });
        const dropped = await deleteAliasesOfVersion(tx, row.model_no, version);
        const modelNo = row.model_no;
        await emptyChangesOfVersion(tx, { modelNo, version });
        await noteChanges(tx, { by: nameOf(by), nowMs: change.nowMs }, [
          ...dropped.map((alias) => ({
            modelNo,
            kind: 'alias' as const,
            subject: alias,
            from: String(version),
          })),
          { modelNo, kind: 'deleted', version },
        ]);
        await repository.redactVersion(tx, change);
        await forgetVersionFiles(tx, change, change.nowMs);
        await touchModel(tx, row.model_no, change.nowMs);
        await recordEvents(tx, [event]);
      });
    },

    /** @throws AppError NotFound, InvalidArgument */
    async setTag(name: string, version: number, tag: Tag, by: Principal): Promise<void> {
      checkTag(tag);
      await db.write(async (tx) => {
        const row = await holdVersion(tx, name, version);
        const change = changeOf(row);
        const from = await findVersionTag(tx, change, tag.key);
        await repository.upsertVersionTags(tx, [[row.model_no, version, tag.key, tag.value]]);
        if (from !== tag.value) {
          const { modelNo, nowMs } = change;
          await noteChanges(tx, { by: nameOf(by), nowMs }, [
            { modelNo, kind: 'tag', version, subject: tag.key, from, to: tag.value },
          ]);
        }
        if (tag.key === PROMPT_TAG) {
          await repository.setIsPrompt(tx, changeOf(row), isPromptTag(tag.key, tag.value));
        }
        const data = { key: tag.key, value: tag.value };
        await recordEvents(tx, [await eventOf(tx, row, { subject: 'version tag', action: 'set', data })]);
      });
    },

    /** Nothing happens when there is no such tag. @throws AppError NotFound for the version, InvalidArgument */
    async deleteTag(name: string, version: number, key: string, by: Principal): Promise<void> {
      checkKey(key, 'Tag', 'key');
      await db.write(async (tx) => {
        const row = await holdVersion(tx, name, version);
        const change = changeOf(row);
        const from = await findVersionTag(tx, change, key);
        if (!(await repository.deleteVersionTag(tx, change, key))) return;
        await noteChanges(tx, { by: nameOf(by), nowMs: change.nowMs }, [
          { modelNo: change.modelNo, kind: 'tag', version, subject: key, from },
        ]);
        if (key === PROMPT_TAG) await repository.setIsPrompt(tx, changeOf(row), false);
        await recordEvents(tx, [
          await eventOf(tx, row, { subject: 'version tag', action: 'deleted', data: { key } }),
        ]);
      });
    },

    /** Of one model, the newest first. @throws AppError NotFound; InvalidArgument for a bad token. */
    async listOf(
      name: string,
      { maxResults, pageToken }: Pick<RegistrySearch, 'maxResults' | 'pageToken'>,
    ): Promise<Page<VersionDetails>> {
      const { offset } = parsePageToken(pageToken);
      return db.read(async (sql) => {
        const { model_no } = await getModelRow(sql, name);
        const rows = await repository.selectVersions(sql, {
          where: 'v.model_no = ?',
          params: [model_no],
          orderBy: 'v.version DESC',
          limit: maxResults + 1,
          offset,
        });
        return {
          items: await readVersions(sql, rows.slice(0, maxResults), { withAliases: false }),
          nextPageToken:
            rows.length > maxResults ? renderPageToken({ offset: offset + maxResults }) : undefined,
        };
      });
    },

    /** @throws AppError InvalidArgument for a page size outside 1 to 200,000, a bad filter, order or token. */
    async search(search: RegistrySearch): Promise<Page<VersionDetails>> {
      const { maxResults } = search;
      if (maxResults < 1 || maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${maxResults} for parameter 'max_results' supplied: it must be a positive integer of at most ${MAX_PAGE}.`,
          { field: 'max_results' },
        );
      }
      const filter = withStoredNames(parseFilter(search.filter, modelVersionGrammar), storedName);
      const order = parseOrderBy(search.orderBy, modelVersionGrammar);
      const { offset } = parsePageToken(search.pageToken);
      return db.read(async (sql) => {
        const where = renderVersionFilter(sql.dialect, filter, search.visibleExperiments);
        const seen = renderVisible(sql.dialect, search.visible);
        const rows = await repository.selectVersions(sql, {
          where: `${where.text} AND ${seen.text}`,
          params: [...where.params, ...seen.params],
          orderBy: renderVersionOrder(order),
          limit: maxResults + 1,
          offset,
        });
        return {
          items: await readVersions(sql, rows.slice(0, maxResults), { withAliases: false }),
          nextPageToken:
            rows.length > maxResults ? renderPageToken({ offset: offset + maxResults }) : undefined,
        };
      });
    },
  };
}

export type Versions = ReturnType<typeof createVersions>;
