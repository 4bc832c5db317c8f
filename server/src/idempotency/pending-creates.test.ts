import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { systemClock } from '../kernel/clock.ts';
import { createPendingCreates, fingerprint, type PendingCreates } from './pending-creates.ts';

describe.each(testedDatabases())('creates whose answers may be lost on $name', (database) => {
  let opened: OpenedDatabase;
  let pending: PendingCreates;
  const sent = fingerprint('thing', ['a']);

  beforeEach(async () => {
    opened = await database.open();
    pending = createPendingCreates({ db: opened.db, clock: systemClock });
    await pending.start();
  });
  afterEach(async () => {
    await pending.close();
    await opened.remove();
  });

  const register = (createdId: string) =>
    opened.db.write((tx) => pending.register(tx, [{ fingerprint: sent, createdId }]));

  it('gives one whose answer broke off to the next identical request, and to one only', async () => {
    expect(await register('first')).toEqual([undefined]);
    pending.answered('first', false);
    expect(await register('second')).toEqual(['first']);
    expect(await register('third')).toEqual([undefined]);
  });

  it('takes an equal request for another create once the answer arrived', async () => {
    await register('first');
    pending.answered('first', true);
    expect(await register('second')).toEqual([undefined]);
  });

  it('still has a lost create when the transaction that took it over is rolled back', async () => {
    await register('first');
    pending.answered('first', false);
    const rolledBack = opened.db.write(async (tx) => {
      expect(await pending.register(tx, [{ fingerprint: sent, createdId: 'second' }])).toEqual(['first']);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    pending.failed('second');
    expect(await register('third')).toEqual(['first']);
  });

  it('makes anew what a failed transaction did not make', async () => {
    const rolledBack = opened.db.write(async (tx) => {
      await pending.register(tx, [{ fingerprint: sent, createdId: 'first' }]);
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    pending.failed('first');
    expect(await register('second')).toEqual([undefined]);
  });
});
