import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { createTracking, type Tracking } from './conformance/tracking.ts';

describe.each(testedDatabases())('names of experiments on $name', (database) => {
  let opened: OpenedDatabase;
  let tracking: Tracking;

  beforeEach(async () => {
    opened = await database.open();
    tracking = createTracking(opened.db);
  });
  afterEach(() => opened.remove());

  it('go to one of many that want them at once', async () => {
    for (let round = 0; round < 50; round += 1) {
      const name = `wanted-${round}`;
      const made = await Promise.allSettled(
        Array.from({ length: 8 }, () => tracking.experiments.create({ name, tags: [] })),
      );
      expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  it('go to one of many that are renamed to them at once', async () => {
    const experiments = await Promise.all(
      Array.from({ length: 8 }, (_, i) => tracking.experiments.create({ name: `before-${i}`, tags: [] })),
    );
    for (let round = 0; round < 25; round += 1) {
      const renamed = await Promise.allSettled(
        experiments.map((experimentNo) => tracking.experiments.rename(experimentNo, `after-${round}`)),
      );
      expect(renamed.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });
});
