import type { Migration } from '../migrate.ts';

export const artifacts: Migration = {
  version: 3,
  name: 'artifacts',
  statements: ({ id, int, text, clustered }) => [
    // One row: the name under which this database keeps its objects, so that no other database collects them.
    `CREATE TABLE artifact_store (store_id ${text} PRIMARY KEY)`,
    // Bytes in the object store, each content once; without sha256 where a client sent them to the store itself.
    // released_at: when a file last stopped using it. Only such blobs can be garbage.
    `CREATE TABLE blobs (
      blob_no ${id},
      object_key ${text} NOT NULL UNIQUE,
      sha256 ${text},
      size_bytes ${int} NOT NULL,
      created_at ${int} NOT NULL,
      released_at ${int}
    )`,
    'CREATE UNIQUE INDEX blobs_by_content ON blobs (sha256, size_bytes)',
    'CREATE INDEX blobs_released ON blobs (released_at, blob_no) WHERE released_at IS NOT NULL',
    // What clients see of them: files and folders by path.
    `CREATE TABLE artifact_entries (
      parent ${text} NOT NULL,
      name ${text} NOT NULL,
      blob_no ${int} REFERENCES blobs,
      written_at ${int} NOT NULL,
      PRIMARY KEY (parent, name)
    ) ${clustered}`,
    'CREATE INDEX artifact_entries_by_blob ON artifact_entries (blob_no)',
    // Uploads in parts that clients send to the object store.
    `CREATE TABLE artifact_uploads (
      upload_id ${text} PRIMARY KEY,
      path ${text} NOT NULL,
      object_key ${text} NOT NULL UNIQUE,
      store_upload_id ${text} NOT NULL,
      created_at ${int} NOT NULL,
      completed_at ${int}
    )`,
    'CREATE INDEX artifact_uploads_by_time ON artifact_uploads (created_at)',

    // What the collection of garbage asks of tables that were there before.
    'CREATE INDEX model_versions_by_location ON model_versions (storage_location)',
    'CREATE INDEX logged_models_deleted ON logged_models (deleted_at) WHERE deleted_at IS NOT NULL',
  ],
};
