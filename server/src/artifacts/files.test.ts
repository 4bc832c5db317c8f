import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { AppError } from '../kernel/errors.ts';
import { parseArtifactPath } from '../objects/artifact-path.ts';
import { bodyOf, createSetClock, openFiles } from './conformance/files.ts';

describe.each(testedDatabases())('files on $name', (database) => {
  const clock = createSetClock();
  let opened: OpenedDatabase;
  let home: Awaited<ReturnType<typeof openFiles>>;
  beforeAll(async () => {
    opened = await database.open();
    home = await openFiles(opened.db, clock);
  });
  afterAll(async () => {
    home.remove();
    await opened.remove();
  });

  /** Entries whose folder is not there: nobody could find them. */
  const lost = () =>
    opened.db.read((sql) =>
      sql.all(
        `SELECT a.parent, a.name FROM artifact_entries a WHERE a.parent <> '' AND NOT EXISTS (
           SELECT 1 FROM artifact_entries f WHERE f.blob_no IS NULL
             AND CASE WHEN f.parent = '' THEN f.name ELSE f.parent || '/' || f.name END = a.parent)`,
      ),
    );

  it('stay whole while many write into folders that others delete', async () => {
    await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        if (i % 4 === 0) await home.delete(i % 8 === 0 ? 'busy/a' : 'busy');
        else await home.put(`busy/a/b${i % 3}/f${i % 10}`, `content ${i % 5}`);
      }),
    );
    expect(await lost()).toEqual([]);
    await home.put('busy/a/last', 'x');
    expect(await lost()).toEqual([]);
    expect(await home.names('busy')).toContain('a');
  });

  it('give up their bytes exactly when nobody uses them, however many writers there are', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, i) => home.put(`race/f${i % 6}`, `version ${i}`)));
    const current = await Promise.all(Array.from({ length: 6 }, (_, i) => home.read(`race/f${i}`)));
    await home.delete('busy');
    clock.advance(1000);
    await home.garbage.collect(0);
    expect(await home.objects()).toBe(new Set(current).size);
    for (const [i, text] of current.entries()) expect(await home.read(`race/f${i}`)).toBe(text);
  });

  it('keep a content that is stored again while it is being collected', async () => {
    for (let round = 0; round < 15; round++) {
      await home.put('churn/a', `churn ${round % 2}`);
      await home.delete('churn/a');
      clock.advance(1000);
      await Promise.all([
        home.garbage.collect(0),
        home.put('churn/b', `churn ${round % 2}`),
        home.garbage.collect(0),
      ]);
      expect(await home.read('churn/b')).toBe(`churn ${round % 2}`);
    }
  });

  it('refuse what another writer has made a folder meanwhile', async () => {
    const results = await Promise.allSettled([home.put('either/x', 'file'), home.put('either/x/y', 'below')]);
    const failed = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
    expect(failed).toHaveLength(1);
    expect(failed[0]!.reason).toMatchObject({ code: 'InvalidArgument' });
    expect(await lost()).toEqual([]);
  });

  it('leave nothing when the body fails, and tell its own error', async () => {
    const before = await home.objects();
    async function* broken() {
      yield Buffer.from('half');
      throw new AppError('InvalidArgument', 'broken off');
    }
    await expect(home.files.put(parseArtifactPath('broken/x'), broken())).rejects.toThrow('broken off');
    expect([await home.names('broken'), await home.objects()]).toEqual([[], before]);
  });

  it('refuse an upload that took longer than any may', async () => {
    async function* slow() {
      clock.advance(13 * 60 * 60 * 1000);
      yield* bodyOf('late');
    }
    const before = await home.objects();
    await expect(home.files.put(parseArtifactPath('late/x'), slow())).rejects.toThrow('twelve hours');
    expect(await home.objects()).toBe(before);
  });
});
