import type { Migration } from '../migrate.ts';

export const imports: Migration = {
  version: 6,
  name: 'imports',
  statements: ({ id, int, text, clustered }) => [
    // One row a place that was imported from.
    `CREATE TABLE imports (
      import_no ${id},
      source ${text} NOT NULL UNIQUE,
      artifacts ${text} NOT NULL,
      started_at ${int} NOT NULL,
      finished_at ${int}
    )`,
    // What came from where: an import that was stopped goes on behind these, and never takes them for somebody else's.
    `CREATE TABLE imported_entities (
      import_no ${int} NOT NULL REFERENCES imports ON DELETE CASCADE,
      kind ${text} NOT NULL,
      source_id ${text} NOT NULL,
      target_id ${text} NOT NULL,
      is_whole ${int} NOT NULL,
      PRIMARY KEY (import_no, kind, source_id)
    ) ${clustered}`,
  ],
};
