import { describe, expect, it } from 'vitest';
import { chooseFiles } from './compaction.ts';
import type { AddFile } from './log-entry.ts';
import { checkpointActions, KEPT_MS, type Snapshot } from './log-replay.ts';
import { madeAtMs, newPartName } from './part-names.ts';
import { isNeedless } from './vacuum.ts';

const DAY_MS = 86_400_000;
const MIB = 2 ** 20;
const NOW = Date.UTC(2026, 10, 21);

const part = (ageMs: number): string =>
  newPartName({ column: 'date', partition: '2026-11-01', label: '1', nowMs: NOW - ageMs });

const file = (path: string, size: number, date = '2026-11-01'): AddFile => ({
  path,
  size,
  partitionValues: { date },
  modificationTime: 0,
  dataChange: true,
});

function snapshotOf(more: Partial<Snapshot> = {}): Snapshot {
  return {
    version: 1,
    protocol: { minReaderVersion: 1, minWriterVersion: 2 },
    metadata: {
      id: 'x',
      format: { provider: 'parquet', options: {} },
      schemaString: '',
      partitionColumns: ['date'],
      configuration: {},
    },
    files: new Map(),
    removed: new Map(),
    txns: new Map(),
    checkpointVersion: undefined,
    ...more,
  };
}

describe('names of files', () => {
  it('say when they were made, never come twice, and hold no more than letters of paths', () => {
    const names = Array.from({ length: 1000 }, () => part(5));
    expect(new Set(names).size).toBe(1000);
    expect(madeAtMs(names[0]!)).toBe(NOW - 5);
    expect(names[0]).toMatch(/^date=2026-11-01\/[\w.-]+\.zstd\.parquet$/);
    expect(madeAtMs('date=2026-11-01/part-00000-0b1c.c000.snappy.parquet')).toBeUndefined();
  });
});

describe('what is removed', () => {
  const removedAt = (name: string, ageMs: number) =>
    snapshotOf({
      removed: new Map([[name, { path: name, deletionTimestamp: NOW - ageMs, dataChange: false }]]),
    });

  it('is no file of the table, however old', () => {
    const name = part(900 * DAY_MS);
    expect(isNeedless(name, snapshotOf({ files: new Map([[name, file(name, 1)]]) }), NOW)).toBe(false);
  });

  it('is a file that readers of earlier versions may want a week after it was removed, and not before', () => {
    const name = part(30 * DAY_MS);
    expect(isNeedless(name, removedAt(name, KEPT_MS - 1), NOW)).toBe(false);
    expect(isNeedless(name, removedAt(name, KEPT_MS), NOW)).toBe(true);
  });

  it('is a file that no version named within a day, and not before', () => {
    expect(isNeedless(part(DAY_MS), snapshotOf(), NOW)).toBe(false);
    expect(isNeedless(part(DAY_MS + 1), snapshotOf(), NOW)).toBe(true);
  });

  it('is never a file of another program', () => {
    expect(isNeedless('date=2026-11-01/part-0-abc.parquet', snapshotOf(), NOW)).toBe(false);
  });
});

describe('what is joined', () => {
  const many = (count: number, size: number, date?: string) =>
    Array.from({ length: count }, (_, i) =>
      file(`${date}-${size}-${String(i).padStart(3, '0')}`, size, date),
    );
  const choose = (files: readonly AddFile[]) =>
    chooseFiles(snapshotOf({ files: new Map(files.map((each) => [each.path, each])) }), 'date')?.map(
      ({ path }) => path,
    );

  it.each([
    ['nothing where there are few files', many(7, MIB, 'a'), undefined],
    [
      'nothing where the small files lie in several partitions',
      [...many(7, MIB, 'a'), ...many(7, MIB, 'b')],
      undefined,
    ],
    ['nothing where the files are large', many(20, 16 * MIB, 'a'), undefined],
    ['the small files of one partition', [...many(3, MIB, 'a'), ...many(8, MIB, 'b')], 8],
    ['no more than can be sorted at once', many(40, 4 * MIB, 'a'), 16],
  ])('is %s', (_, files, expected) => {
    expect(choose(files)?.length).toBe(expected);
    expect(new Set(choose(files)?.map((path) => path.split('-')[0])).size).toBe(
      expected === undefined ? 0 : 1,
    );
  });
});

describe('what a checkpoint holds', () => {
  it('is the table, what was removed within a week, and the numbers of writers of the last months', () => {
    const actions = checkpointActions(
      snapshotOf({
        files: new Map([['a', file('a', 1)]]),
        removed: new Map([
          ['new', { path: 'new', deletionTimestamp: NOW - DAY_MS, dataChange: true }],
          ['old', { path: 'old', deletionTimestamp: NOW - 8 * DAY_MS, dataChange: true }],
        ]),
        txns: new Map([
          ['late', { appId: 'late', version: 3, lastUpdated: NOW - 89 * DAY_MS }],
          ['early', { appId: 'early', version: 3, lastUpdated: NOW - 91 * DAY_MS }],
          ['timeless', { appId: 'timeless', version: 3 }],
        ]),
      }),
      NOW,
    );
    expect(actions.map((action) => Object.values(action)[0]).map((of) => of.path ?? of.appId)).toEqual([
      undefined,
      undefined,
      'late',
      'timeless',
      'a',
      'new',
    ]);
  });
});
