import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { ViewType } from '../../tracking/experiment-search.ts';
import { type Experiment, type Experiments, experimentNotInStage } from '../../tracking/experiments.ts';
import type { Tag } from '../../tracking/runs.ts';
import {
  objectList,
  optionalEnum,
  optionalInt32,
  optionalString,
  requiredString,
  stringList,
} from './fields.ts';
import type { JsonObject } from './json.ts';
import type { MlflowCall, MlflowRoute } from './routes.ts';
import { needs, ofExperiment, workspace } from './targets.ts';

const VIEW_TYPES: Readonly<Record<ViewType, number>> = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 };

export const parseViewType = (message: JsonObject, name: string): ViewType =>
  optionalEnum(message, name, VIEW_TYPES) ?? 'ACTIVE_ONLY';

const experimentNoOf = (message: JsonObject): number =>
  parseExperimentId(requiredString(message, 'experiment_id'));

/** Tags of a request, each with its place in messages; a value may be absent and is empty then. */
export function parseTags(message: JsonObject): Tag[] {
  return objectList(message, 'tags').map((tag, i) => ({
    key: requiredString(tag, 'key', `tags[${i}].key`),
    value: optionalString(tag, 'value', `tags[${i}].value`) ?? '',
  }));
}

export function renderExperiment(experiment: Experiment): object {
  return {
    experiment_id: String(experiment.experimentNo),
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    last_update_time: experiment.lastUpdateTimeMs,
    creation_time: experiment.creationTimeMs,
    ...(experiment.tags.length > 0 && { tags: experiment.tags }),
    workspace: 'default',
  };
}

const notActive = (experimentNo: number) => experimentNotInStage(experimentNo, 'active');
const notInTrash = (experimentNo: number) => experimentNotInStage(experimentNo, 'deleted');

export function experimentRoutes(experiments: Experiments): readonly MlflowRoute[] {
  async function search({ message, caller }: MlflowCall): Promise<object> {
    const page = await experiments.search({
      maxResults: optionalInt32(message, 'max_results') ?? 0,
      pageToken: optionalString(message, 'page_token'),
      filter: optionalString(message, 'filter'),
      orderBy: stringList(message, 'order_by'),
      viewType: parseViewType(message, 'view_type'),
      visible: caller.access.visibleExperiments(),
    });
    return {
      ...(page.items.length > 0 && { experiments: page.items.map(renderExperiment) }),
      ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
    };
  }

  return [
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/create',
      access: needs('workspace.create-experiment', workspace),
      async handle({ message, caller }) {
        const experimentNo = await experiments.create(
          {
            name: requiredString(message, 'name'),
            artifactLocation: optionalString(message, 'artifact_location'),
            tags: parseTags(message),
          },
          caller.access,
        );
        return { experiment_id: String(experimentNo) };
      },
    },
    { method: 'GET', path: '2.0/mlflow/experiments/search', access: 'filtered', handle: search },
    { method: 'POST', path: '2.0/mlflow/experiments/search', access: 'filtered', handle: search },
    {
      method: 'GET',
      path: '2.0/mlflow/experiments/get',
      access: needs('experiment.read', ofExperiment()),
      handle: async ({ message }) => ({
        experiment: renderExperiment(await experiments.get(experimentNoOf(message))),
      }),
    },
    {
      method: 'GET',
      path: '2.0/mlflow/experiments/get-by-name',
      access: 'filtered',
      async handle({ message, caller }) {
        return {
          experiment: renderExperiment(
            await experiments.getByName(requiredString(message, 'experiment_name'), caller.access),
          ),
        };
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/delete',
      access: needs('experiment.manage', ofExperiment('experiment_id', notActive)),
      async handle({ message }) {
        await experiments.delete(experimentNoOf(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/restore',
      access: needs('experiment.manage', ofExperiment('experiment_id', notInTrash)),
      async handle({ message }) {
        await experiments.restore(experimentNoOf(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/update',
      access: needs('experiment.edit', ofExperiment()),
      async handle({ message, caller }) {
        await experiments.rename(experimentNoOf(message), requiredString(message, 'new_name'), caller.access);
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/set-experiment-tag',
      access: needs('experiment.edit', ofExperiment()),
      async handle({ message }) {
        await experiments.setTag(experimentNoOf(message), {
          key: requiredString(message, 'key'),
          value: optionalString(message, 'value') ?? '',
        });
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/experiments/delete-experiment-tag',
      access: needs('experiment.edit', ofExperiment()),
      async handle({ message }) {
        await experiments.deleteTag(experimentNoOf(message), requiredString(message, 'key'));
        return {};
      },
    },
  ];
}
