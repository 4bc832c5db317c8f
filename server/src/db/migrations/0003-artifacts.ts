import type { Migration } from '../migrate.ts';

export const artifacts: Migration = {
  version: 3,
  name: 'artifacts',
  statements: ({ id, int, text, clustered }) => [
    // Bytes in the object store, each content once.
    `CREATE TABLE blobs (
      blob_no ${id},
      object_key ${text} NOT NULL UNIQUE,
      sha256 ${text} NOT NULL,
      size_bytes ${int} NOT NULL,
      created_at ${int} NOT NULL
    )`,
    'CREATE UNIQUE INDEX blobs_by_content ON blobs (sha256, size_bytes)',
    // What clients see of them: files and folders by path. A folder is there as long as something is in it.
    `CREATE TABLE artifact_entries (
      parent ${text} NOT NULL,
      name ${text} NOT NULL,
      blob_no ${int} REFERENCES blobs,
      written_at ${int} NOT NULL,
      PRIMARY KEY (parent, name)
    ) ${clustered}`,
    'CREATE INDEX artifact_entries_by_blob ON artifact_entries (blob_no)',
    'CREATE INDEX model_versions_by_location ON model_versions (storage_location)',
  ],
};
