import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { undoSince22 } from '../db/conformance/older-schemas.ts';
import { migrate } from '../db/migrate.ts';
import type { Principal } from '../governance/access.ts';
import { createModelActivity, type ModelActivity } from './activity.ts';
import { createRegistry, type Registry, version } from './conformance/registry.ts';

const JANE: Principal = { id: '7', kind: 'user', name: 'jane@acme.test', isAdmin: false };

describe.each(testedDatabases())('the activity of a model on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let registry: Registry;
  let activity: ModelActivity;

  beforeAll(async () => {
    opened = await open();
    registry = createRegistry(opened.db);
    activity = createModelActivity({ db: opened.db });
  });
  afterAll(() => opened.remove());

  async function madeModel(name: string, versions = 2): Promise<string> {
    await registry.models.create({ name, description: '', tags: [] });
    for (let i = 0; i < versions; i += 1) await registry.versions.create(version(name));
    return name;
  }

  /** What happened, the earliest first, without the creation of the model and its versions. */
  async function told(name: string): Promise<string[]> {
    const { changes } = await activity.page({ name, before: undefined, limit: 100 });
    return changes
      .toReversed()
      .filter(({ kind }) => kind !== 'created' && kind !== 'registered')
      .map((row) =>
        [
          row.kind,
          row.version === null ? '' : `v${row.version}`,
          row.subject ?? '',
          `${row.old_value ?? '-'}>${row.new_value ?? '-'}`,
          row.made_by ?? '',
        ]
          .filter((part) => part !== '')
          .join(' '),
      );
  }

  it('tells where an alias came from, where it went and who moved it', async () => {
    const name = await madeModel('aliased');
    await registry.aliases.set(name, 'champion', 1);
    await registry.governedAliases.set(name, 'champion', 2, JANE);
    await registry.aliases.set(name, 'champion', 2);
    await registry.governedAliases.delete(name, 'champion', JANE);
    await registry.aliases.delete(name, 'champion');
    expect(await told(name)).toEqual([
      'alias champion ->1',
      'alias champion 1>2 jane@acme.test',
      'alias champion 2>- jane@acme.test',
    ]);
  });

  it('tells each of the moves that were made together', async () => {
    const name = await madeModel('together');
    await Promise.all([1, 2, 1].map((number) => registry.aliases.set(name, 'champion', number)));
    expect(await told(name)).toEqual(['alias champion ->1', 'alias champion 1>2', 'alias champion 2>1']);
  });

  it('tells one course of an alias that two servers move at once, and keeps neither waiting for the other', async () => {
    const names = [await madeModel('raced', 4), await madeModel('raced too', 4)];
    const other = createRegistry(opened.reopen());
    // One move after the other on each server, in its own order of the models.
    const move = async ({ aliases }: Registry, models: readonly string[]) => {
      for (let i = 0; i < 24; i += 1)
        await Promise.all(models.map((name) => aliases.set(name, 'champion', 1 + (i % 4))));
    };
    await Promise.all([move(registry, names), move(other, names.toReversed())]);
    for (const name of names) {
      const moves = (await told(name)).map((line) => line.replace('alias champion ', '').split('>'));
      expect(moves[0]![0]).toBe('-');
      for (const [i, [from]] of moves.entries()) if (i > 0) expect(from).toBe(moves[i - 1]![1]);
      const { row } = (await registry.aliases.find(name, 'champion'))!;
      expect(moves.at(-1)![1]).toBe(String(row.version));
    }
  });

  it('tells one course of stages and tags that two servers change at once', async () => {
    const name = await madeModel('staged at once');
    const other = createRegistry(opened.reopen());
    await Promise.all(
      [registry, other, registry, other].flatMap(({ versions, models }, i) => [
        versions.transition(name, 1 + (i % 2), { stage: 'Production', archiveOthers: true }),
        versions.setTag(name, 1, { key: 'checked', value: String(i) }),
        models.setTag(name, { key: 'team', value: String(i) }),
      ]),
    );
    const lines = (await told(name)).map((line) => /^(.*) (\S+)>(\S+)$/.exec(line)!.slice(1));
    for (const [subject, course] of Map.groupBy(lines, ([subject]) => subject)) {
      for (const [i, [, from]] of course.entries())
        expect(from, subject).toBe(
          i === 0 ? (subject!.startsWith('stage') ? 'None' : '-') : course[i - 1]![2],
        );
    }
    const stages = await Promise.all(
      [1, 2].map(async (one) => (await registry.versions.get(name, one)).row.stage),
    );
    expect(stages.toSorted()).toEqual(['Archived', 'Production']);
  });

  it('tells stages with those that were archived, tags and descriptions, and not what changed nothing', async () => {
    const name = await madeModel('described');
    await registry.versions.transition(name, 1, { stage: 'Production', archiveOthers: false });
    await registry.versions.transition(name, 1, { stage: 'Production', archiveOthers: false });
    await registry.governedVersions.transition(name, 2, {
      stage: 'Production',
      archiveOthers: true,
      by: JANE,
    });
    await registry.models.setTag(name, { key: 'team', value: 'risk' });
    await registry.models.setTag(name, { key: 'team', value: 'risk' });
    await registry.models.deleteTag(name, 'team');
    await registry.versions.setTag(name, 1, { key: 'checked', value: 'x'.repeat(300) });
    await registry.models.describe(name, 'Finds fraud.');
    await registry.versions.describe(name, 1, 'The first one.');
    expect(await told(name)).toEqual([
      'stage v1 None>Production',
      'stage v2 None>Production jane@acme.test',
      'stage v1 Production>Archived jane@acme.test',
      'tag team ->risk',
      'tag team risk>-',
      `tag v1 checked ->${'x'.repeat(200)}…`,
      'description ->-',
      'description v1 ->-',
    ]);
  });

  it('keeps what happened over a rename, and forgets what was written on a deleted version', async () => {
    const name = await madeModel('renamed');
    await registry.versions.setTag(name, 2, { key: 'secret', value: 'of the customer' });
    await registry.aliases.set(name, 'challenger', 2);
    await registry.governedVersions.delete(name, 2, JANE);
    await registry.models.rename(name, 'renamed-since');
    expect(await told('renamed-since')).toEqual([
      'tag v2 secret ->-',
      'alias challenger ->2',
      'alias challenger 2>- jane@acme.test',
      'deleted v2 ->- jane@acme.test',
      'renamed renamed>renamed-since',
    ]);
  });

  it('goes with its model, and comes in pages', async () => {
    const name = await madeModel('paged', 3);
    const newest = await activity.page({ name, before: undefined, limit: 3 });
    expect(newest.changes.map((row) => row.version)).toEqual([3, 2, 1]);
    const older = await activity.page({ name, before: newest.next, limit: 3 });
    expect(older.changes.map(({ kind }) => kind)).toEqual(['created']);
    expect(older.next).toBeUndefined();
    await registry.models.delete(name);
    await expect(activity.page({ name, before: undefined, limit: 3 })).rejects.toMatchObject({
      code: 'NotFound',
    });
    await registry.models.create({ name, description: '', tags: [] });
    const anew = await activity.page({ name, before: undefined, limit: 3 });
    expect(anew.changes.map(({ kind }) => kind)).toEqual(['created']);
  });

  it('begins with the first change after the schema had it, on data that was there before', async () => {
    const older = await open();
    try {
      const before = createRegistry(older.db);
      await before.models.create({ name: 'old', description: '', tags: [] });
      for (let i = 0; i < 2; i += 1) await before.versions.create(version('old'));
      await before.aliases.set('old', 'champion', 1);
      await older.db.write(async (tx) => {
        await undoSince22(tx);
        await tx.run('DROP TABLE registry_changes');
        await tx.run('DELETE FROM schema_versions WHERE version >= 22');
      });
      await migrate(older.db);
      await before.aliases.set('old', 'champion', 2);
      const { changes } = await createModelActivity(older).page({
        name: 'old',
        before: undefined,
        limit: 10,
      });
      expect(changes.map((row) => [row.kind, row.old_value, row.new_value])).toEqual([['alias', '1', '2']]);
    } finally {
      await older.remove();
    }
  });

  it('names the limit that cannot be', async () => {
    const name = await madeModel('limited', 0);
    await expect(activity.page({ name, before: undefined, limit: 0 })).rejects.toThrow(
      /limit must be from 1/,
    );
  });
});
