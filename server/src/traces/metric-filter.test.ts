import { describe, expect, it } from 'vitest';
import { parseMetricFilter } from './metric-filter.ts';

describe('a filter of trace metrics', () => {
  it.each([
    ["trace.status = 'OK'", { subject: 'trace', field: 'status', value: 'OK' }],
    ['  trace.status="OK" ', { subject: 'trace', field: 'status', value: 'OK' }],
    ["trace.tag.team = 'x'", { subject: 'trace', field: 'tag', key: 'team', value: 'x' }],
    [
      "trace.tag.mlflow.traceName = 'é'",
      { subject: 'trace', field: 'tag', key: 'mlflow.traceName', value: 'é' },
    ],
    ["trace.metadata.`a b.c` = ''", { subject: 'trace', field: 'metadata', key: 'a b.c', value: '' }],
    ['trace.metadata."a.b" = \'y\'', { subject: 'trace', field: 'metadata', key: 'a.b', value: 'y' }],
    ["span.type = 'LLM'", { subject: 'span', field: 'type', value: 'LLM' }],
    ["assessment.name = 'quality'", { subject: 'assessment', field: 'name', value: 'quality' }],
  ])('reads %s', (text, filter) => {
    expect(parseMetricFilter(text)).toEqual(filter);
  });

  it.each([
    ['', 'Expected one filter clause'],
    ['trace.status', 'Invalid clause(s) in filter string'],
    ["trace.status = 'OK' AND trace.tag.a = 'b'", "Invalid clause(s) in filter string: 'AND'"],
    ["'trace.status' = 'OK'", 'Invalid clause(s) in filter string'],
    ["status = 'OK'", 'Invalid identifier'],
    ["run.status = 'OK'", "Invalid view type 'run'"],
    ["trace.name = 'x'", "Invalid entity 'name' specified for view type 'trace'"],
    ["trace.constructor = 'x'", "Invalid entity 'constructor'"],
    ["trace.tag = 'x'", 'Filtering by tag requires a key'],
    ["span.name.a = 'x'", 'Filtering by name does not require a key'],
    ["trace.status != 'OK'", "Invalid comparator: '!=', only '=' operator is supported"],
    ["trace.status LIKE 'OK'", "Invalid comparator: 'LIKE'"],
    ['trace.status = 5', 'Expected a quoted string value for status'],
    ['trace.status = OK', 'Expected a quoted string value for status'],
    ["trace.status = 'OK", 'is not closed'],
  ])('refuses %s', (text, message) => {
    expect(() => parseMetricFilter(text)).toThrow(message);
  });
});
