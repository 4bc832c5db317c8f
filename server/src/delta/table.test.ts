import { describe, expect, it } from 'vitest';
import { systemClock } from '../kernel/clock.ts';
import type { AppError } from '../kernel/errors.ts';
import type { FilePath, NamedFiles } from '../objects/named-files.ts';
import { type Action, checkpointName, commitName, LAST_CHECKPOINT, renderCommit } from './log-entry.ts';
import { memoryFiles } from './memory-files.fixture.ts';
import type { TableColumn } from './schema.ts';
import { createDeltaTable, type DeltaTable, openDeltaTable } from './table.ts';

const columns: readonly TableColumn[] = [
  { name: 'id', type: 'string', comment: '' },
  { name: 'date', type: 'date', comment: '' },
];
const place = (name: string) => `t/${name}` as FilePath;

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function newTable(files: NamedFiles, clock = systemClock): Promise<void> {
  for (;;) {
    try {
      await createDeltaTable({
        files,
        folder: 't',
        clock,
        id: '00000000-0000-4000-8000-000000000000',
        columns,
        partitionBy: ['date'],
      });
      return;
    } catch (error) {
      if ((error as AppError).code !== 'Unavailable') throw error;
    }
  }
}

const noCheckpoint = async (): Promise<never> => {
  throw new Error('There is no checkpoint here.');
};
const openTable = (files: NamedFiles, clock = systemClock): DeltaTable =>
  openDeltaTable({ files, folder: 't', clock, readCheckpoint: noCheckpoint });

const add = (path: string): Action => ({
  add: {
    path,
    partitionValues: { date: '2026-11-21' },
    size: 1,
    modificationTime: 0,
    dataChange: true,
    stats: '{"numRecords":1}',
  },
});

/** As those do who bring pieces of work into a table: until it is there, or nobody knows. */
async function bring(table: DeltaTable, appId: string, number: number, tried: string): Promise<void> {
  await table.commit((snapshot) =>
    (snapshot.txns.get(appId)?.version ?? -1) >= number
      ? undefined
      : {
          operation: 'STREAMING UPDATE',
          isBlindAppend: true,
          actions: [{ txn: { appId, version: number } }, add(tried)],
        },
  );
}

describe('a Delta table', () => {
  it('has each piece once, however many write it and whatever answers are lost', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = seeded(seed);
      const files = memoryFiles({ random, faults: 0.3 });
      await newTable(files);
      // Four journals, each of which two processes bring in at the same time.
      await Promise.all(
        Array.from({ length: 8 }, async (_, writer) => {
          const table = openTable(files);
          for (let number = 1; number <= 6; number++) {
            for (let attempt = 0; ; attempt++) {
              try {
                await bring(
                  table,
                  `journal-${writer % 4}`,
                  number,
                  `${writer % 4}-${number}-${writer}-${attempt}`,
                );
                break;
              } catch (error) {
                if ((error as AppError).code !== 'Unavailable') throw error;
              }
            }
          }
        }),
      );
      const { files: named, version } = await openTable(memoryReader(files)).refresh();
      const pieces = [...named.keys()].map((name) => name.split('-').slice(0, 2).join('-')).sort();
      const expected = Array.from({ length: 24 }, (_, i) => `${Math.floor(i / 6)}-${(i % 6) + 1}`).sort();
      expect(pieces, `seed ${seed}`).toEqual(expected);
      expect(version).toBe(24);
    }
  });

  it('is made once', async () => {
    const files = memoryFiles();
    await newTable(files);
    const before = files.contents.get(place(commitName(0)));
    await newTable(files);
    expect(files.contents.get(place(commitName(0)))).toBe(before);
    expect(await openTable(files).refresh()).toMatchObject({
      version: 0,
      metadata: { partitionColumns: ['date'] },
      protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    });
  });

  it('is not there where there is no log', async () => {
    await expect(openTable(memoryFiles()).refresh()).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('forgets files that were removed, and keeps their names for readers of earlier versions', async () => {
    const files = memoryFiles();
    await newTable(files);
    const table = openTable(files);
    await bring(table, 'a', 1, 'old');
    const remove = { path: 'old', deletionTimestamp: 5, dataChange: true };
    await table.commit(({ files: named }) =>
      named.has('old')
        ? { operation: 'DELETE', isBlindAppend: false, actions: [{ remove }, add('new')] }
        : undefined,
    );
    const snapshot = await openTable(files).refresh();
    expect([...snapshot.files.keys()]).toEqual(['new']);
    expect([...snapshot.removed.values()]).toEqual([remove]);
  });

  it.each([
    ['for newer readers is not read', { minReaderVersion: 3, minWriterVersion: 7 }, 'refresh'],
    ['for newer writers is not written', { minReaderVersion: 1, minWriterVersion: 4 }, 'commit'],
  ] as const)('that another program has made one %s', async (_, protocol, at) => {
    const files = memoryFiles();
    await newTable(files);
    files.contents.set(place(commitName(1)), renderCommit([{ protocol }]));
    const table = openTable(files);
    if (at === 'commit') expect((await table.refresh()).version).toBe(1);
    const doing = at === 'refresh' ? table.refresh() : bring(table, 'a', 1, 'x');
    await expect(doing).rejects.toMatchObject({ code: 'InvalidState' });
    expect(files.contents.has(place(commitName(2)))).toBe(false);
  });

  it('says so where a log is torn or a checkpoint is not one that it reads', async () => {
    const files = memoryFiles();
    await newTable(files);
    files.contents.set(place(commitName(1)), Buffer.from('{"add":'));
    await expect(openTable(files).refresh()).rejects.toMatchObject({ code: 'InvalidState' });
    files.contents.set(place(LAST_CHECKPOINT), Buffer.from('{"version":10,"size":3,"parts":2}'));
    await expect(openTable(files).refresh()).rejects.toMatchObject({ code: 'InvalidState' });
  });

  it('is read from its checkpoint by who has not looked for a day, when the commits before it are gone', async () => {
    const files = memoryFiles();
    let nowMs = 1_000_000_000;
    const clock = { nowMs: () => nowMs };
    await newTable(files, clock);
    const kept: Action[] = [];
    const table = openDeltaTable({
      files,
      folder: 't',
      clock,
      readCheckpoint: async (path) => {
        expect(path).toBe(place(checkpointName(5)));
        return kept;
      },
    });
    const { protocol, metadata: metaData } = await table.refresh();
    const writer = openTable(files, clock);
    for (let number = 1; number <= 6; number++) await bring(writer, 'a', number, `f${number}`);
    kept.push(
      { protocol },
      { metaData },
      { txn: { appId: 'a', version: 5 } },
      ...[1, 2, 3, 4, 5].map((n) => add(`f${n}`)),
    );
    files.contents.set(place(LAST_CHECKPOINT), Buffer.from('{"version":5,"size":8}'));
    for (let version = 0; version < 5; version++) files.contents.delete(place(commitName(version)));
    nowMs += 25 * 60 * 60 * 1000;
    const snapshot = await table.refresh();
    expect(snapshot).toMatchObject({ version: 6, checkpointVersion: 5 });
    expect(snapshot.files.size).toBe(6);
    expect(snapshot.txns.get('a')?.version).toBe(6);
  });
});

/** The same files, without faults. */
function memoryReader(files: ReturnType<typeof memoryFiles>): NamedFiles {
  const reader = memoryFiles();
  for (const [name, content] of files.contents) reader.contents.set(name, content);
  return reader;
}
