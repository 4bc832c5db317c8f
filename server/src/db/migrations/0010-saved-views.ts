import type { Migration } from '../migrate.ts';

export const savedViews: Migration = {
  version: 10,
  name: 'saved views',
  statements: ({ id, int, text }) => [
    `CREATE TABLE saved_views (
      view_no ${id},
      view_id ${text} NOT NULL UNIQUE,
      scope ${text} NOT NULL,
      experiment_no ${int} REFERENCES experiments ON DELETE CASCADE,
      name ${text} NOT NULL,
      state ${text} NOT NULL,
      created_by ${text} NOT NULL,
      creation_time ${int} NOT NULL,
      last_update_time ${int} NOT NULL,
      version ${int} NOT NULL DEFAULT 1,
      UNIQUE (scope, name)
    )`,
    'CREATE INDEX saved_views_by_experiment ON saved_views (experiment_no) WHERE experiment_no IS NOT NULL',
    // The home page asks over all experiments at once.
    `CREATE INDEX runs_running ON runs (start_time DESC) WHERE status = 'RUNNING'`,
    'CREATE INDEX runs_ended ON runs (end_time DESC, experiment_no) WHERE end_time IS NOT NULL',
  ],
};
