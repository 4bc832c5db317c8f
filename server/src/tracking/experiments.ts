import type { Database, Sql } from '../db/port.ts';
import type { DomainEvent, EventAction } from '../events/events.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { experimentGrammar } from '../filters/grammars.ts';
import { parseOrderBy } from '../filters/order.ts';
import { parseFilter } from '../filters/parser.ts';
import type { Clock } from '../kernel/clock.ts';
import { alreadyExists, invalidArgument, invalidState, notFound } from '../kernel/errors.ts';
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
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken: string | undefined;
}

const MAX_TAG_VALUE_LENGTH = 20_000;
const MAX_PAGE = 50_000;

export interface ExperimentsDependencies {
  readonly db: Database;
  readonly clock: Clock;
  /** Where an experiment's artifacts go unless its creator chose: made from the experiment's number. */
  defaultArtifactLocation(experimentNo: number): string;
  /** Checks a location that a caller chose; returns it in neutral form. @throws AppError InvalidArgument */
  parseArtifactLocation(text: string): string;
  readonly recordEvents: RecordEvents;
}

/** Experiments: created, renamed, tagged, searched, moved to the trash and back. */
export function createExperiments({
  db,
  clock,
  defaultArtifactLocation,
  parseArtifactLocation,
  recordEvents,
}: ExperimentsDependencies) {
  async function getRow(sql: Sql, experimentNo: number): Promise<repository.ExperimentRow> {
    const row = await repository.findExperiment(sql, experimentNo);
    if (row === undefined) throw notFound(`No Experiment with id=${experimentNo} exists`);
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

    /** @throws AppError AlreadyExists for a name in use, in the trash too; InvalidArgument for a bad name, tag or location. */
    async create(input: {
      name: string;
      artifactLocation?: string | undefined;
      tags: readonly Tag[];
    }): Promise<number> {
      checkExperimentName(input.name);
      for (const [i, tag] of input.tags.entries()) checkExperimentTag(tag, `tags[${i}].`);
      const location = input.artifactLocation ? parseArtifactLocation(input.artifactLocation) : undefined;
      return db.write(async (tx) => {
        const taken = await repository.findExperimentByName(tx, input.name);
        if (taken !== undefined) throw nameTaken(taken);
        const experimentNo = await repository.insertExperiment(tx, {
          name: input.name,
          nowMs: clock.nowMs(),
          artifactLocation: location,
          defaultLocation: defaultArtifactLocation,
        });
        await repository.upsertExperimentTags(tx, experimentNo, input.tags);
        await recordEvents(tx, [experimentEvent('created', experimentNo, input.name)]);
        return experimentNo;
      });
    },

    /** @throws AppError NotFound */
    async get(experimentNo: number): Promise<Experiment> {
      return db.read(async (sql) => (await readExperiments(sql, [await getRow(sql, experimentNo)]))[0]!);
    },

    /** Where an active experiment's artifacts go. @throws AppError NotFound, InvalidArgument for one in the trash. */
    async activeLocation(experimentNo: number): Promise<string> {
      return (await db.read((sql) => getActiveRow(sql, experimentNo))).artifact_location;
    },

    /** Finds experiments in the trash as well, as the real server does. @throws AppError NotFound */
    async getByName(name: string): Promise<Experiment> {
      return db.read(async (sql) => {
        const row = await repository.findExperimentByName(sql, name);
        if (row === undefined) throw notFound(`Could not find experiment with name '${name.slice(0, 500)}'`);
        return (await readExperiments(sql, [row]))[0]!;
      });
    },

    /** @throws AppError NotFound, AlreadyExists for a name in use, InvalidState for an experiment in the trash. */
    async rename(experimentNo: number, name: string): Promise<void> {
      checkExperimentName(name, 'new_name');
      await db.write(async (tx) => {
        const row = await getRow(tx, experimentNo);
        if (row.lifecycle_stage !== 'active') throw invalidState('Cannot rename a non-active experiment.');
        const taken = await repository.findExperimentByName(tx, name);
        if (taken !== undefined && taken.experiment_no !== experimentNo) throw nameTaken(taken);
        await repository.renameExperiment(tx, experimentNo, name, clock.nowMs());
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
        const where = renderExperimentFilter({ dialect: sql.dialect, filter, viewType: search.viewType });
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
      const row = await repository.findExperiment(tx, experimentNo);
      const from = stage === 'deleted' ? 'active' : 'deleted';
      if (row === undefined || row.lifecycle_stage !== from) {
        throw notFound(`No Experiment with id=${experimentNo} exists in the '${from}' state`);
      }
      await repository.setExperimentStage(tx, { experimentNo, stage, nowMs: clock.nowMs() });
      const action = stage === 'deleted' ? 'deleted' : 'restored';
      await recordEvents(tx, [experimentEvent(action, experimentNo, row.name)]);
    });
  }
}

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
