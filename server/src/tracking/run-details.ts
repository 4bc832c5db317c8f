import type { Sql } from '../db/port.ts';
import { int64 } from '../kernel/int64.ts';
import type { MetricPoint } from './metric-rules.ts';
import { listLatest } from './metrics-repository.ts';
import { findRenderedRun, type RenderedKeyValues, renderKeyValues } from './run-documents-repository.ts';
import {
  type DatasetInput,
  listRunDatasets,
  listRunModels,
  type ModelLink,
} from './run-inputs-repository.ts';
import type { Param, Tag } from './run-rules.ts';
import { listParams, listTags, type RunRow, type RunStatus } from './runs-repository.ts';

export type { DatasetInput, RunRow, RunStatus };

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

/**
 * A run as it is answered: metrics, params and tags are JSON arrays that the database rendered, with the names that they
 * have on MLflow's wire (`key`, `value`, `timestamp`, `step`).
 */
export interface RunDocument extends Pick<RunDetails, 'run' | 'datasets' | 'modelInputs' | 'modelOutputs'> {
  readonly metricsJson: string;
  readonly paramsJson: string;
  readonly tagsJson: string;
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

/** Reads the documents of many runs in one query, and two more where runs have inputs or outputs; in the order of `runs`. */
export async function readRunDocuments(sql: Sql, runs: readonly RunRow[]): Promise<RunDocument[]> {
  if (runs.length === 0) return [];
  const runNos = runs.map((run) => run.runNo);
  return complete(sql, runs, await renderKeyValues(sql, runNos));
}

/** One run's document, by one query where it has no inputs or outputs. */
export async function findRunDocument(sql: Sql, runId: string): Promise<RunDocument | undefined> {
  const found = await findRenderedRun(sql, runId);
  return found && (await complete(sql, [found.run], [found.rendered]))[0];
}

async function complete(
  sql: Sql,
  runs: readonly RunRow[],
  rows: readonly RenderedKeyValues[],
): Promise<RunDocument[]> {
  const rendered = new Map(rows.map((row) => [row[0], row]));
  const withDatasets = rows.filter((row) => row[4] === 1).map(([runNo]) => runNo);
  const withModels = rows.filter((row) => row[5] === 1).map(([runNo]) => runNo);
  const datasets = Map.groupBy(await listRunDatasets(sql, withDatasets), (dataset) => dataset.runNo);
  const links = Map.groupBy(await listRunModels(sql, withModels), (link) => link.runNo);
  return runs.map((run) => {
    const [, metricsJson, paramsJson, tagsJson] = rendered.get(run.runNo)!;
    const ofRun = links.get(run.runNo) ?? [];
    return {
      run,
      metricsJson,
      paramsJson,
      tagsJson,
      datasets: datasets.get(run.runNo) ?? [],
      modelInputs: ofRun.filter((link) => link.direction === 'input'),
      modelOutputs: ofRun.filter((link) => link.direction === 'output'),
    };
  });
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer Item)[] ? Item[] : T[K] };
type MutableDetails = Writable<RunDetails>;
