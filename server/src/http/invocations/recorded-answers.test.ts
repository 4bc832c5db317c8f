import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { createGateway } from '../../serving/gateway/gateway.ts';
import {
  createTestLane,
  createTestLanes,
  entityOf,
  irisModel,
  routeOf,
} from '../../serving/gateway/lanes.fixture.ts';
import { renderScoringFailure } from './answers.ts';
import { createScoringListener } from './scoring-server.ts';

/** What `mlflow models serve` 3.17.2 answered to the same requests, for a forest on four required doubles. */
interface Recorded {
  readonly case: string;
  readonly status: number;
  readonly contentType: string;
  readonly allow?: string;
  readonly body?: string;
  readonly error_code?: string;
  readonly sqlstate?: string;
  readonly error_class?: string;
}
const recorded = JSON.parse(
  readFileSync(new URL('./recorded-answers.fixture.json', import.meta.url), 'utf8'),
) as readonly Recorded[];

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly type?: string | null;
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
}

const COLUMNS = ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'];
const ROW = [5.1, 3.5, 1.4, 0.2];
const RECORD = Object.fromEntries(COLUMNS.map((name, i) => [name, ROW[i]]));
const json = (value: unknown): Sent => ({ body: JSON.stringify(value) });
const split = (data: unknown, columns: unknown = COLUMNS): Sent =>
  json({ dataframe_split: { columns, data } });
const GOOD = split([ROW]);
const literal = (word: string): Sent => ({
  body: `{"dataframe_split": {"columns": ${JSON.stringify(COLUMNS)}, "data": [[${word}, 3.5, 1.4, 0.2]]}}`,
});

const requests: Readonly<Record<string, Sent>> = {
  'GET /ping': { method: 'GET', path: '/ping' },
  'GET /health': { method: 'GET', path: '/health' },
  'GET /version': { method: 'GET', path: '/version' },
  'GET /': { method: 'GET', path: '/' },
  'GET /docs': { method: 'GET', path: '/docs' },
  'GET /openapi.json': { method: 'GET', path: '/openapi.json' },
  'GET /invocations': { method: 'GET' },
  'HEAD /ping': { method: 'HEAD', path: '/ping' },
  split: GOOD,
  records: json({ dataframe_records: [RECORD] }),
  'instances list-of-dict': json({ instances: [RECORD] }),
  'instances 2d list': json({ instances: [ROW] }),
  'inputs 2d list': json({ inputs: [ROW] }),
  'inputs dict of lists': json({ inputs: Object.fromEntries(COLUMNS.map((name, i) => [name, [ROW[i]]])) }),
  'inputs list of dicts': json({ inputs: [RECORD] }),
  csv: { type: 'text/csv', body: `${COLUMNS.join(',')}\n5.1,3.5,1.4,0.2\n` },
  'csv missing column': { type: 'text/csv', body: `${COLUMNS.slice(0, 3).join(',')}\n5.1,3.5,1.4\n` },
  'csv bad value': { type: 'text/csv', body: `${COLUMNS.join(',')}\n5.1,abc,1.4,0.2\n` },
  'split missing column': split([ROW.slice(0, 3)], COLUMNS.slice(0, 3)),
  'split wrong type (string)': split([['a', 3.5, 1.4, 0.2]]),
  'split numeric string': split([['5.1', '3.5', '1.4', '0.2']]),
  'split int for double': split([[5, 3, 1, 0]]),
  'split bool': split([[true, false, true, false]]),
  'split extra column': split([[...ROW, 9]], [...COLUMNS, 'extra']),
  'split reordered columns': split([[...ROW].reverse()], [...COLUMNS].reverse()),
  'split no columns': json({ dataframe_split: { data: [ROW] } }),
  'split ragged': split([ROW.slice(0, 3)]),
  'split null': split([[null, 3.5, 1.4, 0.2]]),
  'split NaN literal': literal('NaN'),
  'split Infinity literal': literal('Infinity'),
  'split zero rows': split([]),
  'bad JSON': { body: '{"dataframe_split": ' },
  'empty body': { body: '' },
  '{}': { body: '{}' },
  'JSON list': { body: '[1, 2]' },
  'JSON number': { body: '5' },
  'two formats': json({ inputs: [RECORD], instances: [RECORD] }),
  'unknown extra key': json({ dataframe_records: [RECORD], more: 1 }),
  'inputs wrong width': json({ inputs: [[1, 2]] }),
  'params, model has none': json({ dataframe_records: [RECORD], params: { alpha: 1 } }),
  'params not a dict': json({ dataframe_records: [RECORD], params: 5 }),
  'llm key messages': json({ messages: [{ role: 'user', content: 'x' }] }),
  'ct charset utf-8': { ...GOOD, type: 'application/json; charset=utf-8' },
  'ct charset latin1': { ...GOOD, type: 'application/json; charset=latin-1' },
  'ct format=pandas-split': { ...GOOD, type: 'application/json; format=pandas-split' },
  'ct text/plain': { ...GOOD, type: 'text/plain' },
  'ct Application/JSON upper': { ...GOOD, type: 'Application/JSON' },
  'no content type': { ...GOOD, type: null },
  'invalid utf-8': { body: Buffer.from('7b22696e70757473223a2022ff227d', 'hex') },
  'gzip body': { body: gzipSync(GOOD.body!), headers: { 'content-encoding': 'gzip' } },
  'parquet garbage': { type: 'application/vnd.apache.parquet', body: 'PAR1' },
  'POST /nope': { ...GOOD, path: '/nope' },
};

/** Where we answer otherwise, on purpose. */
const differences: Readonly<Record<string, { readonly status: number; readonly why: string }>> = {
  'GET /docs': { status: 404, why: 'the page loads from a foreign host' },
  'GET /openapi.json': { status: 404, why: 'describes the framework, not the model' },
  'ct Application/JSON upper': { status: 200, why: 'media types are the same in any case' },
  'no content type': { status: 200, why: 'a crash there; curl without -H is read as JSON' },
  'gzip body': { status: 200, why: 'Content-Encoding is honoured' },
};

describe('a scoring server', () => {
  let server: Server;
  let port: number;
  let isReady = true;

  beforeAll(async () => {
    const gateway = createGateway({
      clock: systemClock,
      steadyMs: () => performance.now(),
      seed: () => 1,
      renderFailure: renderScoringFailure,
      onModelFailure: () => undefined,
    });
    const lane = createTestLane((batch) => {
      if (batch.kind === 'raw') throw unreadableParquet();
      return irisModel(batch);
    });
    void gateway.table.put(routeOf([entityOf(createTestLanes(lane))]));
    const version = () => '3.17.2';
    server = createServer(
      createScoringListener({ gateway, endpoint: 'iris', version, isReady: () => isReady }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  function ask({ method = 'POST', path = '/invocations', type = 'application/json', body, headers }: Sent) {
    return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
      (resolve, reject) => {
        const all = { ...headers, ...(type !== null && body !== undefined && { 'content-type': type }) };
        const sent = httpRequest({ port, method, path, headers: all, agent: false }, (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('end', () =>
            resolve({
              status: response.statusCode!,
              headers: response.headers,
              body: Buffer.concat(pieces).toString(),
            }),
          );
        });
        sent.on('error', reject);
        sent.end(body);
      },
    );
  }

  it('is asked all that was recorded, and nothing else', () => {
    expect(Object.keys(requests).sort()).toEqual(recorded.map((probe) => probe.case).sort());
    expect(recorded).toHaveLength(52);
    expect(recorded.map((probe) => probe.case)).toEqual(expect.arrayContaining(Object.keys(differences)));
  });

  it.each(recorded)('answers $case as MLflow does, or says why not', async (probe) => {
    const answer = await ask(requests[probe.case]!);
    const difference = differences[probe.case];
    if (difference !== undefined) {
      expect(answer.status).toBe(difference.status);
      expect(answer.status).not.toBe(probe.status);
      return;
    }
    expect(answer.status).toBe(probe.status);
    expect(answer.headers['content-type']).toBe(probe.contentType);
    if (probe.allow !== undefined) expect(answer.headers.allow).toBe(probe.allow);
    if (probe.error_code === undefined) {
      expect(answer.body.slice(0, 60)).toBe((probe.body ?? '').slice(0, 60));
      return;
    }
    const { error_code, sqlstate, error_class, message, ...more } = JSON.parse(answer.body);
    expect({ error_code, sqlstate, error_class }).toEqual({
      error_code: probe.error_code,
      sqlstate: probe.sqlstate,
      error_class: probe.error_class,
    });
    expect(more).toEqual({});
    expect(message).not.toMatch(/Traceback|\.py|\.ts:/);
  });

  it('names column, row, expected and given where a value is refused', async () => {
    const { body } = await ask(split([ROW, [5.1, 'a', 1.4, 0.2]]));
    expect(JSON.parse(body).message).toBe(
      "Invalid input. Data is not compatible with model signature. Failed to convert column sepal width (cm) to type 'float64'. " +
        `Error: 'ValueError("could not convert string to float: 'a'")' Row 1, column 'sepal width (cm)': expected double, got "a".`,
    );
  });

  it('fails its health checks while no process with the model lives', async () => {
    isReady = false;
    for (const path of ['/ping', '/health']) {
      const { status, body } = await ask({ method: 'GET', path });
      expect([status, JSON.parse(body)]).toEqual([
        503,
        expect.objectContaining({ error_code: 'TEMPORARILY_UNAVAILABLE' }),
      ]);
    }
    expect((await ask({ method: 'GET', path: '/version' })).status).toBe(200);
    isReady = true;
    expect((await ask({ method: 'GET', path: '/ping' })).status).toBe(200);
  });

  it('tells what it ignored, which entity answered and under which id', async () => {
    const { headers } = await ask(
      json({ dataframe_records: [{ ...RECORD, 'a,b': 1, ü: 2 }], params: { alpha: 1 } }),
    );
    expect(headers).toMatchObject({
      'x-slipway-ignored': 'columns=a%2Cb,%C3%BC; params=alpha',
      'served-model-name': 'iris-1',
      'x-slipway-model-version': '1',
      'x-slipway-lane': 'python',
      'x-request-id': expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4/),
    });
  });

  it('refuses a body that is more than memory is meant to hold, also one that was compressed', async () => {
    const zeros = gzipSync(Buffer.alloc(65 * 2 ** 20));
    expect(await ask({ body: zeros, headers: { 'content-encoding': 'gzip' } })).toMatchObject({
      status: 413,
    });
    expect(await ask({ body: 'x', headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 400 });
    expect(await ask({ body: 'x', headers: { 'content-encoding': 'br' } })).toMatchObject({ status: 400 });
  });
});

const unreadableParquet = () =>
  new AppError(
    'InvalidArgument',
    'Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet Pandas DataFrame produced ' +
      'using the `pandas.DataFrame.to_parquet()` method.',
    { reason: 'input-unusable', details: { error: { error_code: 'BAD_REQUEST' } } },
  );
