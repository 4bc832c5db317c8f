import { invalidArgument } from '../../kernel/errors.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { parseVersionLinks, VERSIONS_TAG } from '../../tracking/logged-model-links.ts';
import {
  type LoggedModel,
  type LoggedModelStatus,
  type LoggedModels,
  modelArtifactLocation,
} from '../../tracking/logged-models.ts';
import type { Param, Tag } from '../../tracking/run-rules.ts';
import type { SeesModel } from '../../tracking/seen-models.ts';
import { parseTags } from './experiments.ts';
import {
  missing,
  objectList,
  optionalBoolean,
  optionalEnum,
  optionalInt32,
  optionalString,
  requiredString,
  stringList,
} from './fields.ts';
import { type JsonObject, renderDouble, renderInt64 } from './json.ts';
import type { Caller, MlflowRoute } from './routes.ts';
import { needs, ofExperiment, readableExperiments, type Targets } from './targets.ts';

const STATUSES = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 0,
  LOGGED_MODEL_PENDING: 1,
  LOGGED_MODEL_READY: 2,
  LOGGED_MODEL_UPLOAD_FAILED: 3,
} as const;

const STATUS_OF: Readonly<Record<keyof typeof STATUSES, LoggedModelStatus>> = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 'UNSPECIFIED',
  LOGGED_MODEL_PENDING: 'PENDING',
  LOGGED_MODEL_READY: 'READY',
  LOGGED_MODEL_UPLOAD_FAILED: 'FAILED',
};
const NAME_OF = Object.fromEntries(Object.entries(STATUS_OF).map(([name, status]) => [status, name]));

/** The registered versions of a model are named in a tag of it: those that the caller may know of are. */
function seenTags(tags: readonly Tag[], sees: SeesModel): readonly Tag[] {
  return tags.map((tag) => {
    if (tag.key !== VERSIONS_TAG) return tag;
    const versions = parseVersionLinks(tag.value);
    const seen = versions.filter(({ name }) => sees(name));
    return seen.length === versions.length ? tag : { ...tag, value: JSON.stringify(seen) };
  });
}

function renderLoggedModel({ row, params, tags: all, metrics }: LoggedModel, sees: SeesModel): object {
  const tags = seenTags(all, sees);
  return {
    info: {
      model_id: row.model_id,
      experiment_id: String(row.experiment_no),
      name: row.name,
      creation_timestamp_ms: row.creation_time,
      last_updated_timestamp_ms: row.last_update_time,
      artifact_uri: modelArtifactLocation(row),
      status: NAME_OF[row.status],
      ...(row.model_type !== null && { model_type: row.model_type }),
      ...(row.source_run_id !== null && { source_run_id: row.source_run_id }),
      ...(row.status_message !== null && { status_message: row.status_message }),
      ...(tags.length > 0 && { tags }),
    },
    data: {
      ...(params.length > 0 && { params }),
      ...(metrics.length > 0 && {
        metrics: metrics.map((metric) => ({
          key: metric.key,
          value: renderDouble(metric.value),
          timestamp: renderInt64(metric.timestampMs),
          step: renderInt64(metric.step),
          ...(metric.datasetName !== undefined && { dataset_name: metric.datasetName }),
          ...(metric.datasetDigest !== undefined && { dataset_digest: metric.datasetDigest }),
          model_id: row.model_id,
          run_id: metric.runId,
        })),
      }),
    },
  };
}

function parseParams(message: JsonObject): Param[] {
  return objectList(message, 'params').map((param, i) => ({
    key: requiredString(param, 'key', `params[${i}].key`),
    value: optionalString(param, 'value', `params[${i}].value`) ?? '',
  }));
}

export function loggedModelRoutes(models: LoggedModels, targets: Targets): readonly MlflowRoute[] {
  const sees = ({ access }: Caller): SeesModel => targets.seesModel(access);

  return [
    {
      method: 'POST',
      path: '2.0/mlflow/logged-models',
      access: [
        ...needs('experiment.edit', ofExperiment()),
        ...needs('experiment.read', targets.ofOptionalRun('source_run_id')),
      ],
      async handle({ message, caller, onAnswered }) {
        const model = await models.create({
          experimentNo: parseExperimentId(requiredString(message, 'experiment_id')),
          name: optionalString(message, 'name'),
          modelType: optionalString(message, 'model_type') || undefined,
          sourceRunId: optionalString(message, 'source_run_id') || undefined,
          params: parseParams(message),
          tags: parseTags(message),
        });
        onAnswered((delivered) => models.answered(model, delivered));
        return { model: renderLoggedModel(model, sees(caller)) };
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/logged-models/search',
      access: 'filtered',
      async handle({ message, caller }) {
        const experimentIds = stringList(message, 'experiment_ids');
        if (experimentIds.length === 0 || message.experiment_ids === undefined)
          throw missing('experiment_ids');
        const experimentNos = experimentIds.map((id) => parseExperimentId(id, 'experiment_ids'));
        const page = await models.search({
          experimentNos: readableExperiments(caller.access, experimentNos),
          filter: optionalString(message, 'filter') || undefined,
          datasets: objectList(message, 'datasets').map((dataset) => ({
            name: parseDatasetName(dataset),
            digest: optionalString(dataset, 'dataset_digest') || undefined,
          })),
          // Unset reads as the protocol's default of 50, an explicit 0 as the store's of 100.
          maxResults: (optionalInt32(message, 'max_results') ?? 50) || 100,
          orderBy: objectList(message, 'order_by').map((term, i) => ({
            fieldName: requiredString(term, 'field_name', `order_by[${i}].field_name`),
            ascending: optionalBoolean(term, 'ascending', `order_by[${i}].ascending`) ?? true,
            dataset: {
              name: optionalString(term, 'dataset_name') || undefined,
              digest: optionalString(term, 'dataset_digest') || undefined,
            },
          })),
          pageToken: optionalString(message, 'page_token'),
        });
        return {
          ...(page.items.length > 0 && {
            models: page.items.map((model) => renderLoggedModel(model, sees(caller))),
          }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/logged-models/:model_id',
      access: needs('experiment.read', targets.ofLoggedModel),
      async handle({ message, path, caller }) {
        const allowDeleted = optionalBoolean(message, 'allow_deleted') ?? false;
        const model = await models.get(path.model_id!, { allowDeleted });
        return { model: renderLoggedModel(model, sees(caller)) };
      },
    },
    {
      method: 'PATCH',
      path: '2.0/mlflow/logged-models/:model_id',
      access: needs('experiment.edit', targets.ofLoggedModel),
      async handle({ message, path, caller }) {
        if (message.status === undefined || message.status === null || message.status === '')
          throw missing('status');
        const name = optionalEnum(message, 'status', STATUSES) ?? 'LOGGED_MODEL_STATUS_UNSPECIFIED';
        const model = await models.setStatus(path.model_id!, STATUS_OF[name]);
        return { model: renderLoggedModel(model, sees(caller)) };
      },
    },
    {
      method: 'DELETE',
      path: '2.0/mlflow/logged-models/:model_id',
      access: needs('experiment.manage', targets.ofLoggedModel),
      async handle({ path }) {
        await models.delete(path.model_id!);
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/logged-models/:model_id/params',
      access: needs('experiment.edit', targets.ofLoggedModel),
      async handle({ message, path }) {
        await models.logParams(path.model_id!, parseParams(message));
        return {};
      },
    },
    {
      method: 'PATCH',
      path: '2.0/mlflow/logged-models/:model_id/tags',
      access: needs('experiment.edit', targets.ofLoggedModel),
      async handle({ message, path, caller }) {
        const model = await models.setTags(path.model_id!, parseTags(message));
        return { model: renderLoggedModel(model, sees(caller)) };
      },
    },
    {
      method: 'DELETE',
      path: '2.0/mlflow/logged-models/:model_id/tags/:tag_key',
      access: needs('experiment.edit', targets.ofLoggedModel),
      async handle({ path }) {
        await models.deleteTag(path.model_id!, path.tag_key!);
        return {};
      },
    },
  ];
}

function parseDatasetName(dataset: JsonObject): string {
  const name = optionalString(dataset, 'dataset_name');
  if (!name) {
    throw invalidArgument('`dataset_name` in the `datasets` clause must be specified.', {
      field: 'datasets',
    });
  }
  return name;
}
