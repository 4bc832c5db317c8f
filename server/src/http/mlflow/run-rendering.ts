import {
  type DatasetInput,
  type RunDetails,
  type RunDocument,
  type RunRow,
  runArtifactLocation,
} from '../../tracking/run-details.ts';
import { renderDouble, renderInt64 } from './json.ts';

export function renderRunInfo(run: RunRow): object {
  return {
    run_uuid: run.runId,
    run_id: run.runId,
    run_name: run.name,
    experiment_id: String(run.experimentNo),
    user_id: run.userId ?? '',
    status: run.status,
    start_time: renderInt64(run.startTimeMs),
    ...(run.endTimeMs !== null && { end_time: renderInt64(run.endTimeMs) }),
    artifact_uri: runArtifactLocation(run),
    lifecycle_stage: run.stage,
  };
}

/** A run as `runs/get` shows it; `runs/search` leaves the model inputs out, as the real server does. */
export function renderRun(details: RunDetails, options: { readonly withModelInputs: boolean }): object {
  const { metrics, params, tags } = details;
  return {
    info: renderRunInfo(details.run),
    data: {
      ...(metrics.length > 0 && { metrics: metrics.map(renderMetric) }),
      ...(params.length > 0 && { params }),
      ...(tags.length > 0 && { tags }),
    },
    ...renderLinks(details, options),
  };
}

/** The same from a document: its arrays are JSON already and are put in as they are. */
export function renderRunDocument(
  document: RunDocument,
  options: { readonly withModelInputs: boolean },
): string {
  const arrays = [
    ['metrics', document.metricsJson],
    ['params', document.paramsJson],
    ['tags', document.tagsJson],
  ] as const;
  const data = arrays.filter(([, json]) => json !== '[]').map(([name, json]) => `"${name}":${json}`);
  const links = JSON.stringify(renderLinks(document, options));
  return `{"info":${JSON.stringify(renderRunInfo(document.run))},"data":{${data.join(',')}},${links.slice(1)}`;
}

function renderLinks(
  { datasets, modelInputs, modelOutputs }: Pick<RunDetails, 'datasets' | 'modelInputs' | 'modelOutputs'>,
  options: { readonly withModelInputs: boolean },
): object {
  const showInputs = options.withModelInputs && modelInputs.length > 0;
  return {
    inputs: {
      ...(datasets.length > 0 && { dataset_inputs: datasets.map(renderDatasetInput) }),
      ...(showInputs && { model_inputs: modelInputs.map(({ modelId }) => ({ model_id: modelId })) }),
    },
    outputs: {
      ...(modelOutputs.length > 0 && {
        model_outputs: modelOutputs.map(({ modelId, step }) => ({
          model_id: modelId,
          step: renderInt64(step),
        })),
      }),
    },
  };
}

function renderMetric(metric: RunDetails['metrics'][number]): object {
  return {
    key: metric.key,
    value: renderDouble(metric.value),
    timestamp: renderInt64(metric.timestampMs),
    step: renderInt64(metric.step),
  };
}

function renderDatasetInput(input: DatasetInput): object {
  return {
    ...(input.tags.length > 0 && { tags: input.tags }),
    dataset: {
      name: input.name,
      digest: input.digest,
      source_type: input.sourceType,
      source: input.source,
      ...(input.schema !== null && { schema: input.schema }),
      ...(input.profile !== null && { profile: input.profile }),
    },
  };
}
