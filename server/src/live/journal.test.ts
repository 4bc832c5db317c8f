import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { systemClock } from '../kernel/clock.ts';
import { createJournal } from './journal.ts';
import type { RecordedChange } from './journal-repository.ts';

describe.each(testedDatabases())('the change journal on $name', ({ open }) => {
  let opened: OpenedDatabase;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.remove());

  const failures: unknown[] = [];
  const onLost = () => failures.push('lost');
  const make = (db = opened.db) =>
    createJournal({ db, clock: systemClock, onError: (error) => failures.push(error) });
  const points = (subject: string, ...keys: string[]) => ({
    kind: 'points' as const,
    experimentNo: 1,
    subject,
    keys,
  });

  async function until(seen: RecordedChange[], count: number): Promise<RecordedChange[]> {
    for (let i = 0; i < 100 && seen.length < count; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return seen;
  }

  it('tells a subscriber once of many changes of one thing', async () => {
    const journal = make();
    await journal.start();
    const seen: RecordedChange[] = [];
    const { end } = await journal.subscribe(
      { onChanges: (changes) => seen.push(...changes), onLost },
      undefined,
    );
    for (const key of ['loss', 'acc', 'loss']) journal.report(points('r1', key));
    journal.report(points('r2', 'loss'));
    expect((await until(seen, 2)).map(({ subject, keys }) => [subject, keys])).toEqual([
      ['r1', ['loss', 'acc']],
      ['r2', ['loss']],
    ]);
    end();
    await journal.stop();
    expect(failures).toEqual([]);
  });

  it('tells what another process wrote, in the order of its numbers', async () => {
    const [here, there] = [make(), make(opened.reopen())];
    await here.start();
    await there.start();
    const seen: RecordedChange[] = [];
    await here.subscribe({ onChanges: (changes) => seen.push(...changes), onLost }, undefined);
    there.report(points('elsewhere', 'loss'));
    expect((await until(seen, 1)).map((change) => change.subject)).toEqual(['elsewhere']);
    await here.stop();
    await there.stop();
  });

  it('resumes after the last number that was seen, also in a process that started later', async () => {
    const first = make();
    await first.start();
    const seen: RecordedChange[] = [];
    const { position } = await first.subscribe(
      { onChanges: (changes) => seen.push(...changes), onLost },
      undefined,
    );
    first.report(points('missed', 'loss'));
    await first.stop();
    const second = make();
    await second.start();
    const { missed } = await second.subscribe({ onChanges: () => undefined, onLost }, position);
    // The second start adds a reset: the first might have been killed with changes it had not told.
    expect(missed.map((change) => [change.kind, change.subject])).toEqual([
      ['points', 'missed'],
      ['reset', ''],
    ]);
    await second.stop();
  });

  it('tells a page to read anew when what it missed is not kept, or it never was there', async () => {
    const journal = make();
    await journal.start();
    const { missed } = await journal.subscribe({ onChanges: () => undefined, onLost }, 1_000_000);
    expect(missed.map((change) => change.kind)).toEqual(['reset']);
    await journal.stop();
  });

  it('goes on for all others when one listener fails, which is told that it is lost', async () => {
    const journal = make();
    await journal.start();
    failures.length = 0;
    const broken = new Error('rights are not known');
    let calls = 0;
    let lost = 0;
    await journal.subscribe(
      {
        onChanges() {
          calls += 1;
          throw broken;
        },
        onLost: () => {
          lost += 1;
        },
      },
      undefined,
    );
    const seen: RecordedChange[] = [];
    await journal.subscribe({ onChanges: (changes) => seen.push(...changes), onLost }, undefined);
    journal.report(points('first', 'loss'));
    expect((await until(seen, 1)).map(({ subject }) => subject)).toEqual(['first']);
    journal.report(points('second', 'loss'));
    expect((await until(seen, 2)).map(({ subject }) => subject)).toEqual(['first', 'second']);
    expect([calls, lost, failures]).toEqual([1, 1, [broken]]);
    await journal.stop();
  });

  it('loses a listener that fails with what came while it was told what it missed', async () => {
    let heldBack: Promise<void> | undefined;
    /** What is read is known at once, and told late where the test says so. */
    const read: Database['read'] = async (operation) => {
      const until = heldBack;
      heldBack = undefined;
      const result = await opened.db.read(operation);
      await until;
      return result;
    };
    const journal = make({ ...opened.db, read });
    await journal.start();
    failures.length = 0;
    const seen: RecordedChange[] = [];
    await journal.subscribe({ onChanges: (changes) => seen.push(...changes), onLost }, undefined);
    let lost = 0;
    let release = () => {};
    heldBack = new Promise((resolve) => {
      release = resolve;
    });
    const subscribed = journal.subscribe(
      {
        onChanges() {
          throw new Error('rights are not known');
        },
        onLost: () => {
          lost += 1;
        },
      },
      0,
    );
    journal.report(points('meanwhile', 'loss'));
    await until(seen, 1);
    expect(lost).toBe(0);
    release();
    await subscribed;
    await new Promise((resolve) => setImmediate(resolve));
    expect([lost, failures]).toEqual([1, [new Error('rights are not known')]]);
    await journal.stop();
  });
});
