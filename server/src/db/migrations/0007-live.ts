import type { Migration } from '../migrate.ts';

export const live: Migration = {
  version: 7,
  name: 'live',
  statements: ({ publicId, int, text }) => [
    // What changed, several times a second at most for one thing; kept for an hour.
    `CREATE TABLE live_changes (
      change_no ${publicId},
      kind ${text} NOT NULL,
      experiment_no ${int},
      subject ${text} NOT NULL,
      keys ${text} NOT NULL,
      changed_at ${int} NOT NULL
    )`,
    'CREATE INDEX live_changes_by_time ON live_changes (changed_at)',
  ],
};
