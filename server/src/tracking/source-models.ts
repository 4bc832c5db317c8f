import type { Sql } from '../db/port.ts';
import { type Int64, int64 } from '../kernel/int64.ts';
import { findModelNumbers } from './logged-models-repository.ts';
import { listLatestModelValues, listLinkedSteps, listModelMetricKeys } from './source-models-repository.ts';
import type { SourceQuery } from './source-runs.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

/** The latest value of a metric of a logged model; NaN stands for itself. */
export interface ModelMetric {
  readonly value: number;
  readonly step: Int64;
  /** The run that measured it. */
  readonly runId: string;
  /** It was measured on a dataset that has a name. */
  readonly isOnDataset: boolean;
}

/** What was measured on logged models themselves, by model id and metric; models in the trash, or out of view, have nothing. */
export async function readSourceModels(
  sql: Sql,
  modelIds: readonly string[],
  { keys, visible }: SourceQuery,
): Promise<ReadonlyMap<string, ReadonlyMap<string, ModelMetric>>> {
  const numbers =
    modelIds.length === 0 ? new Map<string, number>() : await findModelNumbers(sql, modelIds, visible);
  const metrics = new Map([...numbers.values()].map((modelNo) => [modelNo, new Map<string, ModelMetric>()]));
  if (numbers.size > 0 && keys.length > 0) {
    const found = await listLatestModelValues(sql, [...metrics.keys()], keys);
    for (const [modelNo, key, value, isNan, step, runId, datasetName] of found) {
      metrics.get(modelNo)!.set(key, {
        value: isNan === 1 ? Number.NaN : value,
        step: int64(step),
        runId,
        isOnDataset: datasetName !== null,
      });
    }
  }
  return new Map(Array.from(numbers, ([modelId, modelNo]) => [modelId, metrics.get(modelNo)!]));
}

/** The metrics that were measured on the models themselves, at most `limit`, by name. */
export async function listSourceModelMetrics(
  sql: Sql,
  modelIds: readonly string[],
  { limit, visible }: { readonly limit: number; readonly visible: VisibleExperiments },
): Promise<string[]> {
  if (modelIds.length === 0) return [];
  const numbers = await findModelNumbers(sql, modelIds, visible);
  return numbers.size === 0 ? [] : listModelMetricKeys(sql, [...numbers.values()], limit);
}

/** The latest step at which any model of the run has a value of the metric, by run and metric. */
export async function readLinkedSteps(
  sql: Sql,
  runIds: readonly string[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Int64>>> {
  const steps = new Map(runIds.map((runId) => [runId, new Map<string, Int64>()]));
  if (runIds.length === 0 || keys.length === 0) return steps;
  for (const [runId, key, step] of await listLinkedSteps(sql, runIds, keys)) {
    steps.get(runId)!.set(key, int64(step));
  }
  return steps;
}
