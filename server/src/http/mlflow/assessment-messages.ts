import { invalidArgument } from '../../kernel/errors.ts';
import {
  type Assessment,
  type AssessmentError,
  type NewAssessment,
  SOURCE_TYPES,
} from '../../traces/assessment.ts';
import { pythonJson } from '../../traces/python-json.ts';
import { parseRawJson, rawJsonText } from '../../traces/raw-json.ts';
import { invalid, optionalEnum, optionalObject, optionalString } from './fields.ts';
import type { JsonObject } from './json.ts';
import { parseTimestamp, renderTimestamp } from './proto-time.ts';

const JSON_FORMAT = 'JSON_FORMAT';

/** Reads an Assessment message; `path` is its place in the request. */
export function readAssessment(message: JsonObject, path: string): NewAssessment {
  const source = optionalObject(message, 'source', `${path}.source`) ?? {};
  const value = readValue(message, path);
  return {
    ...value,
    assessmentId: optionalString(message, 'assessment_id', `${path}.assessment_id`),
    name: optionalString(message, 'assessment_name', `${path}.assessment_name`) ?? '',
    createdAtMs: parseTimestamp(message.create_time ?? message.createTime, `${path}.create_time`),
    updatedAtMs: parseTimestamp(
      message.last_update_time ?? message.lastUpdateTime,
      `${path}.last_update_time`,
    ),
    source: {
      type: optionalEnum(source, 'source_type', SOURCE_TYPES) ?? 'SOURCE_TYPE_UNSPECIFIED',
      id: optionalString(source, 'source_id', `${path}.source.source_id`) || undefined,
    },
    spanId: optionalString(message, 'span_id', `${path}.span_id`) || undefined,
    rationale: optionalString(message, 'rationale', `${path}.rationale`) || undefined,
    // Only feedback stands in for something else: the real server drops the field of all other kinds.
    overrides:
      (value.kind === 'feedback' && optionalString(message, 'overrides', `${path}.overrides`)) || undefined,
    metadata: readTextMap(message, 'metadata', `${path}.metadata`),
  };
}

/** What the assessment says. @throws AppError InvalidArgument where it says nothing, or in an unknown format. */
function readValue(message: JsonObject, path: string): Pick<NewAssessment, 'kind' | 'value' | 'error'> {
  const feedback = optionalObject(message, 'feedback', `${path}.feedback`);
  if (feedback !== undefined) return { kind: 'feedback', ...readFeedback(feedback, path) };
  const expectation = optionalObject(message, 'expectation', `${path}.expectation`);
  if (expectation !== undefined) {
    return { kind: 'expectation', value: readExpectation(expectation, path), error: undefined };
  }
  const issue = optionalObject(message, 'issue', `${path}.issue`);
  if (issue === undefined) {
    throw invalidArgument('Unknown assessment type: None. It needs a feedback, an expectation or an issue.', {
      field: path,
    });
  }
  const name = optionalString(issue, 'issue_name', `${path}.issue.issue_name`) ?? '';
  return { kind: 'issue', value: JSON.stringify(name), error: undefined };
}

export function readFeedback(
  feedback: JsonObject,
  path: string,
): { readonly value: string; readonly error: AssessmentError | undefined } {
  const error = optionalObject(feedback, 'error', `${path}.feedback.error`);
  const text = (name: string) =>
    error && (optionalString(error, name, `${path}.feedback.error.${name}`) || undefined);
  return {
    value: pythonJson(feedback.value ?? null),
    error: error && {
      code: text('error_code') ?? '',
      message: text('error_message'),
      stackTrace: text('stack_trace'),
    },
  };
}

export function readExpectation(expectation: JsonObject, path: string): string {
  const serialized = optionalObject(expectation, 'serialized_value', `${path}.expectation.serialized_value`);
  if (serialized === undefined) return pythonJson(expectation.value ?? null);
  const format = optionalString(serialized, 'serialization_format', `${path}.serialization_format`);
  if (format !== JSON_FORMAT) {
    throw invalidArgument(
      `Unknown serialization format: ${format?.slice(0, 100)}. Only JSON_FORMAT is supported.`,
      { field: `${path}.expectation.serialized_value` },
    );
  }
  const text = optionalString(serialized, 'value', `${path}.expectation.serialized_value.value`) ?? '';
  const parsed = parseRawJson(text);
  if (parsed === undefined) {
    throw invalid(`${path}.expectation.serialized_value.value`, text, 'expected a JSON text.');
  }
  return rawJsonText(parsed);
}

/** A map from text to text; undefined where it is absent or empty. */
export function readTextMap(
  message: JsonObject,
  name: string,
  path: string,
): Record<string, string> | undefined {
  const map = optionalObject(message, name, path);
  if (map === undefined) return undefined;
  const result: Record<string, string> = Object.create(null);
  let isEmpty = true;
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string') throw invalid(`${path}.${key}`, value, 'expected a string.');
    result[key] = value;
    isEmpty = false;
  }
  return isEmpty ? undefined : result;
}

export function renderAssessment(assessment: Assessment): object {
  const { source, spanId, rationale, overrides, metadata } = assessment;
  return {
    assessment_id: assessment.assessmentId,
    assessment_name: assessment.name,
    trace_id: assessment.traceId,
    ...(spanId !== undefined && { span_id: spanId }),
    source: { source_type: source.type, ...(source.id !== undefined && { source_id: source.id }) },
    create_time: renderTimestamp(assessment.createdAtMs),
    last_update_time: renderTimestamp(assessment.updatedAtMs),
    ...renderValue(assessment),
    ...(rationale !== undefined && { rationale }),
    ...(metadata !== undefined && { metadata }),
    ...(overrides !== undefined && { overrides }),
    valid: assessment.valid,
  };
}

function renderValue({ kind, value, error }: Assessment): object {
  switch (kind) {
    case 'feedback':
      return { feedback: { value: wireValue(value), ...(error && { error: renderError(error) }) } };
    case 'issue':
      return { issue: { issue_name: JSON.parse(value) } };
    case 'expectation':
      if (/^[[{n]/.test(value)) {
        return { expectation: { serialized_value: { serialization_format: JSON_FORMAT, value } } };
      }
      return { expectation: { value: wireValue(value) } };
  }
}

/** The value as JSON has it, a number with the digits it is stored with; a number that JSON lacks is a text. */
function wireValue(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'number' ? JSON.rawJSON(json) : value;
  } catch {
    return json;
  }
}

function renderError({ code, message, stackTrace }: AssessmentError): object {
  return {
    error_code: code,
    ...(message !== undefined && { error_message: message }),
    ...(stackTrace !== undefined && { stack_trace: stackTrace }),
  };
}
