import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../db/conformance/databases.ts';
import { type Access, fullAccess, LOCAL_USER } from '../governance/access.ts';
import { startGovernance } from '../governance/conformance/governance.ts';
import type { Governance } from '../governance/governance.ts';
import type { Privilege, Securable } from '../governance/privileges.ts';
import { createTables, schemaTables, type Tables, tableSecurable } from '../governance/tables.ts';
import { systemClock } from '../kernel/clock.ts';
import { type StatementsFixture, startStatements } from '../statements/statements.fixture.ts';
import { createFeedback, type Feedback } from './feedback.ts';
import type { WantedTable } from './inference-table.ts';
import { createInferenceTables, type KeptTables } from './inference-tables.ts';
import { createLakeTables } from './lake-tables.ts';
import { createMaintenance } from './maintenance.ts';
import type { Pipeline } from './pipeline.ts';
import { recordOf } from './records.fixture.ts';
import { openPlace, readWithDeltalake, scanWithDuckDb } from './tables.fixture.ts';

vi.setConfig({ testTimeout: 120_000 });

const NAME = 'prod.ml.fraud_score_inference_payload';
const system = fullAccess(LOCAL_USER);

describe.each(testedDatabases())('inference tables on $name', (database) => {
  let opened: OpenedDatabase;
  let governance: Governance;
  let catalog: Tables;
  let place: Awaited<ReturnType<typeof openPlace>>;
  let pipeline: Pipeline;
  let tables: KeptTables;
  let feedback: Feedback;
  let round: () => Promise<void>;
  let sql: StatementsFixture;
  const accesses = new Map<string, Access>();

  const wanted = (endpointNo: number, prefix = 'fraud_score_inference'): WantedTable => ({
    endpointNo,
    kind: 'legacy',
    catalog: 'prod',
    schema: 'ml',
    prefix,
    enabled: true,
  });
  /** As an endpoint does that is made or changed. */
  async function ensure(table: WantedTable, name: string) {
    await opened.db.write((tx) => tables.want(tx, table, principalOf(name)));
    return (await tables.prepare(table.endpointNo))[0]!;
  }
  const grant = (principal: string, on: Securable, add: readonly Privilege[]) =>
    governance.grants.change(on, [{ principal, add, remove: [] }], system);
  const principalOf = (name: string) => accesses.get(name)!.principal;
  const rows = (as: string, text: string) => sql.rows(text, accesses.get(as)!);

  async function failure(as: string, text: string) {
    const view = await sql.execute({ text }, accesses.get(as)!);
    expect(view.state, text).toBe('FAILED');
    return view.error!;
  }

  async function write(tableId: string, records = [recordOf()]): Promise<string[]> {
    const log = await pipeline.recorder.open({ tableId, kind: 'legacy' });
    await Promise.all(records.map((record) => log.append(record)));
    pipeline.recorder.rotate(tableId);
    await pipeline.handOver.settle();
    return records.map(({ requestId }) => requestId);
  }

  beforeAll(async () => {
    opened = await database.open();
    governance = await startGovernance(opened.db, { contents: [schemaTables] });
    const { catalogs, schemas, principals, snapshot } = governance;
    for (const name of ['ann', 'bob', 'eve', 'joe']) {
      const { id } = await principals.create({ kind: 'user', name });
      accesses.set(name, snapshot.accessOf(id)!);
    }
    await catalogs.create({ name: 'prod' }, LOCAL_USER);
    for (const name of ['ml', 'dev']) await schemas.create({ catalog: 'prod', name }, LOCAL_USER);
    for (const name of ['ann', 'bob', 'joe']) {
      await grant(name, { type: 'catalog', catalog: 'prod' }, ['USE_CATALOG']);
      await grant(name, { type: 'schema', catalog: 'prod', schema: 'ml' }, ['USE_SCHEMA']);
    }
    place = await openPlace();
    pipeline = await place.open({ isKept: (tableId) => tables.keepsFiles(tableId) });
    catalog = createTables({ ...governance, db: opened.db, clock: systemClock });
    const dependencies = { db: opened.db, clock: systemClock, pipeline };
    tables = createInferenceTables({ ...dependencies, catalog });
    feedback = createFeedback({ ...dependencies, tables });
    const onError = (error: unknown) => place.errors.push(error);
    ({ round } = createMaintenance({ ...dependencies, tables, feedback, onError }));
    sql = await startStatements(opened.db, {
      openLakeTable: createLakeTables({ catalog, tables, pipeline }),
    });
  }, 60_000);

  afterAll(async () => {
    await sql.stop();
    await place.remove();
    await governance.stop();
    await opened.remove();
  });

  it('are made once, whoever asks and how often, and stand in the catalog as their maker’s', async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => ensure(wanted(1), 'ann')));
    expect(new Set(made.map(({ tableId }) => tableId)).size).toBe(1);
    const [{ tableId }] = made as [(typeof made)[0]];
    expect(await tables.ofEndpoint(1)).toMatchObject([
      { tableId, status: 'READY', kind: 'legacy', enabled: true },
    ]);
    const described = await catalog.find({
      catalog: 'PROD',
      schema: 'ml',
      name: 'fraud_score_inference_PAYLOAD',
    });
    expect(described).toMatchObject({
      id: tableId,
      format: 'DELTA',
      location: place.placeOf(tableId),
      createdBy: 'ann',
    });
    expect(described!.columns.map(({ name, typeText }) => `${name} ${typeText}`)).toEqual([
      'databricks_request_id string',
      'client_request_id string',
      'date date',
      'timestamp_ms bigint',
      'status_code int',
      'sampling_fraction double',
      'execution_time_ms bigint',
      'request string',
      'response string',
      'request_metadata map<string,string>',
    ]);
    expect(await governance.grants.ownerOf(tableSecurable(described!))).toBe('ann');
    expect(await rows('ann', `SELECT count(*) FROM ${NAME}`)).toEqual([['0']]);
  });

  it('give their rows to statements of those who hold SELECT', async () => {
    const { tableId } = (await tables.ofEndpoint(1))[0]!;
    const records = [
      recordOf({ timestampMs: Date.UTC(2026, 10, 20), response: '{"predictions": [1]}' }),
      recordOf({ timestampMs: Date.UTC(2026, 10, 21), clientRequestId: 'mine' }),
      recordOf({ timestampMs: Date.UTC(2026, 10, 21, 3), status: 400 }),
    ];
    await write(tableId, records);
    await grant('bob', { type: 'table', catalog: 'prod', schema: 'ml', name: NAME.split('.')[2]! }, [
      'SELECT',
    ]);
    expect(await rows('bob', `SELECT count(*) FROM ${NAME}`)).toEqual([['3']]);
    expect(
      await rows(
        'bob',
        'SELECT date, count(*) FROM `PROD`.ml.`Fraud_Score_Inference_Payload` GROUP BY date ORDER BY 1',
      ),
    ).toEqual([
      ['2026-11-20', '1'],
      ['2026-11-21', '2'],
    ]);
    expect(
      await rows(
        'bob',
        `WITH bad AS (SELECT * FROM ${NAME} WHERE status_code >= 400)
         SELECT a.client_request_id, a.request_metadata['model_version'], bad.status_code
         FROM ${NAME} a, bad WHERE a.date = DATE '2026-11-21' AND a.status_code = 200`,
      ),
    ).toEqual([['mine', '1', '400']]);
    const place_ = { catalog: 'prod', schema: 'ml' };
    for (const text of [
      'SELECT count(*) FROM fraud_score_inference_payload',
      'SELECT count(*) FROM ml.fraud_score_inference_payload',
    ]) {
      const view = await sql.execute({ text, place: place_ }, accesses.get('bob')!);
      expect(view.error?.message ?? JSON.parse(await sql.readText(view)), text).toEqual([['3']]);
    }
    expect(
      await rows('ann', `SELECT count(*) FROM ${NAME} p JOIN system.mlflow.runs r ON r.run_id = p.request`),
    ).toEqual([['0']]);
  });

  it('are to those who may not know of them as if they were not there', async () => {
    const missing = (name: string) => failure('eve', `SELECT count(*) FROM ${name}`);
    const hidden = await missing(NAME);
    const absent = await missing('prod.ml.no_such_thing_at_all_payload');
    const unlikely = await missing('nowhere.ml.fraud_score_inference_payload');
    expect(hidden.code).toBe('InvalidArgument');
    for (const [error, name] of [
      [absent, 'prod.ml.no_such_thing_at_all_payload'],
      [unlikely, 'nowhere.ml.fraud_score_inference_payload'],
    ] as const)
      expect({ ...error, message: error.message.replace(name, NAME) }).toEqual(hidden);
  });

  it('are refused by name to those who see them and hold no SELECT', async () => {
    await grant('joe', { type: 'table', catalog: 'prod', schema: 'ml', name: NAME.split('.')[2]! }, [
      'APPLY_TAG',
    ]);
    expect(await failure('joe', `SELECT count(*) FROM ${NAME}`)).toMatchObject({
      code: 'PermissionDenied',
      message: `Permission denied: joe must have SELECT on the table ${NAME}.`,
    });
  });

  it('open no other file to a query', async () => {
    const { tableId } = (await tables.ofEndpoint(1))[0]!;
    const { files } = await pipeline.openTable(tableId).refresh();
    const [file] = [...files.keys()].map((name) => `${place.placeOf(tableId)}/${name}`);
    for (const text of [
      `SELECT (SELECT count(*) FROM ${NAME}), * FROM read_parquet('${file}')`,
      `SELECT (SELECT count(*) FROM ${NAME}), * FROM '${file}'`,
      `SELECT (SELECT count(*) FROM ${NAME}), * FROM '/etc/passwd'`,
      `SELECT (SELECT count(*) FROM ${NAME}), * FROM read_text('/etc/passwd')`,
      `SELECT * FROM duckdb_views(), ${NAME}`,
      `COPY (SELECT * FROM ${NAME}) TO '/tmp/out.csv'`,
    ])
      expect((await failure('ann', text)).code, text).toBe('InvalidArgument');
  });

  it('say why they cannot be made, and are made when that is mended', async () => {
    expect(await ensure(wanted(2), 'ann')).toMatchObject({
      status: 'FAILED',
      message: `The table '${NAME}' exists already and is not the endpoint's: choose another prefix.`,
    });
    expect(await ensure({ ...wanted(2), schema: 'nothing' }, 'ann')).toMatchObject({
      status: 'FAILED',
      message: "Schema 'prod.nothing' does not exist.",
    });
    expect(await ensure(wanted(2, 'other'), 'ann')).toMatchObject({ status: 'READY', message: '' });
  });

  it('say that they were dropped; asked for anew there is a new one', async () => {
    const first = await ensure(wanted(3, 'dropped'), 'ann');
    await catalog.drop({ catalog: 'prod', schema: 'ml', name: first.name });
    await round();
    const failed = {
      status: 'FAILED',
      message: "The table 'prod.ml.dropped_payload' was dropped or renamed.",
    };
    expect(await tables.ofEndpoint(3)).toMatchObject([failed]);
    expect(await tables.prepare(3)).toMatchObject([failed]);
    const second = await ensure(wanted(3, 'dropped'), 'ann');
    expect(second).toMatchObject({ status: 'READY', name: 'dropped_payload' });
    expect(second.tableId).not.toBe(first.tableId);
  });

  it('stay with their rows when the endpoint uses another, or none', async () => {
    const first = await ensure(wanted(4, 'before'), 'ann');
    await write(first.tableId);
    const second = await ensure(wanted(4, 'after'), 'ann');
    expect(await tables.ofEndpoint(4)).toMatchObject([{ tableId: second.tableId }]);
    await opened.db.write((tx) => tables.release(tx, 4));
    expect(await tables.ofEndpoint(4)).toEqual([]);
    expect(await rows('ann', 'SELECT count(*) FROM prod.ml.before_payload')).toEqual([['1']]);
  });

  it('lose their files a week after they were dropped, with what is still on its way to them', async () => {
    const { tableId, ...name } = await ensure(wanted(7, 'gone'), 'ann');
    await write(tableId);
    const described = (await catalog.find(name))!;
    const ann = principalOf('ann');
    const aWeekPasses = () =>
      opened.db.write((tx) =>
        tx.run('UPDATE inference_tables SET dropped_at = dropped_at - 604800001 WHERE table_id = ?', [
          tableId,
        ]),
      );
    await catalog.drop(name);
    await tables.removeDropped();
    await catalog.register(described, ann);
    await tables.removeDropped();
    await aWeekPasses();
    await tables.removeDropped();
    expect(existsSync(`${place.placeOf(tableId)}/_delta_log`)).toBe(true);

    await catalog.drop(name);
    await tables.removeDropped();
    await tables.removeDropped();
    expect(existsSync(`${place.placeOf(tableId)}/_delta_log`)).toBe(true);
    const waiting = pipeline.recorder.journalBytes;
    const log = await pipeline.recorder.open({ tableId, kind: 'legacy' });
    await log.append(recordOf());
    await aWeekPasses();
    await tables.checkAll();
    await tables.removeDropped();
    const { files } = await place.files.list(`${tableId}/`, { limit: 10 });
    expect(files).toEqual([]);
    pipeline.recorder.rotate(tableId);
    await pipeline.handOver.settle();
    expect(pipeline.recorder.journalBytes).toBe(waiting);
    // The endpoint that named it is told; nothing is left of it once that names another.
    expect(await tables.ofEndpoint(7)).toMatchObject([{ tableId, status: 'FAILED' }]);
    await opened.db.write((tx) => tables.release(tx, 7));
    expect(await tables.find(tableId)).toBeUndefined();
    expect(place.errors).toEqual([]);
  });

  it('keep feedback beside them, each row once, to be joined by the request', async () => {
    const { tableId } = await ensure(wanted(5, 'churn'), 'ann');
    const [requestId] = (await write(tableId)) as [string];
    const item = { requestId, row: undefined, atMs: undefined };
    await feedback.record(
      5,
      [
        { ...item, name: 'label', value: true },
        { ...item, name: 'comment', value: 'no' },
      ],
      { name: 'bob' },
    );
    await Promise.all([round(), round()]);
    await feedback.record(5, [{ ...item, row: 2, name: 'amount', value: 12.5 }], { name: 'bob' });
    await round();
    expect(await feedback.ofRequest(5, requestId)).toMatchObject([
      { name: 'label', text: 'true', number: 1 },
      { name: 'comment', text: 'no', number: undefined },
      { name: 'amount', number: 12.5, row: 2 },
    ]);
    expect(
      await rows(
        'ann',
        `SELECT f.name, f.value, f.value_double, f.request_row, f.made_by, p.status_code FROM prod.ml.churn_feedback f
         JOIN prod.ml.churn_payload p USING (databricks_request_id) ORDER BY 1`,
      ),
    ).toEqual([
      ['amount', '12.5', '12.5', '2', 'bob', '200'],
      ['comment', 'no', null, null, 'bob', '200'],
      ['label', 'true', '1', null, 'bob', '200'],
    ]);
    const beside = (await catalog.find({ catalog: 'prod', schema: 'ml', name: 'churn_feedback' }))!;
    expect((await readWithDeltalake(place.placeOf(beside.id))).rows).toHaveLength(3);
    expect(place.errors).toEqual([]);
  });

  it('take feedback within bounds, and forget what never had a table', async () => {
    const bounded = createFeedback({ db: opened.db, clock: systemClock, tables, pipeline, maxWaiting: 2 });
    const item = { row: undefined, atMs: undefined, name: 'label', value: true };
    const tell = (requestId: string) => bounded.record(99, [{ ...item, requestId }], { name: 'bob' });
    for (const requestId of ['a', 'b', 'c']) await tell(requestId);
    await expect(tell('d')).rejects.toMatchObject({ code: 'LimitExceeded' });
    const threeMonthsMs = 90 * 24 * 60 * 60 * 1000 + 60_000;
    const later = { nowMs: () => Date.now() + threeMonthsMs };
    await createFeedback({ db: opened.db, clock: later, tables, pipeline }).forgetOld();
    expect(await bounded.ofRequest(99, 'a')).toEqual([]);
    await tell('d');
    expect(await bounded.ofRequest(99, 'd')).toHaveLength(1);
  });

  it('have few files after many flushes, and the same rows', async () => {
    const { tableId } = await ensure(wanted(6, 'busy'), 'ann');
    const ids: string[] = [];
    for (let flush = 0; flush < 10; flush++) ids.push(...(await write(tableId)));
    await round();
    const { rows: found, files } = await readWithDeltalake(place.placeOf(tableId));
    expect(files).toBe(1);
    expect(found.map((row) => row.databricks_request_id).sort()).toEqual(ids.sort());
    expect(await scanWithDuckDb(place.placeOf(tableId), 'SELECT count(*) FROM TABLE')).toEqual([[10]]);
  });
});
