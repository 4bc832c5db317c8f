import type { Migration } from '../migrate.ts';

export const idempotency: Migration = {
  version: 5,
  name: 'idempotency',
  statements: ({ text, clustered }) => [
    // One row a create whose answer is not known to have arrived; gone soon after it has. The id begins with the time:
    // rows are added at one end and go at the other, which touches few pages.
    `CREATE TABLE pending_creates (
      pending_id ${text} NOT NULL PRIMARY KEY,
      created_id ${text} NOT NULL,
      fingerprint ${text} NOT NULL,
      owner ${text} NOT NULL
    ) ${clustered}`,
  ],
};
