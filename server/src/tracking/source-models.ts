import type { Sql } from '../db/port.ts';
import { findModelNumbers } from './logged-models-repository.ts';
import { listLatestModelValues, listModelMetricKeys } from './source-models-repository.ts';
import type { SourceQuery } from './source-runs.ts';
import type { VisibleExperiments } from './visible-experiments.ts';

/** What was measured on logged models themselves, by model id and metric; models in the trash, or out of view, have nothing. */
export async function readSourceModels(
  sql: Sql,
  modelIds: readonly string[],
  { keys, visible }: SourceQuery,
): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
  const numbers =
    modelIds.length === 0 ? new Map<string, number>() : await findModelNumbers(sql, modelIds, visible);
  const metrics = new Map([...numbers.values()].map((modelNo) => [modelNo, new Map<string, number>()]));
  if (numbers.size > 0 && keys.length > 0) {
    for (const [modelNo, key, value, isNan] of await listLatestModelValues(sql, [...metrics.keys()], keys)) {
      metrics.get(modelNo)!.set(key, isNan === 1 ? Number.NaN : value);
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
