import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { undoSince22 } from '../db/conformance/older-schemas.ts';
import { migrate } from '../db/migrate.ts';
import type { Principal } from '../governance/access.ts';
import { createSecurableAges } from '../governance/securable-ages.ts';
import { systemClock } from '../kernel/clock.ts';
import { createHomes } from './homes.ts';

const user = (no: number, name: string): Principal => ({
  id: String(no),
  kind: 'user',
  name,
  isAdmin: false,
});

describe.each(testedDatabases())('homes on $name', ({ open }) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.remove());

  const homesOf = ({ db }: OpenedDatabase = opened) =>
    createHomes({ db, clock: systemClock, numberOf: async () => undefined });
  const names = (of = opened) =>
    of.db.read((sql) =>
      sql.rows<[string, number | null]>(
        `SELECT name, owner_no FROM workspace_objects WHERE parent = 'Users' ORDER BY object_id`,
      ),
    );

  it('are made once, however many look at the same moment', async () => {
    for (let round = 0; round < 20; round += 1)
      await Promise.all(Array.from({ length: 8 }, () => homesOf().house(user(100 + round, `many-${round}`))));
    expect(await names()).toHaveLength(20);
    await homesOf().house(user(7, 'ann'));
    expect(await names()).toContainEqual(['ann', 7]);
  });

  it('end where they belong, whatever names their owners gave one another', async () => {
    const homes = homesOf();
    await homes.house(user(8, 'bob'));
    // Both at once: each has the name that the other had.
    await homes.house(user(7, 'bob'));
    await homes.house(user(8, 'ann'));
    const owners = new Map(await names());
    expect([owners.get('bob'), owners.get('ann'), owners.size]).toEqual([7, 8, 22]);
  });

  it('belong to whoever had the name when data got numbers, and are nobody’s where nobody had it', async () => {
    const older = await open();
    try {
      await older.db.write(async (tx) => {
        await undoSince22(tx);
        for (const [no, name] of [
          [41, 'here'],
          [42, 'elsewhere'],
        ])
          await tx.run(
            `INSERT INTO principals (principal_no, kind, name, name_key, active, created_at, updated_at)
             VALUES (?, 'user', ?, ?, 1, 0, 0)`,
            [no!, name!, name!],
          );
        for (const name of ['here', 'gone', 'anonymous'])
          await tx.run(
            `INSERT INTO workspace_objects (parent, name, kind, size_bytes, created_at, created_by, modified_at)
             VALUES ('Users', ?, 'DIRECTORY', 0, 0, ?, 0)`,
            [name, name],
          );
        for (const name of ['here', 'gone'])
          await tx.run(
            `INSERT INTO saved_views (view_id, scope, name, state, created_by, creation_time, last_update_time)
             VALUES (?, 'models', ?, '{}', ?, 0, 0)`,
            [name, name, name],
          );
      });
      const before = Date.now();
      await migrate(older.db);
      expect(await names(older)).toEqual([
        ['here', 41],
        ['gone', -1],
        ['anonymous', 0],
      ]);
      const views = await older.db.read((sql) =>
        sql.rows<[string, number]>('SELECT name, created_by_no FROM saved_views ORDER BY view_no'),
      );
      expect(views).toEqual([
        ['here', 41],
        ['gone', -1],
      ]);
      // Whoever gets that name now begins anew.
      await homesOf(older).house(user(43, 'gone'));
      expect(await names(older)).toContainEqual(['gone', 43]);
      expect(await names(older)).toContainEqual([expect.stringMatching(/^gone \(former \d+\)$/), -1]);
      // What has no age is as old as the ages.
      const ages = createSecurableAges(older);
      const on = { catalog: 'workspace', schema: 'default' };
      const since = await ages.sinceOf({ type: 'model', ...on, name: 'old' });
      expect(Math.abs(since - before)).toBeLessThan(60_000);
      expect(await ages.sinceOf({ type: 'experiment', experimentNo: 1 })).toBe(0);
    } finally {
      await older.remove();
    }
  });
});
