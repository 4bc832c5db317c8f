import type { Migration } from '../migrate.ts';

export const files: Migration = {
  version: 16,
  name: 'files',
  statements: ({ publicId, int, text }) => [
    // 1 where an upload in parts is to make a new file, and to replace none.
    `ALTER TABLE artifact_uploads ADD COLUMN only_new ${int}`,

    // Their files lie under their id: one that is made anew under an old name holds nothing of the old.
    `CREATE TABLE volumes (
      volume_id ${text} NOT NULL PRIMARY KEY,
      catalog_key ${text} NOT NULL,
      schema_key ${text} NOT NULL,
      catalog_name ${text} NOT NULL,
      schema_name ${text} NOT NULL,
      name ${text} NOT NULL,
      comment ${text},
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      updated_by ${text} NOT NULL,
      UNIQUE (catalog_key, schema_key, name)
    )`,

    // What people keep in the workspace: folders, files and notebooks by path. The bytes lie under `content_id`, which
    // is another one after each write.
    `CREATE TABLE workspace_objects (
      object_id ${publicId},
      parent ${text} NOT NULL,
      name ${text} NOT NULL,
      kind ${text} NOT NULL,
      language ${text},
      format ${text},
      content_id ${text},
      size_bytes ${int} NOT NULL,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      modified_at ${int} NOT NULL,
      UNIQUE (parent, name)
    )`,

    // Files that come through DBFS block by block. A handle is its maker's alone.
    `CREATE TABLE dbfs_handles (
      handle ${publicId},
      principal ${text} NOT NULL,
      path ${text} NOT NULL,
      overwrite ${int} NOT NULL,
      blocks ${int} NOT NULL,
      touched_at ${int} NOT NULL
    )`,
    'CREATE INDEX dbfs_handles_idle ON dbfs_handles (touched_at)',
  ],
};
