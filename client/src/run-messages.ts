import type { LifecycleStage } from './experiments.ts';
import {
  readInt64,
  readList,
  readObject,
  readOptionalInt64,
  readOptionalObject,
  readOptionalText,
  readPairs,
  readText,
  readWord,
  type Texts,
  toDouble,
  wirePairs,
} from './fields.ts';
import { type Int64, type JsonObject, type Message, wireDouble, wireInt64 } from './json.ts';

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

/** One point of a metric's history. */
export interface Metric {
  readonly key: string;
  /** NaN stays NaN; the protocol tells ±Infinity as ±1.797…e308. */
  readonly value: number;
  /** ms since 1970 */
  readonly timestampMs: Int64;
  readonly step: Int64;
}

export interface NewMetric {
  readonly key: string;
  /** NaN and ±Infinity as well. */
  readonly value: number;
  /** ms since 1970; now without it. */
  readonly timestampMs?: Int64 | undefined;
  /** 0 without it; may be negative. */
  readonly step?: Int64 | undefined;
  /** A logged model that the value is about. */
  readonly modelId?: string | undefined;
  /** A dataset that it was measured on; name and digest as they were logged as an input. */
  readonly datasetName?: string | undefined;
  readonly datasetDigest?: string | undefined;
}

/** A run as it is now. */
export interface Run {
  readonly runId: string;
  readonly name: string;
  readonly experimentId: string;
  readonly userId: string;
  readonly status: RunStatus;
  /** ms since 1970 */
  readonly startTimeMs: Int64;
  /** ms since 1970; undefined while it goes on. */
  readonly endTimeMs: Int64 | undefined;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
  /** The latest point of every metric, by key. */
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly params: Texts;
  readonly tags: Texts;
  readonly datasets: readonly DatasetInput[];
  /** Ids of logged models that went in; searches leave them out. */
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly ModelOutput[];
}

export interface Dataset {
  readonly name: string;
  /** What tells versions of one name apart; at most 36 characters. */
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  /** JSON as text, as MLflow has it. */
  readonly schema?: string | undefined;
  /** JSON as text, as MLflow has it. */
  readonly profile?: string | undefined;
}

export interface DatasetInput extends Dataset {
  /** `mlflow.data.context` says what for: `training`, `evaluation`… */
  readonly tags: Texts;
}

export interface NewDatasetInput extends Dataset {
  readonly tags?: Texts | undefined;
}

export interface ModelOutput {
  readonly modelId: string;
  readonly step: Int64;
}

export function readMetric(message: JsonObject): Metric {
  return {
    key: readText(message, 'key'),
    value: toDouble(message.value ?? 0, 'value'),
    timestampMs: readInt64(message, 'timestamp'),
    step: readInt64(message, 'step'),
  };
}

/** @throws SlipwayError INVALID_PARAMETER_VALUE for a step or a time that is no whole number */
export function wireMetric(metric: NewMetric): Message {
  const { key, value, timestampMs = Date.now(), step = 0 } = metric;
  return {
    key,
    value: wireDouble(value),
    timestamp: wireInt64(timestampMs, 'timestampMs'),
    step: wireInt64(step, 'step'),
    model_id: metric.modelId,
    dataset_name: metric.datasetName,
    dataset_digest: metric.datasetDigest,
  };
}

export function readRun(message: JsonObject): Run {
  const info = readObject(message, 'info');
  const data = readOptionalObject(message, 'data');
  const inputs = readOptionalObject(message, 'inputs');
  const outputs = readOptionalObject(message, 'outputs');
  const metrics = readList(data, 'metrics', readMetric);
  return {
    ...readRunInfo(info),
    metrics: Object.fromEntries(metrics.map((metric) => [metric.key, metric])),
    params: readPairs(data, 'params'),
    tags: readPairs(data, 'tags'),
    datasets: readList(inputs, 'dataset_inputs', readDatasetInput),
    modelInputs: readList(inputs, 'model_inputs', (input) => readText(input, 'model_id')),
    modelOutputs: readList(outputs, 'model_outputs', (output) => ({
      modelId: readText(output, 'model_id'),
      step: readInt64(output, 'step'),
    })),
  };
}

/** The facts of a run without what was logged to it. */
export type RunInfo = Omit<Run, 'metrics' | 'params' | 'tags' | 'datasets' | 'modelInputs' | 'modelOutputs'>;

export function readRunInfo(info: JsonObject): RunInfo {
  return {
    runId: readText(info, 'run_id'),
    name: readOptionalText(info, 'run_name') ?? '',
    experimentId: readText(info, 'experiment_id'),
    userId: readOptionalText(info, 'user_id') ?? '',
    status: readWord(info, 'status'),
    startTimeMs: readInt64(info, 'start_time'),
    endTimeMs: readOptionalInt64(info, 'end_time'),
    artifactUri: readText(info, 'artifact_uri'),
    lifecycleStage: readWord(info, 'lifecycle_stage'),
  };
}

function readDatasetInput(message: JsonObject): DatasetInput {
  const dataset = readObject(message, 'dataset');
  return {
    name: readText(dataset, 'name'),
    digest: readText(dataset, 'digest'),
    sourceType: readText(dataset, 'source_type'),
    source: readText(dataset, 'source'),
    schema: readOptionalText(dataset, 'schema'),
    profile: readOptionalText(dataset, 'profile'),
    tags: readPairs(message, 'tags'),
  };
}

export function wireDatasetInput(input: NewDatasetInput): Message {
  const { name, digest, sourceType, source, schema, profile, tags } = input;
  return {
    dataset: { name, digest, source_type: sourceType, source, schema, profile },
    tags: wirePairs(tags),
  };
}
