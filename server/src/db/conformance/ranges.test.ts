import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IndexWalk, ranges } from '../ranges.ts';
import { type OpenedDatabase, testedDatabases } from './databases.ts';

describe.each(testedDatabases())('cutting a walk into ranges on $name', ({ open }) => {
  let opened: OpenedDatabase;
  const walk: IndexWalk = {
    from: 'places',
    where: { text: 'home = ?', params: [1] },
    order: [{ column: 'high', descending: true }, { column: 'low' }, { column: 'name', descending: true }],
  };

  beforeAll(async () => {
    opened = await open();
    await opened.db.write(async (tx) => {
      await tx.run('CREATE TABLE places (home bigint, high bigint, low double precision, name text)');
      const rows = [];
      for (let i = 0; i < 60; i += 1) rows.push([i % 6 === 5 ? 2 : 1, i % 4, (i % 3) / 2, `n${i}`]);
      const columns = { home: 'bigint', high: 'bigint', low: 'double', name: 'text' } as const;
      await tx.insertMany('places', columns, rows);
    });
  });
  afterAll(() => opened.remove());

  const all = 'SELECT name FROM places WHERE home = 1 ORDER BY high DESC, low, name DESC';

  it.each([1, 2, 7, 49, 50, 51])('gives every row once and in order, %i rows a range', async (rows) => {
    const { walked, sizes, whole } = await opened.db.read(async (sql) => {
      const walked: string[] = [];
      const sizes: number[] = [];
      for await (const range of ranges(sql, walk, { rows })) {
        const found = await sql.rows<readonly [string]>(
          `SELECT name FROM places WHERE ${range.text} ORDER BY high DESC, low, name DESC`,
          range.params,
        );
        sizes.push(found.length);
        walked.push(...found.map(([name]) => name));
      }
      return { walked, sizes, whole: (await sql.rows<readonly [string]>(all)).map(([name]) => name) };
    });
    expect(whole).toHaveLength(50);
    expect(walked).toEqual(whole);
    expect(sizes.slice(0, -1).every((size) => size === rows)).toBe(true);
  });

  it('stays whole where there is little to walk', async () => {
    const cut = await opened.db.read(async (sql) => {
      const found = [];
      for await (const range of ranges(sql, walk, { rows: 30, atMost: 60 })) found.push(range);
      return found;
    });
    expect(cut).toEqual([walk.where]);
  });
});
