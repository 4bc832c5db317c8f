import type { Database, Transaction } from '../db/port.ts';
import type { RecordEvents } from '../events/outbox.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import type { Action } from '../governance/privileges.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, alreadyExists, invalidArgument, notFound } from '../kernel/errors.ts';
import { parsePageToken, renderPageToken } from '../kernel/page-token.ts';
import * as repository from './experiment-folders-repository.ts';
import { folderEnd, folderKey, nameOfFolder, TOP_LEVEL } from './experiment-path.ts';
import { MAX_NAME_LENGTH } from './experiment-rules.ts';
import type { ViewType } from './experiment-search.ts';
import {
  type Experiment,
  experimentEvent,
  NAME_MARK,
  readExperiments,
  takeNamingTurn,
} from './experiments.ts';
import { codePoints } from './key-rules.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

export interface Folder {
  readonly path: string;
  /** Its last part. */
  readonly name: string;
  /** At any depth below it. */
  readonly activeExperiments: number;
  readonly deletedExperiments: number;
  /** ms since 1970: the latest change of an experiment below it that is in view. */
  readonly lastUpdateTimeMs: number;
}

export interface PageRequest {
  /** 0 to 1000; 0 asks for none. */
  readonly limit: number;
  readonly pageToken: string | undefined;
}

export interface ListingQuery {
  readonly viewType: ViewType;
  readonly folders: PageRequest;
  readonly experiments: PageRequest;
  /** All without it. */
  readonly visible?: VisibleExperiments;
}

export interface FolderListing {
  readonly folders: readonly Folder[];
  readonly nextFoldersPageToken: string | undefined;
  readonly experiments: readonly Experiment[];
  readonly nextExperimentsPageToken: string | undefined;
}

const MAX_PAGE = 1000;
/** What one transaction takes on: SQLite's only writer is busy with it for some seconds. */
const MAX_CHANGED = 100_000;

export interface ExperimentFoldersDependencies {
  readonly db: Database;
  readonly clock: Clock;
  readonly recordEvents: RecordEvents;
}

/**
 * Folders of experiments: no rows of their own, but what the names of experiments have in common (`experiment-path.ts`).
 * A folder is there as long as an experiment is below it. Paths arrive parsed (`parseFolder`).
 */
export function createExperimentFolders({ db, clock, recordEvents }: ExperimentFoldersDependencies) {
  async function changeStage(
    path: string,
    change: Omit<repository.SubtreeStageChange, 'nowMs'>,
    by: Access,
  ): Promise<{ experiments: number; atMs: number }> {
    const subtree = subtreeOf(path, by);
    const from = change.stage === 'deleted' ? 'active' : 'deleted';
    return db.write(async (tx) => {
      await requireAll(tx, subtree, { by, action: 'experiment.manage' });
      checkSize(path, await repository.countInSubtree(tx, subtree, from));
      const atMs = clock.nowMs();
      const changed = await repository.setSubtreeStage(tx, subtree, { ...change, nowMs: atMs });
      if (changed.length === 0) {
        throw notFound(`No experiment in the '${from}' state is in the folder '${path}'.`);
      }
      const action = change.stage === 'deleted' ? 'deleted' : 'restored';
      await recordEvents(
        tx,
        changed.map((row) => experimentEvent(action, row.experiment_no, row.name)),
      );
      return { experiments: changed.length, atMs };
    });
  }

  return {
    /**
     * One page of the folders directly in `parent` and one of its experiments, each with its own token; a folder is
     * shown when an experiment below it is in view. Both are in the order of code points, folders as if a slash ended
     * their names. An unknown parent is an empty one.
     * @throws AppError InvalidArgument for a page size outside 0 to 1000 or a token of another parent.
     */
    async list(parent: string, query: ListingQuery): Promise<FolderListing> {
      checkPage(query.folders, 'max_folders');
      checkPage(query.experiments, 'max_experiments');
      const key = folderKey(parent);
      const { visible = 'all' } = query;
      const foldersAfter = readToken(query.folders, 'folders_page_token', key);
      const experimentsAfter = readToken(query.experiments, 'experiments_page_token', key);
      return db.read(async (sql) => {
        const folders: Folder[] = [];
        const wanted = query.folders.limit === 0 ? 0 : query.folders.limit + 1;
        let from = foldersAfter === undefined ? key : folderEnd(foldersAfter.slice(0, -1));
        while (folders.length < wanted) {
          const limit = wanted - folders.length;
          const rows = await repository.listChildFolders(sql, {
            from,
            end: parent === TOP_LEVEL ? undefined : folderEnd(parent),
            parentLength: codePoints(key),
            limit,
            visible,
          });
          for (const row of rows)
            if (isInView(row, query.viewType)) folders.push(toFolder(row, query.viewType));
          if (rows.length < limit) break;
          from = folderEnd(rows.at(-1)!.child.slice(0, -1));
        }
        const content =
          query.experiments.limit === 0
            ? []
            : await repository.listFolderContent(sql, {
                folder: key,
                after: experimentsAfter?.slice(key.length) ?? '',
                viewType: query.viewType,
                limit: query.experiments.limit + 1,
                visible,
              });
        const shownFolders = folders.slice(0, query.folders.limit);
        const shown = content.slice(0, query.experiments.limit);
        return {
          folders: shownFolders,
          nextFoldersPageToken:
            folders.length > shownFolders.length
              ? writeToken(folderKey(shownFolders.at(-1)!.path))
              : undefined,
          experiments: await readExperiments(sql, shown),
          nextExperimentsPageToken:
            content.length > shown.length ? writeToken(shown.at(-1)!.name) : undefined,
        };
      });
    },

    /**
     * Gives every experiment below `from` the name that begins with `to` instead, those in the trash included, all or
     * none. Where `to` is there already, the two become one. Records what renaming each of them would.
     * @returns how many were renamed.
     * @throws AppError NotFound for an empty folder; InvalidArgument for a target that is the folder itself or inside
     * of it, or makes a name too long; AlreadyExists naming the first name that is in use; LimitExceeded.
     */
    async rename(from: string, to: string, by: Access = fullAccess(LOCAL_USER)): Promise<number> {
      if (folderKey(to).startsWith(folderKey(from))) {
        throw invalidArgument(`The folder '${from}' cannot be moved into itself ('${to}').`, { field: 'to' });
      }
      const move: repository.Move = {
        from: subtreeOf(from, by),
        fromLength: codePoints(folderKey(from)),
        to: folderKey(to),
      };
      return db.write(async (tx) => {
        await takeNamingTurn(tx, by);
        await requireAll(tx, move.from, { by, action: 'experiment.edit' });
        const { experiments, longest } = await repository.measureSubtree(tx, move.from);
        if (longest === null) throw notFound(`No experiment is in the folder '${from}'.`);
        checkSize(from, experiments);
        const length = longest - move.fromLength + codePoints(move.to);
        if (length > MAX_NAME_LENGTH) {
          throw invalidArgument(
            `In the folder '${to}' an experiment's name would have ${length} characters; ${MAX_NAME_LENGTH} are allowed.`,
            { field: 'to' },
          );
        }
        const clash = await repository.findClash(tx, move);
        if (clash !== undefined) throw nameTaken(clash);
        const moved = await repository.moveSubtree(tx, move, { nowMs: clock.nowMs(), mark: MOVED_MARK });
        await recordEvents(
          tx,
          moved.map((row) => experimentEvent('renamed', row.experiment_no, row.name)),
        );
        return moved.length;
      });
    },

    /**
     * Every active experiment below the folder to the trash, with its runs, all or none, as deleting each would.
     * @returns how many, and when in ms since 1970: what `restore` takes to bring back these and no others.
     * @throws AppError NotFound where none is active; LimitExceeded.
     */
    delete: (path: string, by: Access = fullAccess(LOCAL_USER)) =>
      changeStage(path, { stage: 'deleted' }, by),

    /**
     * Experiments below the folder back from the trash, with their runs: all, or those that went there at `deletedAtMs`.
     * @throws AppError NotFound where none is there; LimitExceeded.
     */
    async restore(path: string, by: Access = fullAccess(LOCAL_USER), deletedAtMs?: number): Promise<number> {
      return (await changeStage(path, { stage: 'active', deletedAtMs }, by)).experiments;
    },
  };
}

export type ExperimentFolders = ReturnType<typeof createExperimentFolders>;

/** Of a folder, what the caller sees of it. */
const subtreeOf = (path: string, by: Access): repository.Subtree => ({
  key: folderKey(path),
  end: folderEnd(path),
  visible: by.visibleExperiments(),
});

/** Marks of names that a creator chose end in a number: these cannot be among them. */
const MOVED_MARK = `${NAME_MARK}moved-`;

/** A folder is changed as a whole. @throws AppError PermissionDenied */
async function requireAll(
  tx: Transaction,
  subtree: repository.Subtree,
  { by, action }: { readonly by: Access; readonly action: Action },
): Promise<void> {
  if (by.principal.isAdmin) return;
  for (const experimentNo of await repository.listSubtree(tx, subtree)) {
    if (by.decide(action, { type: 'experiment', experimentNo }) !== 'allowed') {
      throw new AppError(
        'PermissionDenied',
        `Permission denied: ${by.principal.name} must have the right to ${action} on every experiment of the folder.`,
      );
    }
  }
}

function isInView(row: repository.ChildFolderRow, viewType: ViewType): boolean {
  switch (viewType) {
    case 'ACTIVE_ONLY':
      return row.active > 0;
    case 'DELETED_ONLY':
      return row.deleted > 0;
    case 'ALL':
      return true;
  }
}

function toFolder(row: repository.ChildFolderRow, viewType: ViewType): Folder {
  const path = row.child.slice(0, -1);
  const active = viewType === 'DELETED_ONLY' ? 0 : (row.active_update ?? 0);
  const deleted = viewType === 'ACTIVE_ONLY' ? 0 : (row.deleted_update ?? 0);
  return {
    path,
    name: nameOfFolder(path),
    activeExperiments: row.active,
    deletedExperiments: row.deleted,
    lastUpdateTimeMs: Math.max(active, deleted),
  };
}

function checkPage({ limit }: PageRequest, field: string): void {
  if (limit < 0 || limit > MAX_PAGE) {
    throw invalidArgument(
      `Invalid value ${limit} for parameter '${field}' supplied: it must be at least 0 and at most ${MAX_PAGE}.`,
      { field },
    );
  }
}

/** The name of the last item seen: a page goes on behind it, whatever was added or renamed meanwhile. */
const writeToken = (last: string): string => renderPageToken({ offset: 0, after: [last] });

function readToken({ pageToken }: PageRequest, field: string, parentKey: string): string | undefined {
  const { after } = parsePageToken(pageToken, field);
  if (after === undefined) return undefined;
  const [last] = after;
  if (typeof last !== 'string' || !last.startsWith(parentKey)) {
    throw invalidArgument('Invalid page token: it is of another folder.', { field });
  }
  return last;
}

function checkSize(path: string, experiments: number): void {
  if (experiments <= MAX_CHANGED) return;
  throw new AppError(
    'LimitExceeded',
    `${experiments} experiments are in the folder '${path}', and ${MAX_CHANGED} can be changed at once: change the folders in it one by one.`,
  );
}

function nameTaken({ name, taken, lifecycle_stage }: repository.Clash): AppError {
  const where = lifecycle_stage === 'deleted' ? ' It is in the trash.' : '';
  return alreadyExists(
    `Nothing was renamed: '${name}' would become '${taken}', and an experiment of that name already exists.${where}`,
    { field: 'to' },
  );
}
