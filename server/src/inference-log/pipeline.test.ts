import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { PAYLOAD_SCHEMAS, storedColumns } from './payload-schemas.ts';
import type { Pipeline } from './pipeline.ts';
import type { InferenceTableKind } from './recorder.ts';
import { entityOf, recordOf } from './records.fixture.ts';
import { type Fault, faultyFiles, openPlace, readWithDeltalake, scanWithDuckDb } from './tables.fixture.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const places: Awaited<ReturnType<typeof openPlace>>[] = [];

async function newPlace() {
  const place = await openPlace();
  places.push(place);
  return place;
}

afterEach(async () => {
  for (const place of places.splice(0)) await place.remove();
});

async function newTable(pipeline: Pipeline, kind: InferenceTableKind = 'legacy') {
  const tableId = randomUUID();
  await pipeline.createTable(tableId, PAYLOAD_SCHEMAS[kind]);
  return { tableId, log: await pipeline.recorder.open({ tableId, kind }) };
}

const idsOf = (rows: readonly Readonly<Record<string, unknown>>[]) =>
  rows.map((row) => String(row.databricks_request_id)).sort();

describe('what was recorded', () => {
  it('is read by deltalake and DuckDB with the columns of auto capture', async () => {
    const place = await newPlace();
    const pipeline = await place.open();
    const { tableId, log } = await newTable(pipeline);
    const records = [
      recordOf({ clientRequestId: 'mine', request: '{"a":"ä🙂\\u0000"}', executionUs: 2600 }),
      recordOf({ timestampMs: Date.UTC(2026, 10, 22, 0, 0, 0, 0), status: 400, samplingFraction: 0.25 }),
      recordOf({ entity: entityOf('2') }),
    ];
    await Promise.all(records.map((record) => log.append(record)));
    pipeline.recorder.rotate(tableId);
    await pipeline.handOver.settle();
    const { schema, rows } = await readWithDeltalake(place.placeOf(tableId));
    expect(schema).toEqual({
      databricks_request_id: 'string',
      client_request_id: 'string',
      date: 'date32[day]',
      timestamp_ms: 'int64',
      status_code: 'int32',
      sampling_fraction: 'double',
      execution_time_ms: 'int64',
      request: 'string',
      response: 'string',
      request_metadata: 'map<string, string>',
    });
    expect(idsOf(rows)).toEqual(records.map(({ requestId }) => requestId).sort());
    const byId = new Map(rows.map((row) => [row.databricks_request_id, row]));
    expect(byId.get(records[0]!.requestId)).toEqual({
      databricks_request_id: records[0]!.requestId,
      client_request_id: 'mine',
      date: '2026-11-21',
      timestamp_ms: records[0]!.timestampMs,
      status_code: 200,
      sampling_fraction: 1,
      execution_time_ms: 3,
      request: '{"a":"ä🙂\\u0000"}',
      response: '{"predictions": [0]}',
      request_metadata: [
        ['endpoint_name', 'fraud-score'],
        ['model_name', 'prod.ml.fraud_score'],
        ['model_version', '1'],
      ],
    });
    expect(byId.get(records[1]!.requestId)).toMatchObject({ date: '2026-11-22', sampling_fraction: 0.25 });
    const query =
      "SELECT date, count(*), max(request_metadata['model_version']), sum(status_code) FROM TABLE GROUP BY date ORDER BY date";
    expect(await scanWithDuckDb(place.placeOf(tableId), query)).toEqual([
      ['2026-11-21', 2, '2', 400],
      ['2026-11-22', 1, '1', 400],
    ]);
  });

  it('is read with the columns of the AI gateway', async () => {
    const place = await newPlace();
    const pipeline = await place.open();
    const tableId = randomUUID();
    await pipeline.createTable(tableId, PAYLOAD_SCHEMAS.gateway);
    const log = await pipeline.recorder.open({ tableId, kind: 'gateway', maxPayloadBytes: 10 });
    const record = recordOf({ request: 'x'.repeat(11), response: 'short' });
    await log.append(record);
    pipeline.recorder.rotate(tableId);
    await pipeline.handOver.settle();
    const { schema, rows } = await readWithDeltalake(place.placeOf(tableId));
    expect(schema).toMatchObject({ request_time: 'timestamp[us, tz=UTC]', request_date: 'date32[day]' });
    expect(Object.keys(schema)).toHaveLength(12);
    expect(rows).toEqual([
      {
        databricks_request_id: record.requestId,
        request_date: '2026-11-21',
        client_request_id: null,
        request_time: '2026-11-21 12:00:00.001000+00:00',
        status_code: 200,
        sampling_fraction: 1,
        execution_duration_ms: 1,
        request: 'x'.repeat(10),
        response: 'short',
        logging_error_codes: ['MAX_REQUEST_SIZE_EXCEEDED'],
        served_entity_id: 'entity-1',
        requester: 'ann@example.com',
      },
    ]);
    const query = "SELECT count(*) FROM TABLE WHERE request_time = TIMESTAMPTZ '2026-11-21 12:00:00.001+00'";
    expect(await scanWithDuckDb(place.placeOf(tableId), query)).toEqual([[1]]);
  });

  it('stays readable over checkpoints, compaction and the removal of what is needless', async () => {
    const place = await newPlace();
    const pipeline = await place.open();
    const { tableId, log } = await newTable(pipeline);
    const ids: string[] = [];
    for (let segment = 0; segment < 25; segment++) {
      for (let i = 0; i < 4; i++) {
        const record = recordOf({ timestampMs: Date.UTC(2026, 10, 20 + (i % 2), 23 - (segment % 24)) });
        ids.push(record.requestId);
        await log.append(record);
      }
      pipeline.recorder.rotate(tableId);
      await pipeline.handOver.settle();
    }
    const before = await readWithDeltalake(place.placeOf(tableId));
    expect(before.files).toBe(50);
    const logNames = readdirSync(path.join(place.placeOf(tableId), '_delta_log'));
    expect(logNames.filter((name) => name.endsWith('.checkpoint.parquet'))).toHaveLength(1);
    expect(logNames).toContain('_last_checkpoint');
    const schema = PAYLOAD_SCHEMAS.legacy;
    await pipeline.compact(tableId, { ...schema, columns: storedColumns(schema) });
    await pipeline.vacuum(tableId);
    const after = await readWithDeltalake(place.placeOf(tableId));
    expect(after.files).toBe(2);
    expect(idsOf(after.rows)).toEqual([...ids].sort());
    const times = after.rows
      .filter(({ date }) => date === '2026-11-20')
      .map((row) => Number(row.timestamp_ms));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    // Who comes later begins with the checkpoint, and finds the same.
    const other = await place.open();
    const [mine, theirs] = await Promise.all(
      [pipeline, other].map((each) => each.openTable(tableId).refresh()),
    );
    expect([...theirs!.files.keys()].sort()).toEqual([...mine!.files.keys()].sort());
    expect([...theirs!.txns]).toEqual([...mine!.txns]);
    expect(theirs!.checkpointVersion).toBe(20);
    expect(place.errors).toEqual([]);
  });

  it('waits where the columns were altered outside, and says of which table', async () => {
    const place = await newPlace();
    const pipeline = await place.open();
    const { tableId, log } = await newTable(pipeline);
    await pipeline.openTable(tableId).commit((snapshot) =>
      snapshot.version > 0
        ? undefined
        : {
            operation: 'ADD COLUMNS',
            isBlindAppend: false,
            actions: [{ metaData: { ...snapshot.metadata, schemaString: '{"type":"struct","fields":[]}' } }],
          },
    );
    await log.append(recordOf());
    pipeline.recorder.rotate(tableId);
    await pipeline.handOver.settle();
    expect(place.failed).toEqual([
      `${tableId}: The columns of the table were altered outside: nothing can be written to it.`,
    ]);
    expect(pipeline.recorder.journalBytes).toBeGreaterThan(64);
  });
});

/** Rows of a table, by what the log names: quicker than a Python for each of many cases. */
async function countRows(pipeline: Pipeline, tableId: string): Promise<number> {
  const { files } = await pipeline.openTable(tableId).refresh();
  return [...files.values()].reduce(
    (sum, { stats }) => sum + (JSON.parse(stats ?? '') as { numRecords: number }).numRecords,
    0,
  );
}

describe('a store that fails while segments are brought in', () => {
  const cases = [1, 2, 3, 4, 5, 6].flatMap((at) =>
    (['before', 'after'] as const).flatMap((when) => [true, false].map((forever) => ({ at, when, forever }))),
  );

  it('loses no row and doubles none, whichever write fails, before it is done or after', async () => {
    const place = await newPlace();
    const ids = new Map<string, string[]>();
    const reader = await place.open();
    for (const fault of cases satisfies readonly Fault[]) {
      const files = faultyFiles(place.files, fault);
      const tableId = randomUUID();
      await reader.createTable(tableId, PAYLOAD_SCHEMAS.legacy);
      const errors: unknown[] = [];
      const pipeline = await place.open({ files, onError: (error) => errors.push(error) });
      const log = await pipeline.recorder.open({ tableId, kind: 'legacy' });
      // Two segments of two days: for each two files and a commit.
      const mine: string[] = [];
      for (let segment = 0; segment < 2; segment++) {
        for (let day = 20; day < 22; day++) {
          const record = recordOf({ timestampMs: Date.UTC(2026, 10, day) });
          mine.push(record.requestId);
          await log.append(record);
        }
        pipeline.recorder.rotate(tableId);
      }
      await pipeline.recorder.close();
      await pipeline.handOver.settle();
      // Where the answer to a commit alone was lost, the next look has already shown that it is done.
      if (fault.forever || fault.at % 3 !== 0)
        expect(errors.length, JSON.stringify(fault)).toBeGreaterThan(0);
      // The process ends where it is, and another one finds what it left.
      if (fault.forever) await pipeline.close();
      else await pipeline.handOver.settle();
      await reader.handOver.settle();
      expect(await countRows(reader, tableId), JSON.stringify(fault)).toBe(4);
      ids.set(tableId, mine);
    }
    for (const [tableId, mine] of [...ids].filter((_, i) => i % 6 === 3))
      expect(idsOf((await readWithDeltalake(place.placeOf(tableId))).rows)).toEqual(mine.sort());
    expect(place.errors).toEqual([]);
  });

  it('has each row once where several processes find the same journal', async () => {
    const place = await newPlace();
    const dead = await place.open({
      files: faultyFiles(place.files, { at: 1, when: 'before', forever: true }),
    });
    const finders = await Promise.all([place.open(), place.open(), place.open()]);
    const tableId = randomUUID();
    await finders[0]!.createTable(tableId, PAYLOAD_SCHEMAS.legacy);
    const log = await dead.recorder.open({ tableId, kind: 'legacy' });
    const ids: string[] = [];
    for (let segment = 0; segment < 6; segment++) {
      const record = recordOf();
      ids.push(record.requestId);
      await log.append(record);
      dead.recorder.rotate(tableId);
    }
    await dead.close();
    for (let round = 0; round < 3; round++)
      await Promise.all(finders.map(({ handOver }) => handOver.settle()));
    expect(idsOf((await readWithDeltalake(place.placeOf(tableId))).rows)).toEqual(ids.sort());
    expect(readdirSync(path.join(place.folder, 'journal')).sort()).toEqual(
      finders.map(({ nodeId }) => nodeId).sort(),
    );
  });

  it('has each row once where several processes write one table at the same time', async () => {
    const place = await newPlace();
    const writers = await Promise.all([place.open(), place.open(), place.open()]);
    const tableId = randomUUID();
    await Promise.all(writers.map((each) => each.createTable(tableId, PAYLOAD_SCHEMAS.legacy)));
    const ids: string[] = [];
    await Promise.all(
      writers.map(async (pipeline) => {
        const log = await pipeline.recorder.open({ tableId, kind: 'legacy' });
        for (let segment = 0; segment < 5; segment++) {
          const record = recordOf();
          ids.push(record.requestId);
          await log.append(record);
          pipeline.recorder.rotate(tableId);
          await pipeline.handOver.settle();
        }
      }),
    );
    const { rows, version } = await readWithDeltalake(place.placeOf(tableId));
    expect(idsOf(rows)).toEqual(ids.sort());
    expect(version).toBe(15);
    expect(place.errors).toEqual([]);
  });
});
