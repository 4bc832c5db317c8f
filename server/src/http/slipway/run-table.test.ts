import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenedDatabase, testedDatabases } from '../../db/conformance/databases.ts';
import { createTracking } from '../../tracking/conformance/tracking.ts';
import { plainTargets } from '../mlflow/targets.fixture.ts';
import { type ServerFixture, startServer } from '../server.fixture.ts';
import { chartLineRoutes } from './chart-lines.ts';
import { runBulkRoutes } from './run-bulk.ts';
import { runColumnRoutes } from './run-columns.ts';
import { runExportRoutes } from './run-export.ts';
import { runTableRoutes } from './run-table.ts';

const HUGE = 2n ** 60n + 1n;

describe('the runs table over HTTP', () => {
  let opened: OpenedDatabase;
  let served: ServerFixture;
  let experimentId: string;
  let runId: string;

  beforeAll(async () => {
    opened = await testedDatabases()[0]!.open();
    const tracking = createTracking(opened.db);
    const { table, keys, opening, columns, groups, bulk, charts, exports } = tracking;
    const targets = plainTargets(opened.db);
    served = await startServer({
      mlflowRoutes: [
        ...runTableRoutes({ table, keys, opening, targets }),
        ...runColumnRoutes({ columns, groups }),
        ...runBulkRoutes(bulk, targets),
        ...chartLineRoutes(charts, targets),
      ],
      rawRoutes: runExportRoutes(exports, targets),
    });
    const experimentNo = await tracking.experiments.create({ name: 'served', tags: [] });
    experimentId = String(experimentNo);
    const { run } = await tracking.runs.create({ experimentNo, name: 'one', startTimeMs: 5, tags: [] });
    runId = run.runId;
    const points = [Number.NaN, Number.NEGATIVE_INFINITY, 0.25].map((value, i) => ({
      key: 'loss',
      value,
      step: i,
      timestampMs: 10 + i,
    }));
    await tracking.runs.logBatch({
      runId,
      metrics: [
        ...points,
        { key: 'huge', value: Number.NaN, step: HUGE, timestampMs: 1 },
        ...Array.from({ length: 900 }, (_, i) => ({ key: 'long', value: i / 7, step: i, timestampMs: i })),
      ],
      params: [{ key: '__proto__', value: 'x' }],
      tags: [],
    });
  });
  afterAll(async () => {
    await served.server.close();
    await opened.remove();
  });

  async function post(
    path: string,
    body: object,
    prefix = '/ajax-api',
  ): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${served.url}${prefix}/slipway/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  it('answers windows by column, numbers that JSON lacks as texts, under both prefixes', async () => {
    const expected = {
      status: 200,
      body: {
        snapshot: expect.any(String),
        total: 1,
        matching: 1,
        all: 1,
        offset: 0,
        rows: {
          run_id: [runId],
          run_name: ['one'],
          experiment_id: [experimentId],
          status: ['RUNNING'],
          start_time: [5],
          end_time: [null],
          lifecycle_stage: ['active'],
          depth: [0],
          child_count: [0],
        },
        columns: {
          'metrics.huge': ['NaN'],
          'metrics.loss': [0.25],
          'tags.none': [null],
          'attributes.models': [null],
        },
      },
    };
    const asked = {
      experiment_ids: [experimentId],
      columns: ['metrics.huge', 'metrics.loss', 'tags.none', 'attributes.models'],
    };
    expect(await post('run-table/window', asked)).toEqual(expected);
    expect(await post('run-table/window', asked, '/api')).toEqual(expected);
    const values = await post('run-table/values', {
      ...asked,
      columns: ['metrics.huge', 'params.__proto__'],
    });
    expect(JSON.stringify(values.body)).toContain(
      '"columns":{"metrics.huge":["NaN"],"params.__proto__":{"values":["x"],"codes":[0]}}',
    );
    expect(await post('run-table/locate', { ...asked, run_id: runId })).toMatchObject({ body: { index: 0 } });
  });

  it('opens a page of runs with one answer: experiments, keys, and rows with what a table shows of itself', async () => {
    const answer = await post('run-table/opening', { experiment_ids: [experimentId, '999999'], limit: 10 });
    const { body } = answer as {
      body: { experiments: { name: string }[]; keys: object; window: { columns: object } };
    };
    expect(body.experiments.map(({ name }) => name)).toEqual(['served']);
    expect(body.keys).toMatchObject({
      metrics: { total: 3 },
      params: { keys: [{ key: '__proto__', varies: false, value: 'x' }], total: 1 },
    });
    expect(body.window).toMatchObject({ total: 1, offset: 0, rows: { run_name: ['one'] } });
    expect(Object.keys(body.window.columns)).toEqual([
      'attributes.experiment_name',
      'metrics.huge',
      'metrics.long',
      'metrics.loss',
    ]);
    const chosen = await post('run-table/opening', {
      experiment_ids: [experimentId],
      columns: ['tags.none'],
    });
    expect(chosen).toMatchObject({ status: 200, body: { window: { columns: { 'tags.none': [null] } } } });
    const refused = { experiment_ids: [experimentId], filter: 'metrics.loss >' };
    expect(await post('run-table/opening', refused)).toMatchObject({ status: 400 });
  });

  it('answers lines as columns, with steps of 64 bits', async () => {
    const asked = { run_ids: [runId], keys: ['loss', 'huge'], x: 'relative' };
    const answer = await fetch(`${served.url}/api/slipway/v1/charts/lines`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(asked),
    });
    const text = await answer.text();
    expect(text).toContain(`"steps":[${HUGE}]`);
    expect(JSON.parse(text).lines[0]).toEqual({
      run_id: runId,
      key: 'loss',
      count: 3,
      x: [0, 1, 2],
      y: ['NaN', '-Infinity', 0.25],
      steps: [0, 1, 2],
      summary: {
        last: 0.25,
        last_step: 2,
        last_time: 12,
        first_time: 10,
        min: '-Infinity',
        max: 0.25,
        min_step: 1,
        max_step: 2,
      },
    });
    expect(await post('charts/lines', { run_ids: ['0'.repeat(32)], keys: ['loss'] })).toMatchObject({
      body: { lines: [] },
    });
  });

  it.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('compresses large answers with %s where the caller takes it', async (encoding, decompress) => {
    const inject = (accepted: string) =>
      served.server.inject({
        method: 'POST',
        url: '/api/slipway/v1/charts/lines',
        headers: {
          'accept-encoding': accepted,
          'content-type': 'application/json',
          host: `127.0.0.1:${served.port}`,
        },
        payload: JSON.stringify({ run_ids: [runId], keys: ['long'] }),
      });
    const plain = await inject('identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.json().lines[0].y).toHaveLength(900);
    const packed = await inject(`${encoding}, identity`);
    expect(packed.headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length);
    expect(decompress(packed.rawPayload).toString()).toBe(plain.payload);
  });

  it('sends all matching runs as a file', async () => {
    const query = `experiment_ids=${experimentId}&columns=metrics.loss`;
    const answer = await fetch(`${served.url}/ajax-api/slipway/v1/run-table/export.csv?${query}`);
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="runs.csv"');
    expect(await answer.text()).toBe(
      `attributes.run_id,attributes.run_name,metrics.loss\r\n${runId},one,0.25\r\n`,
    );
    const refused = await fetch(
      `${served.url}/ajax-api/slipway/v1/run-table/export.csv?${query}&filter=oops`,
    );
    expect(refused.status).toBe(400);
  });

  it('changes many runs at once, and says what is wrong by its name', async () => {
    const asked = { query: { experiment_ids: [experimentId], filter: "run_name = 'one'" } };
    expect(await post('runs/bulk', { ...asked, action: 'set-tag', key: 'good', value: '' })).toEqual({
      status: 200,
      body: { changed: 1, run_ids: [runId], previous: [null] },
    });
    const refusals = [
      ['action', 'runs/bulk', { ...asked, action: 'erase' }],
      ['value', 'runs/bulk', { ...asked, action: 'set-tag', key: 'good' }],
      ['run_ids', 'runs/bulk', { action: 'delete' }],
      ['experiment_ids', 'run-table/window', {}],
      ['experiment_ids[1]', 'run-table/window', { experiment_ids: ['1', 'x'] }],
      ['x', 'charts/lines', { run_ids: [runId], keys: ['loss'], x: 'sideways' }],
      ['group_by', 'run-table/groups', { experiment_ids: ['1'] }],
    ] as const;
    for (const [name, path, body] of refusals) {
      const { status, body: error } = await post(path, body);
      expect({ name, status, message: (error as { message: string }).message }).toEqual({
        name,
        status: 400,
        message: expect.stringContaining(`'${name}'`),
      });
    }
  });
});
