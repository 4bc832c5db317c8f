import type { Sql } from '../db/port.ts';
import { int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';
import { listLatest } from './metrics-repository.ts';
import {
  type DatasetInput,
  listRunDatasets,
  listRunModels,
  type ModelLink,
} from './run-inputs-repository.ts';
import type { Param, Tag } from './run-rules.ts';
import { listParams, listTags, type RunRow } from './runs-repository.ts';

/** A run with all that is read with it: the latest point of each metric, params, tags, inputs and outputs. */
export interface RunDetails {
  readonly run: RunRow;
  readonly metrics: readonly (MetricPoint & { readonly key: string })[];
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
  readonly datasets: readonly DatasetInput[];
  readonly modelInputs: readonly ModelLink[];
  readonly modelOutputs: readonly ModelLink[];
}

/** A run's own artifact location: below its experiment's. */
export function runArtifactLocation(run: {
  readonly artifactLocation: string;
  readonly runId: string;
}): string {
  return `${run.artifactLocation.replace(/\/+$/, '')}/${run.runId}/artifacts`;
}

/** Reads the details of many runs in one query a kind; in the order of `runs`. */
export async function readRuns(sql: Sql, runs: readonly RunRow[]): Promise<RunDetails[]> {
  if (runs.length === 0) return [];
  const runNos = runs.map((run) => run.runNo);
  const byRun = new Map<number, MutableDetails>();
  const details = runs.map((run) => {
    const entry: MutableDetails = {
      run,
      metrics: [],
      params: [],
      tags: [],
      datasets: [],
      modelInputs: [],
      modelOutputs: [],
    };
    byRun.set(run.runNo, entry);
    return entry;
  });
  for (const [runNo, key, value, isNan, timestamp, step] of await listLatest(sql, runNos)) {
    byRun.get(runNo)!.metrics.push({
      key,
      value: isNan === 1 ? Number.NaN : value,
      timestampMs: typeof timestamp === 'number' ? timestamp : int64(timestamp),
      step: typeof step === 'number' ? step : int64(step),
    });
  }
  for (const [runNo, key, value] of await listParams(sql, runNos))
    byRun.get(runNo)!.params.push({ key, value });
  for (const [runNo, key, value] of await listTags(sql, runNos)) byRun.get(runNo)!.tags.push({ key, value });
  for (const { runNo, ...dataset } of await listRunDatasets(sql, runNos))
    byRun.get(runNo)!.datasets.push(dataset);
  for (const { runNo, direction, ...link } of await listRunModels(sql, runNos)) {
    const entry = byRun.get(runNo)!;
    (direction === 'input' ? entry.modelInputs : entry.modelOutputs).push(link);
  }
  return details;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };
type MutableDetails = Writable<RunDetails>;
