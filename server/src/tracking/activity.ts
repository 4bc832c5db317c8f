import type { Database } from '../db/port.ts';
import * as repository from './activity-repository.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

export interface ActiveRun {
  readonly runId: string;
  readonly name: string;
  readonly experimentNo: number;
  readonly experimentName: string;
  readonly userId: string | undefined;
  readonly status: string;
  readonly startTimeMs: number;
  readonly endTimeMs: number | undefined;
  /** Of the runs that run: the highest step of any metric, and when the last point was logged. */
  readonly lastStep: number | undefined;
  readonly lastPointMs: number | undefined;
}

export interface ActiveExperiment {
  readonly experimentNo: number;
  readonly name: string;
  readonly runs: number;
  readonly running: number;
  /** ms since 1970: when a run last ended or started, or the experiment was made. */
  readonly lastActivityMs: number;
}

export interface Activity {
  readonly experiments: readonly ActiveExperiment[];
  readonly running: readonly ActiveRun[];
  readonly ended: readonly ActiveRun[];
}

/** What happened since a time; each count stops at 10,000. */
export interface Changes {
  readonly finished: number;
  readonly failed: number;
  readonly killed: number;
  readonly experiments: number;
}

/** How many of the latest runs say which experiments are active: a sweep of fewer does not hide the others. */
const WINDOW = 20_000;
const MOST_COUNTED = 10_000;

/** What is going on over all experiments. */
export function createActivity({ db }: { readonly db: Database }) {
  return {
    /** At most `limit` of each, the latest first, of the experiments in view. */
    async latest(limit: number, visible: VisibleExperiments = 'all'): Promise<Activity> {
      return db.read(async (sql) => {
        const lastOf = new Map<number, { name: string; at: number }>();
        for (const row of await repository.listActiveExperiments(sql, {
          window: WINDOW,
          limit,
          visible,
        })) {
          const known = lastOf.get(row.experiment_no);
          if (known === undefined || known.at < row.at) lastOf.set(row.experiment_no, row);
        }
        const recent = [...lastOf].sort(([, a], [, b]) => b.at - a.at).slice(0, limit);
        const counts = await repository.countRuns(
          sql,
          recent.map(([no]) => no),
        );
        const running = await repository.listRunning(sql, { limit, visible });
        const progress = await repository.readProgress(
          sql,
          running.map((run) => run.run_no),
        );
        const ended = await repository.listEnded(sql, { limit, visible });
        return {
          experiments: recent.map(([experimentNo, { name, at }]) => ({
            experimentNo,
            name,
            runs: counts.get(experimentNo)?.runs ?? 0,
            running: counts.get(experimentNo)?.running ?? 0,
            lastActivityMs: at,
          })),
          running: running.map((row) => toRun(row, progress.get(row.run_no))),
          ended: ended.map((row) => toRun(row, undefined)),
        };
      });
    },

    async since(sinceMs: number, visible: VisibleExperiments = 'all'): Promise<Changes> {
      const query = { limit: MOST_COUNTED, visible };
      return db.read(async (sql) => {
        const ended = await repository.countEndedSince(sql, sinceMs, query);
        return {
          finished: ended.get('FINISHED') ?? 0,
          failed: ended.get('FAILED') ?? 0,
          killed: ended.get('KILLED') ?? 0,
          experiments: await repository.countExperimentsSince(sql, sinceMs, query),
        };
      });
    },
  };
}

export type ActivityReader = ReturnType<typeof createActivity>;

const toRun = (row: repository.ActiveRunRow, progress: repository.ProgressRow | undefined): ActiveRun => ({
  runId: row.run_id,
  name: row.name,
  experimentNo: row.experiment_no,
  experimentName: row.experiment_name,
  userId: row.user_id ?? undefined,
  status: row.status,
  startTimeMs: row.start_time,
  endTimeMs: row.end_time ?? undefined,
  lastStep: progress?.last_step,
  lastPointMs: progress?.last_time,
});
