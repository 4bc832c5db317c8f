import type { Migration } from '../migrate.ts';

/** Characters of a tag's or metadata's value that an index holds; longer values are compared again in full. */
const INDEXED = 120;

export const traces: Migration = {
  version: 4,
  name: 'traces',
  statements: ({ id, int, float, text, clustered, prefix }) => [
    `CREATE TABLE traces (
      trace_no ${id},
      trace_id ${text} NOT NULL UNIQUE,
      experiment_no ${int} NOT NULL REFERENCES experiments ON DELETE CASCADE,
      request_time ${int} NOT NULL,
      duration ${int},
      state ${text} NOT NULL,
      client_request_id ${text},
      request_preview ${text},
      response_preview ${text}
    )`,
    'CREATE INDEX traces_by_time ON traces (experiment_no, request_time DESC, trace_id)',
    `CREATE TABLE trace_tags (
      trace_no ${int} NOT NULL REFERENCES traces ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (trace_no, key)
    ) ${clustered}`,
    `CREATE INDEX trace_tags_by_value ON trace_tags (key, ${prefix('value', INDEXED)})`,
    `CREATE TABLE trace_metadata (
      trace_no ${int} NOT NULL REFERENCES traces ON DELETE CASCADE,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (trace_no, key)
    ) ${clustered}`,
    `CREATE INDEX trace_metadata_by_value ON trace_metadata (key, ${prefix('value', INDEXED)})`,

    // The content is the whole span as JSON; what stands beside it is there to be searched and summed.
    `CREATE TABLE spans (
      span_no ${id},
      trace_no ${int} NOT NULL REFERENCES traces ON DELETE CASCADE,
      span_id ${text} NOT NULL,
      parent_span_id ${text},
      name ${text} NOT NULL,
      type ${text},
      status ${text} NOT NULL,
      start_ns ${int} NOT NULL,
      token_usage ${text},
      cost ${text},
      content ${text} NOT NULL,
      UNIQUE (trace_no, span_id)
    )`,

    `CREATE TABLE trace_assessments (
      assessment_no ${id},
      assessment_id ${text} NOT NULL UNIQUE,
      trace_no ${int} NOT NULL REFERENCES traces ON DELETE CASCADE,
      name ${text} NOT NULL,
      kind ${text} NOT NULL,
      value ${text} NOT NULL,
      number ${float},
      error ${text},
      created_at ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      source_type ${text} NOT NULL,
      source_id ${text},
      span_id ${text},
      rationale ${text},
      overrides ${text},
      valid ${int} NOT NULL DEFAULT 1,
      metadata ${text},
      covers_session ${int} NOT NULL DEFAULT 0
    )`,
    'CREATE INDEX trace_assessments_by_trace ON trace_assessments (trace_no, created_at)',
    'CREATE INDEX trace_assessments_by_name ON trace_assessments (kind, name)',

    // By ids: clients link a trace before it has arrived.
    `CREATE TABLE trace_runs (
      run_id ${text} NOT NULL,
      trace_id ${text} NOT NULL,
      PRIMARY KEY (run_id, trace_id)
    ) ${clustered}`,
    'CREATE INDEX trace_runs_by_trace ON trace_runs (trace_id)',
    `CREATE TABLE trace_prompts (
      trace_no ${int} NOT NULL REFERENCES traces ON DELETE CASCADE,
      prompt ${text} NOT NULL,
      PRIMARY KEY (trace_no, prompt)
    ) ${clustered}`,
    'CREATE INDEX trace_prompts_by_prompt ON trace_prompts (prompt)',
  ],
};
