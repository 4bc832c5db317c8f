import type { Migration } from '../migrate.ts';

export const inferenceTables: Migration = {
  version: 26,
  name: 'inference tables',
  statements: ({ publicId, text, int, float, clustered }) => [
    // table_id is the folder's name and the table's id in the catalog. A table that no endpoint uses any more has no
    // endpoint_no; its rows stay.
    `CREATE TABLE inference_tables (
      table_id ${text} NOT NULL PRIMARY KEY,
      endpoint_no ${int},
      kind ${text} NOT NULL,
      catalog_name ${text} NOT NULL,
      schema_name ${text} NOT NULL,
      prefix ${text} NOT NULL,
      name ${text} NOT NULL,
      enabled ${int} NOT NULL,
      status ${text} NOT NULL,
      message ${text} NOT NULL,
      owner_id ${text} NOT NULL,
      owner ${text} NOT NULL,
      created_at ${int} NOT NULL,
      last_batch ${int} NOT NULL DEFAULT 0,
      lease_node ${text},
      lease_until ${int} NOT NULL DEFAULT 0,
      compacted_at ${int} NOT NULL DEFAULT 0,
      vacuumed_at ${int} NOT NULL DEFAULT 0,
      UNIQUE (endpoint_no, kind)
    ) ${clustered}`,
    'CREATE INDEX inference_tables_by_compaction ON inference_tables (compacted_at)',
    'CREATE INDEX inference_tables_by_vacuum ON inference_tables (vacuumed_at)',
    // Labels and measures by request. A batch is what comes into the feedback table in one commit.
    `CREATE TABLE inference_feedback (
      feedback_no ${publicId},
      endpoint_no ${int} NOT NULL,
      request_id ${text} NOT NULL,
      row_no ${int},
      name ${text} NOT NULL,
      value_text ${text},
      value_double ${float},
      at_ms ${int} NOT NULL,
      made_by ${text} NOT NULL,
      recorded_at ${int} NOT NULL,
      batch ${int},
      flushed ${int} NOT NULL DEFAULT 0
    )`,
    'CREATE INDEX inference_feedback_by_request ON inference_feedback (endpoint_no, request_id)',
    'CREATE INDEX inference_feedback_by_batch ON inference_feedback (endpoint_no, batch)',
    'CREATE INDEX inference_feedback_by_time ON inference_feedback (recorded_at)',
    'CREATE INDEX inference_feedback_waiting ON inference_feedback (endpoint_no, batch) WHERE flushed = 0',
  ],
};
