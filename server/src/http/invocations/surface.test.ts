import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access, Decision } from '../../governance/access.ts';
import { systemClock } from '../../kernel/clock.ts';
import { createGateway } from '../../serving/gateway/gateway.ts';
import type { Gateway } from '../../serving/gateway/gateway-port.ts';
import {
  createTestLane,
  createTestLanes,
  entityOf,
  irisModel,
  routeOf,
  type TestLanes,
} from '../../serving/gateway/lanes.fixture.ts';
import { callerOf } from '../authenticate.ts';
import { type ServerFixture, startServer } from '../server.fixture.ts';
import { renderScoringFailure } from './answers.ts';
import { createInvocationRoutes } from './surface.ts';

const IRIS_ROW = JSON.stringify({
  dataframe_split: {
    columns: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
    data: [[5.1, 3.5, 1.4, 0.2]],
  },
});

/** Whoever calls says by a header what he may do. */
const accessFor = (decision: Decision): Access => ({
  principal: { id: '7', kind: 'user', name: 'anna@example.org', isAdmin: false },
  decide: (action) => (action === 'endpoint.query' ? decision : 'hidden'),
  visibleExperiments: () => [],
  visibleModels: () => ({ schemas: [], models: [] }),
  visibleNames: () => [],
});

/** Where an origin is listed every request goes by the router. */
const WAYS = [
  { way: 'by the short way', allowedOrigins: [] },
  { way: 'by the router', allowedOrigins: ['https://pages.example'] },
];

describe.each(WAYS)('the addresses of endpoints, $way', ({ allowedOrigins }) => {
  let fixture: ServerFixture;
  let gateway: Gateway;
  let lanes: TestLanes;

  beforeAll(async () => {
    gateway = createGateway({
      clock: systemClock,
      steadyMs: () => performance.now(),
      seed: () => 1,
      renderFailure: renderScoringFailure,
      onModelFailure: () => undefined,
    });
    lanes = createTestLanes(createTestLane(irisModel));
    const other = createTestLanes(createTestLane(irisModel));
    const entities = [entityOf(lanes), entityOf(other, { name: 'iris-2', modelVersion: '2', weight: 0 })];
    void gateway.table.put(routeOf(entities, { deadlineMs: 200 }));
    fixture = await startServer({
      rawRoutes: createInvocationRoutes(gateway),
      hostRules: { allowedOrigins },
      authenticate: (request) =>
        callerOf(request, accessFor((request.headers['x-may'] as Decision) ?? 'allowed')),
    });
  });
  afterAll(() => fixture.server.close());

  const ask = async (path: string, given: { body?: string; headers?: Record<string, string> } = {}) => {
    const { body = IRIS_ROW, headers } = given;
    const answer = await fetch(`${fixture.url}/serving-endpoints/${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  };

  it('answer by the traffic split, or by the entity that is named', async () => {
    expect(await ask('iris/invocations')).toMatchObject({
      status: 200,
      body: '{"predictions": [0]}',
      headers: { 'served-model-name': 'iris-1', 'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    expect(await ask('iris/served-models/iris-2/invocations')).toMatchObject({
      headers: { 'served-model-name': 'iris-2', 'x-slipway-model-version': '2' },
    });
    expect(await ask('iris/served-models/iris-9/invocations')).toMatchObject({ status: 404 });
  });

  it('tell nothing of endpoints to those who may not see them', async () => {
    const hidden = await ask('iris/invocations', { headers: { 'x-may': 'hidden' } });
    const missing = await ask('nope/invocations');
    expect(hidden).toMatchObject({
      status: 404,
      body: expect.stringContaining("The serving endpoint 'iris' does not exist."),
    });
    expect(missing).toMatchObject({ status: 404, body: hidden.body.replace('iris', 'nope') });
    expect(await ask('iris/invocations', { headers: { 'x-may': 'denied' } })).toMatchObject({ status: 403 });
  });

  it('say when to come back where nobody can answer now', async () => {
    lanes.use();
    expect(await ask('iris/invocations')).toMatchObject({
      status: 504,
      body: expect.stringContaining('"error_code":"DEADLINE_EXCEEDED"'),
    });
    const dead = createTestLane(irisModel);
    dead.die();
    lanes.use(dead);
    const gone = await ask('iris/invocations');
    expect(gone).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(gone.body)).toEqual({
      error_code: 'TEMPORARILY_UNAVAILABLE',
      message: expect.any(String),
    });
    lanes.use(createTestLane(irisModel));
  });

  it('answer many requests of one connection in their order', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => IRIS_ROW.replace('1.4', String(i)));
    const answers: string[] = [];
    for (const body of bodies) answers.push((await ask('iris/invocations', { body })).body);
    expect(answers).toEqual(bodies.map((_, i) => `{"predictions": [${i < 2.45 ? 0 : 2}]}`));
  });

  it('forget a caller who goes away', async () => {
    lanes.use(createTestLane(irisModel, { takesMs: () => 100 }));
    await new Promise<void>((resolve) => {
      const sent = httpRequest(`${fixture.url}/serving-endpoints/iris/invocations`, { method: 'POST' });
      sent.on('error', () => resolve());
      sent.end(IRIS_ROW);
      const look = setInterval(() => {
        if (gateway.counters.of('e1')[0]?.running !== 1) return;
        clearInterval(look);
        sent.destroy();
      }, 2);
    });
    while (gateway.counters.of('e1')[0]!.running !== 0)
      await new Promise((resolve) => setTimeout(resolve, 2));
    lanes.use(createTestLane(irisModel));
    expect(await ask('iris/invocations')).toMatchObject({ status: 200 });
  });
});
