import type { Database } from '../db/port.ts';
import type { ExperimentOverview, OverviewEntry } from './experiment-overview.ts';
import { folderEnd, folderKey, parseExperimentPath, TOP_LEVEL } from './experiment-path.ts';
import * as repository from './experiment-tree-repository.ts';
import type { LifecycleStage } from './experiments-repository.ts';
import { codePoints } from './key-rules.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

/** A row of the tree. Folders that hold one folder and nothing else in view are one row with it. */
export interface TreeFolder {
  /** Of the innermost folder of the row. */
  readonly path: string;
  /** Behind the parent: `fraud`, or `team/fraud` where `team` holds nothing else. */
  readonly name: string;
  /** At any depth. */
  readonly activeExperiments: number;
  readonly deletedExperiments: number;
  /** ms since 1970: the latest change of an experiment in view below it. */
  readonly lastUpdateTimeMs: number;
  /** What is below it, in active experiments; undefined in the trash, and where there are too many runs to count. */
  readonly runs:
    | { readonly total: number; readonly running: number; readonly lastStartMs: number }
    | undefined;
  /** The one experiment in view below it, where there is but one. */
  readonly only: OverviewEntry | undefined;
}

export interface TreeQuery {
  readonly stage: LifecycleStage;
  readonly visible: VisibleExperiments;
}

/** Folders that a person can look through. */
const MOST_FOLDERS = 5000;
/** A count of so many takes as long as a person waits. */
const MOST_COUNTED_RUNS = 1_000_000;
const MOST_RUNNING = 100_000;
const AT_ONCE = 500;

export interface ExperimentTreeDependencies {
  readonly db: Database;
  readonly overview: Pick<ExperimentOverview, 'describe'>;
}

/** The folders that names of experiments form, as a person walks through them. */
export function createExperimentTree({ db, overview }: ExperimentTreeDependencies) {
  return {
    /** What is directly in `parent` by code points, 5000 rows at most; an unknown parent is an empty one. */
    async list(parent: string, { stage, visible }: TreeQuery): Promise<readonly TreeFolder[]> {
      const parentKey = folderKey(parent);
      const query = {
        parentKey,
        parentLength: codePoints(parentKey),
        end: parent === TOP_LEVEL ? undefined : folderEnd(parent),
        stage,
        visible,
      };
      const { children, counts } = await db.read(async (sql) => ({
        children: await repository.listChildren(sql, { ...query, limit: MOST_FOLDERS }),
        counts:
          stage === 'deleted'
            ? undefined
            : {
                runs: await repository.countChildRuns(sql, { ...query, limit: MOST_COUNTED_RUNS + 1 }),
                running: await repository.countChildRunning(sql, { ...query, limit: MOST_RUNNING }),
              },
      }));
      const counted = counts?.runs.reduce((sum, { runs }) => sum + runs, 0) ?? 0;
      const runsOf = new Map(counts?.runs.map((row) => [row.child, row]));
      const runningOf = new Map(counts?.running.map((row) => [row.child, row.running]));
      const inView = (row: repository.ChildRow) => (stage === 'active' ? row.active : row.deleted);
      const single = children.filter((row) => inView(row) === 1).map((row) => row.some_no);
      const singles = new Map<number, OverviewEntry>();
      for (let start = 0; start < single.length; start += AT_ONCE) {
        const entries = await overview.describe(single.slice(start, start + AT_ONCE));
        for (const entry of entries) singles.set(entry.experimentNo, entry);
      }
      return children.map((row) => {
        const path = commonFolder(row);
        return {
          path,
          name: path.slice(parentKey.length),
          activeExperiments: row.active,
          deletedExperiments: row.deleted,
          lastUpdateTimeMs: row.updated,
          runs:
            counts === undefined || counted > MOST_COUNTED_RUNS
              ? undefined
              : {
                  total: runsOf.get(row.child)?.runs ?? 0,
                  running: runningOf.get(row.child) ?? 0,
                  lastStartMs: runsOf.get(row.child)?.last_start ?? 0,
                },
          only: inView(row) === 1 ? singles.get(row.some_no) : undefined,
        };
      });
    },
  };
}

export type ExperimentTree = ReturnType<typeof createExperimentTree>;

/**
 * The innermost folder that all experiments in view below a child are in: what the first and the last of their folders
 * have in common, all those between them have too.
 */
function commonFolder({ child, first_folder: first, last_folder: last }: repository.ChildRow): string {
  const innermost = first.slice(0, -1);
  const common = [...parseExperimentPath(innermost).folders, innermost].filter(
    (path) => first.startsWith(folderKey(path)) && last.startsWith(folderKey(path)),
  );
  return common.at(-1) ?? child.slice(0, -1);
}
