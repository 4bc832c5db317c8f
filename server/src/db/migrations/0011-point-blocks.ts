import type { Migration } from '../migrate.ts';

/**
 * The points that a summary stands for, packed beside it: charts read them where the summary is too coarse. Summaries
 * without them are made again from the points when somebody looks.
 */
export const pointBlocks: Migration = {
  version: 11,
  name: 'point blocks',
  statements: ({ bytes }) => [
    'DELETE FROM metric_summaries',
    `ALTER TABLE metric_summaries ADD COLUMN packed ${bytes}`,
  ],
};
