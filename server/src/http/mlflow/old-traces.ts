import type { TraceSearches } from '../../traces/trace-search.ts';
import type { Traces } from '../../traces/traces.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { missing, optionalInt32, optionalString, requiredString, stringList } from './fields.ts';
import type { MlflowRoute } from './routes.ts';
import { needs, ofExperiment, readableExperiments, type Targets } from './targets.ts';
import { readOldState, readPairs, readTimeMs, renderOldTraceInfo } from './trace-messages.ts';

const DEFAULT_PAGE = 100;

export interface OldTraceServices {
  readonly traces: Traces;
  readonly searches: TraceSearches;
  readonly targets: Targets;
}

/** Traces as clients before 3.0 speak of them: in two halves, with the spans as an artifact. */
export function oldTraceRoutes({ traces, searches, targets }: OldTraceServices): readonly MlflowRoute[] {
  return [
    {
      method: 'POST',
      path: '2.0/mlflow/traces',
      access: needs('experiment.edit', ofExperiment()),
      async handle({ message }) {
        const started = await traces.startOld({
          experimentNo: parseExperimentId(requiredString(message, 'experiment_id')),
          requestTimeMs: readTimeMs(message, 'timestamp_ms') ?? 0,
          tags: readPairs(message, 'tags'),
          metadata: readPairs(message, 'request_metadata'),
        });
        return { trace_info: renderOldTraceInfo(started) };
      },
    },
    {
      method: 'PATCH',
      path: '2.0/mlflow/traces/:request_id',
      access: needs('experiment.edit', targets.ofTrace),
      async handle({ message, path }) {
        const ended = await traces.endOld(path.request_id!, {
          endTimeMs: readTimeMs(message, 'timestamp_ms') ?? 0,
          state: readOldState(message),
          tags: readPairs(message, 'tags'),
          metadata: readPairs(message, 'request_metadata'),
        });
        return { trace_info: renderOldTraceInfo(ended) };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/traces/:request_id/info',
      access: needs('experiment.read', targets.ofTrace),
      async handle({ path }) {
        return { trace_info: renderOldTraceInfo(await traces.get(path.request_id!)) };
      },
    },
    {
      method: 'GET',
      path: '2.0/mlflow/traces',
      access: 'filtered',
      async handle({ message, caller }) {
        const experimentIds = stringList(message, 'experiment_ids');
        if (experimentIds.length === 0) throw missing('experiment_ids');
        const page = await searches.search({
          experimentNos: readableExperiments(
            caller.access,
            experimentIds.map((id) => parseExperimentId(id, 'experiment_ids')),
          ),
          filter: optionalString(message, 'filter'),
          maxResults: optionalInt32(message, 'max_results') ?? DEFAULT_PAGE,
          orderBy: stringList(message, 'order_by'),
          pageToken: optionalString(message, 'page_token'),
        });
        return {
          ...(page.items.length > 0 && { traces: page.items.map(renderOldTraceInfo) }),
          ...(page.nextPageToken && { next_page_token: page.nextPageToken }),
        };
      },
    },
  ];
}
