import type { Migration } from '../migrate.ts';

// As migration 8 has them.
const PATH = "rtrim(rtrim(rtrim(name, '/'), replace(name, '/', '')), '/')";
const FOLDER = `CASE ${PATH} WHEN '' THEN '' ELSE ${PATH} || '/' END`;
const LEAF = `substr(name, length(${FOLDER}) + 1)`;

export const experimentVisibility: Migration = {
  version: 20,
  name: 'experiment visibility',
  statements: ({ text, derived }) => [
    // Names are unique among what one person sees: `name_key` is the name, and where somebody else's hidden experiment
    // has it already, the name with a mark behind it. The constraint that SQLite cannot drop goes with the column.
    'DROP INDEX experiments_by_folder',
    'ALTER TABLE experiments DROP COLUMN leaf',
    'ALTER TABLE experiments DROP COLUMN folder',
    'ALTER TABLE experiments RENAME COLUMN name TO name_key',
    `ALTER TABLE experiments ADD COLUMN name ${text} NOT NULL DEFAULT ''`,
    'UPDATE experiments SET name = name_key',
    `ALTER TABLE experiments ADD COLUMN folder ${text} GENERATED ALWAYS AS (${FOLDER}) ${derived}`,
    `ALTER TABLE experiments ADD COLUMN leaf ${text} GENERATED ALWAYS AS (${LEAF}) ${derived}`,
    'CREATE INDEX experiments_by_folder ON experiments (folder, leaf, lifecycle_stage, last_update_time)',
    'CREATE INDEX experiments_by_name ON experiments (name)',
    // Whose a path of the artifact proxy is.
    'CREATE INDEX experiments_by_location ON experiments (artifact_location)',
  ],
};
