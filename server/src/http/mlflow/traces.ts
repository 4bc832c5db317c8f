import type { Access } from '../../governance/access.ts';
import { spanMessages, type TraceData, type TraceDataReader } from '../../traces/trace-data.ts';
import type { TraceSearches } from '../../traces/trace-search.ts';
import type { Traces } from '../../traces/traces.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import {
  missing,
  objectList,
  optionalBoolean,
  optionalInt32,
  optionalObject,
  optionalString,
  requiredString,
  stringList,
} from './fields.ts';
import type { JsonObject } from './json.ts';
import { JsonText, type MlflowCall, type MlflowRoute } from './routes.ts';
import {
  experimentTarget,
  type Named,
  needs,
  ofExperiment,
  readableExperiments,
  type Targets,
} from './targets.ts';
import { readStartedTrace, readTimeMs, renderTraceInfo } from './trace-messages.ts';

export interface TraceServices {
  readonly traces: Traces;
  readonly searches: TraceSearches;
  readonly data: TraceDataReader;
  readonly targets: Targets;
}

const DEFAULT_PAGE = 100;

/** Traces as clients from 3.0 on speak of them. */
export function traceRoutes({ traces, searches, data, targets }: TraceServices): readonly MlflowRoute[] {
  /** A trace whose spans came before may be in another experiment, and would leave it. */
  async function ofStartedTrace({ message }: Named) {
    const { traceId, experimentNo } = readStartedTrace(message);
    return [experimentTarget(experimentNo), ...(await targets.ofKnownTraces([traceId]))];
  }

  async function deleteTraces({ message }: MlflowCall): Promise<object> {
    const deleted = await traces.delete({
      experimentNo: parseExperimentId(requiredString(message, 'experiment_id')),
      traceIds: stringList(message, 'request_ids'),
      upToMs: readTimeMs(message, 'max_timestamp_millis'),
      maxTraces: optionalInt32(message, 'max_traces'),
    });
    return { traces_deleted: deleted };
  }

  async function linkToRun({ message, caller }: MlflowCall): Promise<object> {
    const traceIds = requiredList(message, 'trace_ids');
    const runId = requiredString(message, 'run_id');
    await traces.linkToRun(await targets.withoutForeignTraces(caller.access, traceIds), runId);
    return {};
  }

  return [
    {
      method: 'POST',
      path: '3.0/mlflow/traces',
      access: needs('experiment.edit', ofStartedTrace),
      async handle({ message }) {
        return { trace: { trace_info: renderTraceInfo(await traces.start(readStartedTrace(message))) } };
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/traces/:trace_id',
      access: needs('experiment.read', targets.ofTrace),
      async handle({ path }) {
        return { trace: { trace_info: renderTraceInfo(await traces.get(path.trace_id!)) } };
      },
    },
    ...(['2.0', '3.0'] as const).map(
      (version): MlflowRoute => ({
        method: 'GET',
        path: `${version}/mlflow/get-trace-artifact`,
        prefixes: 'ajax',
        access: needs('experiment.read', targets.ofTraceIn('request_id')),
        request: [{ name: 'request_id', type: 'string', required: true }],
        async handle({ message }) {
          const { contents } = await data.getPartial(requiredString(message, 'request_id'));
          return new JsonText([`{"spans":[${contents.join(',')}]}`]);
        },
      }),
    ),
    {
      method: 'GET',
      path: '3.0/mlflow/traces/get',
      access: needs('experiment.read', targets.ofTraceIn('trace_id')),
      async handle({ message, signal }) {
        const traceId = requiredString(message, 'trace_id');
        const trace = await (optionalBoolean(message, 'allow_partial')
          ? data.getPartial(traceId)
          : data.getComplete(traceId, signal));
        return new JsonText(renderTraces('{"trace":', [trace], '}'));
      },
    },
    {
      method: 'GET',
      path: '3.0/mlflow/traces/batchGet',
      access: 'filtered',
      async handle({ message, caller }) {
        const scope = experimentScope(message, caller.access);
        const found = await data.getMany(requiredList(message, 'trace_ids'), scope);
        return found.length === 0 ? {} : new JsonText(renderTraces('{"traces":[', found, ']}'));
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/traces/batchGetInfos',
      access: 'filtered',
      async handle({ message, caller }) {
        const scope = experimentScope(message, caller.access);
        const found = await traces.getMany(requiredList(message, 'trace_ids'), scope);
        return found.length === 0 ? {} : { trace_infos: found.map(renderTraceInfo) };
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/traces/search',
      access: 'filtered',
      async handle({ message, caller }) {
        if (message.locations === undefined) throw missing('locations');
        const page = await searches.search({
          experimentNos: readableExperiments(caller.access, locationsOf(message)),
          filter: optionalString(message, 'filter'),
          maxResults: optionalInt32(message, 'max_results') ?? DEFAULT_PAGE,
          orderBy: stringList(message, 'order_by'),
          pageToken: optionalString(message, 'page_token'),
        });
        return {
          ...(page.items.length > 0 && { traces: page.items.map(renderTraceInfo) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
    {
      method: 'POST',
      path: '3.0/mlflow/traces/calculate-filter-correlation',
      access: 'filtered',
      async handle({ message, caller }) {
        const experimentNos = requiredList(message, 'experiment_ids').map((id) => parseExperimentId(id));
        const found = await searches.associate({
          experimentNos: readableExperiments(caller.access, experimentNos),
          first: requiredString(message, 'filter_string1'),
          second: requiredString(message, 'filter_string2'),
          base: optionalString(message, 'base_filter'),
        });
        return {
          // What is undefined is absent.
          ...(!Number.isNaN(found.npmi) && { npmi: found.npmi, npmi_smoothed: found.npmiSmoothed }),
          filter1_count: found.first,
          filter2_count: found.second,
          joint_count: found.joint,
          total_count: found.total,
        };
      },
    },
    ...(['2.0/mlflow/traces/:request_id', '3.0/mlflow/traces/:trace_id'] as const).flatMap(
      (one): MlflowRoute[] => [
        {
          method: 'PATCH',
          path: `${one}/tags`,
          access: needs('experiment.edit', targets.ofTrace),
          async handle({ message, path }) {
            const value = optionalString(message, 'value') ?? '';
            await traces.setTag(idOf(path), requiredString(message, 'key'), value);
            return {};
          },
        },
        {
          method: 'DELETE',
          path: `${one}/tags`,
          access: needs('experiment.edit', targets.ofTrace),
          async handle({ message, path }) {
            await traces.deleteTag(idOf(path), requiredString(message, 'key'));
            return {};
          },
        },
      ],
    ),
    {
      method: 'POST',
      path: '2.0/mlflow/traces/delete-traces',
      access: needs('experiment.manage', ofExperiment()),
      handle: deleteTraces,
    },
    {
      method: 'POST',
      path: '3.0/mlflow/traces/delete-traces',
      access: needs('experiment.manage', ofExperiment()),
      handle: deleteTraces,
    },
    {
      method: 'POST',
      path: '2.0/mlflow/traces/link-to-run',
      access: needs('experiment.edit', targets.ofRun),
      handle: linkToRun,
    },
    {
      method: 'POST',
      path: '2.0/mlflow/traces/link-prompts',
      access: needs('experiment.edit', targets.ofTraceIn('trace_id')),
      async handle({ message }) {
        if (message.prompt_versions === undefined) throw missing('prompt_versions');
        const prompts = objectList(message, 'prompt_versions').map((prompt, i) => {
          const name = requiredString(prompt, 'name', `prompt_versions[${i}].name`);
          return `${name}/${requiredString(prompt, 'version', `prompt_versions[${i}].version`)}`;
        });
        await traces.linkPrompts(requiredString(message, 'trace_id'), prompts);
        return {};
      },
    },
  ];
}

/** The trace's id, under its name of old or of now. */
const idOf = (path: MlflowCall['path']): string => (path.trace_id ?? path.request_id)!;

function requiredList(message: JsonObject, name: string): readonly string[] {
  const values = stringList(message, name);
  if (values.length === 0) throw missing(name);
  return values;
}

/** The experiments to look in; all that the caller may read where none is named. */
function experimentScope(message: JsonObject, access: Access): readonly number[] | undefined {
  const ids = stringList(message, 'experiment_ids');
  if (ids.length > 0) {
    return readableExperiments(
      access,
      ids.map((id) => parseExperimentId(id, 'experiment_ids')),
    );
  }
  const visible = access.visibleExperiments();
  return visible === 'all' ? undefined : visible;
}

function locationsOf(message: JsonObject): number[] {
  return objectList(message, 'locations').flatMap((location, i) => {
    const path = `locations[${i}].mlflow_experiment`;
    const experiment = optionalObject(location, 'mlflow_experiment', path);
    if (experiment === undefined) return [];
    const idPath = `${path}.experiment_id`;
    return [parseExperimentId(requiredString(experiment, 'experiment_id', idPath), idPath)];
  });
}

/** Traces with their spans, span by span, between `before` and `after`. */
function* renderTraces(before: string, traces: readonly TraceData[], after: string): Generator<string> {
  yield before;
  let separator = '';
  for (const trace of traces) {
    yield `${separator}{"trace_info":${JSON.stringify(renderTraceInfo(trace.info))}`;
    let opening = ',"spans":[';
    for (const span of spanMessages(trace)) {
      yield opening + span;
      opening = ',';
    }
    yield opening === ',' ? ']}' : '}';
    separator = ',';
  }
  yield after;
}
