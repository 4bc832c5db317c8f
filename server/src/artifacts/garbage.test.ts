import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { parseObjectKey } from '../objects/object-key.ts';
import { bodyOf, createSetClock, openFiles, type SetClock } from './conformance/files.ts';

const HOUR_MS = 60 * 60 * 1000;

describe.each(testedDatabases())('garbage on $name', (database) => {
  let clock: SetClock;
  let opened: OpenedDatabase;
  let home: Awaited<ReturnType<typeof openFiles>>;
  beforeEach(async () => {
    clock = createSetClock();
    opened = await database.open();
    home = await openFiles(opened.db, clock);
  });
  afterEach(async () => {
    home.remove();
    await opened.remove();
  });

  it('is what no file has used for the time of grace', async () => {
    await home.put('a', 'one');
    await home.put('b', 'one');
    await home.put('c', 'other');
    await home.delete('a');
    await home.put('c', 'replaced');
    clock.advance(HOUR_MS);
    expect(await home.garbage.collect(2 * HOUR_MS)).toEqual({ count: 0, sizeBytes: 0 });
    expect(await home.garbage.collect(HOUR_MS)).toEqual({ count: 1, sizeBytes: 5 });
    expect(await home.garbage.collect(HOUR_MS)).toEqual({ count: 0, sizeBytes: 0 });
    expect([await home.read('b'), await home.read('c'), await home.objects()]).toEqual([
      'one',
      'replaced',
      2,
    ]);
  });

  it('is counted without being touched', async () => {
    await home.put('a', 'one');
    await home.delete('a');
    await home.put('b', 'two');
    await home.put('c', 'two');
    await home.delete('b');
    clock.advance(HOUR_MS);
    expect(await home.garbage.collect(0, { dryRun: true })).toEqual({ count: 1, sizeBytes: 3 });
    expect(await home.objects()).toBe(2);
  });

  it('goes in many steps when it is much', async () => {
    // In portions: none of so many waits in vain for a connection, however slow the machine.
    for (let portion = 0; portion < 24; portion += 1) {
      await Promise.all(
        Array.from({ length: 50 }, (_, i) => home.put(`many/f${portion}-${i}`, `content ${portion} ${i}`)),
      );
    }
    await home.delete('many');
    clock.advance(1);
    expect((await home.garbage.collect(0)).count).toBe(1200);
    expect(await home.objects()).toBe(0);
  });

  it('is an object that nothing names, once no upload can still be about to name it', async () => {
    await home.put('a', 'kept');
    const orphan = home.keys.newKey(clock.nowMs());
    await home.store.put(orphan, bodyOf('orphan'));
    expect(await home.garbage.collectOrphans()).toEqual({ count: 0, sizeBytes: 0 });
    clock.advance(26 * HOUR_MS);
    expect(await home.garbage.collectOrphans({ dryRun: true })).toEqual({ count: 1, sizeBytes: 6 });
    expect(await home.objects()).toBe(2);
    expect(await home.garbage.collectOrphans()).toEqual({ count: 1, sizeBytes: 6 });
    expect([await home.read('a'), await home.objects()]).toEqual(['kept', 1]);
  });

  it('is never what another database or program keeps in the same store', async () => {
    const other = await database.open();
    try {
      const foreign = await openFiles(other.db, clock);
      foreign.remove();
      await home.store.put(foreign.keys.newKey(clock.nowMs()), bodyOf('theirs'));
      await home.store.put(parseObjectKey('somebody/else'), bodyOf('theirs'));
      clock.advance(1000 * HOUR_MS);
      expect(await home.garbage.collectOrphans()).toEqual({ count: 0, sizeBytes: 0 });
      expect(await home.objects()).toBe(2);
    } finally {
      await other.remove();
    }
  });
});
