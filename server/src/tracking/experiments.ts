import type { Database, Sql, Transaction } from '../db/port.ts';
import type { DomainEvent, EventAction } from '../events/events.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { experimentGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import { takeTurn } from '../governance/governed-writes.ts';
import type { Ownership } from '../governance/ownership.ts';
import type { Clock } from '../kernel/clock.ts';
import { type AppError, alreadyExists, invalidArgument, invalidState, notFound } from '../kernel/errors.ts';
import { randomHexId } from '../kernel/ids.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import { checkExperimentName } from './experiment-rules.ts';
import {
  FOLDER_INDEX,
  isWithinFolder,
  renderExperimentFilter,
  renderExperimentOrder,
  type ViewType,
} from './experiment-search.ts';
import * as repository from './experiments-repository.ts';
import { checkKey, checkLength } from './key-rules.ts';
import type { Tag } from './runs.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

export interface Experiment {
  readonly experimentNo: number;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: repository.LifecycleStage;
  readonly creationTimeMs: number;
  readonly lastUpdateTimeMs: number;
  readonly finishedRunsLock: repository.FinishedRunsLock;
  readonly tags: readonly Tag[];
}

export interface ExperimentSearch {
  readonly maxResults: number;
  readonly pageToken?: string | undefined;
  readonly filter?: string | undefined;
  readonly orderBy?: readonly string[];
  readonly viewType: ViewType;
  /** All without it. */
  readonly visible?: VisibleExperiments;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | undefined;
}

export interface NewExperimentInput {
  readonly name: string;
  readonly artifactLocation?: string | undefined;
  readonly tags: readonly Tag[];
}

const MAX_TAG_VALUE_LENGTH = 20_000;
const MAX_PAGE = 50_000;

export interface ExperimentsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  /** Where an experiment's artifacts go unless its creator chose: made from the experiment's number. */
  defaultArtifactLocation(experimentNo: number): string;
  /** Checks a location that a caller chose; returns it in neutral form. @throws AppError InvalidArgument */
  parseArtifactLocation(text: string, by: Access): string;
  readonly recordEvents: RecordEvents;
  readonly ownership: Ownership;
}

/** Experiments: created, renamed, tagged, searched, moved to the trash and back. */
export function createExperiments({
  db,
  clock,
  defaultArtifactLocation,
  parseArtifactLocation,
  recordEvents,
  ownership,
}: ExperimentsDependencies) {
  async function getRow(sql: Sql, experimentNo: number): Promise<repository.ExperimentRow> {
    const row = await repository.findExperiment(sql, experimentNo);
    if (row === undefined) throw experimentNotFound(experimentNo);
    return row;
  }

  async function getActiveRow(sql: Sql, experimentNo: number): Promise<repository.ExperimentRow> {
    const row = await getRow(sql, experimentNo);
    if (row.lifecycle_stage !== 'active') {
      throw invalidArgument(
        `The experiment ${experimentNo} must be in the 'active' state. Current state is deleted.`,
        {
          field: 'experiment_id',
        },
      );
    }
    return row;
  }

  return {
    /** Makes experiment 0 on an empty database. */
    async ensureDefault(): Promise<void> {
      await db.write((tx) =>
        repository.insertDefaultExperiment(tx, clock.nowMs(), defaultArtifactLocation(0)),
      );
    },

    /**
     * The creator owns it.
     * @throws AppError AlreadyExists for the name of one that the creator sees, in the trash too; InvalidArgument for a
     * bad name, tag or location.
     */
    async create(input: NewExperimentInput, by: Access = fullAccess(LOCAL_USER)): Promise<number> {
      checkExperimentName(input.name);
      for (const [i, tag] of input.tags.entries()) checkExperimentTag(tag, `tags[${i}].`);
      const location = input.artifactLocation ? parseArtifactLocation(input.artifactLocation, by) : undefined;
      return db.write(async (tx) => {
        await takeNamingTurn(tx, by);
        const nameKey = await takeName(tx, input.name, { by, ownership });
        if (location?.startsWith('mlflow-artifacts:') && !by.principal.isAdmin)
          await requireOwnPlace(tx, location, by);
        const experimentNo = await repository.insertExperiment(tx, {
          name: input.name,
          nameKey,
          nowMs: clock.nowMs(),
          artifactLocation: location,
          defaultLocation: defaultArtifactLocation,
        });
        await repository.upsertExperimentTags(tx, experimentNo, input.tags);
        await ownership.claim(tx, { type: 'experiment', experimentNo }, by.principal);
        await recordEvents(tx, [experimentEvent('created', experimentNo, input.name)]);
        return experimentNo;
      });
    },

    /** @throws AppError NotFound */
    async get(experimentNo: number): Promise<Experiment> {
      return db.read(async (sql) => (await readExperiments(sql, [await getRow(sql, experimentNo)]))[0]!);
    },

    /** Those that are there, in the trash or not. */
    async find(experimentNos: readonly number[]): Promise<Experiment[]> {
      return db.read(async (sql) => {
        const rows: repository.ExperimentRow[] = [];
        for (const experimentNo of new Set(experimentNos)) {
          const row = await repository.findExperiment(sql, experimentNo);
          if (row !== undefined) rows.push(row);
        }
        return readExperiments(sql, rows);
      });
    },

    /** Where an active experiment's artifacts go. @throws AppError NotFound, InvalidArgument for one in the trash. */
    async activeLocation(experimentNo: number): Promise<string> {
      return (await db.read((sql) => getActiveRow(sql, experimentNo))).artifact_location;
    },

    /** Of those that the caller sees, in the trash as well, as the real server does. @throws AppError NotFound */
    async getByName(name: string, by: Access = fullAccess(LOCAL_USER)): Promise<Experiment> {
      return db.read(async (sql) => {
        const row = (await repository.listExperimentsByName(sql, name)).find((one) => isSeen(by, one));
        if (row === undefined) throw experimentNameNotFound(name);
        return (await readExperiments(sql, [row]))[0]!;
      });
    },

    /** @throws AppError NotFound, AlreadyExists for a name in use, InvalidState for an experiment in the trash. */
    async rename(experimentNo: number, name: string, by: Access = fullAccess(LOCAL_USER)): Promise<void> {
      checkExperimentName(name, 'new_name');
      await db.write(async (tx) => {
        await takeNamingTurn(tx, by);
        const row = await getRow(tx, experimentNo);
        if (row.lifecycle_stage !== 'active') throw invalidState('Cannot rename a non-active experiment.');
        const nameKey = await takeName(tx, name, { by, ownership, except: experimentNo });
        await repository.renameExperiment(tx, experimentNo, { name, nameKey, nowMs: clock.nowMs() });
        await recordEvents(tx, [experimentEvent('renamed', experimentNo, name)]);
      });
    },

    /** To the trash, with all its runs. @throws AppError NotFound, also when it is there already. */
    async delete(experimentNo: number): Promise<void> {
      await changeStage(experimentNo, 'deleted');
    },

    /** Back from the trash, with all its runs, those included that had been deleted singly (as on the real server). */
    async restore(experimentNo: number): Promise<void> {
      await changeStage(experimentNo, 'active');
    },

    /** @throws AppError NotFound, InvalidArgument for a bad key, a too long value, or an experiment in the trash. */
    async setTag(experimentNo: number, tag: Tag): Promise<void> {
      checkExperimentTag(tag, '');
      await db.write(async (tx) => {
        await getActiveRow(tx, experimentNo);
        await repository.upsertExperimentTags(tx, experimentNo, [tag]);
      });
    },

    /** @throws AppError NotFound when the experiment or the tag is not there. */
    async deleteTag(experimentNo: number, key: string): Promise<void> {
      await db.write(async (tx) => {
        await getActiveRow(tx, experimentNo);
        if (!(await repository.deleteExperimentTag(tx, experimentNo, key))) {
          throw notFound(`No tag with name: ${key.slice(0, 250)} in experiment with id ${experimentNo}`);
        }
      });
    },

    /**
     * Whether finished runs of the experiment refuse further writes, and which of their tags may change all the same.
     * @throws AppError NotFound, InvalidArgument
     */
    async setFinishedRunsLock(experimentNo: number, lock: repository.FinishedRunsLock): Promise<void> {
      for (const [i, tag] of lock.mutableTags.entries()) {
        checkKey(tag.endsWith('*') ? `${tag.slice(0, -1)}x` : tag, 'Tag', `mutable_tags[${i}]`);
      }
      await db.write(async (tx) => {
        await getActiveRow(tx, experimentNo);
        await repository.setFinishedRunsLock(tx, experimentNo, lock);
      });
    },

    /** @throws AppError InvalidArgument for a page size outside 1 to 50,000, a bad filter, order or token. */
    async search(search: ExperimentSearch): Promise<Page<Experiment>> {
      if (search.maxResults < 1 || search.maxResults > MAX_PAGE) {
        throw invalidArgument(
          `Invalid value ${search.maxResults} for parameter 'max_results' supplied: it must be a positive integer of at most ${MAX_PAGE}.`,
          { field: 'max_results' },
        );
      }
      const filter = parseFilter(search.filter, experimentGrammar);
      const order = parseOrderBy(search.orderBy ?? [], experimentGrammar);
      const { offset } = parsePageToken(search.pageToken);
      return db.read(async (sql) => {
        const { viewType, visible = 'all' } = search;
        const where = renderExperimentFilter({ dialect: sql.dialect, filter, viewType, visible });
        const rows = await repository.selectExperiments(sql, {
          where: where.text,
          params: where.params,
          index: isWithinFolder(filter) ? FOLDER_INDEX : undefined,
          orderBy: renderExperimentOrder(order),
          limit: search.maxResults + 1,
          offset,
        });
        const items = await readExperiments(sql, rows.slice(0, search.maxResults));
        const more = rows.length > search.maxResults;
        return {
          items,
          nextPageToken: more ? renderPageToken({ offset: offset + search.maxResults }) : undefined,
        };
      });
    },
  };

  async function changeStage(experimentNo: number, stage: repository.LifecycleStage): Promise<void> {
    await db.write(async (tx) => {
      const name = await repository.setExperimentStage(tx, { experimentNo, stage, nowMs: clock.nowMs() });
      if (name === undefined)
        throw experimentNotInStage(experimentNo, stage === 'deleted' ? 'active' : 'deleted');
      const action = stage === 'deleted' ? 'deleted' : 'restored';
      await recordEvents(tx, [experimentEvent(action, experimentNo, name)]);
    });
  }
}

interface NameTaking {
  readonly by: Access;
  readonly ownership: Ownership;
  /** An experiment that may have the name already. */
  readonly except?: number;
}

/**
 * Where people do not see each other's experiments, names are taken in turns: of two that want one the second finds what
 * the first has written. The local user sees all, and names are unique by themselves.
 */
export async function takeNamingTurn(tx: Transaction, { principal }: Access): Promise<void> {
  if (principal.kind !== 'local') await takeTurn(tx);
}

/**
 * The form in which a name becomes unique: the name itself, or with a mark where an experiment has it that the caller
 * does not see. All is judged by one reading, since others may commit between two: of two that arrive together the
 * second asks for the very key of the first, clashes with it, is tried again and finds it.
 * @throws AppError AlreadyExists for the name of one that the caller sees.
 */
async function takeName(
  tx: Transaction,
  name: string,
  { by, ownership, except = -1 }: NameTaking,
): Promise<string> {
  const keys = [name, `${name}${NAME_MARK}${by.principal.id}`];
  const rows = (await repository.listNameHolders(tx, name, keys)).filter(
    (row) => row.experiment_no !== except,
  );
  const namesakes = rows.filter((row) => row.name === name);
  const taken =
    namesakes.find((row) => isSeen(by, row)) ?? (await findOwned(tx, namesakes, { by, ownership }));
  if (taken !== undefined) throw nameTaken(taken);
  const free = keys.find((key) => rows.every((row) => row.name_key !== key));
  return free ?? `${name}${NAME_MARK}${randomHexId()}`;
}

/** What the caller made a moment ago, perhaps through another process, whose rights are not in memory yet. */
async function findOwned(
  tx: Transaction,
  rows: readonly repository.ExperimentRow[],
  { by, ownership }: NameTaking,
): Promise<repository.ExperimentRow | undefined> {
  if (rows.length === 0) return undefined;
  const owned = await ownership.ownedAmong(tx, rows.map(securableOf), by.principal);
  return rows[owned[0] ?? -1];
}

/** Whoever may write to an experiment may write to all below its place: so that is nobody else's. */
async function requireOwnPlace(tx: Transaction, location: string, by: Access): Promise<void> {
  for (const experimentNo of await repository.listPlaceSharers(tx, location)) {
    if (by.decide('experiment.manage', { type: 'experiment', experimentNo }) === 'allowed') continue;
    throw invalidArgument(`Artifacts cannot be kept at ${location.slice(0, 200)}.`, {
      field: 'artifact_location',
    });
  }
}

/** Behind a name that is another's already. */
export const NAME_MARK = '\u001f';

const isSeen = (by: Access, row: repository.ExperimentRow): boolean =>
  by.decide('experiment.read', securableOf(row)) === 'allowed';

const securableOf = ({ experiment_no: experimentNo }: repository.ExperimentRow) =>
  ({ type: 'experiment', experimentNo }) as const;

export type Experiments = ReturnType<typeof createExperiments>;

/** The rows with their tags. */
export async function readExperiments(
  sql: Sql,
  rows: readonly repository.ExperimentRow[],
): Promise<Experiment[]> {
  const tags = await repository.listExperimentTags(
    sql,
    rows.map((row) => row.experiment_no),
  );
  const byExperiment = Map.groupBy(tags, (tag) => tag.experiment_no);
  return rows.map((row) => ({
    experimentNo: row.experiment_no,
    name: row.name,
    artifactLocation: row.artifact_location,
    lifecycleStage: row.lifecycle_stage,
    creationTimeMs: row.creation_time,
    lastUpdateTimeMs: row.last_update_time,
    finishedRunsLock: {
      locked: row.locks_finished_runs === 1,
      mutableTags: JSON.parse(row.mutable_tags) as string[],
    },
    tags: (byExperiment.get(row.experiment_no) ?? []).map(({ key, value }) => ({ key, value })),
  }));
}

export function experimentEvent(action: EventAction, experimentNo: number, name: string): DomainEvent {
  return { entity: 'experiment', action, data: { experiment_id: String(experimentNo), name } };
}

export const experimentNotFound = (experimentNo: number): AppError =>
  notFound(`No Experiment with id=${experimentNo} exists`);

export const experimentNotInStage = (experimentNo: number, stage: repository.LifecycleStage): AppError =>
  notFound(`No Experiment with id=${experimentNo} exists in the '${stage}' state`);

const experimentNameNotFound = (name: string): AppError =>
  notFound(`Could not find experiment with name '${name.slice(0, 500)}'`);

function checkExperimentTag(tag: Tag, path: string): void {
  checkKey(tag.key, 'Tag', `${path}key`);
  checkLength(tag.value, MAX_TAG_VALUE_LENGTH, `${path}value`);
}

function nameTaken(row: repository.ExperimentRow) {
  const hint =
    row.lifecycle_stage === 'deleted'
      ? ' It is in the trash: restore it, rename it, or delete it for good with `slipway gc` to use the name again.'
      : '';
  return alreadyExists(`Experiment '${row.name}' already exists.${hint}`, { field: 'name' });
}
