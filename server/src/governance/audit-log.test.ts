import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import { exportAudit } from './audit-export.ts';
import { type AuditLog, createAuditLog } from './audit-log.ts';
import { type AuditEntry, link } from './audit-record.ts';
import * as repository from './audit-repository.ts';
import { createAuditSigner } from './audit-signature.ts';
import { type AuditVerdict, auditSource, verifyAudit } from './audit-verification.ts';

const signer = createAuditSigner(Buffer.alloc(32, 1));
const START_MS = 1_763_733_600_000;

const entry = (subject: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  atMs: START_MS,
  principal: 'jane@acme.com',
  principalId: '7',
  address: '10.0.0.7',
  action: 'model.promote',
  route: 'POST /x',
  securable: 'model:prod.ml.fraud_score',
  subject,
  outcome: 'succeeded',
  requestId: 'r-1',
  count: 1,
  details: '',
  ...more,
});

describe.each(testedDatabases())('the audit log on $name', ({ name, open }) => {
  let opened: OpenedDatabase;
  let errors: unknown[];
  const logs: AuditLog[] = [];

  beforeEach(async () => {
    opened = await open();
    errors = [];
  });
  afterEach(async () => {
    for (const log of logs.splice(0)) await log.stop();
    await opened.remove();
  });

  const openLog = (db: Database = opened.db, options: { nowMs?: () => number } = {}): AuditLog => {
    const clock = { nowMs: options.nowMs ?? (() => START_MS) };
    const log = createAuditLog({ db, clock, signer, onError: (error) => errors.push(error) });
    logs.push(log);
    return log;
  };
  const verify = (more: Partial<Parameters<typeof verifyAudit>[1]> = {}): Promise<AuditVerdict> =>
    verifyAudit(auditSource(opened.db), { trustedKeys: [signer.publicKey], ...more });
  const records = () =>
    opened.db.read((sql) =>
      sql.all<{ chain: string; seq: number; subject: string }>(
        'SELECT chain, seq, subject FROM audit_records ORDER BY chain, seq',
      ),
    );
  /** As whoever owns the database could: past the guards. */
  const tamper = (...statements: readonly string[]) =>
    opened.db.write(async (tx) => {
      const guards =
        name === 'sqlite'
          ? ['audit_records', 'audit_checkpoints'].flatMap((table) =>
              ['update', 'delete'].map((verb) => `DROP TRIGGER IF EXISTS ${table}_no_${verb}`),
            )
          : ['audit_records', 'audit_checkpoints'].map(
              (table) => `DROP TRIGGER IF EXISTS ${table}_only_grows ON ${table}`,
            );
      for (const statement of [...guards, ...statements]) await tx.run(statement);
    });
  /** Ten records, a checkpoint after each fourth: two of them are newer than the last. */
  async function writeTen(): Promise<AuditLog> {
    const log = openLog();
    for (let i = 1; i <= 10; i += 1) {
      await log.write(entry(`record ${i}`));
      if (i % 4 === 0) await log.checkpoint();
    }
    return log;
  }

  it('is whole as it was written, in the order in which it was written', async () => {
    await writeTen();
    expect((await records()).map(({ seq, subject }) => [seq, subject])).toEqual(
      Array.from({ length: 10 }, (_, i) => [i + 1, `record ${i + 1}`]),
    );
    expect(await verify()).toMatchObject({
      faults: [],
      chains: 1,
      records: 10,
      checkpoints: 2,
      unsealed: 2,
      clockWentBack: [],
    });
  });

  it('is whole where nothing was written', async () => {
    expect(await verify()).toMatchObject({ faults: [], chains: 0, records: 0, checkpoints: 0 });
  });

  it.each([
    [
      'a name',
      `UPDATE audit_records SET principal = 'joe@acme.com' WHERE seq = 3`,
      /^Record 3 of chain \w+ was changed/,
    ],
    ['one letter', `UPDATE audit_records SET subject = 'record 3!' WHERE seq = 3`, /^Record 3 /],
    ['a time', 'UPDATE audit_records SET at_ms = at_ms + 1 WHERE seq = 7', /^Record 7 /],
    ['an outcome', `UPDATE audit_records SET outcome = 'denied' WHERE seq = 10`, /^Record 10 /],
    ['a count', 'UPDATE audit_records SET operations = 5 WHERE seq = 1', /^Record 1 /],
    [
      'a hash',
      `UPDATE audit_records SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE seq = 5`,
      /^Record 5 /,
    ],
    ['its place', 'UPDATE audit_records SET seq = 99 WHERE seq = 10', /^Record 10 of chain \w+ is missing/],
  ])('names the record of which %s was changed', async (_what, statement, what) => {
    await writeTen();
    await tamper(statement);
    const [fault] = (await verify()).faults;
    expect(fault?.what).toMatch(what);
  });

  it('names the first record that was removed', async () => {
    await writeTen();
    await tamper('DELETE FROM audit_records WHERE seq IN (4, 5, 8)');
    expect((await verify()).faults).toMatchObject([{ number: 4, what: expect.stringContaining('Record 4') }]);
  });

  it('names the first of two records that changed places', async () => {
    await writeTen();
    await tamper(
      'UPDATE audit_records SET seq = 1000 WHERE seq = 2',
      'UPDATE audit_records SET seq = 2 WHERE seq = 3',
      'UPDATE audit_records SET seq = 3 WHERE seq = 1000',
    );
    expect((await verify()).faults).toMatchObject([{ number: 2 }]);
  });

  it('sees an end that was cut off, also after the last checkpoint', async () => {
    await writeTen();
    await tamper('DELETE FROM audit_records WHERE seq >= 9');
    const [fault] = (await verify()).faults;
    expect(fault).toMatchObject({ number: 9 });
    expect(fault!.what).toMatch(/cut off, it had 10 records/);
  });

  it('sees records that somebody without the key appended, hashed as they should be', async () => {
    await writeTen();
    const { chain } = (await records())[0]!;
    const last = (
      await opened.db.read((sql) => repository.listRecords(sql, { chain, after: 9, limit: 1 }))
    )[0]!;
    await tamper();
    await opened.db.write((tx) => repository.insertRecords(tx, link([entry('forged')], last)));
    expect((await verify()).faults).toMatchObject([
      { number: 11, what: expect.stringContaining('added by somebody else') },
    ]);
  });

  it('sees a chain that was written anew from a record on, with right hashes and the head changed', async () => {
    await writeTen();
    const { chain } = (await records())[0]!;
    const all = await opened.db.read((sql) => repository.listRecords(sql, { chain, after: 0, limit: 100 }));
    const forged = link(
      all.slice(5).map((record, i) => (i === 0 ? { ...record, principal: 'joe@acme.com' } : record)),
      all[4]!,
    );
    await tamper('DELETE FROM audit_records WHERE seq > 5');
    await opened.db.write((tx) => repository.insertRecords(tx, forged));
    // The checkpoint after record 8 holds the true one.
    expect((await verify()).faults).toMatchObject([{ number: 8, what: expect.stringContaining('replaced') }]);
  });

  it('sees a chain that is gone as a whole, with its head', async () => {
    await writeTen();
    await tamper('DELETE FROM audit_records', 'DELETE FROM audit_chains');
    expect((await verify()).faults).toMatchObject([{ what: expect.stringContaining('signed end') }]);
  });

  it.each([
    [
      'changed',
      `UPDATE audit_checkpoints SET body = replace(body, '"seq":4', '"seq":3') WHERE checkpoint_no = 1`,
      /^Checkpoint 1 was changed/,
    ],
    [
      'signed otherwise',
      `UPDATE audit_checkpoints SET signature = lower(signature) WHERE checkpoint_no = 2`,
      /^Checkpoint 2 was changed/,
    ],
    [
      'signed by another',
      `UPDATE audit_checkpoints SET public_key = 'AAAA' WHERE checkpoint_no = 2`,
      /^Checkpoint 2 is signed with key AAAA/,
    ],
    [
      'dated otherwise',
      'UPDATE audit_checkpoints SET at_ms = at_ms - 1 WHERE checkpoint_no = 2',
      /^Checkpoint 2 was changed/,
    ],
    ['removed', 'DELETE FROM audit_checkpoints WHERE checkpoint_no = 1', /^Checkpoint 1 is missing/],
  ])('sees a checkpoint that was %s', async (_what, statement, what) => {
    await writeTen();
    await tamper(statement);
    expect((await verify()).faults.at(-1)?.what).toMatch(what);
  });

  it('sees all ends cut off together where a checkpoint was noted down elsewhere', async () => {
    await writeTen();
    const { lastCheckpoint } = await verify();
    expect(lastCheckpoint).toMatchObject({ number: 2 });
    await tamper('DELETE FROM audit_checkpoints', 'DELETE FROM audit_records', 'DELETE FROM audit_chains');
    expect((await verify()).faults).toEqual([]);
    expect((await verify({ expected: lastCheckpoint })).faults).toMatchObject([
      { number: 2, what: expect.stringContaining('noted down') },
    ]);
  });

  it('names the key where it was signed with another', async () => {
    await writeTen();
    const other = createAuditSigner(Buffer.alloc(32, 2));
    expect((await verify({ trustedKeys: [other.publicKey] })).faults.length).toBeGreaterThan(0);
    expect((await verify({ trustedKeys: [other.publicKey, signer.publicKey] })).faults).toEqual([]);
  });

  it('does not let a program change or remove records by mistake', async () => {
    await writeTen();
    for (const statement of [
      `UPDATE audit_records SET principal = 'x'`,
      'DELETE FROM audit_records',
      'DELETE FROM audit_checkpoints',
    ])
      await expect(opened.db.write((tx) => tx.run(statement))).rejects.toThrow(/only grows/);
    expect((await verify()).records).toBe(10);
  });

  it('holds what was written by two processes at once, each in its own chain', async () => {
    const first = openLog();
    const second = openLog(opened.reopen());
    await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? first : second).write(entry(`record ${i}`))),
    );
    await Promise.all([first.checkpoint(), second.checkpoint(), first.checkpoint()]);
    await second.write(entry('one more'));
    const verdict = await verify();
    expect(verdict).toMatchObject({ faults: [], chains: 2, records: 41, unsealed: 1 });
    const chains = new Set((await records()).map(({ chain }) => chain));
    expect(chains.size).toBe(2);
    // Whichever was first has signed both ends.
    expect(verdict.checkpoints).toBe(1);
  });

  it('is sealed by another process where the one that wrote it died', async () => {
    const dead = openLog();
    await dead.write(entry('last words'));
    const living = openLog(opened.reopen());
    await living.checkpoint();
    expect(await verify()).toMatchObject({ faults: [], records: 1, checkpoints: 1, unsealed: 0 });
    await tamper(`UPDATE audit_records SET subject = 'other words'`);
    expect((await verify()).faults).toHaveLength(1);
  });

  it('does not sign the end of a chain that somebody changed', async () => {
    await writeTen();
    await tamper('UPDATE audit_chains SET seq = 9');
    await openLog(opened.reopen()).checkpoint();
    expect(errors).toMatchObject([{ message: expect.stringContaining('was changed') }]);
    const verdict = await verify();
    expect(verdict.checkpoints).toBe(2);
    expect(verdict.faults).toHaveLength(1);
  });

  it('is whole where the clock went back, and tells of it', async () => {
    let nowMs = START_MS;
    const log = openLog(opened.db, { nowMs: () => nowMs });
    await log.write(entry('before', { atMs: nowMs }));
    await log.checkpoint();
    nowMs -= 3_600_000;
    await log.write(entry('after', { atMs: nowMs }));
    await log.checkpoint();
    expect(await verify()).toMatchObject({
      faults: [],
      records: 2,
      checkpoints: 2,
      clockWentBack: [{ seq: 2, byMs: 3_600_000 }],
    });
  });

  it('is found by both where the clocks of two processes differ', async () => {
    const first = openLog();
    const second = openLog(opened.reopen());
    await first.write(entry('ahead', { atMs: START_MS + 600_000 }));
    await second.write(entry('behind', { atMs: START_MS - 600_000 }));
    await first.write(entry('right'));
    const page = await opened.db.read((sql) =>
      repository.searchRecords(sql, {}, { after: undefined, limit: 10 }),
    );
    expect(page.map(({ subject }) => subject)).toEqual(['ahead', 'right', 'behind']);
    await second.checkpoint();
    expect((await verify()).faults).toEqual([]);
  });

  it('has a record when its writer was told so, without any stop', async () => {
    const log = openLog();
    await Promise.all(Array.from({ length: 1200 }, (_, i) => log.write(entry(`record ${i}`))));
    expect((await verify()).records).toBe(1200);
  });

  it('writes soon what nobody waits for, in batches', async () => {
    const log = openLog();
    for (let i = 0; i < 700; i += 1) log.append(entry(`record ${i}`));
    await expect.poll(async () => (await records()).length, { timeout: 5000 }).toBe(700);
    expect((await verify()).faults).toEqual([]);
  });

  it('tells whoever waits that it cannot be written, and goes on when it can', async () => {
    let isAway = false;
    const flaky: Database = {
      ...opened.db,
      write: (operation) =>
        isAway ? Promise.reject(new Error('the database is away')) : opened.db.write(operation),
    };
    const log = openLog(flaky);
    await log.write(entry('before'));
    isAway = true;
    await expect(log.write(entry('refused'))).rejects.toMatchObject({ code: 'Unavailable' });
    expect(log.isWorking()).toBe(false);
    log.append(entry('kept'));
    isAway = false;
    await expect.poll(async () => (await records()).length, { timeout: 5000 }).toBe(2);
    expect(log.isWorking()).toBe(true);
    expect((await records()).map(({ subject }) => subject)).toEqual(['before', 'kept']);
    expect((await verify()).faults).toEqual([]);
  });

  it('goes on from what was written where a commit was not answered', async () => {
    let isLost = false;
    const flaky: Database = {
      ...opened.db,
      async write(operation) {
        const result = await opened.db.write(operation);
        if (isLost) throw new Error('the connection broke');
        return result;
      },
    };
    const log = openLog(flaky);
    await log.write(entry('first'));
    isLost = true;
    await expect(log.write(entry('in doubt'))).rejects.toMatchObject({ code: 'Unavailable' });
    isLost = false;
    await log.write(entry('third'));
    expect(await verify()).toMatchObject({ faults: [], records: 3 });
  });

  it('is exported whole: checkpoints, then records in order', async () => {
    await writeTen();
    let text = '';
    for await (const part of exportAudit(opened.db)) text += part;
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual([
      ...Array(2).fill('checkpoint'),
      ...Array(10).fill('record'),
    ]);
    expect(lines[2]).toMatchObject({ seq: 1, principal: 'jane@acme.com', action: 'model.promote' });
  });

  describe('searched', () => {
    const search = (of: repository.AuditSearch, limit = 100, after?: repository.AuditPosition) =>
      opened.db.read((sql) => repository.searchRecords(sql, of, { after, limit }));

    beforeEach(async () => {
      const log = openLog();
      await Promise.all([
        log.write(entry('1', { atMs: START_MS + 1 })),
        log.write(entry('2', { atMs: START_MS + 2, principal: 'joe@acme.com', outcome: 'denied' })),
        log.write(entry('3', { atMs: START_MS + 3, action: 'model.tag', securable: 'model:dev.ml.x' })),
        log.write(entry('4', { atMs: START_MS + 4, action: 'login', securable: '', outcome: 'failed' })),
      ]);
    });

    const SEARCHES: readonly (readonly [repository.AuditSearch, string])[] = [
      [{}, '4321'],
      [{ principal: 'joe@acme.com' }, '2'],
      [{ action: 'model.tag' }, '3'],
      [{ action: 'model.*' }, '321'],
      [{ securable: 'model:dev.ml.x' }, '3'],
      [{ outcome: 'denied' }, '2'],
      [{ outcome: 'succeeded' }, '31'],
      [{ fromMs: START_MS + 2, untilMs: START_MS + 4 }, '32'],
      [{ principal: 'jane@acme.com', action: 'model.*', outcome: 'succeeded' }, '31'],
      [{ principal: 'nobody' }, ''],
    ];

    it('since a name means what it means, without the ends of counts that began before', async () => {
      const log = openLog();
      const named = { securable: 'model:prod.ml.named' };
      const at = (ms: number, requestId: string) => ({ ...named, atMs: START_MS + ms, requestId });
      await Promise.all([
        log.write(entry('a', at(10_000, 'early'))),
        log.write(entry('b', at(50_000, 'counted'))),
        log.write(entry('c', at(100_000, 'present'))),
        log.write(entry('d', { ...at(110_000, 'counted'), count: 3 })),
        log.write(entry('e', { ...at(111_000, 'counted'), outcome: 'denied' })),
        log.write(entry('f', at(120_000, 'early'))),
        log.write(entry('g', { ...at(121_000, 'counted'), securable: 'model:prod.ml.other' })),
      ]);
      const present = { sinceMs: START_MS + 100_000, countedForMs: 80_000 };
      const found = async (of: repository.AuditSearch) =>
        (await search(of)).map(({ subject }) => subject).join('');
      expect(await found(named)).toBe('fedcba');
      expect(await found({ ...named, present })).toBe('fec');
    });

    it('by who, what, on what, when and with what outcome, the newest first', async () => {
      for (const [of, found] of SEARCHES)
        expect([of, (await search(of)).map(({ subject }) => subject).join('')]).toEqual([of, found]);
    });

    it('gives page after page, each record once', async () => {
      const found: string[] = [];
      for (let after: repository.AuditPosition | undefined; ; ) {
        const page = await search({}, 1, after);
        if (page.length === 0) break;
        found.push(page[0]!.subject);
        after = page[0];
      }
      expect(found).toEqual(['4', '3', '2', '1']);
    });
  });
});
