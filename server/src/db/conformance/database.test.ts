import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import { createBatcher } from '../batcher.ts';
import { migrate } from '../migrate.ts';
import { migrations } from '../migrations/all.ts';
import type { Database } from '../port.ts';
import { type OpenedDatabase, testedDatabases } from './databases.ts';

describe.each(testedDatabases())('a database on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let db: Database;

  beforeAll(async () => {
    opened = await open();
    db = opened.db;
    await db.write(async (tx) => {
      await tx.run('CREATE TABLE items (id BIGINT PRIMARY KEY, name TEXT, size DOUBLE PRECISION)');
    });
  });
  afterAll(() => opened.remove());

  const insert = (id: number, name: string) =>
    db.write((tx) => tx.run('INSERT INTO items (id, name) VALUES (?, ?)', [id, name]));
  const nameOf = (id: number) =>
    db.read(
      async (sql) => (await sql.get<{ name: string }>('SELECT name FROM items WHERE id = ?', [id]))?.name,
    );

  it('keeps what a write has resolved', async () => {
    await insert(1, 'kept');
    const again = opened.reopen();
    const row = await again.read((sql) => sql.get<{ name: string }>('SELECT name FROM items WHERE id = 1'));
    expect(row).toEqual({ name: 'kept' });
  });

  it('undoes a write that throws, and nobody else’s', async () => {
    const outcomes = await Promise.allSettled([
      insert(10, 'before'),
      db.write(async (tx) => {
        await tx.run('INSERT INTO items (id, name) VALUES (11, ?)', ['undone']);
        throw new AppError('Conflict', 'on purpose');
      }),
      insert(12, 'after'),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([await nameOf(10), await nameOf(11), await nameOf(12)]).toEqual(['before', undefined, 'after']);
  });

  it('keeps its place when a statement fails in the middle of a group', async () => {
    await insert(20, 'there');
    const outcomes = await Promise.allSettled([insert(21, 'one'), insert(20, 'again'), insert(22, 'two')]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect([await nameOf(21), await nameOf(20), await nameOf(22)]).toEqual(['one', 'there', 'two']);
  });

  it('calls after-commit actions of committed writes alone', async () => {
    const called: string[] = [];
    await db.write(async (tx) => tx.afterCommit(() => called.push('committed')));
    await db
      .write(async (tx) => {
        tx.afterCommit(() => called.push('undone'));
        throw new AppError('Conflict', 'on purpose');
      })
      .catch(() => undefined);
    expect(called).toEqual(['committed']);
  });

  it('holds a write for done whose after-commit action fails, and calls the other actions', async () => {
    const called: string[] = [];
    const failure = new AppError('Unavailable', 'an action that fails');
    const later = new Error('an action that fails later');
    const outcomes = await Promise.allSettled([
      db.write(async (tx) => {
        tx.afterCommit(() => {
          throw failure;
        });
        tx.afterCommit(async () => {
          await null;
          throw later;
        });
        tx.afterCommit(() => called.push('same write'));
        return tx.run('INSERT INTO items (id, name) VALUES (140, ?)', ['stands']);
      }),
      db.write(async (tx) => tx.afterCommit(() => called.push('another write'))),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'fulfilled']);
    expect(await nameOf(140)).toBe('stands');
    await expect.poll(() => opened.actionErrors).toEqual([failure, later]);
    expect(called.sort()).toEqual(['another write', 'same write']);
    await insert(141, 'and writes go on');
    expect(await nameOf(141)).toBe('and writes go on');
  });

  it('lets an after-commit action read, and writes go on', async () => {
    const before = opened.actionErrors.length;
    const names: unknown[] = [];
    for (const id of [145, 146, 147]) {
      // So often the log is looked at, which must not meet the action's snapshot.
      await new Promise((resolve) => setTimeout(resolve, 120));
      const read = Promise.withResolvers<unknown>();
      await db.write(async (tx) => {
        await tx.run('INSERT INTO items (id, name) VALUES (?, ?)', [id, `item ${id}`]);
        tx.afterCommit(() => void nameOf(id).then(read.resolve, read.reject));
      });
      names.push(await read.promise);
    }
    expect(names).toEqual(['item 145', 'item 146', 'item 147']);
    expect(opened.actionErrors).toHaveLength(before);
  });

  it('looks many keys up at once, quotes and all', async () => {
    await insert(30, "it's");
    await insert(31, 'a "b"');
    const keys = {
      columns: ['id', 'name'],
      types: ['bigint', 'text'],
      tuples: [
        [30, "it's"],
        [31, 'a "b"'],
        [31, 'no'],
      ],
    } as const;
    const rows = await db.read((sql) =>
      sql.allFor<{ id: number }>(
        keys,
        'SELECT i.id FROM keys k JOIN items i ON i.id = k.id AND i.name = k.name ORDER BY i.id',
      ),
    );
    expect(rows).toEqual([{ id: 30 }, { id: 31 }]);
  });

  it('reads 64-bit integers with all their digits', async () => {
    const big = 9223372036854775807n;
    await db.write((tx) => tx.run('INSERT INTO items (id, name) VALUES (?, ?)', [big, 'big']));
    const [row] = await db.read((sql) =>
      sql.rows<[number | string | bigint]>(`SELECT ${sql.dialect.int64('id')} FROM items WHERE name = 'big'`),
    );
    expect(String(row![0])).toBe('9223372036854775807');
  });

  it('stores infinities and tells missing from zero', async () => {
    await db.write((tx) =>
      tx.insertMany('items', { id: 'bigint', size: 'double' }, [
        [40, Number.POSITIVE_INFINITY],
        [41, 0],
        [42, null],
      ]),
    );
    const rows = await db.read((sql) =>
      sql.rows('SELECT size FROM items WHERE id BETWEEN 40 AND 42 ORDER BY id'),
    );
    expect(rows).toEqual([[Number.POSITIVE_INFINITY], [0], [null]]);
  });

  it.each([
    ['a%', true, ['abc']],
    ['A%', true, ['ABC']],
    ['a%', false, ['ABC', 'abc']],
    ['É%', false, ['éa']],
    ['_b_', true, ['abc']],
    ['x\\y', true, ['x\\y']],
    ['[a]*?', true, ['[a]*?']],
  ])(
    'matches %s (case-sensitive: %s) as the filter language means it',
    async (pattern, caseSensitive, expected) => {
      await db.write(async (tx) => {
        await tx.run('DELETE FROM items WHERE id >= 100');
        const names = ['ABC', 'abc', 'éa', 'x\\y', '[a]*?'];
        await tx.insertMany(
          'items',
          { id: 'bigint', name: 'text' },
          names.map((name, i) => [100 + i, name]),
        );
      });
      const rows = await db.read((sql) =>
        sql.rows<[string]>(
          `SELECT name FROM items WHERE id BETWEEN 100 AND 200 AND ${sql.dialect.like('name', caseSensitive)} ORDER BY id`,
          [sql.dialect.likePattern(pattern, caseSensitive)],
        ),
      );
      expect(rows.map(([name]) => name)).toEqual(expected);
    },
  );

  it('handles the commands of a batch together and lets the bad one fail alone', async () => {
    const sizes: number[] = [];
    const submit = createBatcher<number, string>(db, async (tx, commands) => {
      sizes.push(commands.length);
      await tx.insertMany(
        'items',
        { id: 'bigint', name: 'text' },
        commands.map((id) => [id, 'batch']),
      );
      return commands.map((id) => (id === 302 ? new AppError('Conflict', 'refused') : 'done'));
    });
    const outcomes = await Promise.allSettled([300, 301, 302, 303].map((id) => submit(id)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });

  it('tries each command of a batch alone when the database refuses one', async () => {
    const submit = createBatcher<number, number>(db, async (tx, commands) => {
      for (const id of commands) await tx.run('INSERT INTO items (id, name) VALUES (?, ?)', [id, 'alone']);
      return commands;
    });
    await insert(400, 'there');
    const outcomes = await Promise.allSettled([401, 400, 402].map((id) => submit(id)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('migrates twice without change, and at once from several processes', async () => {
    await Promise.all([migrate(db), migrate(opened.reopen()), migrate(opened.reopen())]);
    const rows = await db.read((sql) => sql.all('SELECT version FROM schema_versions'));
    expect(rows).toHaveLength(migrations.length);
  });

  it('refuses a schema that is newer than the program', async () => {
    await db.write((tx) => tx.run(`INSERT INTO schema_versions (version, name) VALUES (9999, 'future')`));
    await expect(migrate(db)).rejects.toThrow(/newer Slipway/);
    await db.write((tx) => tx.run('DELETE FROM schema_versions WHERE version = 9999'));
  });
});
