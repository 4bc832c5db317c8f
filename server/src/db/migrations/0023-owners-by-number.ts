import type { Migration } from '../migrate.ts';

const NOW_MS = {
  sqlite: `CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER)`,
  postgres: 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)',
};

/** Whoever has the name now; of the server without identities 0; -1 for who is not there any more. */
const numberOf = (name: string): string =>
  `COALESCE((SELECT p.principal_no FROM principals p WHERE p.name = ${name}), CASE ${name} WHEN 'anonymous' THEN 0 ELSE -1 END)`;

export const ownersByNumber: Migration = {
  version: 23,
  name: 'owners by number',
  statements: ({ engine, int, text, clustered }) => [
    // A name can be given to somebody else: what belongs to a person says the person's number besides.
    // Of the folders in `Users`; none for one that waits for the first of its name.
    `ALTER TABLE workspace_objects ADD COLUMN owner_no ${int}`,
    `UPDATE workspace_objects SET owner_no = ${numberOf('workspace_objects.name')} WHERE parent = 'Users'`,
    'CREATE INDEX workspace_homes ON workspace_objects (owner_no) WHERE owner_no IS NOT NULL',
    `ALTER TABLE model_version_comments ADD COLUMN user_no ${int} NOT NULL DEFAULT -1`,
    `UPDATE model_version_comments SET user_no = ${numberOf('model_version_comments.user_id')}`,
    `ALTER TABLE saved_views ADD COLUMN created_by_no ${int} NOT NULL DEFAULT -1`,
    `UPDATE saved_views SET created_by_no = ${numberOf('saved_views.created_by')}`,

    // Since when the key of a securable means the thing that has it now; the empty one stands for all that are older.
    `CREATE TABLE securable_ages (
      securable ${text} NOT NULL PRIMARY KEY,
      since_ms ${int} NOT NULL
    ) ${clustered}`,
    `INSERT INTO securable_ages (securable, since_ms) VALUES ('', ${NOW_MS[engine]})`,
  ],
};
