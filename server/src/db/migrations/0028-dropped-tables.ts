import type { Migration } from '../migrate.ts';

export const droppedTables: Migration = {
  version: 28,
  name: 'dropped inference tables',
  statements: ({ int }) => [
    // dropped_at: when the catalog was found without the table. After the retention its files go, and files_gone is 1.
    `ALTER TABLE inference_tables ADD COLUMN dropped_at ${int}`,
    `ALTER TABLE inference_tables ADD COLUMN files_gone ${int} NOT NULL DEFAULT 0`,
  ],
};
