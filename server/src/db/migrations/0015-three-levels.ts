import type { Migration } from '../migrate.ts';

export const threeLevels: Migration = {
  version: 15,
  name: 'three levels',
  statements: ({ int, text, clustered }) => [
    // `catalog.schema` in lower case. Before there were catalogs every model had a plain name.
    `ALTER TABLE registered_models ADD COLUMN schema_name ${text} NOT NULL DEFAULT 'workspace.default'`,
    `ALTER TABLE registered_models ADD COLUMN created_by ${text}`,
    `ALTER TABLE registered_models ADD COLUMN updated_by ${text}`,
    // What a client sent and wants back: nothing here acts upon it.
    `ALTER TABLE registered_models ADD COLUMN deployment_job_id ${text}`,
    'CREATE INDEX registered_models_by_schema ON registered_models (schema_name, name)',

    `ALTER TABLE model_versions ADD COLUMN updated_by ${text}`,
    // Where the run of a version is kept, and what the version needs (JSON), as its client told.
    `ALTER TABLE model_versions ADD COLUMN run_workspace_id ${text}`,
    `ALTER TABLE model_versions ADD COLUMN dependencies ${text}`,
    // The files of a version whose client sent them, as they were when it became READY.
    `CREATE TABLE model_version_files (
      model_no ${int} NOT NULL,
      version ${int} NOT NULL,
      path ${text} NOT NULL,
      size_bytes ${int} NOT NULL,
      sha256 ${text},
      PRIMARY KEY (model_no, version, path),
      FOREIGN KEY (model_no, version) REFERENCES model_versions ON DELETE CASCADE
    ) ${clustered}`,
    `CREATE TABLE model_version_comments (
      comment_id ${text} NOT NULL PRIMARY KEY,
      model_no ${int} NOT NULL,
      version ${int} NOT NULL,
      user_id ${text} NOT NULL,
      comment ${text} NOT NULL,
      created_at ${int} NOT NULL,
      updated_at ${int} NOT NULL,
      FOREIGN KEY (model_no, version) REFERENCES model_versions ON DELETE CASCADE
    ) ${clustered}`,
    'CREATE INDEX model_version_comments_listed ON model_version_comments (model_no, version, created_at)',
  ],
};
