import { describe, expect, it } from 'vitest';
import type { InferenceLog, InferenceRecord } from '../../inference-log/recorder.ts';
import { type AppError, unavailable } from '../../kernel/errors.ts';
import type { NumberColumn } from '../scoring/columns.ts';
import { createGateway, type GatewayDependencies } from './gateway.ts';
import type { Gateway, ScoringAnswer } from './gateway-port.ts';
import type { Route } from './lane.ts';
import {
  createTestLane,
  createTestLanes,
  entityOf,
  irisModel,
  labelsAnswer,
  routeOf,
  signatureOf,
  type TestModel,
} from './lanes.fixture.ts';

const ONE = signatureOf([['double', 'x']]);
/** Answers ten times what it is given. */
const tenfold: TestModel = (batch) =>
  labelsAnswer(
    Float64Array.from((batch.columns[0] as NumberColumn).values as Float64Array, (x) => 10 * x),
    batch.segments,
  );

function gatewayOf(given: Partial<GatewayDependencies> = {}): Gateway {
  return createGateway({
    clock: { nowMs: () => 1_700_000_000_000 },
    steadyMs: () => performance.now(),
    seed: () => 1,
    renderFailure: ({ code, message }) => ({ status: STATUSES[code] ?? 500, body: message }),
    onModelFailure: () => undefined,
    ...given,
  });
}
const STATUSES: Readonly<Record<string, number>> = {
  InvalidArgument: 400,
  NotFound: 404,
  LimitExceeded: 429,
  Unavailable: 503,
  DeadlineExceeded: 504,
};

let asked = 0;
function ask(
  gateway: Gateway,
  route: Route,
  rows: unknown,
  given: { entity?: string; params?: object } = {},
) {
  asked += 1;
  const body =
    typeof rows === 'string' ? rows : JSON.stringify({ inputs: { x: rows }, params: given.params });
  return new Promise<ScoringAnswer>((resolve) => {
    gateway.answer(
      {
        route,
        entity: given.entity,
        id: `00000000-0000-4000-8000-${String(asked).padStart(12, '0')}`,
        content: 'json',
        body: Buffer.from(body),
        requester: 'anna',
      },
      resolve,
    );
  });
}

const bodyOf = (answer: ScoringAnswer): string =>
  answer.error === undefined ? answer.body : answer.error.code;
const oneEntity = (lanes: Parameters<typeof entityOf>[0], given: Parameters<typeof entityOf>[1] = {}) =>
  entityOf(lanes, { signature: ONE, ...given });

function put(gateway: Gateway, route: Route): Route {
  void gateway.table.put(route);
  return route;
}

const tick = (ms = 5) => new Promise((resolve) => setTimeout(resolve, ms));

describe('the gateway', () => {
  it('joins requests that come together, and gives each its own rows', async () => {
    const lane = createTestLane(tenfold);
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane))]));
    const answers = await Promise.all([
      ask(gateway, route, [1]),
      ask(gateway, route, [2, 3]),
      ask(gateway, route, 4),
    ]);
    expect(answers.map(bodyOf)).toEqual([
      '{"predictions": [10.0]}',
      '{"predictions": [20.0, 30.0]}',
      '{"predictions": [40.0]}',
    ]);
    expect(lane.batches).toEqual([[1, 2, 1]]);
  });

  it('joins what comes while a lane is busy, up to the slots of the entity', async () => {
    const lane = createTestLane(tenfold, { takesMs: () => 20 });
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { slots: 4 })]));
    const first = ask(gateway, route, [0]);
    await tick();
    const rest = Array.from({ length: 9 }, (_, i) => ask(gateway, route, [i]));
    expect((await Promise.all([first, ...rest])).map(bodyOf)).toEqual(
      [0, 0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `{"predictions": [${10 * i}.0]}`),
    );
    expect(lane.batches.map((segments) => segments.length)).toEqual([1, 4, 4, 1]);
  });

  it('joins no requests with other params, no requests without rows, and none of a model that is not row-wise', async () => {
    const lane = createTestLane(tenfold);
    const signature = signatureOf([['double', 'x']], [{ name: 'p', type: 'long', default: 1 }]);
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { signature })]));
    await Promise.all([
      ask(gateway, route, [1]),
      ask(gateway, route, [2], { params: { p: 2 } }),
      ask(gateway, route, [3], { params: { p: 1 } }),
      ask(gateway, route, []),
    ]);
    expect(lane.batches.map((segments) => segments.join())).toEqual(['1,1', '1', '0']);
    const alone = put(
      gateway,
      routeOf([
        oneEntity(createTestLanes(lane), { batch: { ...entityOf(createTestLanes()).batch, rowWise: false } }),
      ]),
    );
    await Promise.all([ask(gateway, alone, [1]), ask(gateway, alone, [2])]);
    expect(lane.batches.slice(3)).toEqual([[1], [1]]);
  });

  it('lets no request fail by the rows of another', async () => {
    const lane = createTestLane(irisModel);
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([entityOf(createTestLanes(lane))]));
    const iris = (value: string) =>
      `{"dataframe_records": [{"sepal length (cm)": ${value}, "sepal width (cm)": 1, "petal length (cm)": 1, "petal width (cm)": 1}]}`;
    const answers = await Promise.all(
      ['5', 'Infinity', '6'].map((value) => ask(gateway, route, iris(value))),
    );
    expect(answers.map(bodyOf)).toEqual(['{"predictions": [0]}', 'InvalidArgument', '{"predictions": [0]}']);
    expect(lane.batches.map((segments) => segments.length)).toEqual([3, 1, 1, 1]);
    expect(answers[1]!.error?.message).toMatch(
      /^Encountered an unexpected error while evaluating the model\./,
    );
    expect(answers[1]!.error?.message).not.toContain('infinity');
  });

  it('stops joining where the answers cannot be told apart, and says so once', async () => {
    const total: TestModel = (batch) =>
      labelsAnswer(
        Float64Array.of(
          ((batch.columns[0] as NumberColumn).values as Float64Array).reduce((a, b) => a + b, 0),
        ),
        [...batch.segments.slice(0, 1).map(() => 1), ...batch.segments.slice(1).map(() => 0)],
      );
    let told = 0;
    const lane = createTestLane(total);
    const gateway = gatewayOf();
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(lane), { onNotRowWise: () => (told += 1) })]),
    );
    for (let round = 0; round < 2; round += 1) {
      const answers = await Promise.all([ask(gateway, route, [1, 2]), ask(gateway, route, [3])]);
      expect(answers.map(bodyOf)).toEqual(['{"predictions": [3.0]}', '{"predictions": [3.0]}']);
    }
    expect(told).toBe(1);
    expect(lane.batches).toEqual([[2, 1], [2], [1], [2], [1]]);
    expect(gateway.counters.of('e1')[0]).toMatchObject({ notRowWise: true });
  });

  it('waits for callers of a slow model that are about to ask again', async () => {
    const slow: TestModel = (batch) => tenfold(batch);
    const inner = createTestLane(slow, { takesMs: () => 10 });
    const lane = {
      ...inner,
      run: (...call: Parameters<typeof inner.run>) =>
        inner.run(...call).then((answer) => ({ ...answer, modelMicros: 60_000_000 })),
    };
    const gateway = gatewayOf();
    const batch = { ...entityOf(createTestLanes()).batch, latencyBudgetMs: 10_000 };
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { batch })]));
    await Promise.all([1, 2, 3].map((x) => ask(gateway, route, [x])));
    const again = [ask(gateway, route, [1])];
    await tick();
    again.push(ask(gateway, route, [2]), ask(gateway, route, [3]));
    await Promise.all(again);
    expect(inner.batches).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });

  it('answers 504 at the deadline, whether a request waits or runs, and throws the late answer away', async () => {
    const lane = createTestLane(tenfold, { takesMs: () => 80 });
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { slots: 1 })], { deadlineMs: 20 }));
    const answers = await Promise.all([ask(gateway, route, [1]), ask(gateway, route, [2])]);
    expect(answers.map(bodyOf)).toEqual(['DeadlineExceeded', 'DeadlineExceeded']);
    await tick(100);
    expect(lane.batches).toEqual([[1]]);
    expect(gateway.counters.of('e1')[0]).toMatchObject({ waiting: 0, running: 0, waitingBytes: 0 });
  });

  it('answers at the deadline also where a lane never settles', async () => {
    const gateway = gatewayOf();
    const stuck = {
      id: 'stuck',
      kind: 'python',
      free: () => 1,
      run: () => new Promise<never>(() => undefined),
    } as const;
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(stuck), { slots: 1 })], { deadlineMs: 20 }),
    );
    for (let round = 0; round < 2; round += 1)
      expect(bodyOf(await ask(gateway, route, [1]))).toBe('DeadlineExceeded');
  });

  it('refuses at once what would wait beyond the bounds, in requests and in bytes', async () => {
    const lane = createTestLane(tenfold, { takesMs: () => 30 });
    const gateway = gatewayOf();
    const bounds = { requests: 2, bytes: 200 };
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(lane), { slots: 1 })], { maxWaiting: bounds }),
    );
    const first = ask(gateway, route, [1]);
    await tick();
    const answers = [
      ask(gateway, route, [1]),
      ask(gateway, route, new Array(100).fill(1)),
      ask(gateway, route, [1]),
    ];
    const refused = await ask(gateway, route, [1]);
    expect(refused.error).toMatchObject({
      code: 'LimitExceeded',
      message: "Too many requests wait for 'iris' (limit 2): try again in 1 second.",
    });
    expect((await Promise.all([first, ...answers])).map(bodyOf)).toEqual([
      '{"predictions": [10.0]}',
      '{"predictions": [10.0]}',
      'LimitExceeded',
      '{"predictions": [10.0]}',
    ]);
  });

  it('says when to come again by how long those take who wait', async () => {
    // A second passes in a millisecond.
    const gateway = gatewayOf({ steadyMs: () => performance.now() * 1_000 });
    let takesMs = 20;
    const lane = createTestLane(tenfold, { takesMs: () => takesMs });
    const limits = { maxWaiting: { requests: 2, bytes: 2 ** 20 }, deadlineMs: 3_600_000 };
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { slots: 1 })], limits));
    await ask(gateway, route, [1]);
    takesMs = 300;
    const first = ask(gateway, route, [1]);
    await tick();
    const others = [ask(gateway, route, [1]), ask(gateway, route, [1])];
    // Two wait for twenty seconds each; half of them are done by then.
    const { retryAfterS } = (await ask(gateway, route, [1])).error!;
    expect(retryAfterS).toBeGreaterThanOrEqual(19);
    expect(retryAfterS).toBeLessThanOrEqual(60);
    await Promise.all([first, ...others]);
  });

  it('bounds what waits before all endpoints together', async () => {
    const gateway = gatewayOf({ maxWaitingBytes: 60 });
    const cold = createTestLanes();
    const route = put(gateway, routeOf([oneEntity(cold)]));
    const held = ask(gateway, route, [1]);
    const other = put(gateway, routeOf([oneEntity(createTestLanes())], { endpointId: 'e2', name: 'other' }));
    expect(bodyOf(await ask(gateway, other, new Array(20).fill(1)))).toBe('LimitExceeded');
    cold.use(createTestLane(tenfold));
    expect(bodyOf(await held)).toBe('{"predictions": [10.0]}');
  });

  it('holds the requests of a cold endpoint, wakes it, and answers them all', async () => {
    const lanes = createTestLanes();
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(lanes)]));
    const held = Array.from({ length: 1000 }, (_, i) => ask(gateway, route, [i]));
    await tick();
    expect(lanes.woken()).toBeGreaterThan(0);
    lanes.use(createTestLane(tenfold));
    expect((await Promise.all(held)).map(bodyOf)).toEqual(
      held.map((_, i) => `{"predictions": [${10 * i}.0]}`),
    );
    expect(gateway.counters.of('e1')[0]).toMatchObject({ coldStarts: 1, waiting: 0 });
  });

  it('gives those that wait the reason where the start fails', async () => {
    const lanes = createTestLanes();
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(lanes)]));
    const held = ask(gateway, route, [1]);
    await tick();
    lanes.fail(unavailable('There is no module named foo.'));
    expect((await held).error?.message).toBe('There is no module named foo.');
    expect((await ask(gateway, route, [1])).error?.message).toBe('There is no module named foo.');
    lanes.fail(undefined);
    const later = ask(gateway, route, [1]);
    lanes.use(createTestLane(tenfold));
    expect(bodyOf(await later)).toBe('{"predictions": [10.0]}');
  });

  it('gives to another replica what one has not seen, once, and nothing that one died with', async () => {
    const dying = createTestLane(tenfold, { takesMs: () => 1000 });
    const lanes = createTestLanes(dying);
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(lanes)]));
    const seen = ask(gateway, route, [1]);
    await tick();
    dying.die('replica-gone');
    expect((await seen).error).toMatchObject({ code: 'Unavailable', reason: 'replica-gone' });
    const unseen = ask(gateway, route, [2]);
    await tick();
    lanes.use(createTestLane(tenfold));
    expect(bodyOf(await unseen)).toMatch(/predictions|Unavailable/);
    const dead = createTestLane(tenfold);
    dead.die();
    const living = createTestLane(tenfold);
    const mixed = put(
      gateway,
      routeOf([oneEntity(createTestLanes(living, dead))], { endpointId: 'e2', name: 'two' }),
    );
    expect(bodyOf(await ask(gateway, mixed, [3]))).toBe('{"predictions": [30.0]}');
    expect([dead.batches.length, living.batches.length]).toEqual([1, 1]);
    const none = put(
      gateway,
      routeOf([oneEntity(createTestLanes(dead))], { endpointId: 'e3', name: 'none' }),
    );
    expect(bodyOf(await ask(gateway, none, [3]))).toBe('Unavailable');
  });

  it('asks the original model what the compiled one cannot do', async () => {
    const compiled = createTestLane(tenfold, { kind: 'compiled' });
    const original = createTestLane(tenfold);
    const signature = signatureOf([['double', 'x']], [{ name: 'p', type: 'long', default: 1 }]);
    const gateway = gatewayOf();
    const entity = oneEntity(createTestLanes(compiled), { signature, fallback: createTestLanes(original) });
    const route = put(gateway, routeOf([entity]));
    expect(await ask(gateway, route, [1])).toMatchObject({ lane: 'compiled' });
    expect(await ask(gateway, route, [1], { params: { p: 2 } })).toMatchObject({ lane: 'python' });
    compiled.die('not-sent');
    expect(await ask(gateway, route, [1])).toMatchObject({ lane: 'python' });
  });

  it('asks the original model what a compiled one was not compared on, and joins nothing there unproven', async () => {
    const compiled = createTestLane(tenfold, { kind: 'compiled' });
    const original = createTestLane(tenfold);
    const domain = {
      refusesNan: false,
      refusesPositiveInfinity: true,
      refusesNegativeInfinity: true,
      largest: 3.4e38,
      refusesNullText: false,
      refusesNoRows: true,
    };
    const gateway = gatewayOf();
    const fallback = createTestLanes(original);
    const entity = oneEntity(createTestLanes(compiled), { domain, fallback, fallbackJoins: false });
    const route = put(gateway, routeOf([entity]));
    const outside = ['[Infinity]', '[-Infinity]', '[1e39]', '[]'].map((rows) =>
      ask(gateway, route, `{"inputs": {"x": ${rows}}}`),
    );
    for (const answer of await Promise.all(outside)) expect(answer).toMatchObject({ lane: 'python' });
    expect(original.batches.map((segments) => segments.length)).toEqual([1, 1, 1, 1]);
    expect(compiled.batches).toHaveLength(0);
    const nan = await ask(gateway, route, '{"inputs": {"x": [NaN]}}');
    expect([nan, bodyOf(nan)]).toMatchObject([{ lane: 'compiled' }, '{"predictions": [NaN]}']);
  });

  it('shares requests by the percents of the entities, or gives them to the one that is named', async () => {
    const [a, b] = [createTestLane(tenfold), createTestLane(tenfold)];
    const entities = [
      oneEntity(createTestLanes(a), { name: 'a', weight: 90 }),
      oneEntity(createTestLanes(b), { name: 'b', weight: 10 }),
    ];
    const gateway = gatewayOf();
    const route = put(gateway, routeOf(entities, { maxWaiting: { requests: 20_000, bytes: 2 ** 30 } }));
    const answers = await Promise.all(Array.from({ length: 10_000 }, () => ask(gateway, route, [1])));
    const ofA = answers.filter(({ entity }) => entity?.name === 'a').length;
    // 99.9 % of binomial draws of 10,000 at 0.9 lie within 9,000 ± 99.
    expect(Math.abs(ofA - 9000)).toBeLessThan(99);
    expect(await ask(gateway, route, [1], { entity: 'b' })).toMatchObject({ entity: { name: 'b' } });
    expect((await ask(gateway, route, [1], { entity: 'c' })).error).toMatchObject({ code: 'NotFound' });
  });

  it('counts calls against limits, of all and of each', async () => {
    const gateway = gatewayOf();
    const limits = [{ per: 'principal', principal: undefined, calls: 2, periodMs: 60_000 }] as const;
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(createTestLane(tenfold)))], { rateLimits: limits }),
    );
    const answers = await Promise.all([1, 2, 3].map(() => ask(gateway, route, [1])));
    expect(answers.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'LimitExceeded']);
    // The window begins with the first call.
    expect(answers[2]!.error!.retryAfterS).toBeGreaterThan(55);
    expect(answers[2]!.error!.retryAfterS).toBeLessThanOrEqual(60);
  });

  it('forgets those who left', async () => {
    const lane = createTestLane(tenfold, { takesMs: () => 20 });
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane), { slots: 1 })]));
    let answered = 0;
    const request = {
      route,
      entity: undefined,
      id: 'x',
      content: 'json',
      body: Buffer.from('{"inputs": [1]}'),
      requester: undefined,
    } as const;
    const calls = [1, 2, 3].map(() => gateway.answer(request, () => (answered += 1)));
    await tick();
    for (const call of calls.slice(0, 2)) call.leave();
    await tick(80);
    expect(answered).toBe(1);
    expect(lane.batches).toHaveLength(2);
    expect(gateway.counters.of('e1')[0]).toMatchObject({ waiting: 0, running: 0 });
  });

  it('ends what runs before it closes, and answers what would take too long', async () => {
    const gateway = gatewayOf();
    const quick = put(
      gateway,
      routeOf([oneEntity(createTestLanes(createTestLane(tenfold, { takesMs: () => 20 })))]),
    );
    const long = createTestLane(tenfold, { takesMs: () => 60_000 });
    const slow = put(
      gateway,
      routeOf([oneEntity(createTestLanes(long))], { endpointId: 'e2', name: 'slow' }),
    );
    const answers = [ask(gateway, quick, [1]), ask(gateway, slow, [1])];
    await tick();
    const closed = gateway.close(60);
    const late = ask(gateway, quick, [1]);
    expect((await Promise.all([...answers, late])).map(bodyOf)).toEqual([
      '{"predictions": [10.0]}',
      'Unavailable',
      'Unavailable',
    ]);
    await closed;
  });
});

describe('a route that is replaced', () => {
  it('answers the requests that it has, and is done when it has none', async () => {
    const gateway = gatewayOf();
    const before = put(
      gateway,
      routeOf([
        oneEntity(createTestLanes(createTestLane(tenfold, { takesMs: () => 30 })), { modelVersion: '1' }),
      ]),
    );
    const running = ask(gateway, before, [1]);
    await tick();
    let drained = false;
    const swapped = gateway.table
      .put(
        routeOf([oneEntity(createTestLanes(createTestLane(tenfold)), { modelVersion: '2' })], {
          configVersion: 2,
        }),
      )
      .then(() => {
        drained = true;
      });
    expect(gateway.table.find('iris')).toMatchObject({ configVersion: 2 });
    // Its body came while the route changed.
    expect(await ask(gateway, before, [1])).toMatchObject({ entity: { modelVersion: '1' } });
    expect(await running).toMatchObject({ entity: { modelVersion: '1' } });
    await swapped;
    expect(drained).toBe(true);
    expect(await ask(gateway, before, [1])).toMatchObject({ entity: { modelVersion: '2' } });
  });

  it('by nothing is one that is not there', async () => {
    const gateway = gatewayOf();
    const route = put(gateway, routeOf([oneEntity(createTestLanes(createTestLane(tenfold)))]));
    await gateway.table.remove('e1');
    expect(gateway.table.find('iris')).toBeUndefined();
    expect(bodyOf(await ask(gateway, route, [1]))).toBe('NotFound');
  });

  it('shares its lanes with its successor where they are the same', async () => {
    const gateway = gatewayOf();
    const lane = createTestLane(tenfold, { takesMs: () => 20 });
    const lanes = createTestLanes(lane);
    const before = put(gateway, routeOf([oneEntity(lanes)]));
    const first = ask(gateway, before, [1]);
    await tick();
    const after = put(gateway, routeOf([oneEntity(lanes)], { configVersion: 2 }));
    expect(bodyOf(await ask(gateway, after, [2]))).toBe('{"predictions": [20.0]}');
    expect(bodyOf(await first)).toBe('{"predictions": [10.0]}');
  });

  it('that never was in the table can be tried', async () => {
    const gateway = gatewayOf();
    const route = routeOf([oneEntity(createTestLanes(createTestLane(tenfold)))], { endpointId: 'trial' });
    expect(bodyOf(await ask(gateway, route, [1]))).toBe('{"predictions": [10.0]}');
    expect(gateway.table.findById('trial')).toBeUndefined();
  });
});

describe('the log of an endpoint', () => {
  function logOf() {
    const records: InferenceRecord[] = [];
    const state = { refusal: undefined as AppError | undefined, fails: false };
    const log: InferenceLog = {
      tableId: 't1',
      get refusal() {
        return state.refusal;
      },
      counts: { written: 0, dropped: 0 },
      append(record) {
        if (state.fails) return Promise.reject(unavailable('The disk is full.'));
        records.push(record);
        return tick(10).then(() => undefined);
      },
    };
    return { log, records, state };
  }

  it('has every answer before it leaves, also those that are refusals', async () => {
    const { log, records } = logOf();
    const gateway = gatewayOf();
    const target = { log, mode: 'every', samplingFraction: 1 } as const;
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(createTestLane(tenfold)))], { log: target }),
    );
    await ask(gateway, route, '{"inputs": {"x": [1]}, "client_request_id": "mine"}');
    await ask(gateway, route, '{');
    expect(records).toMatchObject([
      {
        status: 200,
        response: '{"predictions": [10.0]}',
        clientRequestId: 'mine',
        requester: 'anna',
        timestampMs: 1_700_000_000_000,
        entity: { endpointName: 'iris', modelName: 'iris', modelVersion: '1', servedEntityId: 'served-1' },
      },
      { status: 400, response: expect.stringContaining('valid JSON'), clientRequestId: undefined },
    ]);
    expect(records[0]!.entity).toBe(records[1]!.entity);
  });

  it('that cannot be written keeps the model from being asked, and answers from leaving, where every request counts', async () => {
    const { log, state } = logOf();
    const lane = createTestLane(tenfold);
    const gateway = gatewayOf();
    const target = { log, mode: 'every', samplingFraction: 1 } as const;
    const route = put(gateway, routeOf([oneEntity(createTestLanes(lane))], { log: target }));
    state.refusal = unavailable('The disk is full.');
    expect((await ask(gateway, route, [1])).error?.message).toBe('The disk is full.');
    expect(lane.batches).toEqual([]);
    state.refusal = undefined;
    state.fails = true;
    expect(bodyOf(await ask(gateway, route, [1]))).toBe('Unavailable');
    const easy = put(
      gateway,
      routeOf([oneEntity(createTestLanes(lane))], { log: { ...target, mode: 'best-effort' } }),
    );
    expect(bodyOf(await ask(gateway, easy, [1]))).toBe('{"predictions": [10.0]}');
  });

  it('holds the share that was asked for', async () => {
    const { log, records } = logOf();
    const gateway = gatewayOf();
    const target = { log, mode: 'every', samplingFraction: 0.1 } as const;
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(createTestLane(tenfold)))], { log: target }),
    );
    await Promise.all(Array.from({ length: 3000 }, () => ask(gateway, route, [1])));
    expect(records.length).toBeGreaterThan(240);
    expect(records.length).toBeLessThan(360);
  });
});

describe('the counters', () => {
  it('are what Prometheus reads', async () => {
    const gateway = gatewayOf();
    expect(gateway.counters.render()).toBe('');
    const route = put(
      gateway,
      routeOf([oneEntity(createTestLanes(createTestLane(tenfold)), { name: 'a"b' })]),
    );
    await Promise.all([ask(gateway, route, [1]), ask(gateway, route, [1]), ask(gateway, route, '{')]);
    const text = gateway.counters.render();
    const labels = 'endpoint="iris",entity="a\\"b"';
    expect(text).toContain(`slipway_serving_requests_total{${labels},lane="python",status="200"} 2\n`);
    expect(text).toContain(`slipway_serving_requests_total{${labels},lane="none",status="400"} 1\n`);
    expect(text).toContain(`slipway_serving_batch_requests_bucket{${labels},le="2"} 1\n`);
    expect(text).toContain(`slipway_serving_request_duration_seconds_count{${labels}} 3\n`);
    expect(text).toMatch(
      /^# HELP slipway_serving_requests_total .+\n# TYPE slipway_serving_requests_total counter\n/,
    );
    gateway.counters.forget('e1');
    expect(gateway.counters.list()).toEqual([]);
  });
});
