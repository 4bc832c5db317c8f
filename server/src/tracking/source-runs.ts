import type { Sql } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import { findRuns, type RunRow } from './runs-repository.ts';
import { listLatestValues, listMetricKeys, listRunsWithSteps } from './source-runs-repository.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

/** The latest value of a metric of a run; NaN stands for itself. */
export interface RunMetric {
  readonly value: number;
  readonly step: Int64;
  /** Of the whole history; undefined where no value is a number. */
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** A run that something came from, and the latest values of some of its metrics. */
export interface SourceRun {
  readonly run: RunRow;
  readonly metrics: ReadonlyMap<string, RunMetric>;
  /** Whether it said of its models at which steps it logged them: each is then the model of that step. */
  readonly logsBySteps: boolean;
}

export interface SourceQuery {
  readonly keys: readonly string[];
  readonly visible: VisibleExperiments;
}

async function findVisible(
  sql: Sql,
  runIds: readonly string[],
  visible: VisibleExperiments,
): Promise<readonly RunRow[]> {
  const rows = runIds.length === 0 ? [] : await findRuns(sql, runIds);
  if (visible === 'all') return rows;
  const seen = new Set(visible);
  return rows.filter((run) => seen.has(run.experimentNo));
}

/** The runs that are there and in view, by id, with their latest values of the metrics that are named; NaN stands for itself. */
export async function readSourceRuns(
  sql: Sql,
  runIds: readonly string[],
  { keys, visible }: SourceQuery,
): Promise<ReadonlyMap<string, SourceRun>> {
  const rows = await findVisible(sql, runIds, visible);
  const metrics = new Map(rows.map((run) => [run.runNo, new Map<string, RunMetric>()]));
  if (rows.length > 0 && keys.length > 0) {
    const found = await listLatestValues(sql, [...metrics.keys()], keys);
    for (const [runNo, key, value, isNan, step, min, max] of found) {
      metrics.get(runNo)!.set(key, {
        value: isNan === 1 ? Number.NaN : value,
        step: int64(step),
        min: min ?? undefined,
        max: max ?? undefined,
      });
    }
  }
  const bySteps = new Set(rows.length === 0 ? [] : await listRunsWithSteps(sql, [...metrics.keys()]));
  return new Map(
    rows.map((run) => [
      run.runId,
      { run, metrics: metrics.get(run.runNo)!, logsBySteps: bySteps.has(run.runNo) },
    ]),
  );
}

/** The metrics that the runs have, at most `limit`, by name. */
export async function listSourceMetrics(
  sql: Sql,
  runIds: readonly string[],
  { limit, visible }: { readonly limit: number; readonly visible: VisibleExperiments },
): Promise<string[]> {
  const rows = await findVisible(sql, runIds, visible);
  return rows.length === 0
    ? []
    : listMetricKeys(
        sql,
        rows.map((run) => run.runNo),
        limit,
      );
}
