import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { composeTelemetry, type Telemetry } from './compose-telemetry.ts';
import { renderScoringFailure } from './http/invocations/answers.ts';
import { createScoringListener } from './http/invocations/scoring-server.ts';
import { systemClock } from './kernel/clock.ts';
import { AppError } from './kernel/errors.ts';
import { createGateway } from './serving/gateway/gateway.ts';
import type { Gateway } from './serving/gateway/gateway-port.ts';
import {
  createTestLane,
  createTestLanes,
  entityOf,
  irisModel,
  routeOf,
} from './serving/gateway/lanes.fixture.ts';
import { readOtlpJson } from './traces/otlp-json.ts';
import type { ReceivedSpan } from './traces/received-span.ts';

const ROW = JSON.stringify({
  dataframe_split: {
    columns: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
    data: [[5.1, 3.5, 1.4, 0.2]],
  },
});
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

/** The spans that a collector was sent, read as one reads them. */
let spans: ReceivedSpan[];
let collector: Server;
let door: Server;
let gateway: Gateway;
let telemetry: Telemetry;

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });

async function open(share: number): Promise<(body: string, traceparent?: string) => Promise<Response>> {
  const endpoint = await listen(collector);
  telemetry = composeTelemetry({ endpoint, headers: {}, share }, (error) =>
    expect.unreachable(error.message),
  );
  gateway = createGateway({
    clock: systemClock,
    steadyMs: () => performance.now(),
    seed: () => 1,
    renderFailure: renderScoringFailure,
    onModelFailure: () => undefined,
    onAnswered: telemetry.onAnswered,
  });
  const lane = createTestLane((batch) => {
    if (batch.kind === 'columns') return irisModel(batch);
    throw new AppError('Unavailable', 'gone', { reason: 'died' });
  });
  void gateway.table.put(routeOf([entityOf(createTestLanes(lane))]));
  const version = () => '3.17.2';
  door = createServer(createScoringListener({ gateway, endpoint: 'iris', version, isReady: () => true }));
  const url = await listen(door);
  return (body, traceparent) =>
    fetch(`${url}/invocations`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...(traceparent !== undefined && { traceparent }) },
    });
}

const attributesOf = ({ attributes }: ReceivedSpan): Record<string, unknown> =>
  Object.fromEntries([...attributes].map(([key, json]) => [key, JSON.parse(json)]));

beforeEach(() => {
  spans = [];
  collector = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      spans.push(...readOtlpJson(Buffer.concat(pieces).toString('utf8')).flatMap((sent) => sent.spans));
      response.end('{}');
    });
  });
});
afterEach(async () => {
  await gateway.close(0);
  await telemetry.close();
  for (const server of [door, collector]) {
    server.closeAllConnections();
    server.close();
  }
});

describe('traces of requests to an endpoint', () => {
  it('tell of the request, its wait and its model, as a part of the trace of the caller', async () => {
    const ask = await open(0);
    const before = Date.now();
    const answer = await ask(ROW, `00-${TRACE}-${CALLER}-01`);
    expect(answer.status).toBe(200);
    await expect.poll(() => spans.length, { timeout: 10_000 }).toBe(3);
    const [whole, wait, predict] = spans as [ReceivedSpan, ReceivedSpan, ReceivedSpan];
    expect(spans.map(({ name }) => name)).toEqual([
      'POST /serving-endpoints/iris/invocations',
      'wait for a lane',
      'predict',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
    expect(spans.map(({ parentSpanId }) => parentSpanId)).toEqual([CALLER, whole.spanId, whole.spanId]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(3);
    expect(attributesOf(whole)).toMatchObject({
      'http.response.status_code': 200,
      'slipway.endpoint': 'iris',
      'slipway.lane': 'python',
      'slipway.request_id': answer.headers.get('x-request-id'),
      'slipway.served_entity': 'iris-1',
    });
    expect(attributesOf(predict)).toEqual({ 'slipway.batch_requests': 1 });
    expect(Number(whole.startNs / 1_000_000n)).toBeGreaterThanOrEqual(before);
    expect([wait.startNs, wait.endNs, predict.endNs]).toEqual([whole.startNs, predict.startNs, whole.endNs]);
    expect(whole.endNs! >= whole.startNs).toBe(true);
  });

  it('tell of what was refused, and whose fault it was', async () => {
    const ask = await open(1);
    expect((await ask('{"inputs": "nonsense"}')).status).toBe(400);
    await expect.poll(() => spans.length, { timeout: 10_000 }).toBe(1);
    const [refused] = spans as [ReceivedSpan];
    expect(attributesOf(refused)).toMatchObject({
      'http.response.status_code': 400,
      'error.type': 'SCHEMA_ENFORCEMENT_FAILED',
    });
    expect(refused.status).not.toBe('ERROR');
    expect(refused.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(refused.parentSpanId).toBeUndefined();
    expect([...refused.attributes.values()].join()).not.toContain('nonsense');
  });

  it('are sent of the share that is asked for, and of a caller what he says', async () => {
    const ask = await open(0);
    for (let i = 0; i < 5; i += 1) expect((await ask(ROW)).status).toBe(200);
    expect((await ask(ROW, `00-${TRACE}-${CALLER}-00`)).status).toBe(200);
    expect((await ask(ROW, `00-${TRACE}-${CALLER}-01`)).status).toBe(200);
    await telemetry.close();
    expect(spans).toHaveLength(3);
    expect(telemetry.renderMetrics()).toContain('slipway_otlp_spans_total{outcome="sent"} 3\n');
  });
});

it('are made for nobody where no collector is named', async () => {
  const silent = composeTelemetry(undefined, () => undefined);
  expect(silent.onAnswered).toBeUndefined();
  expect(silent.renderMetrics()).toBe('');
  await silent.close();
});
