import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import type { Database } from '../db/port.ts';
import type { ObjectKey } from '../objects/object-key.ts';
import {
  EVERYTHING,
  type StatementsFixture,
  seesOnly,
  startStatements,
  statementRequest,
} from './statements.fixture.ts';

const HEAVY = 'SELECT count(*) FROM range(3000000) a, range(3000000) b WHERE (a.range * b.range) % 7 = 3';
const wait = (waitMs: number, onTimeout: 'CONTINUE' | 'CANCEL' = 'CONTINUE') => ({ waitMs, onTimeout });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(testedDatabases())('statements on $name', ({ open }) => {
  let opened: OpenedDatabase;
  let fixture: StatementsFixture;
  let nowMs = Date.now();

  beforeAll(async () => {
    opened = await open();
    fixture = await startStatements(opened.db, { clock: { nowMs: () => nowMs } });
  });
  afterAll(async () => {
    await fixture.stop();
    await opened.remove();
  });

  const start = (text: string, access = EVERYTHING) =>
    fixture.statements.execute(statementRequest({ text }), access, wait(0));
  const settled = async (id: string, access = EVERYTHING) => {
    for (let i = 0; i < 200; i += 1) {
      const view = await fixture.statements.get(id, access);
      if (view.state !== 'RUNNING' && view.state !== 'PENDING') return view;
      await pause(50);
    }
    throw new Error('The statement does not end.');
  };

  it('loads no engine before the first query, and none for GRANT', async () => {
    expect(fixture.processes.pids()).toEqual([]);
    const view = await fixture.execute({ text: 'SHOW CATALOGS' });
    expect(view.state).toBe('FAILED');
    expect(fixture.processes.pids()).toEqual([]);
    await fixture.rows('SELECT 1');
    expect(fixture.processes.pids()).toHaveLength(1);
  });

  it('answers at once where nobody waits, and has the result later', async () => {
    const { id, state } = await start('SELECT 41 + 1');
    expect(state).toBe('PENDING');
    const view = await settled(id);
    expect(view.state).toBe('SUCCEEDED');
    expect(JSON.parse(await fixture.readText(view))).toEqual([['42']]);
  });

  it('cancels a heavy query at once, and runs the next one', async () => {
    const { id } = await start(HEAVY);
    await pause(300);
    const started = performance.now();
    await fixture.statements.cancel(id, EVERYTHING);
    expect((await settled(id)).state).toBe('CANCELED');
    expect(performance.now() - started).toBeLessThan(4000);
    expect(await fixture.rows('SELECT 1')).toEqual([['1']]);
  });

  it('cancels what its maker does not want to wait for any longer', async () => {
    const view = await fixture.statements.execute(
      statementRequest({ text: HEAVY }),
      EVERYTHING,
      wait(200, 'CANCEL'),
    );
    expect(view.state).toBe('CANCELED');
  });

  it('lets another process cancel and read', async () => {
    const other = await startStatements(opened.reopen(), {
      folder: fixture.folder,
      clock: { nowMs: () => nowMs },
    });
    const { id } = await start(HEAVY);
    await pause(200);
    expect((await other.statements.get(id, EVERYTHING)).state).toBe('RUNNING');
    await other.statements.cancel(id, EVERYTHING);
    expect((await settled(id)).state).toBe('CANCELED');
    const done = await fixture.execute({ text: "SELECT 'a'" });
    expect(await other.readText(await other.statements.get(done.id, EVERYTHING))).toBe('[["a"]]');
    await other.stop();
  });

  it('ends a query that takes too long, with a word on why', async () => {
    const impatient = await startStatements(opened.reopen(), { limits: { timeoutMs: 500 } });
    const view = await impatient.execute({ text: HEAVY });
    expect(view).toMatchObject({ state: 'FAILED', error: { code: 'DeadlineExceeded' } });
    await impatient.stop();
  });

  it.each([
    ['SELECT list(a.range || b.range) FROM range(100000) a, range(100000) b', 'memory'],
    ["SELECT length(repeat('x', 4000000000))", 'memory|large|size|length|limit|range'],
    ['SELECT max(a.range) FROM (SELECT range FROM range(200000000) ORDER BY hash(range)) a', 'memory|longer'],
  ])(
    'outlives %s',
    async (text, why) => {
      const view = await fixture.execute({ text });
      expect(view.state).toBe('FAILED');
      expect(view.error!.message).toMatch(new RegExp(why, 'i'));
      expect(await fixture.rows('SELECT 1')).toEqual([['1']]);
    },
    60_000,
  );

  it('leaves the event loop to others while it runs', async () => {
    const { id } = await start(HEAVY);
    let longest = 0;
    let last = performance.now();
    for (let i = 0; i < 50; i += 1) {
      await pause(10);
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }
    await fixture.statements.cancel(id, EVERYTHING);
    expect(longest).toBeLessThan(400);
  });

  it('survives the end of the process that runs a query', async () => {
    const { id } = await start(HEAVY);
    await pause(300);
    process.kill(fixture.processes.pids()[0]!, 'SIGKILL');
    expect(await settled(id)).toMatchObject({ state: 'FAILED', error: { code: 'LimitExceeded' } });
    expect(await fixture.rows('SELECT 1')).toEqual([['1']]);
  });

  it('belongs to who made it', async () => {
    const [jane, bob] = [seesOnly('1', {}), seesOnly('2', {})];
    const { id } = await fixture.execute({ text: 'SELECT 1' }, jane);
    expect((await fixture.statements.get(id, jane)).state).toBe('SUCCEEDED');
    const missing = await fixture.statements
      .get(crypto.randomUUID(), bob)
      .catch((error: Error) => error.message);
    for (const ask of ['get', 'cancel', 'close'] as const) {
      const refused = fixture.statements[ask](id, bob);
      await expect(refused).rejects.toMatchObject({ code: 'NotFound' });
      const message = await refused.catch((error: Error) => error.message);
      expect(String(message).replace(id, '')).toBe(String(missing).replace(/[0-9a-f-]{36}/, ''));
    }
  });

  it('cuts a result at the limit of its maker, and says so', async () => {
    const text = 'SELECT range FROM range(10)';
    const cut = await fixture.execute({ text, rowLimit: 3 });
    expect(cut.result).toMatchObject({ truncated: true, parts: [{ rows: 3 }] });
    expect((await fixture.execute({ text, rowLimit: 10 })).result!.truncated).toBe(false);
    const bytes = await fixture.execute({
      text: "SELECT repeat('x', 1000) FROM range(100)",
      byteLimit: 5000,
    });
    expect(bytes.result!.truncated).toBe(true);
    expect(bytes.result!.parts[0]!.rows).toBeLessThan(10);
  });

  it('refuses a result that is too large for one answer, and gives it in parts', async () => {
    const text = "SELECT range, repeat('x', 100) AS text FROM range(250000)";
    const whole = await fixture.execute({ text });
    expect(whole).toMatchObject({ state: 'FAILED', error: { code: 'LimitExceeded' } });
    expect(whole.error!.message).toContain('EXTERNAL_LINKS');
    for (const format of ['JSON_ARRAY', 'CSV', 'ARROW_STREAM'] as const) {
      const view = await fixture.execute({ text, disposition: 'EXTERNAL_LINKS', format });
      const { parts } = view.result!;
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.reduce((sum, part) => sum + part.rows, 0)).toBe(250_000);
      const last = await fixture.readBytes(view, parts.length - 1);
      expect(last.length).toBe(parts.at(-1)!.sizeBytes);
      if (format === 'CSV') expect(last.toString().trimEnd().split('\r\n').at(-1)).toMatch(/^249999,x+$/);
      if (format === 'JSON_ARRAY')
        expect((JSON.parse(last.toString()) as string[][]).at(-1)![0]).toBe('249999');
      if (format === 'ARROW_STREAM')
        expect(tableFromIPC(last).get(parts.at(-1)!.rows - 1)!.range).toBe(249_999n);
    }
  }, 60_000);

  it('never gives half a result within an answer that could have links', async () => {
    const hybrid = { disposition: 'INLINE_OR_EXTERNAL_LINKS', format: 'ARROW_STREAM' } as const;
    expect((await fixture.execute({ text: 'SELECT 1', ...hybrid })).inline).toBe(true);
    // One of the official clients finds no columns in an attachment without rows.
    expect((await fixture.execute({ text: 'SELECT 1 WHERE false', ...hybrid })).inline).toBe(false);
    const large = await fixture.execute({ text: "SELECT repeat('x', 100) FROM range(200000)", ...hybrid });
    expect(large.result!.parts.length).toBeGreaterThan(1);
    expect(large.inline).toBe(false);
  }, 60_000);

  it('writes every kind of value, in every format', async () => {
    const text = `SELECT true AS a, 1::TINYINT AS b, 2::SMALLINT AS c, 3 AS d, 9007199254740993 AS e, 0.5::FLOAT AS f,
      0.1::DOUBLE AS g, -12.50::DECIMAL(6,2) AS h, 170141183460469231731687303715884105727 AS i, 'ü"😀' AS j,
      DATE '2024-02-29' AS k, TIMESTAMPTZ '2024-02-29 12:00:00.123456+02' AS l, TIMESTAMP '1969-12-31 23:59:59.999' AS m,
      'ab'::BLOB AS n, [1, NULL] AS o, {'x': 1, 'y': 'z'} AS p, MAP {'k': 1.5} AS q, INTERVAL 1 DAY AS r, NULL::INT AS s,
      uuid() IS NULL AS t, TIME '12:00' AS u`;
    const json = await fixture.execute({ text });
    expect(json.error).toBeUndefined();
    const [row] = JSON.parse(await fixture.readText(json)) as [(string | null)[]];
    expect(row).toEqual([
      'true',
      '1',
      '2',
      '3',
      '9007199254740993',
      '0.5',
      '0.1',
      '-12.50',
      '170141183460469231731687303715884105727',
      'ü"😀',
      '2024-02-29',
      '2024-02-29T10:00:00.123456Z',
      '1969-12-31T23:59:59.999',
      '6162',
      '[1,null]',
      '{"x":1,"y":"z"}',
      '{"k":"1.5"}',
      '1 day',
      null,
      'false',
      '12:00:00',
    ]);
    expect(json.result!.columns.map(({ typeName }) => typeName).join()).toBe(
      'BOOLEAN,BYTE,SHORT,INT,LONG,FLOAT,DOUBLE,DECIMAL,DECIMAL,STRING,DATE,TIMESTAMP,TIMESTAMP,BINARY,ARRAY,STRUCT,MAP,STRING,INT,BOOLEAN,STRING',
    );
    expect(json.result!.columns.slice(14, 17).map(({ typeText }) => typeText)).toEqual([
      'ARRAY<INT>',
      'STRUCT<x:INT,y:STRING>',
      'MAP<STRING,DECIMAL(2,1)>',
    ]);
    const arrow = await fixture.execute({ text, format: 'ARROW_STREAM', disposition: 'EXTERNAL_LINKS' });
    expect(arrow.error).toBeUndefined();
    const shown = tableFromIPC(await fixture.readBytes(arrow))
      .get(0)!
      .toJSON();
    expect(shown.e).toBe(9007199254740993n);
    expect(shown.j).toBe('ü"😀');
    expect(shown.s).toBe(null);
    expect(shown.o).toBe('[1,null]');
    const csv = await fixture.execute({ text, format: 'CSV', disposition: 'EXTERNAL_LINKS' });
    const [head, line] = (await fixture.readText(csv)).split('\r\n');
    expect(head).toBe('a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u');
    expect(line).toContain('"ü""😀"');
  });

  it('gives results without rows and with equal names of columns', async () => {
    for (const format of ['JSON_ARRAY', 'CSV', 'ARROW_STREAM'] as const) {
      const text = 'SELECT 1 AS a, 2 AS a WHERE false';
      const view = await fixture.execute({ text, format, disposition: 'EXTERNAL_LINKS' });
      expect(view.result).toMatchObject({ columns: [{ name: 'a' }, { name: 'a' }], parts: [{ rows: 0 }] });
    }
  });

  it('removes results when they are closed, and when they are old', async () => {
    const keysOf = (view: Awaited<ReturnType<typeof fixture.execute>>): readonly ObjectKey[] =>
      view.result!.parts.map(({ key }) => key);
    const closed = await fixture.execute({ text: 'SELECT 1' });
    await fixture.statements.close(closed.id, EVERYTHING);
    expect((await fixture.statements.get(closed.id, EVERYTHING)).state).toBe('CLOSED');
    await expect(fixture.store.get(keysOf(closed)[0]!)).rejects.toMatchObject({ code: 'NotFound' });
    const old = await fixture.execute({ text: 'SELECT 1' });
    await fixture.statements.sweep();
    expect((await fixture.statements.get(old.id, EVERYTHING)).state).toBe('SUCCEEDED');
    nowMs += 61 * 60 * 1000;
    const young = await fixture.execute({ text: 'SELECT 1' });
    await fixture.statements.sweep();
    await expect(fixture.statements.get(old.id, EVERYTHING)).rejects.toMatchObject({ code: 'NotFound' });
    await expect(fixture.store.get(keysOf(old)[0]!)).rejects.toMatchObject({ code: 'NotFound' });
    expect((await fixture.statements.get(young.id, EVERYTHING)).state).toBe('SUCCEEDED');
  });

  it('keeps no result of a statement that ends while another process closes it', async () => {
    const db = opened.reopen();
    let ended: Promise<unknown> | undefined;
    const late: Database = {
      ...db,
      // Whoever closes has found the statement running by then.
      async write(operation) {
        await ended;
        return db.write(operation);
      },
    };
    const other = await startStatements(late, { folder: fixture.folder, clock: { nowMs: () => nowMs } });
    const { id } = await start("SELECT repeat('x', 1000)");
    const ending = settled(id);
    ended = ending;
    await other.statements.close(id, EVERYTHING);
    const { state, result } = await ending;
    expect(state).toBe('SUCCEEDED');
    await expect(fixture.store.get(result!.parts[0]!.key)).rejects.toMatchObject({ code: 'NotFound' });
    expect((await fixture.statements.get(id, EVERYTHING)).state).toBe('CLOSED');
    await other.stop();
  });

  it('removes the oldest results when all together are too large', async () => {
    const small = await startStatements(opened.reopen(), {
      folder: fixture.folder,
      maxKeptBytes: 3000,
      clock: { nowMs: () => nowMs },
    });
    const text = "SELECT repeat('x', 1000)";
    const views = [];
    for (let i = 0; i < 5; i += 1) {
      views.push(await small.execute({ text }));
      nowMs += 1000;
    }
    await small.statements.sweep();
    const states = await Promise.all(
      views.map(({ id }) =>
        small.statements.get(id, EVERYTHING).then(
          ({ state }) => state,
          () => 'gone',
        ),
      ),
    );
    expect(states).toEqual(['gone', 'gone', 'gone', 'SUCCEEDED', 'SUCCEEDED']);
    await small.stop();
  });

  it('removes the results of who keeps most, and nobody else’s', async () => {
    const small = await startStatements(opened.reopen(), {
      folder: fixture.folder,
      maxKeptBytes: 3000,
      clock: { nowMs: () => nowMs },
    });
    // What was kept before is gone.
    nowMs += 2 * 60 * 60_000;
    await small.statements.sweep();
    const [bob, eve] = [seesOnly('8', {}), seesOnly('9', {})];
    const text = "SELECT repeat('x', 1000)";
    const views = [{ ...(await small.execute({ text }, bob)), of: bob }];
    for (let i = 0; i < 4; i += 1) {
      nowMs += 1000;
      views.push({ ...(await small.execute({ text }, eve)), of: eve });
    }
    await small.statements.sweep();
    const left = await Promise.allSettled(views.map(({ id, of }) => small.statements.get(id, of)));
    expect(left.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    await small.stop();
  });

  it('answers to others while one principal sends more than can run', async () => {
    const [bob, eve] = [seesOnly('8', {}), seesOnly('9', {})];
    const sent = await Promise.allSettled(Array.from({ length: 60 }, () => start(HEAVY, eve)));
    expect(await fixture.rows('SELECT 42', bob)).toEqual([['42']]);
    const ids = sent.flatMap((each) => (each.status === 'fulfilled' ? [each.value.id] : []));
    const seen = await Promise.all(ids.map((id) => fixture.statements.get(id, eve)));
    expect(Map.groupBy(seen, ({ state }) => state).get('RUNNING')).toHaveLength(11);
    for (const { state, error } of seen) if (state === 'FAILED') expect(error?.code).toBe('LimitExceeded');
    await Promise.all(ids.map((id) => fixture.statements.cancel(id, eve)));
  });

  it('tells of a statement whose server has died', async () => {
    const dying = await startStatements(opened.reopen(), { clock: { nowMs: () => nowMs - 60_000 } });
    const { id } = await dying.statements.execute(statementRequest({ text: HEAVY }), EVERYTHING, wait(0));
    expect(await fixture.statements.get(id, EVERYTHING)).toMatchObject({
      state: 'FAILED',
      error: { code: 'Unavailable' },
    });
    await dying.stop();
  });

  it('keeps a session to who opened it', async () => {
    const jane = seesOnly('1', {});
    const id = await fixture.sessions.open({ catalog: 'prod' }, jane);
    expect(await fixture.sessions.find(id, jane)).toEqual({ catalog: 'prod', schema: 'default' });
    await expect(fixture.sessions.find(id, seesOnly('2', {}))).rejects.toMatchObject({ code: 'NotFound' });
    const used = fixture.execute({ text: 'SELECT 1', sessionId: id }, seesOnly('2', {}));
    await expect(used).rejects.toMatchObject({ code: 'NotFound' });
    await fixture.sessions.close(id, jane);
    await expect(fixture.sessions.find(id, jane)).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('has nothing go wrong behind the scenes', () => {
    expect(fixture.errors).toEqual([]);
  });
});
