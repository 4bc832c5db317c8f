import type { Migration } from '../migrate.ts';

export const auditAskers: Migration = {
  version: 27,
  name: 'audit askers',
  statements: ({ text }) => [
    // Who asked for the change, as JSON: written by this program beside what the database noted by itself. Other
    // programs leave it empty.
    `ALTER TABLE audit_outbox ADD COLUMN asker ${text}`,
  ],
};
