import type { TraceInfo, TraceState } from '../../traces/trace.ts';
import type { StartedTrace } from '../../traces/traces.ts';
import { parseExperimentId } from '../../tracking/experiment-rules.ts';
import { truncate } from '../../tracking/key-rules.ts';
import { readAssessment, readTextMap, renderAssessment } from './assessment-messages.ts';
import {
  missing,
  objectList,
  optionalEnum,
  optionalInt64,
  optionalObject,
  optionalString,
  requiredString,
} from './fields.ts';
import type { JsonObject } from './json.ts';
import { parseDuration, parseTimestamp, renderDuration, renderTimestamp } from './proto-time.ts';

const STATES: Readonly<Record<TraceState, number>> = {
  STATE_UNSPECIFIED: 0,
  OK: 1,
  ERROR: 2,
  IN_PROGRESS: 3,
};
const OLD_STATES = { TRACE_STATUS_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const;
/** Values are cut at these lengths in answers, as on the real server. */
const MAX_SHOWN_METADATA = 250;
const MAX_SHOWN_TAG = 4096;

/** Reads the `trace` of a StartTraceV3 request. */
export function readStartedTrace(message: JsonObject): StartedTrace {
  const trace = optionalObject(message, 'trace');
  if (trace === undefined) throw missing('trace');
  const info = optionalObject(trace, 'trace_info', 'trace.trace_info') ?? {};
  const path = (name: string) => `trace.trace_info.${name}`;
  const location = optionalObject(info, 'trace_location', path('trace_location')) ?? {};
  const experiment = optionalObject(location, 'mlflow_experiment', path('trace_location.mlflow_experiment'));
  const experimentPath = path('trace_location.mlflow_experiment.experiment_id');
  if (experiment === undefined) throw missing(experimentPath);
  return {
    traceId: requiredString(info, 'trace_id', path('trace_id')),
    experimentNo: parseExperimentId(
      requiredString(experiment, 'experiment_id', experimentPath),
      experimentPath,
    ),
    requestTimeMs: parseTimestamp(info.request_time ?? info.requestTime, path('request_time')) ?? 0,
    durationMs: parseDuration(info.execution_duration ?? info.executionDuration, path('execution_duration')),
    state: optionalEnum(info, 'state', STATES) ?? 'STATE_UNSPECIFIED',
    clientRequestId: optionalString(info, 'client_request_id', path('client_request_id')),
    requestPreview: optionalString(info, 'request_preview', path('request_preview')),
    responsePreview: optionalString(info, 'response_preview', path('response_preview')),
    tags: toMap(readTextMap(info, 'tags', path('tags'))),
    metadata: toMap(readTextMap(info, 'trace_metadata', path('trace_metadata'))),
    assessments: objectList(info, 'assessments', path('assessments')).map((assessment, i) =>
      readAssessment(assessment, path(`assessments[${i}]`)),
    ),
  };
}

const toMap = (record: Record<string, string> | undefined) => new Map(Object.entries(record ?? {}));

/** A list of keys and values, as the old protocol has tags and metadata. */
export function readPairs(message: JsonObject, name: string): Map<string, string> {
  return new Map(
    objectList(message, name).map((pair, i) => [
      requiredString(pair, 'key', `${name}[${i}].key`),
      optionalString(pair, 'value', `${name}[${i}].value`) ?? '',
    ]),
  );
}

/** A time in ms since 1970. What a double cannot hold lies beyond every clock: the last time that it can stands for it. */
export function readTimeMs(message: JsonObject, name: string): number | undefined {
  const value = optionalInt64(message, name);
  if (typeof value !== 'bigint') return value;
  return value > 0 ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

export function readOldState(message: JsonObject): TraceState {
  const state = optionalEnum(message, 'status', OLD_STATES);
  return state === undefined || state === 'TRACE_STATUS_UNSPECIFIED' ? 'STATE_UNSPECIFIED' : state;
}

export function renderTraceInfo(info: TraceInfo): object {
  const { durationMs, clientRequestId, requestPreview, responsePreview, assessments } = info;
  return {
    trace_id: info.traceId,
    ...(clientRequestId !== undefined && { client_request_id: clientRequestId }),
    trace_location: {
      type: 'MLFLOW_EXPERIMENT',
      mlflow_experiment: { experiment_id: String(info.experimentNo) },
    },
    ...(requestPreview !== undefined && { request_preview: requestPreview }),
    ...(responsePreview !== undefined && { response_preview: responsePreview }),
    request_time: renderTimestamp(info.requestTimeMs),
    ...(durationMs !== undefined && { execution_duration: renderDuration(durationMs) }),
    state: info.state,
    ...(info.metadata.size > 0 && { trace_metadata: shown(info.metadata, MAX_SHOWN_METADATA) }),
    ...(assessments.length > 0 && { assessments: assessments.map(renderAssessment) }),
    ...(info.tags.size > 0 && { tags: shown(info.tags, MAX_SHOWN_TAG) }),
  };
}

/** The trace as clients before 3.0 know it. */
export function renderOldTraceInfo(info: TraceInfo): object {
  const pairs = (map: ReadonlyMap<string, string>, limit: number) =>
    Object.entries(shown(map, limit)).map(([key, value]) => ({ key, value }));
  return {
    request_id: info.traceId,
    experiment_id: String(info.experimentNo),
    timestamp_ms: info.requestTimeMs,
    execution_time_ms: info.durationMs ?? 0,
    status: info.state === 'STATE_UNSPECIFIED' ? 'TRACE_STATUS_UNSPECIFIED' : info.state,
    ...(info.metadata.size > 0 && { request_metadata: pairs(info.metadata, MAX_SHOWN_METADATA) }),
    ...(info.tags.size > 0 && { tags: pairs(info.tags, MAX_SHOWN_TAG) }),
  };
}

function shown(map: ReadonlyMap<string, string>, limit: number): Record<string, string> {
  return Object.fromEntries(Array.from(map, ([key, value]) => [truncate(key, 250), truncate(value, limit)]));
}
