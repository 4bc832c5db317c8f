import type { Migration } from '../migrate.ts';

// The rule of tracking/experiment-path.ts, which a test compares: without its last part, and with one slash at the end.
const PATH = "rtrim(rtrim(rtrim(name, '/'), replace(name, '/', '')), '/')";
const FOLDER = `CASE ${PATH} WHEN '' THEN '' ELSE ${PATH} || '/' END`;
const LEAF = `substr(name, length(${FOLDER}) + 1)`;

export const experimentFolders: Migration = {
  version: 8,
  name: 'experiment folders',
  statements: ({ text, derived }) => [
    `ALTER TABLE experiments ADD COLUMN folder ${text} GENERATED ALWAYS AS (${FOLDER}) ${derived}`,
    `ALTER TABLE experiments ADD COLUMN leaf ${text} GENERATED ALWAYS AS (${LEAF}) ${derived}`,
    // Counts below a folder are read from it. Folder and leaf together are as long as one name: PostgreSQL bounds entries.
    'CREATE INDEX experiments_by_folder ON experiments (folder, leaf, lifecycle_stage, last_update_time)',
  ],
};
