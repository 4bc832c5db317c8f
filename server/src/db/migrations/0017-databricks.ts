import type { Migration } from '../migrate.ts';

export const databricks: Migration = {
  version: 17,
  name: 'databricks',
  statements: ({ publicId, text, int, clustered }) => [
    // One row: what clients know this installation by.
    `CREATE TABLE workspace_identity (
      one ${int} NOT NULL PRIMARY KEY CHECK (one = 1),
      workspace_id ${text} NOT NULL,
      metastore_id ${text} NOT NULL,
      account_id ${text} NOT NULL,
      created_at ${int} NOT NULL
    )`,
    `CREATE TABLE secret_scopes (
      scope_no ${publicId},
      name ${text} NOT NULL,
      name_key ${text} NOT NULL UNIQUE,
      created_at ${int} NOT NULL
    )`,
    `CREATE TABLE secrets (
      scope_no ${int} NOT NULL REFERENCES secret_scopes (scope_no) ON DELETE CASCADE,
      key ${text} NOT NULL,
      sealed ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      PRIMARY KEY (scope_no, key)
    ) ${clustered}`,
    // Tags of catalogs, schemas, tables and columns, by the id, which no other will ever have; models have theirs in
    // the registry.
    `CREATE TABLE securable_tags (
      securable ${text} NOT NULL,
      part ${text} NOT NULL,
      key ${text} NOT NULL,
      value ${text} NOT NULL,
      PRIMARY KEY (securable, part, key)
    ) ${clustered}`,
    // What is known of tables; their rows lie elsewhere. The names as they were given, and in lower case to find them.
    `CREATE TABLE table_descriptions (
      table_no ${publicId},
      table_id ${text} NOT NULL UNIQUE,
      schema_key ${text} NOT NULL,
      name_key ${text} NOT NULL,
      catalog_name ${text} NOT NULL,
      schema_name ${text} NOT NULL,
      name ${text} NOT NULL,
      table_type ${text} NOT NULL,
      format ${text} NOT NULL,
      location ${text},
      comment ${text},
      columns ${text} NOT NULL,
      properties ${text} NOT NULL,
      created_at ${int} NOT NULL,
      created_by ${text} NOT NULL,
      updated_at ${int} NOT NULL,
      updated_by ${text} NOT NULL,
      UNIQUE (schema_key, name_key)
    )`,
  ],
};
