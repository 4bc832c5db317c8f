import type { Migration } from '../migrate.ts';

export const idempotency: Migration = {
  version: 5,
  name: 'idempotency',
  statements: ({ int, text, clustered }) => [
    // One row a create whose answer is not known to have arrived; gone soon after it has.
    `CREATE TABLE pending_creates (
      created_id ${text} NOT NULL PRIMARY KEY,
      fingerprint ${text} NOT NULL,
      owner ${text} NOT NULL,
      created_at ${int} NOT NULL
    ) ${clustered}`,
    'CREATE INDEX pending_creates_by_time ON pending_creates (created_at)',
  ],
};
