import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { InputDataset, RunInputs } from '../../tracking/run-inputs.ts';
import {
  asObject,
  missing,
  objectList,
  optionalInt64,
  optionalString,
  parseRunId,
  requiredString,
  stringList,
} from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowRoute } from './routes.ts';
import { needs, readableExperiments, type Targets } from './targets.ts';

function parseDataset(input: JsonObject, path: string): InputDataset {
  const dataset = asObject(input.dataset, `${path}.dataset`);
  const required = (name: string) => requiredString(dataset, name, `${path}.dataset.${name}`);
  const optional = (name: string) => optionalString(dataset, name, `${path}.dataset.${name}`);
  return {
    name: required('name'),
    digest: required('digest'),
    sourceType: required('source_type'),
    source: required('source'),
    schema: optional('schema'),
    profile: optional('profile'),
    tags: objectList(input, 'tags', `${path}.tags`).map((tag, i) => ({
      key: requiredString(tag, 'key', `${path}.tags[${i}].key`),
      value: optionalString(tag, 'value', `${path}.tags[${i}].value`) ?? '',
    })),
  };
}

export function runInputRoutes(inputs: RunInputs, targets: Targets): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: '2.0/mlflow/runs/log-inputs',
      access: [
        ...needs('experiment.edit', targets.ofRun),
        ...needs('experiment.edit', targets.ofLinkedModels),
      ],
      async handle({ message }) {
        await inputs.logInputs(parseRunId(message), {
          datasets: objectList(message, 'datasets').map((input, i) => parseDataset(input, `datasets[${i}]`)),
          modelIds: objectList(message, 'models').map((model, i) =>
            requiredString(model, 'model_id', `models[${i}].model_id`),
          ),
        });
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/outputs',
      access: [
        ...needs('experiment.edit', targets.ofRun),
        ...needs('experiment.edit', targets.ofLinkedModels),
      ],
      async handle({ message }) {
        if (message.models === undefined || message.models === null) throw missing('models');
        await inputs.logOutputs(
          parseRunId(message),
          objectList(message, 'models').map((model, i) => ({
            modelId: requiredString(model, 'model_id', `models[${i}].model_id`),
            step: optionalInt64(model, 'step', `models[${i}].step`) ?? 0,
          })),
        );
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/search-datasets',
      prefixes: 'ajax',
      access: 'filtered',
      async handle({ message, caller }) {
        const ids = stringList(message, 'experiment_ids').map((id) =>
          parseExperimentId(id, 'experiment_ids'),
        );
        const summaries = await inputs.searchDatasets(readableExperiments(caller.access, ids));
        if (summaries.length === 0) return {};
        return {
          dataset_summaries: summaries.map((summary) => ({
            experiment_id: String(summary.experimentNo),
            name: summary.name,
            digest: summary.digest,
            ...(summary.context !== null && { context: summary.context }),
          })),
        };
      },
    },
  ];
}
