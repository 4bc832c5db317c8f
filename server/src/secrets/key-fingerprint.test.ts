import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { adoptKey, requireKeyOfDatabase } from './key-fingerprint.ts';

const FILE = '/home/secret.key';

describe.each(testedDatabases())('the key of a database on $name', ({ open }) => {
  const first = randomBytes(32);
  const other = randomBytes(32);
  let opened: OpenedDatabase;
  beforeEach(async () => {
    opened = await open();
  });
  afterEach(() => opened.remove());

  it('is the one of the first server; others with the same may come', async () => {
    await requireKeyOfDatabase(opened.db, first, FILE);
    await requireKeyOfDatabase(opened.reopen(), first, FILE);
  });

  it('keeps servers with another key out, and says how to go on', async () => {
    await requireKeyOfDatabase(opened.db, first, FILE);
    const refused = requireKeyOfDatabase(opened.reopen(), other, FILE);
    await expect(refused).rejects.toMatchObject({ code: 'InvalidState' });
    await expect(refused).rejects.toThrow(/\/home\/secret\.key .*other servers.*slipway adopt-key/);
    // The one that was refused has changed nothing.
    await requireKeyOfDatabase(opened.db, first, FILE);
  });

  it('is that of one of two servers that start together', async () => {
    const again = opened.reopen();
    const outcomes = await Promise.allSettled([
      requireKeyOfDatabase(opened.db, first, FILE),
      requireKeyOfDatabase(again, other, FILE),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('can be given up for another, which the first then is not', async () => {
    await requireKeyOfDatabase(opened.db, first, FILE);
    await adoptKey(opened.db, other);
    await requireKeyOfDatabase(opened.db, other, FILE);
    await expect(requireKeyOfDatabase(opened.db, first, FILE)).rejects.toThrow('adopt-key');
  });

  it('cannot be found in it', async () => {
    await requireKeyOfDatabase(opened.db, first, FILE);
    const rows = await opened.db.read((sql) => sql.all('SELECT * FROM secret_key'));
    expect(rows).toHaveLength(1);
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(JSON.stringify(rows)).not.toContain(first.toString(form));
  });
});
