import { invalidArgument } from '../kernel/errors.ts';
import { checkKey, truncate } from './key-rules.ts';
import type { MetricPoint } from './metric-rules.ts';

export const RUN_NAME_TAG = 'mlflow.runName';
const MAX_PARAM_VALUE = 6000;
const MAX_TAG_VALUE = 8000;
const MAX_METRICS = 1000;
const MAX_PARAMS = 100;
const MAX_TAGS = 100;
const MAX_TOGETHER = 1000;

export interface Param {
  readonly key: string;
  readonly value: string;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export interface LoggedMetric extends MetricPoint {
  readonly key: string;
  /** Also recorded on this logged model, with the dataset it was measured on. */
  readonly modelId?: string | undefined;
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

export interface RunBatch {
  readonly runId: string;
  readonly metrics: readonly LoggedMetric[];
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
}

const RUN_ID_FORM = /^[a-zA-Z0-9][\w-]{0,255}$/;

/** @throws AppError InvalidArgument for a text that cannot be a run's id. */
export function checkRunId(runId: string, path = 'run_id'): void {
  if (!RUN_ID_FORM.test(runId)) {
    throw invalidArgument(
      `Invalid value ${JSON.stringify(runId.slice(0, 100))} for parameter '${path}' supplied: Invalid run ID`,
      {
        field: path,
      },
    );
  }
}

/** @throws AppError InvalidArgument for what no run may hold, whatever its state. Limits: contract, section 7. */
export function checkBatch(batch: RunBatch): void {
  checkLimit('metrics', batch.metrics.length, MAX_METRICS);
  checkLimit('params', batch.params.length, MAX_PARAMS);
  checkLimit('tags', batch.tags.length, MAX_TAGS);
  checkLimit(
    'metrics, params, and tags',
    batch.metrics.length + batch.params.length + batch.tags.length,
    MAX_TOGETHER,
  );
  checkMetrics(batch.metrics);
  for (const [i, param] of batch.params.entries()) checkKey(param.key, 'Parameter', `params[${i}].key`);
  for (const [i, tag] of batch.tags.entries()) checkKey(tag.key, 'Tag', `tags[${i}].key`);
  checkParamKeysUnique(batch.params);
}

function checkLimit(what: string, count: number, limit: number): void {
  if (count > limit) {
    throw invalidArgument(
      `A batch logging request can contain at most ${limit} ${what}. Got ${count} ${what}. ` +
        `Please split up ${what} across multiple requests and try again.`,
      { field: what },
    );
  }
}

function checkMetrics(metrics: readonly LoggedMetric[]): void {
  // A batch has up to a thousand points, and few keys.
  const good = new Set<string>();
  metrics.forEach(({ key, timestampMs }, i) => {
    if (!good.has(key)) checkKey(key, 'Metric', `metrics[${i}].key`);
    good.add(key);
    if (timestampMs < 0) {
      const path = `metrics[${i}].timestamp`;
      throw invalidArgument(
        `Invalid value ${timestampMs} for parameter '${path}' supplied: expected a nonnegative 64-bit integer of milliseconds.`,
        { field: path },
      );
    }
  });
}

function checkParamKeysUnique(params: readonly Param[]): void {
  if (params.length < 2) return;
  const seen = new Set<string>();
  for (const { key } of params) {
    if (seen.has(key)) {
      throw invalidArgument(
        `Duplicate parameter keys have been submitted: ['${key}']. Please ensure the request contains only one param value per param key.`,
        { field: 'params' },
      );
    }
    seen.add(key);
  }
}

/** Long values are cut silently, as on the real server. */
export const storedParamValue = (value: string): string => truncate(value, MAX_PARAM_VALUE);
export const storedTagValue = (value: string): string => truncate(value, MAX_TAG_VALUE);

/**
 * The tags and the name that a new run gets; the tag `mlflow.runName` always mirrors the name.
 * @throws AppError InvalidArgument when name and tag are both given and differ.
 */
export function nameAndTags(
  name: string | undefined,
  tags: readonly Tag[],
  randomName: () => string,
): { name: string; tags: Map<string, string> } {
  const byKey = new Map(tags.map((tag) => [tag.key, tag.value]));
  const tagged = byKey.get(RUN_NAME_TAG);
  if (name && tagged && name !== tagged) {
    throw invalidArgument(
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${name}', mlflow.runName='${tagged}').`,
      { field: 'run_name' },
    );
  }
  const chosen = name || tagged || randomName();
  byKey.set(RUN_NAME_TAG, chosen);
  return { name: chosen, tags: byKey };
}

/** A note about a run is never part of its results. */
const ALWAYS_MUTABLE: readonly string[] = ['mlflow.note.content'];

/** Whether a tag of a locked run may change. `names`: a name that ends in `*` stands for all that begin so. */
export function isMutableTag(key: string, names: readonly string[]): boolean {
  return [...ALWAYS_MUTABLE, ...names].some((name) =>
    name.endsWith('*') ? key.startsWith(name.slice(0, -1)) : key === name,
  );
}

/** Statuses in which a run has ended. */
export function hasEnded(status: string): boolean {
  return status === 'FINISHED' || status === 'FAILED' || status === 'KILLED';
}
