import type { PendingCreates } from '../../idempotency/pending-creates.ts';
import { invalidArgument } from '../../kernel/errors.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import type { Page } from '../../tracking/experiments.ts';
import type { RunDocument, RunStatus } from '../../tracking/run-details.ts';
import { checkRunId, type LoggedMetric, type RunBatch } from '../../tracking/run-rules.ts';
import type { RunSearches } from '../../tracking/run-search.ts';
import type { Runs } from '../../tracking/runs.ts';
import { parseTags, parseViewType } from './experiments.ts';
import {
  asObject,
  missing,
  objectList,
  optionalDouble,
  optionalEnum,
  optionalInt32,
  optionalInt64,
  optionalString,
  parseRunId,
  requiredString,
  stringList,
} from './fields.ts';
import { type JsonObject, parseJson } from './json.ts';
import { JsonText, type MlflowRoute } from './routes.ts';
import { renderRun, renderRunDocument, renderRunInfo } from './run-rendering.ts';
import { needs, ofExperiment, readableExperiments, type Targets } from './targets.ts';

const STATUSES: Readonly<Record<RunStatus, number>> = {
  RUNNING: 1,
  SCHEDULED: 2,
  FINISHED: 3,
  FAILED: 4,
  KILLED: 5,
};

const PLAIN_FIELDS: ReadonlySet<string> = new Set(['key', 'value', 'timestamp', 'step']);

/** A metric whose fields are what they should be: nearly all are, and a batch has a thousand. Undefined for others. */
function parsePlainMetric(metric: JsonObject): LoggedMetric | undefined {
  for (const name in metric) if (!PLAIN_FIELDS.has(name)) return undefined;
  const { key, value, timestamp, step = 0 } = metric;
  if (typeof key !== 'string' || key === '' || typeof value !== 'number') return undefined;
  if (!Number.isSafeInteger(timestamp) || !Number.isSafeInteger(step)) return undefined;
  return {
    key,
    value,
    timestampMs: timestamp as number,
    step: step as number,
    modelId: undefined,
    datasetName: undefined,
    datasetDigest: undefined,
  };
}

function parseMetric(metric: JsonObject, prefix: string): LoggedMetric {
  const key = requiredString(metric, 'key', `${prefix}key`);
  const value = optionalDouble(metric, 'value', `${prefix}value`);
  if (value === undefined) throw missing(`${prefix}value`);
  const timestampMs = optionalInt64(metric, 'timestamp', `${prefix}timestamp`);
  if (timestampMs === undefined) throw missing(`${prefix}timestamp`);
  const dataset = {
    datasetName: optionalString(metric, 'dataset_name', `${prefix}dataset_name`) || undefined,
    datasetDigest: optionalString(metric, 'dataset_digest', `${prefix}dataset_digest`) || undefined,
  };
  if ((dataset.datasetName === undefined) !== (dataset.datasetDigest === undefined)) {
    throw invalidArgument('Both dataset_name and dataset_digest must be provided if one is provided.', {
      field: `${prefix}${dataset.datasetName === undefined ? 'dataset_name' : 'dataset_digest'}`,
    });
  }
  return {
    key,
    value,
    timestampMs,
    step: optionalInt64(metric, 'step', `${prefix}step`) ?? 0,
    modelId: optionalString(metric, 'model_id', `${prefix}model_id`) || undefined,
    ...dataset,
  };
}

/** The real server lets other than texts through here, and loses what follows: here they are kept as texts. */
function paramText(param: JsonObject, path: string): string {
  const { value } = param;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value);
  return optionalString(param, 'value', path) ?? '';
}

function parseBatch(message: JsonObject): RunBatch {
  const runId = parseRunId(message);
  checkRunId(runId);
  return {
    runId,
    metrics: objectList(message, 'metrics').map(
      (metric, i) => parsePlainMetric(metric) ?? parseMetric(metric, `metrics[${i}].`),
    ),
    params: objectList(message, 'params').map((param, i) => ({
      key: requiredString(param, 'key', `params[${i}].key`),
      value: paramText(param, `params[${i}].value`),
    })),
    tags: parseTags(message),
  };
}

export interface RunServices {
  readonly runs: Runs;
  readonly searches: RunSearches;
  readonly pendingCreates: PendingCreates;
  readonly targets: Targets;
}

export function runRoutes({ runs, searches, pendingCreates, targets }: RunServices): readonly MlflowRoute[] {
  const none = { metrics: [], params: [], tags: [] } as const;
  return [
    {
      method: 'POST',
      path: '2.0/mlflow/runs/create',
      access: needs('experiment.edit', ofExperiment()),
      async handle({ message, onAnswered }) {
        const details = await runs.create({
          experimentNo: parseExperimentId(requiredString(message, 'experiment_id')),
          userId: optionalString(message, 'user_id'),
          name: optionalString(message, 'run_name'),
          startTimeMs: optionalInt64(message, 'start_time'),
          tags: parseTags(message),
        });
        onAnswered((delivered) => pendingCreates.answered(details.run.runId, delivered));
        return { run: renderRun(details, { withModelInputs: true }) };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/runs/get',
      access: needs('experiment.read', targets.ofRun),
      async handle({ message }) {
        const run = await runs.getDocument(parseRunId(message));
        return new JsonText([`{"run":${renderRunDocument(run, { withModelInputs: true })}}`]);
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/update',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        const run = await runs.update(parseRunId(message), {
          status: optionalEnum(message, 'status', STATUSES),
          endTimeMs: optionalInt64(message, 'end_time'),
          name: optionalString(message, 'run_name'),
        });
        return { run_info: renderRunInfo(run) };
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/delete',
      access: needs('experiment.manage', targets.ofRun),
      async handle({ message }) {
        await runs.delete(parseRunId(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/restore',
      access: needs('experiment.manage', targets.ofRun),
      async handle({ message }) {
        await runs.restore(parseRunId(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/log-metric',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        const runId = parseRunId(message);
        await runs.logBatch({ ...none, runId, metrics: [parseMetric(message, '')] });
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/log-parameter',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        const runId = parseRunId(message);
        const param = { key: requiredString(message, 'key'), value: optionalString(message, 'value') ?? '' };
        await runs.logBatch({ ...none, runId, params: [param] });
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/set-tag',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        const runId = parseRunId(message);
        const tag = { key: requiredString(message, 'key'), value: optionalString(message, 'value') ?? '' };
        await runs.logBatch({ ...none, runId, tags: [tag] });
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/delete-tag',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        await runs.deleteTag(parseRunId(message), requiredString(message, 'key'));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/log-batch',
      access: needs('experiment.edit', (call) => {
        // This call alone tells an id that none can be from one that there is not.
        checkRunId(parseRunId(call.message));
        return targets.ofRun(call);
      }),
      async handle({ message }) {
        await runs.logBatch(parseBatch(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/log-model',
      access: needs('experiment.edit', targets.ofRun),
      async handle({ message }) {
        await runs.appendModelHistory(parseRunId(message), parseModelDescription(message));
        return {};
      },
    },
    {
      method: 'POST',
      path: '2.0/mlflow/runs/search',
      access: 'filtered',
      async handle({ message, caller }) {
        const experimentNos = stringList(message, 'experiment_ids').map((id) =>
          parseExperimentId(id, 'experiment_ids'),
        );
        const page = await searches.search({
          experimentNos: readableExperiments(caller.access, experimentNos),
          filter: optionalString(message, 'filter'),
          viewType: parseViewType(message, 'run_view_type'),
          maxResults: optionalInt32(message, 'max_results') ?? 1000,
          orderBy: stringList(message, 'order_by'),
          pageToken: optionalString(message, 'page_token'),
        });
        return new JsonText(renderPage(page));
      },
    },
  ];
}

function* renderPage({ items, nextPageToken }: Page<RunDocument>): Generator<string> {
  if (items.length === 0) {
    yield '{}';
    return;
  }
  let open = '{"runs":[';
  for (const run of items) {
    yield open + renderRunDocument(run, { withModelInputs: false });
    open = ',';
  }
  yield nextPageToken === undefined ? ']}' : `],"next_page_token":${JSON.stringify(nextPageToken)}}`;
}

/** What clients before 3.0 tell of a model they logged: JSON text with at least these fields. */
function parseModelDescription(message: JsonObject): object {
  const text = requiredString(message, 'model_json');
  const model = asObject(parseJson(Buffer.from(text)), 'model_json');
  const absent = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'].filter(
    (name) => !(name in model),
  );
  if (absent.length > 0) {
    throw invalidArgument(`Model json is missing mandatory fields: ${absent.join(', ')}.`, {
      field: 'model_json',
    });
  }
  return model;
}
